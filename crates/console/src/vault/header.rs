//! The header: what turns a passphrase into the vault's key.
//!
//! Argon2id stretches the passphrase; two values of it open: a check, which tells a wrong passphrase from
//! damage, and the key that wraps the random vault key. A checksum over the row tells damage before any work.

use argon2::{Algorithm, Argon2, Params, Version};
use asylia_envelope::signing::framed;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand_core::{CryptoRng, RngCore};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{VaultError, cipher::VaultCipher};

/// Version of vaults that this program writes and reads.
pub const VAULT_VERSION: i64 = 1;
/// Memory that Argon2id takes where nothing is chosen, in MiB.
pub const KDF_DEFAULT_MIB: u32 = 256;
/// Least memory that may be chosen, in MiB (OWASP's floor for Argon2id).
pub const KDF_FLOOR_MIB: u32 = 19;
/// Most memory that may be chosen, in MiB: a damaged header must not take the machine's.
pub const KDF_CEILING_MIB: u32 = 4096;
/// Passes over the memory.
pub const KDF_PASSES: u32 = 3;

/// What a guess of the passphrase costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KdfCost {
    /// Memory in MiB.
    pub mib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl KdfCost {
    /// The cost with `mib` MiB of memory.
    ///
    /// # Errors
    /// [`VaultError::Cost`] out of range.
    pub fn with_memory(mib: u32) -> Result<Self, VaultError> {
        if (KDF_FLOOR_MIB..=KDF_CEILING_MIB).contains(&mib) {
            Ok(Self {
                mib,
                passes: KDF_PASSES,
            })
        } else {
            Err(VaultError::Cost)
        }
    }
}

/// The row of the table `header`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    pub(super) version: i64,
    pub(super) salt: Vec<u8>,
    pub(super) cost: KdfCost,
    pub(super) key_check: Vec<u8>,
    pub(super) wrapped_key: Vec<u8>,
    pub(super) checksum: Vec<u8>,
}

impl Header {
    /// Draws a vault key and wraps it under `passphrase`.
    pub(super) fn make(
        passphrase: &SecretString,
        cost: KdfCost,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(Self, VaultCipher), VaultError> {
        if passphrase.expose_secret().is_empty() {
            return Err(VaultError::EmptyPassphrase);
        }
        let mut key = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *key);
        let mut salt = vec![0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let mut header = Self {
            version: VAULT_VERSION,
            salt,
            cost,
            key_check: Vec::new(),
            wrapped_key: nonce.to_vec(),
            checksum: Vec::new(),
        };
        let stretched = header.stretch(passphrase)?;
        header.key_check = derive(CHECK_CONTEXT, &stretched).to_vec();
        let wrapper = XChaCha20Poly1305::new((&*derive(WRAP_CONTEXT, &stretched)).into());
        let payload = Payload {
            msg: &*key,
            aad: &header.bound(),
        };
        let wrapped = wrapper
            .encrypt(XNonce::from_slice(&nonce), payload)
            .expect("32 bytes are within the cipher's limit");
        header.wrapped_key.extend_from_slice(&wrapped);
        header.checksum = header.digest();
        Ok((header, VaultCipher::new(&key)))
    }

    /// Turns the passphrase into the vault's key: version first, then damage, then the passphrase.
    pub(super) fn unlock(&self, passphrase: &SecretString) -> Result<VaultCipher, VaultError> {
        if self.version != VAULT_VERSION {
            return Err(VaultError::UnknownVersion(self.version));
        }
        if self.checksum != self.digest() {
            return Err(VaultError::Damaged);
        }
        let cost = KdfCost::with_memory(self.cost.mib).map_err(|_| VaultError::Damaged)?;
        if cost != self.cost {
            return Err(VaultError::Damaged);
        }
        let stretched = self.stretch(passphrase)?;
        let check = derive(CHECK_CONTEXT, &stretched);
        if !bool::from(check.as_slice().ct_eq(&self.key_check)) {
            return Err(VaultError::WrongPassphrase);
        }
        let wrapper = XChaCha20Poly1305::new((&*derive(WRAP_CONTEXT, &stretched)).into());
        let (nonce, wrapped) = self
            .wrapped_key
            .split_at_checked(NONCE_BYTES)
            .ok_or(VaultError::Damaged)?;
        let payload = Payload {
            msg: wrapped,
            aad: &self.bound(),
        };
        let key = wrapper
            .decrypt(XNonce::from_slice(nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| VaultError::Damaged)?;
        let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| VaultError::Damaged)?;
        Ok(VaultCipher::new(key))
    }

    /// Argon2id; its memory is freed through the zeroing allocator.
    fn stretch(&self, passphrase: &SecretString) -> Result<Zeroizing<[u8; 32]>, VaultError> {
        let params = Params::new(self.cost.mib * 1024, self.cost.passes, KDF_LANES, Some(32))
            .map_err(|_| VaultError::Cost)?;
        let mut stretched = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(
                passphrase.expose_secret().as_bytes(),
                &self.salt,
                &mut *stretched,
            )
            .map_err(|_| VaultError::Damaged)?;
        Ok(stretched)
    }

    /// What the wrapped key is bound to.
    fn bound(&self) -> Zeroizing<Vec<u8>> {
        framed(
            "asylia/v1/vault/header",
            &[
                &self.version.to_be_bytes(),
                &self.salt,
                &self.cost.mib.to_be_bytes(),
                &self.cost.passes.to_be_bytes(),
                &self.key_check,
            ],
        )
    }

    fn digest(&self) -> Vec<u8> {
        Sha256::digest(&*framed(
            "asylia/v1/vault/checksum",
            &[&self.bound(), &self.wrapped_key],
        ))
        .to_vec()
    }
}

fn derive(context: &str, stretched: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Sha256::digest(&*framed(context, &[stretched])).into())
}

const CHECK_CONTEXT: &str = "asylia/v1/vault/passphrase-check";
const WRAP_CONTEXT: &str = "asylia/v1/vault/wrapping-key";
const SALT_BYTES: usize = 16;
const NONCE_BYTES: usize = 24;
const KDF_LANES: u32 = 1;
