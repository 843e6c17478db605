//! The keys of the vault: those of one person, and the ring of those that the person's roles hold.
//!
//! Every key is random and none derives from another. A person's passphrase opens the person's own secrets
//! ([`Secrets`]); with them opens the [`Ring`], which holds the keys of the person's roles and no others. A ring
//! is sealed to the person's public half, so that a role can change without the person's passphrase.

use std::iter;

use asylia_envelope::{
    hybrid::{HybridIdentity, HybridRecipient},
    padding::size_class,
    seal,
    signing::{Role as SigningRole, SigningKey, framed},
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{VaultError, VaultId, domain::Domain, hexadecimal, item::padded_json};
use crate::access::Roles;

/// A person at the vault: signs heads of the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeadSigner {}

impl SigningRole for HeadSigner {
    const CONTEXT: &'static str = "asylia/v1/vault/head";
}

/// 32 secret bytes in JSON; cleared when dropped. No `Debug`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretBytes(#[serde(with = "hexadecimal::secret")] pub(super) Zeroizing<[u8; 32]>);

/// The secrets of one person: what the slot wraps, always [`SECRETS_BYTES`] long.
pub struct Secrets {
    /// Opens the person's ring.
    pub(super) opens: Zeroizing<[u8; 32]>,
    /// Signs heads of the chain.
    pub(super) signs: Zeroizing<[u8; 32]>,
    /// The key of the domain [`Domain::Member`] and of every row's outer layer.
    pub(super) member: Zeroizing<[u8; 32]>,
    /// Authenticates rows and rings.
    pub(super) chain: Zeroizing<[u8; 32]>,
    /// Member and chain keys of the offices before, out of the ring.
    pub(super) past: Vec<PastTerm>,
}

/// The member and chain keys of an office that handed the vault over.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastTerm {
    /// The last event that was written under them.
    pub until: u64,
    pub(super) member: SecretBytes,
    pub(super) chain: SecretBytes,
}

/// The key of one domain in one generation: two random values.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainKey {
    /// Whose.
    pub domain: Domain,
    /// From 1; a new one begins when somebody who held it leaves.
    pub generation: u16,
    /// Seals and opens events of those who hold it.
    pub(super) own: SecretBytes,
    /// Opens what others dropped in, who have its public half only.
    pub(super) dropped: SecretBytes,
}

/// The keys that a person's roles hold.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// The roles for which it was made.
    pub roles: Roles,
    /// Their keys, older generations too.
    pub keys: Vec<DomainKey>,
    /// What the offices before wrote under, ascending; everybody's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastTerm>,
}

impl Secrets {
    /// Secrets of a new person of the vault whose member and chain keys are these.
    pub(super) fn generate(
        member: &[u8; 32],
        chain: &[u8; 32],
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        Self {
            opens: random(rng),
            signs: random(rng),
            member: Zeroizing::new(*member),
            chain: Zeroizing::new(*chain),
            past: Vec::new(),
        }
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let parts = [&self.opens, &self.signs, &self.member, &self.chain];
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRETS_BYTES));
        parts
            .iter()
            .for_each(|part| bytes.extend_from_slice(&part[..]));
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (parts, rest) = bytes.as_chunks::<32>();
        let [opens, signs, member, chain] = parts else {
            return None;
        };
        rest.is_empty().then(|| Self {
            opens: Zeroizing::new(*opens),
            signs: Zeroizing::new(*signs),
            member: Zeroizing::new(*member),
            chain: Zeroizing::new(*chain),
            past: Vec::new(),
        })
    }

    /// To whom the person's ring is sealed.
    #[must_use]
    pub fn recipient(&self) -> HybridRecipient {
        HybridIdentity::from_seed(&self.opens).to_recipient()
    }

    /// What signs in the person's name.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey<HeadSigner> {
        SigningKey::from_seed(&self.signs)
    }

    /// HMAC-SHA-256 under the chain key.
    pub(super) fn mac(&self, context: &str, fields: &[&[u8]]) -> [u8; 32] {
        mac(&self.chain, context, fields)
    }

    /// HMAC-SHA-256 under the chain key of the office that wrote this event.
    pub(super) fn mac_at(&self, sequence: u64, context: &str, fields: &[&[u8]]) -> [u8; 32] {
        let past = self.past_at(sequence).map(|term| &term.chain.0);
        mac(past.unwrap_or(&self.chain), context, fields)
    }

    /// The member key of the office that wrote this event.
    pub(super) fn member_at(&self, sequence: u64) -> &[u8; 32] {
        let past = self.past_at(sequence).map(|term| &term.member.0);
        past.unwrap_or(&self.member)
    }

    fn past_at(&self, sequence: u64) -> Option<&PastTerm> {
        self.past.iter().find(|term| sequence <= term.until)
    }
}

impl DomainKey {
    pub(super) fn generate(
        domain: Domain,
        generation: u16,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        Self {
            domain,
            generation,
            own: SecretBytes(random(rng)),
            dropped: SecretBytes(random(rng)),
        }
    }

