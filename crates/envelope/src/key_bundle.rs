//! The key bundle `keys.note`: the office's public keys, in a signed text that a person can read.
//!
//! Bytes off a disk or a network are an [`UnverifiedBundle`]; only [`UnverifiedBundle::verify`] against an
//! [`Anchor`] makes a [`KeyBundle`]. A note that vouches for itself is refused unless it says `demo: yes`.
//! Grammar: `docs/FORMAT.md#key-bundle`.

use core::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

use crate::{
    day::Day,
    hybrid::HybridRecipient,
    ids::InstanceId,
    signing::{Office, Role, Root, SigningKey, Transfer, VerifyingKey, framed},
    words::words_of_bits,
};

mod parse;
mod succession;

/// Most characters of a period's id: too few to hold a time of day.
pub const PERIOD_ID_CHARS: usize = 12;
/// Most bytes of a note.
pub const NOTE_LIMIT_BYTES: usize = 256 * 1024;

/// The statements of a key bundle, as they are written and signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BundleContent {
    /// The installation.
    pub instance: InstanceId,
    /// The office, as a function and not a name of a person.
    pub office: String,
    /// Counts up from 1.
    pub sequence: u64,
    /// SHA-256 of the note before this one.
    pub previous: Option<[u8; 32]>,
    /// First day on which it holds.
    pub not_before: Day,
    /// Last day on which it holds.
    pub not_after: Day,
    /// A throwaway office: every page says DEMO KEYS.
    pub demo: bool,
    /// How many root keys must sign.
    pub threshold: usize,
    /// The Committee's root keys, ascending by their bytes.
    pub roots: Vec<VerifyingKey<Root>>,
    /// Keys that sign the office's replies.
    pub office_keys: Vec<VerifyingKey<Office>>,
    /// The server's key that signs transfer bundles, once it is paired.
    pub transfer_key: Option<VerifyingKey<Transfer>>,
    /// The periods, ascending by their first day.
    pub periods: Vec<Period>,
}

/// The time for which one set of recipients is in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    /// Such as `2026-Q4`; letters, digits, dashes, at most [`PERIOD_ID_CHARS`].
    pub id: String,
    /// First day on which sealing to it is right.
    pub from: Day,
    /// Last day on which something sealed to it is accepted.
    pub until: Day,
    /// Recipient of the outer layer.
    pub intake: HybridRecipient,
    /// Recipient of account, manifest and attachments.
    pub account: HybridRecipient,
    /// Recipient of the identity compartment.
    pub identity: HybridRecipient,
}

/// What a verifier was given beforehand: the fingerprint, 12 words, or nothing (then only demo keys pass).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Anchor {
    /// The fingerprint.
    Fingerprint(Fingerprint),
    /// No anchor: a note marked `demo: yes` is accepted, and no other.
    DemoOnly,
}

/// 12 English words (132 bits) over instance, root keys and threshold: the same for years.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fingerprint(Vec<&'static str>);

/// A note whose signatures nobody has checked.
pub struct UnverifiedBundle {
    content: BundleContent,
    text: String,
    signatures: Vec<(VerifyingKey<Root>, Vec<u8>)>,
}

/// A verified key bundle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyBundle {
    content: BundleContent,
    note: String,
}

/// Why a note is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleError {
    /// Not a key bundle of this version; names the line, counted from 1.
    #[error("line {0} of the key bundle is not what it must be")]
    Line(usize),
    /// Too long or not text.
    #[error("this is not a key bundle")]
    NotABundle,
    /// The root keys are not those of the given fingerprint.
    #[error("the key bundle belongs to another office: its fingerprint is {0}")]
    OtherOffice(String),
    /// No fingerprint was given, and the note is not marked as a demonstration.
    #[error("the key bundle vouches for itself: no fingerprint was given to check it against")]
    NoAnchor,
    /// Fewer valid signatures of root keys than the threshold.
    #[error("the key bundle carries {valid} valid root signatures and needs {needed}")]
    Signatures {
        /// Valid signatures found.
        valid: usize,
        /// The threshold.
        needed: usize,
    },
    /// A newer one is known.
    #[error("the key bundle is older than the one in use")]
    RolledBack,
    /// It has the number of the known one and other content.
    #[error("two different key bundles carry the same number")]
    Forked,
    /// It has the next number and names another bundle before it.
    #[error("the key bundle does not name the one in use as the one before it")]
    NotInChain,
    /// Root keys or threshold changed, and too few of the old root keys agreed.
    #[error("the root keys change, which {valid} of the old ones signed and {needed} must sign")]
    OldRoots {
        /// Valid signatures of old root keys.
        valid: usize,
        /// The old threshold.
        needed: usize,
    },
    /// A demonstration or rehearsal is offered in place of an office's keys.
    #[error("the key bundle is a demonstration's, and the one in use is not")]
    DemoAfterReal,
    /// Before its first or after its last day.
    #[error("the key bundle is valid from {from} to {until} only")]
    NotInForce {
        /// First day.
        from: Day,
        /// Last day.
        until: Day,
    },
    /// No period's window holds the day.
    #[error("no period of the key bundle covers this day")]
    NoPeriod,
}

