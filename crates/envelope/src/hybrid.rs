//! age's hybrid post-quantum recipient `age1pq1…` and its identity (stanza `mlkem768x25519`).
//!
//! Written on age's public traits with the crates age itself uses, until the age crate brings it natively:
//! HPKE base mode (RFC 9180) with the KEM X-Wing (0x647a: ML-KEM-768 and X25519), HKDF-SHA256 and
//! ChaCha20-Poly1305; info `age-encryption.org/mlkem768x25519`, empty aad (<https://c2sp.org/age>).
//! The age traits hand no random source in, so encapsulation draws from the operating system.

use core::{fmt, str::FromStr};
use std::collections::HashSet;

use age_core::{
    format::{FILE_KEY_BYTES, FileKey, Stanza},
    primitives::{bech32_decode, bech32_encode},
    secrecy::ExposeSecret,
};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, aead::Aead};
use hkdf::Hkdf;
use ml_kem::{
    EncodedSizeUser, KemCore, MlKem768,
    kem::{Decapsulate, Encapsulate},
};
use sha2::Sha256;
use sha3::{
    Digest, Sha3_256, Shake256,
    digest::{ExtendableOutput, Update, XofReader},
};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// The tag of a hybrid stanza.
pub const HYBRID_TAG: &str = "mlkem768x25519";

/// A public key to which compartments, records and replies are sealed, written `age1pq1…`.
#[derive(Clone, PartialEq, Eq)]
pub struct HybridRecipient(EncapsulationKey);

/// The private key to a [`HybridRecipient`]: 32 bytes from which both halves are expanded.
pub struct HybridIdentity(DecapsulationKey);

/// A text was not a recipient or identity of this kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadHybridKey {
    /// Not bech32, another prefix, or another length.
    #[error("not an age1pq recipient or AGE-SECRET-KEY-PQ identity")]
    Text,
    /// The ML-KEM part is not reduced modulo q (FIPS 203 §7.2).
    #[error("the recipient's ML-KEM key is not canonical")]
    NotCanonical,
}

impl HybridIdentity {
    /// Expands an identity from its seed (X-Wing key generation).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(DecapsulationKey::from_seed(seed))
    }

    /// The public half.
    #[must_use]
    pub fn to_recipient(&self) -> HybridRecipient {
        HybridRecipient(self.0.public.clone())
    }

    /// The identity as `AGE-SECRET-KEY-PQ-1…`, as `age` 1.3 and typage read it.
    #[must_use]
    pub fn to_secret_text(&self) -> Zeroizing<String> {
        let lower = Zeroizing::new(bech32_encode(IDENTITY_PREFIX, &*self.0.seed));
        Zeroizing::new(lower.to_uppercase())
    }
}

impl FromStr for HybridIdentity {
    type Err = BadHybridKey;
    fn from_str(text: &str) -> Result<Self, BadHybridKey> {
        bech32_decode(
            text,
            |_| BadHybridKey::Text,
            |prefix| {
                if prefix == IDENTITY_PREFIX {
                    Ok(())
                } else {
                    Err(BadHybridKey::Text)
                }
            },
            |_, bytes| {
                let bytes = Zeroizing::new(bytes.collect::<Vec<u8>>());
                let seed: &[u8; 32] = bytes
                    .as_slice()
                    .try_into()
                    .map_err(|_| BadHybridKey::Text)?;
                Ok(Self::from_seed(seed))
            },
        )
    }
}

impl FromStr for HybridRecipient {
    type Err = BadHybridKey;
    fn from_str(text: &str) -> Result<Self, BadHybridKey> {
        bech32_decode(
            text,
            |_| BadHybridKey::Text,
            |prefix| {
                if prefix == RECIPIENT_PREFIX {
                    Ok(())
                } else {
                    Err(BadHybridKey::Text)
                }
            },
            |_, bytes| EncapsulationKey::parse(&bytes.collect::<Vec<u8>>()).map(Self),
        )
    }
}

impl fmt::Display for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bech32_encode(RECIPIENT_PREFIX, &self.0.to_bytes()))
    }
}

impl fmt::Debug for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_string();
        write!(
            f,
            "HybridRecipient({}…)",
            text.get(..20).unwrap_or_default()
        )
    }
}

impl age::Recipient for HybridRecipient {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        let failed = || age::EncryptError::Io(std::io::Error::other("key encapsulation failed"));
        let (encapsulated, shared) = self.0.encapsulate().ok_or_else(failed)?;
        let (key, nonce) = key_schedule(&shared);
        let body = ChaCha20Poly1305::new((&*key).into())
            .encrypt(&nonce.into(), &file_key.expose_secret()[..])
            .map_err(|_| failed())?;
        let stanza = Stanza {
            tag: HYBRID_TAG.into(),
            args: vec![BASE64_STANDARD_NO_PAD.encode(encapsulated)],
            body,
        };
        Ok((vec![stanza], HashSet::from([String::from("postquantum")])))
    }
}

