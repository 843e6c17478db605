//! Ed25519 signatures, one type of key for each role, and the canonical bytes that are signed or derived from.
//!
//! Every signature and derivation starts with a context string of the form `asylia/v1/PURPOSE`, followed by
//! its fields, each with its length before it: no two roles, versions or splits give the same bytes.

use core::{fmt, marker::PhantomData};

use base64::{Engine, prelude::BASE64_STANDARD};
use ed25519_dalek::Signer;
use rand_core::{CryptoRng, RngCore};
use zeroize::Zeroizing;

/// A role of a signing key, with the context of everything it signs.
pub trait Role: 'static {
    /// The context string of the role's signatures.
    const CONTEXT: &'static str;
}

macro_rules! role {
    ($(#[$doc:meta])* $name:ident, $context:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum $name {}
        impl Role for $name {
            const CONTEXT: &'static str = $context;
        }
    };
}

role! {
    /// A member of the Committee: signs key bundles.
    Root, "asylia/v1/root/key-bundle"
}
role! {
    /// The office: signs replies.
    Office, "asylia/v1/office/reply"
}
role! {
    /// The office, with the same keys: signs the transfer bundles that go to a server.
    OfficeTransfer, "asylia/v1/office/transfer-bundle"
}
role! {
    /// A server: signs the transfer bundles it exports.
    Transfer, "asylia/v1/transfer/bundle"
}
role! {
    /// A submitter's return code: signs follow-ups.
    Mailbox, "asylia/v1/mailbox/follow-up"
}

role! {
    /// Whoever built or checked a release: signs the manifest of its site.
    Site, "asylia/v1/site/manifest"
}

role! {
    /// The office, with the same keys: signs lists that the console works with.
    OfficeData, "asylia/v1/office/data"
}

/// A signing key of one role; 32 secret bytes, cleared when dropped.
pub struct SigningKey<R: Role>(ed25519_dalek::SigningKey, PhantomData<R>);

/// The public half of a [`SigningKey`].
pub struct VerifyingKey<R: Role>(ed25519_dalek::VerifyingKey, PhantomData<R>);

/// A signature did not verify.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// Text or bytes are no key of this kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a signing or verifying key")]
pub struct BadKey;

impl<R: Role> SigningKey<R> {
    /// Draws a fresh key from `rng`.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        Self::from_seed(&seed)
    }

    /// The key of a seed.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed), PhantomData)
    }

    /// The seed, for the file or slot that keeps it.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey<R> {
        VerifyingKey(self.0.verifying_key(), PhantomData)
    }

    /// Signs `fields` under the role's context; 64 bytes.
    #[must_use]
    pub fn sign(&self, fields: &[&[u8]]) -> [u8; 64] {
        self.0.sign(&framed(R::CONTEXT, fields)).to_bytes()
    }
}

impl SigningKey<Office> {
    /// The same key in the role in which the office signs bundles; the contexts keep the two apart.
    #[must_use]
    pub fn for_bundles(&self) -> SigningKey<OfficeTransfer> {
        SigningKey(self.0.clone(), PhantomData)
    }
}

impl SigningKey<Office> {
    /// The same key in the role in which the office signs lists.
    #[must_use]
    pub fn for_data(&self) -> SigningKey<OfficeData> {
        SigningKey(self.0.clone(), PhantomData)
    }
}

impl VerifyingKey<Office> {
    /// The same key in the role in which the office signs lists.
    #[must_use]
    pub fn for_data(&self) -> VerifyingKey<OfficeData> {
        VerifyingKey(self.0, PhantomData)
    }

    /// The same key in the role in which the office signs bundles.
    #[must_use]
    pub fn for_bundles(&self) -> VerifyingKey<OfficeTransfer> {
        VerifyingKey(self.0, PhantomData)
    }
}

impl<R: Role> VerifyingKey<R> {
    /// Reads a key from its 32 bytes.
    ///
    /// # Errors
    /// [`BadKey`] when they are no point of the curve, or one of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BadKey> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| BadKey)?;
        if key.is_weak() {
            Err(BadKey)
        } else {
            Ok(Self(key, PhantomData))
        }
    }

    /// Reads a key from base64 as [`fmt::Display`] writes it.
    ///
    /// # Errors
    /// [`BadKey`] on anything else.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| BadKey)?;
        Self::from_bytes(bytes.as_slice().try_into().map_err(|_| BadKey)?)
    }

    /// The key's 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Verifies a signature over `fields` under the role's context (strict: RFC 8032, no malleability).
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, fields: &[&[u8]], signature: &[u8]) -> Result<(), BadSignature> {
        let signature =
            ed25519_dalek::Signature::from_slice(signature).map_err(|_| BadSignature)?;
        self.0
            .verify_strict(&framed(R::CONTEXT, fields), &signature)
            .map_err(|_| BadSignature)
    }
}

impl<R: Role> Clone for VerifyingKey<R> {
    fn clone(&self) -> Self {
        Self(self.0, PhantomData)
    }
}

impl<R: Role> PartialEq for VerifyingKey<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<R: Role> Eq for VerifyingKey<R> {}

impl<R: Role> fmt::Display for VerifyingKey<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(self.0.to_bytes()))
    }
}

impl<R: Role> fmt::Debug for VerifyingKey<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

/// The canonical bytes of `context` and `fields`: each with its length as 8 bytes, big-endian, before it.
#[must_use]
pub fn framed(context: &str, fields: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length = 8 + context.len() + fields.iter().map(|field| 8 + field.len()).sum::<usize>();
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    for part in core::iter::once(&context.as_bytes()).chain(fields) {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_of_one_role_or_split_is_none_of_another() {
        let seed = [7; 32];
        let root = SigningKey::<Root>::from_seed(&seed);
        let transfer = SigningKey::<Transfer>::from_seed(&seed);
        let signature = root.sign(&[b"ab", b"c"]);
        assert_eq!(
            root.verifying_key().verify(&[b"ab", b"c"], &signature),
            Ok(())
        );
        assert_eq!(
            root.verifying_key().verify(&[b"a", b"bc"], &signature),
            Err(BadSignature)
        );
        assert_eq!(
            transfer.verifying_key().verify(&[b"ab", b"c"], &signature),
            Err(BadSignature)
        );
        assert_eq!(
            root.verifying_key()
                .verify(&[b"ab", b"c"], &signature[..63]),
            Err(BadSignature)
        );
    }

    #[test]
    fn an_office_key_signs_replies_and_bundles_and_neither_passes_for_the_other() {
        let key = SigningKey::<Office>::from_seed(&[7; 32]);
        let (verifies, for_bundles) = (key.verifying_key(), key.for_bundles());
        let reply = key.sign(&[b"text"]);
        let bundle = for_bundles.sign(&[b"text"]);
        assert_eq!(verifies.for_bundles().verify(&[b"text"], &bundle), Ok(()));
        assert_eq!(
            verifies.for_bundles().verify(&[b"text"], &reply),
            Err(BadSignature)
        );
        assert_eq!(verifies.verify(&[b"text"], &bundle), Err(BadSignature));
    }

    #[test]
    fn keys_survive_their_text() {
        let key = SigningKey::<Root>::from_seed(&[9; 32]).verifying_key();
        assert_eq!(VerifyingKey::parse(&key.to_string()), Ok(key));
        assert_eq!(VerifyingKey::<Root>::parse("AAAA"), Err(BadKey));
        assert_eq!(VerifyingKey::<Root>::from_bytes(&[0; 32]), Err(BadKey));
    }
}
