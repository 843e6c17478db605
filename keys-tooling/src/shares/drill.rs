//! Drills: a holder proves to have the share, without showing it to anybody.
//!
//! The share's words derive an Ed25519 key whose public half stands in the set's note. The office
//! draws a challenge; the holder's own offline computer signs it; anybody with the note verifies.

use core::{fmt, str::FromStr};

use asylia_envelope::{
    day::Day,
    signing::{Role, SigningKey, framed},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hkdf::Hkdf;
use rand_core::{CryptoRng, RngCore};
use sha2::Sha512;
use zeroize::Zeroizing;

use super::{
    gather::{ShareRefusal, recognise},
    set::{BadHex, ShareSet, ShareSetId, parse_hex},
    words::ShareWords,
};

/// Most bytes of a drill's answer.
pub const DRILL_ANSWER_LIMIT_BYTES: usize = 1024;

/// A share: signs answers to drills.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Drill {}

impl Role for Drill {
    const CONTEXT: &'static str = "asylia/v1/share/drill";
}

/// Drawn afresh for each drill, so that an old answer proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Challenge([u8; 16]);

/// What a holder hands back; public.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DrillAnswer {
    set: ShareSetId,
    holder: u8,
    day: Day,
    challenge: Challenge,
    signature: [u8; 64],
}

/// Why an answer proves nothing. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DrillRefusal {
    /// No answer of this version.
    #[error("This is not the answer to a drill. Give what `drill --out` wrote.")]
    NotAnAnswer,
    /// An answer for another set.
    #[error("This answer is for another set of shares. Take the sheet of this set and sign again.")]
    OtherSet,
    /// An answer to another challenge, such as last year's.
    #[error("This answer is to another challenge. Sign the one that was drawn for this drill.")]
    OtherChallenge,
    /// The set has no such holder.
    #[error("The set has no holder {0}. Check that this is the right set.")]
    NoSuchHolder(u8),
    /// The signature is not by this holder's share.
    #[error(
        "The signature is not by the share of holder {0}. \
         Let the holder sign again; if it fails again, count the share as lost."
    )]
    Signature(u8),
}

impl Challenge {
    /// Draws a challenge.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl FromStr for Challenge {
    type Err = BadHex;
    fn from_str(text: &str) -> Result<Self, BadHex> {
        parse_hex(text).map(Self)
    }
}

impl ShareSet {
    /// Signs `challenge` with the share whose words were typed or scanned.
    ///
    /// # Errors
    /// Every [`ShareRefusal`] but `Duplicate`.
    pub fn answer_drill(
        &self,
        typed: &str,
        others: &[Self],
        challenge: Challenge,
        day: Day,
    ) -> Result<DrillAnswer, ShareRefusal> {
        let (place, mnemonic) = recognise(self, others, typed)?;
        let key = drill_key(self.id, place.holder, &mnemonic.to_words());
        let mut answer = DrillAnswer {
            set: self.id,
            holder: place.holder,
            day,
            challenge,
            signature: [0; 64],
        };
        answer.signature = key.sign(&[answer.signed_text().as_bytes()]);
        Ok(answer)
    }

    /// Whose share answered `challenge`.
    ///
    /// # Errors
    /// Every [`DrillRefusal`] but `NotAnAnswer`.
    pub fn verify_drill(
        &self,
        answer: &DrillAnswer,
        challenge: Challenge,
    ) -> Result<u8, DrillRefusal> {
        if answer.set != self.id {
            return Err(DrillRefusal::OtherSet);
        }
        if answer.challenge != challenge {
            return Err(DrillRefusal::OtherChallenge);
        }
        let holder = answer.holder;
        let share = usize::from(holder)
            .checked_sub(1)
            .and_then(|place| self.shares.get(place))
            .ok_or(DrillRefusal::NoSuchHolder(holder))?;
        share
            .drill_key
            .verify(&[answer.signed_text().as_bytes()], &answer.signature)
            .map_err(|_| DrillRefusal::Signature(holder))?;
        Ok(holder)
    }
}

impl DrillAnswer {
    /// The holder who says to have answered.
    #[must_use]
    pub fn holder(&self) -> u8 {
        self.holder
    }

    /// The day on which the holder's computer says it was signed.
    #[must_use]
    pub fn day(&self) -> Day {
        self.day
    }

    /// What it answers to.
    #[must_use]
    pub fn challenge(&self) -> Challenge {
        self.challenge
    }

    /// The answer as a text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let signature = BASE64_STANDARD.encode(self.signature);
        format!("{}signature: {signature}\n", self.signed_text())
    }

    /// Reads what [`Self::to_text`] wrote; one answer has one text.
    ///
    /// # Errors
    /// [`DrillRefusal::NotAnAnswer`].
    pub fn parse(text: &[u8]) -> Result<Self, DrillRefusal> {
        let text = core::str::from_utf8(text).map_err(|_| DrillRefusal::NotAnAnswer)?;
        let answer = Self::read(text).filter(|answer| answer.to_text() == text);
        answer.ok_or(DrillRefusal::NotAnAnswer)
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines().skip(1);
        let mut value = |name: &str| lines.next()?.strip_prefix(name);
        Some(Self {
            set: value("set: ")?.parse().ok()?,
            holder: value("holder: ")?.parse().ok()?,
            day: value("day: ")?.parse().ok()?,
            challenge: value("challenge: ")?.parse().ok()?,
            signature: BASE64_STANDARD
                .decode(value("signature: ")?)
                .ok()?
                .try_into()
                .ok()?,
        })
    }

    fn signed_text(&self) -> String {
        format!(
            "{ANSWER_MAGIC}\nset: {}\nholder: {}\nday: {}\nchallenge: {}\n",
            self.set, self.holder, self.day, self.challenge
        )
    }
}

/// The key of one share: HKDF-SHA-512 over its words, bound to set and holder.
pub(super) fn drill_key(set: ShareSetId, holder: u8, words: &ShareWords) -> SigningKey<Drill> {
    let mut seed = Zeroizing::new([0; 32]);
    let text = words.to_text();
    Hkdf::<Sha512>::new(Some(DRILL_CONTEXT.as_bytes()), text.as_bytes())
        .expand(&framed(DRILL_LABEL, &[&set.0, &[holder]]), &mut *seed)
        .expect("HKDF-SHA-512 gives up to 16320 bytes");
    SigningKey::from_seed(&seed)
}

const ANSWER_MAGIC: &str = "asylia drill v1";
const DRILL_CONTEXT: &str = "asylia/v1/share/drill-key";
const DRILL_LABEL: &str = "asylia/v1/share/drill-key/holder";

#[cfg(test)]
#[path = "drill/tests.rs"]
mod tests;
