//! What a blob of a bundle is, and the list of records that the office has.
//!
//! Each kind says which sizes it can have, so that a reader knows what it will be given before it reads it.

use core::fmt;
use std::collections::BTreeSet;

use crate::{
    ids::{LookupId, RecordId},
    key_bundle::PERIOD_ID_CHARS,
    reply::REPLY_SLOT_BYTES,
};

/// Most bytes of the list of records that arrived: 1 048 576 of them.
pub const ARRIVED_LIMIT_BYTES: u64 = 16 * 1024 * 1024;

/// What the blobs of one direction are; its text stands in the note between digest and size.
pub trait Subject: Clone + PartialEq + Eq + fmt::Debug + fmt::Display {
    /// Reads the text; `None` when it is none.
    fn parse(text: &str) -> Option<Self>;

    /// Whether a blob of this kind can have so many bytes.
    fn can_have(&self, bytes: u64) -> bool;

    /// Whether a note may name it once only.
    fn once(&self) -> bool;
}

/// A record, from a server to the office.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordSubject {
    /// Number of the record.
    pub record_id: RecordId,
    /// Its period.
    pub period: String,
}

/// What goes from the office to a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfficeSubject {
    /// One slot of [`REPLY_SLOT_BYTES`] for this mailbox: a reply, or a dummy for a mailbox of nobody.
    Reply(LookupId),
    /// This mailbox has ended and is emptied; no bytes.
    Purge(LookupId),
    /// The records that the office has for good, as [`arrived_list`] writes them; once at most.
    Arrived,
}

/// The bytes are no list of records that arrived.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the list of records that arrived is not one")]
pub struct BadArrivedList;

/// The blob of [`OfficeSubject::Arrived`]: the numbers one after the other, ascending.
///
/// A list has at least one record and at most [`ARRIVED_LIMIT_BYTES`]; longer ones are the caller's to split.
#[must_use]
pub fn arrived_list(records: &BTreeSet<RecordId>) -> Vec<u8> {
    records.iter().flat_map(|record| record.0).collect()
}

/// Reads what [`arrived_list`] wrote.
///
/// # Errors
/// [`BadArrivedList`] when it is empty or too long, ends within a number, or does not ascend.
pub fn read_arrived_list(bytes: &[u8]) -> Result<BTreeSet<RecordId>, BadArrivedList> {
    if !OfficeSubject::Arrived.can_have(bytes.len() as u64) {
        return Err(BadArrivedList);
    }
    let (numbers, _) = bytes.as_chunks::<RECORD_ID_BYTES>();
    if !numbers.is_sorted_by(|one, next| one < next) {
        return Err(BadArrivedList);
    }
    Ok(numbers.iter().copied().map(RecordId).collect())
}

impl Subject for RecordSubject {
    fn parse(text: &str) -> Option<Self> {
        let (record_id, period) = text.split_once(' ')?;
        let period = Some(period)
            .filter(|period| (1..=PERIOD_ID_CHARS).contains(&period.len()))
            .filter(|period| !period.contains(' '))?;
        Some(Self {
            record_id: record_id.parse().ok()?,
            period: period.to_owned(),
        })
    }

    fn can_have(&self, _bytes: u64) -> bool {
        // A damaged record travels as it is, so that the console names it.
        true
    }

    fn once(&self) -> bool {
        false
    }
}

impl fmt::Display for RecordSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.record_id, self.period)
    }
}

impl Subject for OfficeSubject {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None => (text == "arrived").then_some(Self::Arrived),
            Some(("reply", mailbox)) => Some(Self::Reply(mailbox.parse().ok()?)),
            Some(("purge", mailbox)) => Some(Self::Purge(mailbox.parse().ok()?)),
            Some(_) => None,
        }
    }

    fn can_have(&self, bytes: u64) -> bool {
        match self {
            Self::Reply(_) => bytes == REPLY_SLOT_BYTES as u64,
            Self::Purge(_) => bytes == 0,
            Self::Arrived => {
                (1..=ARRIVED_LIMIT_BYTES).contains(&bytes)
                    && bytes.is_multiple_of(RECORD_ID_BYTES as u64)
            }
        }
    }

    fn once(&self) -> bool {
        matches!(self, Self::Arrived)
    }
}

impl fmt::Display for OfficeSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(mailbox) => write!(f, "reply {mailbox}"),
            Self::Purge(mailbox) => write!(f, "purge {mailbox}"),
            Self::Arrived => f.write_str("arrived"),
        }
    }
}

const RECORD_ID_BYTES: usize = 16;