impl age::Identity for HybridIdentity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        if stanza.tag != HYBRID_TAG {
            return None;
        }
        let malformed = || Some(Err(age::DecryptError::InvalidHeader));
        let [argument] = stanza.args.as_slice() else {
            return malformed();
        };
        // The engine refuses padding and non-zero trailing bits: one text for one value.
        let Some(encapsulated) = BASE64_STANDARD_NO_PAD
            .decode(argument)
            .ok()
            .and_then(|bytes| <[u8; CIPHERTEXT_BYTES]>::try_from(bytes).ok())
        else {
            return malformed();
        };
        if stanza.body.len() != FILE_KEY_BYTES + TAG_BYTES {
            return malformed();
        }
        let Some(shared) = self.0.decapsulate(&encapsulated) else {
            return malformed();
        };
        let (key, nonce) = key_schedule(&shared);
        let opened = ChaCha20Poly1305::new((&*key).into())
            .decrypt(&nonce.into(), stanza.body.as_slice())
            .ok()
            .map(Zeroizing::new)?;
        Some(Ok(FileKey::init_with_mut(|file_key| {
            file_key.copy_from_slice(&opened)
        })))
    }
}

#[derive(Clone, PartialEq)]
struct EncapsulationKey {
    ml_kem: Box<MlKemPublic>,
    x25519: PublicKey,
}

impl Eq for EncapsulationKey {}

impl EncapsulationKey {
    fn parse(bytes: &[u8]) -> Result<Self, BadHybridKey> {
        let (ml_kem_bytes, x25519_bytes) = bytes
            .split_at_checked(ML_KEM_PUBLIC_BYTES)
            .ok_or(BadHybridKey::Text)?;
        let x25519 = <[u8; 32]>::try_from(x25519_bytes).map_err(|_| BadHybridKey::Text)?;
        let ml_kem =
            MlKemPublic::from_bytes(ml_kem_bytes.try_into().map_err(|_| BadHybridKey::Text)?);
        // FIPS 203 §7.2: a key whose coefficients are not reduced decodes to other bytes than it came from.
        if ml_kem.as_bytes().as_slice() != ml_kem_bytes {
            return Err(BadHybridKey::NotCanonical);
        }
        Ok(Self {
            ml_kem: Box::new(ml_kem),
            x25519: x25519.into(),
        })
    }

    fn to_bytes(&self) -> Vec<u8> {
        [self.ml_kem.as_bytes().as_slice(), self.x25519.as_bytes()].concat()
    }

    /// Returns (ciphertext of 1120 bytes, shared secret); `None` on a low-order X25519 share.
    fn encapsulate(&self) -> Option<(Vec<u8>, Zeroizing<[u8; 32]>)> {
        let mut rng = rand_core::OsRng;
        let (ml_kem_ciphertext, ml_kem_shared) = self.ml_kem.encapsulate(&mut rng).ok()?;
        let ephemeral = StaticSecret::random_from_rng(rng);
        let share = PublicKey::from(&ephemeral);
        let x25519_shared = ephemeral.diffie_hellman(&self.x25519);
        if !x25519_shared.was_contributory() {
            return None;
        }
        let shared = combine(
            &ml_kem_shared,
            x25519_shared.as_bytes(),
            &share,
            &self.x25519,
        );
        Some((
            [ml_kem_ciphertext.as_slice(), share.as_bytes()].concat(),
            shared,
        ))
    }
}

struct DecapsulationKey {
    seed: Zeroizing<[u8; 32]>,
    ml_kem: Box<MlKemSecret>,
    x25519: StaticSecret,
    public: EncapsulationKey,
}

impl DecapsulationKey {
    fn from_seed(seed: &[u8; 32]) -> Self {
        let mut expanded = Zeroizing::new([0_u8; 96]);
        let mut shake = Shake256::default();
        Update::update(&mut shake, seed);
        shake.finalize_xof().read(&mut *expanded);
        let part = |from: usize| -> Zeroizing<[u8; 32]> {
            let mut out = Zeroizing::new([0; 32]);
            out.copy_from_slice(
                expanded
                    .get(from..from + 32)
                    .expect("96 bytes hold three parts"),
            );
            out
        };
        let (d, z, x) = (part(0), part(32), part(64));
        let (ml_kem, ml_kem_public) = MlKem768::generate_deterministic(&(*d).into(), &(*z).into());
        let x25519 = StaticSecret::from(*x);
        let public = EncapsulationKey {
            ml_kem: Box::new(ml_kem_public),
            x25519: PublicKey::from(&x25519),
        };
        Self {
            seed: Zeroizing::new(*seed),
            ml_kem: Box::new(ml_kem),
            x25519,
            public,
        }
    }

