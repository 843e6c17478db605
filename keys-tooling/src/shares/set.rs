//! A set of shares: the public note that commits to every share, and the split that makes both.
//!
//! The note is what a ceremony's transcript carries. It lets everybody check a share without
//! learning anything of the secret: a digest of the share's words, and the public half of a drill
//! key that derives from them. Nothing signs it here; its fingerprint stands on every sheet.

use core::{fmt, str::FromStr};

use asylia_envelope::{
    day::Day,
    hybrid::HybridRecipient,
    ids::InstanceId,
    key_bundle::Period,
    signing::{VerifyingKey, framed},
    words::words_of_bits,
};
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    drill::{Drill, drill_key},
    gather::Gathering,
    mnemonic::Common,
    scheme::{Place, Scheme},
    slip39::{self, Parameters},
    words::ShareWords,
};
use crate::custody::{CustodySecret, Purpose};

/// Drawn for each set: what digests, drill keys and signatures are bound to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ShareSetId(pub(super) [u8; 16]);

/// What is public of a set of shares.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ShareSet {
    pub(super) id: ShareSetId,
    pub(super) instance: InstanceId,
    pub(super) purpose: Purpose,
    pub(super) label: String,
    pub(super) made: Day,
    pub(super) destroy_after: Day,
    pub(super) recipients: [u8; 32],
    pub(super) identifier: u16,
    pub(super) scheme: Scheme,
    pub(super) shares: Vec<Commitment>,
}

/// What is public of one share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Commitment {
    pub(super) digest: [u8; 32],
    pub(super) drill_key: VerifyingKey<Drill>,
}

/// One holder's share. No `Debug`; cleared when dropped.
pub struct Share {
    pub(super) holder: u8,
    pub(super) words: ShareWords,
}

/// A set that was just made.
pub struct NewSet {
    /// The public note.
    pub set: ShareSet,
    /// One share for each holder, in the order of their numbers.
    pub shares: Vec<Share>,
}

/// Why a set is not made. Two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum SplitError {
    /// The day of destruction lies before the day of making.
    #[error("The shares would be due for destruction before they are made. Give a later day.")]
    Days,
    /// The shares were combined again and did not give the secret.
    #[error(
        "The new shares did not give the secret back, so none of them is given out. \
         Do not use this computer for a ceremony."
    )]
    SelfCheck,
}

