//! The seal of one row: XChaCha20-Poly1305 over padded JSON, bound to table, row and version.

use asylia_envelope::{padding::size_class, signing::framed};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::{RowId, item::Item};

/// Smallest plaintext of a row, in bytes.
pub const ITEM_FLOOR_BYTES: u64 = 2048;

/// Seals and opens rows under the vault's key; cleared when dropped.
pub struct VaultCipher(XChaCha20Poly1305);

impl VaultCipher {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// `nonce ‖ ciphertext` of an item, padded to its class.
    pub(super) fn seal(
        &self,
        id: &RowId,
        version: i64,
        item: &Item,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Vec<u8> {
        let plaintext = padded(&item.to_json());
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let payload = Payload {
            msg: &plaintext,
            aad: &bound(id, version),
        };
        let sealed = self
            .0
            .encrypt(XNonce::from_slice(&nonce), payload)
            .expect("items are far below the cipher's limit of 256 GiB");
        [&nonce[..], &sealed].concat()
    }

    /// The item of a row; `None` when it is damaged or stands in another row or version than it was sealed for.
    pub(super) fn open(&self, id: &RowId, version: i64, sealed: &[u8]) -> Option<Item> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
        let payload = Payload {
            msg: ciphertext,
            aad: &bound(id, version),
        };
        let plaintext = self
            .0
            .decrypt(XNonce::from_slice(nonce), payload)
            .map(Zeroizing::new)
            .ok()?;
        let (length, rest) = plaintext.split_at_checked(LENGTH_BYTES)?;
        let length = u32::from_be_bytes(length.try_into().ok()?);
        let (json, padding) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        if padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        Item::parse(json)
    }
}

/// `length ‖ json ‖ zeros` up to the class.
fn padded(json: &[u8]) -> Zeroizing<Vec<u8>> {
    let length = u32::try_from(json.len()).expect("an item's JSON is far below 4 GiB");
    let class = size_class((LENGTH_BYTES + json.len()) as u64, ITEM_FLOOR_BYTES);
    let class = usize::try_from(class).expect("a class is an eighth above its content");
    let mut plaintext = Zeroizing::new(Vec::with_capacity(class));
    plaintext.extend_from_slice(&length.to_be_bytes());
    plaintext.extend_from_slice(json);
    plaintext.resize(class, 0);
    plaintext
}

fn bound(id: &RowId, version: i64) -> Zeroizing<Vec<u8>> {
    framed("asylia/v1/vault/items", &[id, &version.to_be_bytes()])
}

const NONCE_BYTES: usize = 24;
const LENGTH_BYTES: usize = 4;