    fn decapsulate(&self, ciphertext: &[u8; CIPHERTEXT_BYTES]) -> Option<Zeroizing<[u8; 32]>> {
        let (ml_kem_ciphertext, share) = ciphertext.split_at_checked(ML_KEM_CIPHERTEXT_BYTES)?;
        let ml_kem_shared = self
            .ml_kem
            .decapsulate(ml_kem_ciphertext.try_into().ok()?)
            .ok()?;
        let share = PublicKey::from(<[u8; 32]>::try_from(share).ok()?);
        let x25519_shared = self.x25519.diffie_hellman(&share);
        if !x25519_shared.was_contributory() {
            return None;
        }
        Some(combine(
            &ml_kem_shared,
            x25519_shared.as_bytes(),
            &share,
            &self.public.x25519,
        ))
    }
}

/// X-Wing's combiner: SHA3-256(`ss_M` ‖ `ss_X` ‖ `ct_X` ‖ `pk_X` ‖ label).
fn combine(
    ml_kem_shared: &[u8],
    x25519_shared: &[u8; 32],
    share: &PublicKey,
    recipient: &PublicKey,
) -> Zeroizing<[u8; 32]> {
    let digest = Sha3_256::new()
        .chain_update(ml_kem_shared)
        .chain_update(x25519_shared)
        .chain_update(share.as_bytes())
        .chain_update(recipient.as_bytes())
        .chain_update(XWING_LABEL)
        .finalize();
    Zeroizing::new(digest.into())
}

/// RFC 9180 §5.1 `KeySchedule`, `mode_base`, empty psk; returns (key, base nonce) of the only message.
fn key_schedule(shared: &[u8; 32]) -> (Zeroizing<[u8; 32]>, [u8; 12]) {
    let (psk_id_hash, _) = labeled_extract(b"", b"psk_id_hash", b"");
    let (info_hash, _) = labeled_extract(b"", b"info_hash", INFO);
    let context = [&[MODE_BASE], &psk_id_hash[..], &info_hash[..]].concat();
    let (_, secret) = labeled_extract(shared, b"secret", b"");
    let key = Zeroizing::new(labeled_expand(&secret, b"key", &context));
    (key, labeled_expand(&secret, b"base_nonce", &context))
}

fn labeled_extract(
    salt: &[u8],
    label: &[u8],
    material: &[u8],
) -> (Zeroizing<[u8; 32]>, Hkdf<Sha256>) {
    let labeled = Zeroizing::new([HPKE_VERSION, SUITE, label, material].concat());
    let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(salt), &labeled);
    (Zeroizing::new(prk.into()), hkdf)
}

fn labeled_expand<const LENGTH: usize>(
    hkdf: &Hkdf<Sha256>,
    label: &[u8],
    context: &[u8],
) -> [u8; LENGTH] {
    let mut out = [0; LENGTH];
    let length = u16::try_from(LENGTH)
        .expect("HPKE outputs are short")
        .to_be_bytes();
    hkdf.expand_multi_info(&[&length, HPKE_VERSION, SUITE, label, context], &mut out)
        .expect("HKDF-SHA256 gives up to 8160 bytes");
    out
}

type MlKemSecret = <MlKem768 as KemCore>::DecapsulationKey;
type MlKemPublic = <MlKem768 as KemCore>::EncapsulationKey;

const RECIPIENT_PREFIX: bech32::Hrp = bech32::Hrp::parse_unchecked("age1pq");
const IDENTITY_PREFIX: bech32::Hrp = bech32::Hrp::parse_unchecked("AGE-SECRET-KEY-PQ-");
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const HPKE_VERSION: &[u8] = b"HPKE-v1";
/// "HPKE" ‖ KEM 0x647a ‖ KDF HKDF-SHA256 ‖ AEAD ChaCha20-Poly1305.
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
const MODE_BASE: u8 = 0;
const XWING_LABEL: &[u8] = br"\.//^\";
const ML_KEM_PUBLIC_BYTES: usize = 1184;
const ML_KEM_CIPHERTEXT_BYTES: usize = 1088;
const CIPHERTEXT_BYTES: usize = ML_KEM_CIPHERTEXT_BYTES + 32;
const TAG_BYTES: usize = 16;

#[cfg(test)]
#[path = "hybrid/tests.rs"]
mod tests;