/// The words typed as a fingerprint are not 12 words of the English list.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a fingerprint has 12 words of the English list")]
pub struct BadFingerprint;

impl Fingerprint {
    /// The fingerprint of an office.
    #[must_use]
    pub fn of(instance: InstanceId, roots: &[VerifyingKey<Root>], threshold: usize) -> Self {
        let mut keys: Vec<[u8; 32]> = roots.iter().map(VerifyingKey::to_bytes).collect();
        keys.sort_unstable();
        let threshold = (threshold as u64).to_be_bytes();
        let mut fields: Vec<&[u8]> = vec![&instance.0, &threshold];
        fields.extend(keys.iter().map(|key| key.as_slice()));
        let digest = Sha256::digest(&*framed("asylia/v1/fingerprint", &fields));
        Self(words_of_bits(&digest, FINGERPRINT_WORDS))
    }

    /// Reads 12 typed words, in any case and spacing, or by their first four letters.
    ///
    /// # Errors
    /// [`BadFingerprint`].
    pub fn parse(typed: &str) -> Result<Self, BadFingerprint> {
        let list = crate::words::WordList::English;
        let words: Option<Vec<&'static str>> = typed
            .split(|c: char| c.is_whitespace() || c == '-')
            .filter(|word| !word.is_empty())
            .map(|word| list.index(word).and_then(|index| list.word(index)))
            .collect();
        words
            .filter(|words| words.len() == FINGERPRINT_WORDS)
            .map(Self)
            .ok_or(BadFingerprint)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl BundleContent {
    /// The office's fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.instance, &self.roots, self.threshold)
    }

    /// The text that is signed, which ends with a line feed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{MAGIC}\n");
        let mut line =
            |name: &str, value: &dyn fmt::Display| text.push_str(&format!("{name}: {value}\n"));
        line("office", &self.office);
        line("fingerprint", &self.fingerprint());
        line("instance", &self.instance);
        line("sequence", &self.sequence);
        line(
            "previous",
            &self.previous.map_or_else(|| NONE.to_owned(), hex::encode),
        );
        line("not before", &self.not_before);
        line("not after", &self.not_after);
        line("demo", &if self.demo { "yes" } else { "no" });
        line("threshold", &self.threshold);
        self.roots.iter().for_each(|key| line("root", key));
        self.office_keys
            .iter()
            .for_each(|key| line("office key", key));
        self.transfer_key
            .iter()
            .for_each(|key| line("transfer key", key));
        for period in &self.periods {
            line(
                "period",
                &format!("{} {} {}", period.id, period.from, period.until),
            );
            line("intake", &period.intake);
            line("account", &period.account);
            line("identity", &period.identity);
        }
        text
    }

    /// One root key's signature line over this content, to be appended to the note.
    #[must_use]
    pub fn signature_line(&self, key: &SigningKey<Root>) -> String {
        let signature = BASE64_STANDARD.encode(key.sign(&[self.to_text().as_bytes()]));
        format!("— {} {signature}\n", key.verifying_key())
    }

    /// The note: text, blank line, signature lines.
    #[must_use]
    pub fn to_note(&self, signature_lines: &[String]) -> String {
        format!("{}\n{}", self.to_text(), signature_lines.concat())
    }
}

impl UnverifiedBundle {
    /// Reads a note; says nothing about who wrote it.
    ///
    /// # Errors
    /// [`BundleError::NotABundle`] and [`BundleError::Line`].
    pub fn parse(note: &[u8]) -> Result<Self, BundleError> {
        parse::note(note)
    }

