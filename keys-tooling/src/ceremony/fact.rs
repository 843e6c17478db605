//! One thing that happened: a name and a value, public, with one text.

use core::fmt;

use asylia_envelope::{
    day::Day,
    signing::{Root, VerifyingKey},
};

use super::witness::Witness;
use crate::{custody::Purpose, shares::ShareSetId};

/// What a line of the transcript says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Fact {
    /// One line of the plan.
    Plan(String),
    /// The seeds of a period were drawn.
    Period(String),
    /// The recovery key of a vault was drawn.
    Recovery(String),
    /// A seed was split; id of the set and digest of its public note.
    Split(String, Purpose, ShareSetId, [u8; 32]),
    /// A sheet was handed to its holder.
    Handed(ShareSetId, u8),
    /// A holder's sheet was read back.
    Read(ShareSetId, u8),
    /// A set was given up: its sheets are burnt, and another is made.
    Abandoned(ShareSetId),
    /// The office, or the holder of identity keys, has identity files.
    Identities(Keeper),
    /// The bundle was drafted on this day; digest of the unsigned text.
    Drafted(Day, [u8; 32]),
    /// A root key signed.
    Signed(VerifyingKey<Root>),
    /// The bundle is whole.
    Bundle([u8; 32]),
    /// The seed files are gone from the ceremony's folder.
    SeedsRemoved,
    /// A witness signed everything up to [`Fact::SeedsRemoved`].
    Witnessed(VerifyingKey<Witness>, Vec<u8>),
    /// Nothing is left to do.
    Closed,
}

/// Who keeps identity files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keeper {
    /// The office: intake and account.
    Office,
    /// The holder of identity keys.
    Custodian,
}

impl Keeper {
    /// As in transcripts and names of folders.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Office => "office",
            Self::Custodian => "custodian",
        }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(line) => write!(f, "plan: {line}"),
            Self::Period(id) => write!(f, "period made: {id}"),
            Self::Recovery(label) => write!(f, "recovery key made: {label}"),
            Self::Split(period, purpose, id, note) => {
                let note = hex::encode(note);
                write!(f, "seed split: {period} {purpose} {id} {note}")
            }
            Self::Handed(id, holder) => write!(f, "sheet handed out: {id} {holder}"),
            Self::Read(id, holder) => write!(f, "sheet read back: {id} {holder}"),
            Self::Abandoned(id) => write!(f, "set given up: {id}"),
            Self::Identities(keeper) => write!(f, "identities given to: {}", keeper.name()),
            Self::Drafted(day, digest) => {
                write!(f, "bundle drafted: {day} {}", hex::encode(digest))
            }
            Self::Signed(key) => write!(f, "bundle signed by: {key}"),
            Self::Bundle(digest) => write!(f, "bundle whole: {}", hex::encode(digest)),
            Self::SeedsRemoved => f.write_str("seeds removed: all"),
            Self::Witnessed(key, signature) => {
                write!(f, "witnessed by: {key} {}", hex::encode(signature))
            }
            Self::Closed => f.write_str("ceremony closed: yes"),
        }
    }
}

impl Fact {
    /// Reads a line; the transcript compares what was read with the text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, value) = text.split_once(": ")?;
        let mut words = value.split(' ');
        let mut word = || words.next();
        Some(match name {
            "plan" => Self::Plan(value.to_owned()),
            "period made" => Self::Period(word()?.to_owned()),
            "recovery key made" => Self::Recovery(word()?.to_owned()),
            "seed split" => Self::Split(
                word()?.to_owned(),
                purpose(word()?)?,
                word()?.parse().ok()?,
                digest(word()?)?,
            ),
            "sheet handed out" => Self::Handed(word()?.parse().ok()?, word()?.parse().ok()?),
            "sheet read back" => Self::Read(word()?.parse().ok()?, word()?.parse().ok()?),
            "set given up" => Self::Abandoned(word()?.parse().ok()?),
            "identities given to" => Self::Identities(match word()? {
                "office" => Keeper::Office,
                "custodian" => Keeper::Custodian,
                _ => return None,
            }),
            "bundle drafted" => Self::Drafted(word()?.parse().ok()?, digest(word()?)?),
            "bundle signed by" => Self::Signed(VerifyingKey::parse(word()?).ok()?),
            "bundle whole" => Self::Bundle(digest(word()?)?),
            "seeds removed" => Self::SeedsRemoved,
            "witnessed by" => Self::Witnessed(
                VerifyingKey::parse(word()?).ok()?,
                hex::decode(word()?).ok()?,
            ),
            "ceremony closed" => Self::Closed,
            _ => return None,
        })
    }
}

fn purpose(text: &str) -> Option<Purpose> {
    Purpose::ALL
        .into_iter()
        .find(|purpose| purpose.to_string() == text)
}

fn digest(text: &str) -> Option<[u8; 32]> {
    hex::decode(text).ok()?.try_into().ok()
}
