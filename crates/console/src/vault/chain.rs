//! The chain: each row's authenticator covers its number, the authenticator before it and its ciphertext, so
//! that whoever has a slot, whatever the role, names every row that was altered, removed, moved or added.
//!
//! A row is checked by itself first: one that is damaged costs no other. Who may write and has the chain key
//! could write a chain anew; signed heads that left the computer show that (`head.rs`).

use std::fmt;

use super::{
    VaultId,
    frame::{Frame, Place},
    keys::{Secrets, same},
};

/// A row of the table `events`.
#[derive(Clone)]
pub(super) struct StoredEvent {
    pub(super) sequence: u64,
    pub(super) link: Vec<u8>,
    pub(super) sealed: Vec<u8>,
    pub(super) mac: Vec<u8>,
}

/// What the database gave for one number.
pub(super) enum Read {
    Row(StoredEvent),
    /// SQLite could not read it.
    Unreadable(u64),
}

/// The last event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tip {
    /// Its number; 0 before the first.
    pub sequence: u64,
    /// Its authenticator; zeros before the first.
    pub mac: [u8; 32],
}

impl Tip {
    /// Before the first event.
    pub const START: Self = Self {
        sequence: 0,
        mac: [0; 32],
    };
}

/// Something that is not as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The row is not what was written, or cannot be read.
    Altered(u64),
    /// The row at this number belongs to that number.
    Moved(u64, u64),
    /// Rows from the first number to the second are gone.
    Removed(u64, u64),
    /// Rows from this number on were added behind the head.
    Added(u64),
    /// A true row, which does not continue the row before it: another past was put under it, or over it.
    OtherPast(u64),
    /// The row of the head is not what was written.
    Head,
    /// The event is whole and says what this program does not know.
    Unknown(u64),
    /// A signed head that does not verify.
    Signature(u64),
    /// Pieces of a blob are altered, missing or too many; the event that brought it.
    Blob(u64, [u8; 16]),
    /// A blob that no event brought.
    StrayBlob([u8; 16]),
    /// A slot is not what its person's last event says, or is gone, or was added.
    Slot([u8; 16]),
}

/// Reads rows in order and names what is wrong with them.
pub(super) struct ChainReader<'a> {
    vault: &'a VaultId,
    secrets: &'a Secrets,
    /// The row that comes next, and the authenticator that it must link to, where that is known.
    next: u64,
    expected: Option<[u8; 32]>,
    /// The last row, whole or not.
    last: Option<(u64, [u8; 32])>,
    suspects: Vec<StoredEvent>,
    pub(super) faults: Vec<Fault>,
}