    /// The public half, for those who do not hold it.
    #[must_use]
    pub fn recipient(&self) -> HybridRecipient {
        HybridIdentity::from_seed(&self.dropped.0).to_recipient()
    }
}

impl Ring {
    /// The part of this ring that `roles` hold.
    pub(super) fn for_roles(&self, roles: &Roles) -> Self {
        let held = |key: &&DomainKey| key.domain.is_held_by_any(roles);
        Self {
            roles: roles.clone(),
            keys: self.keys.iter().filter(held).cloned().collect(),
            past: self.past.clone(),
        }
    }

    /// The newest key of a domain.
    #[must_use]
    pub fn newest(&self, domain: Domain) -> Option<&DomainKey> {
        self.keys
            .iter()
            .filter(|key| key.domain == domain)
            .max_by_key(|key| key.generation)
    }

    pub(super) fn key(&self, domain: Domain, generation: u16) -> Option<&DomainKey> {
        self.keys
            .iter()
            .find(|key| (key.domain, key.generation) == (domain, generation))
    }

    /// Sealed to its owner, padded to a class: `length ‖ age file ‖ zeros`.
    pub(super) fn seal(&self, recipient: &HybridRecipient) -> Result<Vec<u8>, VaultError> {
        let sealed = seal::seal(recipient, &padded_json(self, RING_FLOOR_BYTES))?;
        let length = u32::try_from(sealed.len()).expect("a ring is some kilobytes long");
        let class = size_class(sealed.len() as u64 + 4, RING_FLOOR_BYTES * 2);
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend_from_slice(&sealed);
        bytes.resize(
            usize::try_from(class).expect("a class is near its content"),
            0,
        );
        Ok(bytes)
    }

    /// Opens a ring with its owner's secrets; authenticity is the caller's business (`slot.rs`).
    pub(super) fn open(bytes: &[u8], secrets: &Secrets) -> Option<Self> {
        let sealed = framed_part(bytes)?;
        let plaintext = open_dropped(sealed, &secrets.opens)?;
        serde_json::from_slice(framed_part(&plaintext)?).ok()
    }
}

/// Opens what was sealed to the public half of `seed`, whole.
pub(super) fn open_dropped(sealed: &[u8], seed: &[u8; 32]) -> Option<Zeroizing<Vec<u8>>> {
    open_sealed(sealed, &HybridIdentity::from_seed(seed))
}

/// Opens what was sealed to `identity`, whole.
pub(super) fn open_sealed(sealed: &[u8], identity: &HybridIdentity) -> Option<Zeroizing<Vec<u8>>> {
    let mut opened = seal::open(sealed, iter::once(identity as _)).ok()?;
    // Never grows beyond what is there, so that no copy of the plaintext is left behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(sealed.len()));
    io_read(&mut opened, &mut plaintext)?;
    Some(plaintext)
}

fn io_read(source: &mut impl std::io::Read, out: &mut Vec<u8>) -> Option<()> {
    source.read_to_end(out).ok().map(|_| ())
}

/// What stands behind a length of four bytes; `None` unless only zeros follow.
pub(super) fn framed_part(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (part, padding) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    padding.iter().all(|byte| *byte == 0).then_some(part)
}

/// `nonce ‖ ciphertext`, XChaCha20-Poly1305.
pub(super) fn encrypt(
    key: &[u8; 32],
    bound: &[u8],
    plaintext: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<u8> {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    let payload = Payload {
        msg: plaintext,
        aad: bound,
    };
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(XNonce::from_slice(&nonce), payload)
        .expect("rows are far below the cipher's limit of 256 GiB");
    [&nonce[..], &sealed].concat()
}

/// What [`encrypt`] made; `None` when it is damaged, or bound to something else.
pub(super) fn decrypt(key: &[u8; 32], bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
    let payload = Payload {
        msg: ciphertext,
        aad: bound,
    };
    XChaCha20Poly1305::new(key.into())
        .decrypt(XNonce::from_slice(nonce), payload)
        .map(Zeroizing::new)
        .ok()
}

/// HMAC-SHA-256, which is what HKDF calls its extraction.
pub(super) fn mac(key: &[u8; 32], context: &str, fields: &[&[u8]]) -> [u8; 32] {
    Hkdf::<Sha256>::extract(Some(key), &framed(context, fields))
        .0
        .into()
}

pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

pub(super) fn random(rng: &mut (impl RngCore + CryptoRng)) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *bytes);
    bytes
}

/// What a ring's authenticator covers.
pub(super) fn ring_mac(
    secrets: &Secrets,
    vault: &VaultId,
    person: &[u8; 16],
    ring: &[u8],
) -> [u8; 32] {
    secrets.mac("asylia/v1/vault/ring", &[vault, person, ring])
}

/// Length of a person's secrets.
pub const SECRETS_BYTES: usize = 128;
const NONCE_BYTES: usize = 24;
const RING_FLOOR_BYTES: u64 = 4096;