/// Splits `secret` among the holders of `scheme`, and proves every share before it returns any.
///
/// # Errors
/// Every [`SplitError`].
pub fn split(
    secret: &CustodySecret,
    scheme: &Scheme,
    made: Day,
    destroy_after: Day,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<NewSet, SplitError> {
    if destroy_after < made {
        return Err(SplitError::Days);
    }
    let mut id = ShareSetId([0; 16]);
    rng.fill_bytes(&mut id.0);
    let identifier = u16::try_from(rng.next_u32() & IDENTIFIER_MASK).expect("the mask has 15 bits");
    let parameters = Parameters {
        passphrase: NO_PASSPHRASE,
        exponent: EXPONENT,
        identifier,
        extendable: EXTENDABLE,
    };
    let mnemonics = slip39::split(scheme, secret.bytes(), parameters, rng);
    let shares: Vec<Share> = (1..)
        .zip(&mnemonics)
        .map(|(holder, mnemonic)| Share {
            holder,
            words: mnemonic.to_words(),
        })
        .collect();
    let set = ShareSet {
        id,
        instance: secret.instance(),
        purpose: secret.purpose(),
        label: secret.label().to_owned(),
        made,
        destroy_after,
        recipients: secret.recipients_digest(),
        identifier,
        scheme: scheme.clone(),
        shares: shares
            .iter()
            .map(|share| Commitment::of(id, share))
            .collect(),
    };
    let new = NewSet { set, shares };
    if new.every_share_recovers(secret) {
        Ok(new)
    } else {
        Err(SplitError::SelfCheck)
    }
}

impl NewSet {
    /// Whether each share, typed from its words, recovers `secret` in a smallest circle of holders.
    fn every_share_recovers(&self, secret: &CustodySecret) -> bool {
        self.set.scheme.places().all(|place| {
            let mut gathering = Gathering::new(&self.set, &[]);
            let circle = self.set.scheme.circle_of(place);
            let accepted = self
                .shares
                .iter()
                .filter(|share| circle.contains(&share.holder))
                .all(|share| gathering.add(&share.words.to_text()) == Ok(share.holder));
            accepted
                && gathering
                    .combine()
                    .is_ok_and(|found| found.bytes() == secret.bytes())
        })
    }
}

impl Commitment {
    pub(super) fn of(id: ShareSetId, share: &Share) -> Self {
        Self {
            digest: commitment_digest(id, share.holder, &share.words),
            drill_key: drill_key(id, share.holder, &share.words).verifying_key(),
        }
    }
}

impl Share {
    /// Number of the holder, from 1.
    #[must_use]
    pub fn holder(&self) -> u8 {
        self.holder
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &ShareWords {
        &self.words
    }
}

impl ShareSet {
    /// What names it.
    #[must_use]
    pub fn id(&self) -> ShareSetId {
        self.id
    }

    /// The installation.
    #[must_use]
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// What the secret is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// The period, or the recovery key's label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The day on which it was made.
    #[must_use]
    pub fn made(&self) -> Day {
        self.made
    }

    /// The day after which its sheets are to be destroyed.
    #[must_use]
    pub fn destroy_after(&self) -> Day {
        self.destroy_after
    }

    /// Who must come together.
    #[must_use]
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Twelve words over the whole note; stand on every sheet.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let note = self.to_note();
        let digest = Sha256::digest(framed(FINGERPRINT_CONTEXT, &[note.as_bytes()]));
        words_of_bits(&digest, FINGERPRINT_WORDS).join(" ")
    }

    /// The two words with which every sheet of the set begins.
    #[must_use]
    pub fn first_words(&self) -> String {
        self.common()
            .first_words()
            .map(super::words::word)
            .join(" ")
    }

    /// Whether its secret gives the recipients that a key bundle lists for `period`.
    #[must_use]
    pub fn fits(&self, period: &Period) -> bool {
        let listed = self.purpose.listed(period);
        self.label == period.id
            && !listed.is_empty()
            && self.purpose.digest(&listed) == self.recipients
    }

    /// Whether its secret is the recovery key whose public half this is.
    #[must_use]
    pub fn keeps_recovery_of(&self, recipient: &HybridRecipient) -> bool {
        let purpose = Purpose::VaultRecovery;
        self.purpose == purpose
            && purpose.digest(core::slice::from_ref(recipient)) == self.recipients
    }

    /// What the words of each of its shares say of the set.
    pub(super) fn common(&self) -> Common {
        let groups = self.scheme.groups().len();
        Common {
            identifier: self.identifier,
            extendable: EXTENDABLE,
            exponent: EXPONENT,
            group_threshold: self.scheme.group_threshold(),
            group_count: u8::try_from(groups).expect("a scheme has at most 16 groups"),
        }
    }

    /// The holder whose share has exactly these words.
    pub(super) fn holder_of(&self, words: &ShareWords) -> Option<Place> {
        self.scheme
            .places()
            .zip(&self.shares)
            .find_map(|(place, share)| {
                let digest = commitment_digest(self.id, place.holder, words);
                (digest == share.digest).then_some(place)
            })
    }
}

/// The digest of a share's words, bound to set and holder. A share of a 32-byte secret is itself
/// 32 bytes that nobody can guess, so the digest tells nothing of it.
fn commitment_digest(id: ShareSetId, holder: u8, words: &ShareWords) -> [u8; 32] {
    let text = words.to_text();
    let framed: Zeroizing<Vec<u8>> = framed(SHARE_CONTEXT, &[&id.0, &[holder], text.as_bytes()]);
    Sha256::digest(&*framed).into()
}

impl fmt::Display for ShareSetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A text was not 32 lower-case hexadecimal digits.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a number of a set or challenge must be 32 lower-case hexadecimal digits")]
pub struct BadHex;

impl FromStr for ShareSetId {
    type Err = BadHex;
    fn from_str(text: &str) -> Result<Self, BadHex> {
        parse_hex(text).map(Self)
    }
}

pub(super) fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], BadHex> {
    let mut bytes = [0; N];
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(BadHex);
    }
    hex::decode_to_slice(text, &mut bytes).map_err(|_| BadHex)?;
    Ok(bytes)
}

/// Words of a share of ours: 32 bytes of value, where it belongs, and the checksum.
pub const SHARE_WORDS: usize = 33;

/// SLIP-39's passphrase is not used: with a wrong one, shares give a wrong secret and no error.
pub(super) const NO_PASSPHRASE: &[u8] = b"";
/// The fewest rounds: they would only slow down guessing a passphrase, and there is none.
const EXPONENT: u8 = 0;
/// Every tool of the standard reads sets without this flag, older ones no others.
const EXTENDABLE: bool = false;
const IDENTIFIER_MASK: u32 = 0x7fff;
const FINGERPRINT_WORDS: usize = 12;
const FINGERPRINT_CONTEXT: &str = "asylia/v1/share-set/fingerprint";
const SHARE_CONTEXT: &str = "asylia/v1/share/words";

#[cfg(test)]
#[path = "set/tests.rs"]
mod tests;