impl<'a> ChainReader<'a> {
    /// A reader that goes on after `tip`.
    pub(super) fn after(tip: Tip, vault: &'a VaultId, secrets: &'a Secrets) -> Self {
        Self {
            vault,
            secrets,
            next: tip.sequence + 1,
            expected: Some(tip.mac),
            last: None,
            suspects: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Takes the next row; returns its frame unless the row is damaged. `head` is the last number that may be.
    pub(super) fn take(&mut self, read: Read, head: Option<u64>) -> Option<(Place, Frame)> {
        let sequence = match &read {
            Read::Row(row) => row.sequence,
            Read::Unreadable(sequence) => *sequence,
        };
        if head.is_some_and(|head| sequence > head) {
            if !matches!(self.faults.last(), Some(Fault::Added(_))) {
                self.faults.push(Fault::Added(sequence));
            }
            return None;
        }
        self.gap_before(sequence);
        self.next = sequence + 1;
        let Read::Row(row) = read else {
            self.faults.push(Fault::Altered(sequence));
            self.expected = None;
            return None;
        };
        let opened = self.open(&row);
        match &opened {
            Some((place, _)) => {
                if self.expected.is_some_and(|mac| mac != place.link) {
                    self.faults.push(Fault::OtherPast(sequence));
                }
                self.expected = row.mac.as_slice().try_into().ok();
                self.last = self.expected.map(|mac| (sequence, mac));
            }
            None => {
                self.faults.push(Fault::Altered(sequence));
                self.suspects.push(row);
                self.expected = None;
            }
        }
        opened
    }

    /// Ends at the head's row, if that is whole; returns where the next event goes.
    pub(super) fn finish(&mut self, head: Option<Tip>) -> Tip {
        let from = self.next;
        self.name_moved(head.map_or(from, |head| head.sequence));
        match head {
            None => {
                self.faults.push(Fault::Head);
                let (sequence, mac) = self.last.unwrap_or((0, [0; 32]));
                // Numbers are never used twice, whatever became of the rows behind the last whole one.
                Tip {
                    sequence: sequence.max(from - 1),
                    mac,
                }
            }
            Some(head) => {
                self.gap_before(head.sequence + 1);
                if self.expected.is_some_and(|mac| mac != head.mac) {
                    self.faults.push(Fault::Head);
                }
                head
            }
        }
    }

    fn gap_before(&mut self, sequence: u64) {
        if sequence > self.next {
            self.faults.push(Fault::Removed(self.next, sequence - 1));
            self.next = sequence;
            self.expected = None;
        }
    }

    fn open(&self, row: &StoredEvent) -> Option<(Place, Frame)> {
        let place = Place {
            sequence: row.sequence,
            link: row.link.as_slice().try_into().ok()?,
        };
        let mac = event_mac(self.vault, &place, &row.sealed, self.secrets);
        if !same(&mac, &row.mac) {
            return None;
        }
        let frame = Frame::open(self.vault, &place, self.secrets, &row.sealed)?;
        Some((place, frame))
    }

    /// A row that verifies under another number was moved there.
    fn name_moved(&mut self, last: u64) {
        for row in self.suspects.iter().take(MOVED_LOOKED_FOR) {
            let belongs = (1..=last).find(|sequence| {
                let elsewhere = StoredEvent {
                    sequence: *sequence,
                    ..row.clone()
                };
                *sequence != row.sequence && self.open(&elsewhere).is_some()
            });
            let altered = Fault::Altered(row.sequence);
            let fault = self.faults.iter_mut().find(|fault| **fault == altered);
            if let (Some(belongs), Some(fault)) = (belongs, fault) {
                *fault = Fault::Moved(row.sequence, belongs);
            }
        }
    }
}

/// The authenticator of a row.
pub(super) fn event_mac(
    vault: &VaultId,
    place: &Place,
    sealed: &[u8],
    secrets: &Secrets,
) -> [u8; 32] {
    let sequence = place.sequence.to_be_bytes();
    secrets.mac_at(
        place.sequence,
        "asylia/v1/vault/chain",
        &[vault, &sequence, &place.link, sealed],
    )
}

/// The seal of the head's row.
pub(super) fn head_seal(vault: &VaultId, tip: &Tip, secrets: &Secrets) -> [u8; 32] {
    secrets.mac(
        "asylia/v1/vault/head-row",
        &[vault, &tip.sequence.to_be_bytes(), &tip.mac],
    )
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered(n) => write!(f, "event {n}: altered or unreadable"),
            Self::Moved(n, from) => write!(f, "event {n}: the row of event {from} was put there"),
            Self::Removed(n, to) if n == to => write!(f, "event {n}: removed"),
            Self::Removed(n, to) => write!(f, "events {n} to {to}: removed"),
            Self::Added(n) => write!(f, "event {n} and later: added behind the head"),
            Self::OtherPast(n) => write!(f, "event {n}: does not continue the event before it"),
            Self::Head => f.write_str("head: altered"),
            Self::Unknown(n) => write!(f, "event {n}: of a kind that this program does not know"),
            Self::Signature(n) => write!(f, "event {n}: a signed head that does not verify"),
            Self::Blob(n, blob) => {
                write!(
                    f,
                    "blob {} of event {n}: altered or missing",
                    hex::encode(blob)
                )
            }
            Self::StrayBlob(blob) => write!(f, "blob {}: brought by no event", hex::encode(blob)),
            Self::Slot(person) => {
                write!(f, "slot {}: altered, missing or added", hex::encode(person))
            }
        }
    }
}

/// For how many altered rows it is looked whether they belong elsewhere; each costs a pass over the numbers.
const MOVED_LOOKED_FOR: usize = 16;