    /// What the note claims, for showing before it is trusted.
    #[must_use]
    pub fn claimed(&self) -> &BundleContent {
        &self.content
    }

    /// The signature lines, for a holder who adds one.
    #[must_use]
    pub fn signature_lines(&self) -> Vec<String> {
        let line = |(key, signature): &(VerifyingKey<Root>, Vec<u8>)| {
            format!("— {key} {}\n", BASE64_STANDARD.encode(signature))
        };
        self.signatures.iter().map(line).collect()
    }

    /// Checks the note against the anchor and the bundle in use.
    ///
    /// Does not look at the calendar: see [`KeyBundle::check_day`].
    ///
    /// # Errors
    /// Every refusal of [`BundleError`] but `NotInForce` and `NoPeriod`.
    pub fn verify(
        self,
        anchor: &Anchor,
        in_use: Option<(u64, [u8; 32])>,
    ) -> Result<KeyBundle, BundleError> {
        let fingerprint = self.content.fingerprint();
        match anchor {
            Anchor::Fingerprint(given) if *given != fingerprint => {
                return Err(BundleError::OtherOffice(fingerprint.to_string()));
            }
            Anchor::DemoOnly if !self.content.demo => return Err(BundleError::NoAnchor),
            _ => {}
        }
        let valid = self.signatures_of(&self.content.roots);
        if valid < self.content.threshold {
            return Err(BundleError::Signatures {
                valid,
                needed: self.content.threshold,
            });
        }
        let bundle = KeyBundle {
            note: self.note(),
            content: self.content,
        };
        match in_use {
            Some((sequence, _)) if bundle.sequence() < sequence => Err(BundleError::RolledBack),
            Some((sequence, digest))
                if bundle.sequence() == sequence && bundle.digest() != digest =>
            {
                Err(BundleError::Forked)
            }
            _ => Ok(bundle),
        }
    }

    /// How many of `roots`, each counted once, signed the note's text; they need not be the note's own.
    #[must_use]
    pub fn signatures_of(&self, roots: &[VerifyingKey<Root>]) -> usize {
        let signed = |root: &&VerifyingKey<Root>| {
            self.signatures.iter().any(|(key, signature)| {
                key == *root && root.verify(&[self.text.as_bytes()], signature).is_ok()
            })
        };
        roots.iter().filter(signed).count()
    }

    fn note(&self) -> String {
        format!("{}\n{}", self.text, self.signature_lines().concat())
    }
}

impl KeyBundle {
    /// What the bundle says.
    #[must_use]
    pub fn content(&self) -> &BundleContent {
        &self.content
    }

    /// Its number.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.content.sequence
    }

    /// The note as it was read, for `GET /keys`.
    #[must_use]
    pub fn note(&self) -> &str {
        &self.note
    }

    /// SHA-256 of the signed text, which pins it (signatures of more holders may be added to a note).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.content.to_text().as_bytes()).into()
    }

    /// Whether the bundle is in force on `day`.
    ///
    /// # Errors
    /// [`BundleError::NotInForce`].
    pub fn check_day(&self, day: Day) -> Result<(), BundleError> {
        let (from, until) = (self.content.not_before, self.content.not_after);
        if (from..=until).contains(&day) {
            Ok(())
        } else {
            Err(BundleError::NotInForce { from, until })
        }
    }

    /// The period to seal to on `day`: of those whose window holds it, the one that began last.
    ///
    /// # Errors
    /// [`BundleError::NotInForce`] and [`BundleError::NoPeriod`].
    pub fn period_on(&self, day: Day) -> Result<&Period, BundleError> {
        self.check_day(day)?;
        let open = |period: &&Period| (period.from..=period.until).contains(&day);
        self.content
            .periods
            .iter()
            .filter(open)
            .max_by_key(|period| period.from)
            .ok_or(BundleError::NoPeriod)
    }
}

const MAGIC: &str = "asylia key bundle v1";
const NONE: &str = "none";
const FINGERPRINT_WORDS: usize = 12;
const _: () = assert!(!Root::CONTEXT.is_empty());

#[cfg(test)]
#[path = "key_bundle/tests.rs"]
mod tests;
