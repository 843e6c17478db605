//! What the store keeps of the other direction: sealed replies by mailbox, and the office's bundles.
//!
//! A mailbox is known by a digest that its holder's code derives. It names no record, and nothing here can be
//! linked to one: see `migrations/*/0002_mailbox.sql`.

use super::RecordId;

/// Names a mailbox: a digest of the token that a return code derives.
pub type LookupId = [u8; 32];

/// Most replies that a mailbox keeps, and that an answer holds.
pub const SLOTS: usize = 4;

/// A reply as it waits in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// SHA-256 of the bytes, by which one reply is deleted.
    pub digest: [u8; 32],
    /// 8 192 bytes, sealed.
    pub bytes: Vec<u8>,
}

/// A bundle of the office whose signature, place and hashes were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The epoch in which the office counts.
    pub epoch: [u8; 16],
    /// The bundle as the store remembers it.
    pub bundle: IncomingBundle,
    /// What it asks for, in its order.
    pub actions: Vec<IncomingAction>,
}

/// One thing that a bundle of the office asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncomingAction {
    /// Put a reply, or a dummy, into a mailbox.
    Reply {
        /// The mailbox.
        lookup: LookupId,
        /// SHA-256 of the slot.
        digest: [u8; 32],
        /// 8 192 bytes, sealed.
        slot: Vec<u8>,
    },
    /// Empty a mailbox.
    Purge(LookupId),
    /// These records are safe at the office.
    Arrived(Vec<RecordId>),
}

/// A bundle of the office that was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IncomingBundle {
    /// Its number, from 1.
    pub sequence: i64,
    /// SHA-256 of its note.
    pub digest: [u8; 32],
    /// SHA-256 of the note before it, as it says; zeros for none.
    pub previous: [u8; 32],
}

/// What is known of the office's bundles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingState {
    /// The epoch in which the office counts.
    pub epoch: [u8; 16],
    /// Those of this epoch that were taken in, in the order of their numbers.
    pub bundles: Vec<IncomingBundle>,
}

/// What taking in a bundle did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IncomingDone {
    /// Replies that were not there before, dummies included.
    pub replies: u64,
    /// Replies that were deleted because their mailbox was to be emptied.
    pub purged: u64,
    /// Records that were deleted because they arrived.
    pub records: u64,
}
