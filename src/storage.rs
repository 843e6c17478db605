//! Where ciphertext rests between a submitter's POST and the operator's stick.
//!
//! The store takes and returns opaque bytes: it knows no key, trusts nothing it is given beyond lengths
//! and numbers, and keeps no time finer than a day. SQLite is the default; PostgreSQL serves when one
//! machine is outgrown; one binary chooses by address, and one contract suite runs on both.

use std::future::Future;

pub use any::{AnyStore, StoreAddress};
pub use error::StoreError;
pub use mailbox::{
    Incoming, IncomingAction, IncomingBundle, IncomingDone, IncomingState, LookupId, SLOTS, Slot,
};
pub use postgres::{PostgresOptions, PostgresStore};
pub use sqlite::{SqliteOptions, SqliteStore, prepare_folder};

mod any;
mod error;
mod mailbox;
mod postgres;
mod shared;
mod sqlite;
mod statements;
mod writer;

/// Random id of a record, drawn by the caller when its upload begins. The ids are the only order rows
/// have, so they must not be derived from a time or a counter.
pub type RecordId = [u8; 16];

/// Largest chunk, in bytes.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Largest batch of one call, in bytes: 1 MiB of new chunks and chunk 0, which may come last.
pub const BATCH_BYTES: usize = 17 * CHUNK_BYTES;

/// Largest window of one [`Store::read_chunks`], in chunks: 1 MiB.
pub const WINDOW_CHUNKS: u32 = 16;

/// A numbered piece of a record's stored bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Position in the record, from 0.
    pub number: i64,
    /// At most [`CHUNK_BYTES`] of ciphertext.
    pub bytes: Vec<u8>,
}

/// What the store says about a sealed record, and all it knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The record's id, the same as that of its upload.
    pub record: RecordId,
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// The period whose recipients were used, such as `2026-Q4`; 1 to 12 characters.
    pub period: String,
    /// Sequence of the key bundle whose recipients were used.
    pub bundle_sequence: i64,
    /// Bytes of all chunks together: a size class.
    pub stored_bytes: i64,
}

/// A sealed record in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEnvelope {
    /// The record's row.
    pub envelope: Envelope,
    /// How many transfer bundles carried it so far.
    pub exports: i64,
}

/// The chunks of one window of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkWindow {
    /// What is there and readable, in order; a damaged or missing chunk is left out.
    pub chunks: Vec<Chunk>,
    /// Where the next window begins; `None` at the end of the record.
    pub next: Option<i64>,
}

/// How much the store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Sealed records.
    pub records: i64,
    /// Sealed records that no transfer bundle has carried.
    pub unexported: i64,
    /// Bytes of all sealed records, in size classes.
    pub stored_bytes: i64,
    /// Uploads that are neither sealed nor deleted; they count nowhere else.
    pub open_uploads: i64,
}

/// What the store takes of its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Space {
    /// Bytes in use.
    pub used_bytes: u64,
    /// Bytes that it holds, those included that deleted rows left for new ones.
    pub allocated_bytes: u64,
}

/// A transfer bundle that has been written, as [`Store::record_export`] notes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The epoch in force.
    pub epoch: [u8; 16],
    /// The last sequence plus one.
    pub sequence: i64,
    /// SHA-256 of the bundle, which the next one names as its predecessor.
    pub digest: [u8; 32],
    /// SHA-256 of the token that acknowledges the bundle.
    pub token_hash: [u8; 32],
    /// The records it carries.
    pub records: Vec<RecordId>,
}

/// What an acknowledgement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    /// Number of the bundle.
    pub sequence: i64,
    /// Records that it deleted.
    pub records: u64,
}

/// Where the numbering of transfer bundles stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferState {
    /// Random id of the epoch; a restore begins a new one.
    pub epoch: [u8; 16],
    /// Sequence of the last bundle; 0 before the first.
    pub sequence: i64,
    /// SHA-256 of the last bundle; zeros before the first.
    pub digest: [u8; 32],
}

/// The newest key bundle that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundlePin {
    /// Its sequence.
    pub sequence: i64,
    /// Its SHA-256.
    pub digest: [u8; 32],
}

/// A durable home for sealed records.
///
/// The contract of failure: a write that answers `Ok` survives the loss of power from that moment on,
/// and one that answers an error left nothing behind, with one exception: if the connection to the
/// engine breaks during the commit, the write may be there all the same. A write whose future is dropped
/// may still happen. One serving process a store; `export` and `status` may run beside it.
pub trait Store: Clone + Send + Sync + 'static {
    /// Binds the store to an instance, at the first call, for good.
    ///
    /// # Errors
    /// [`StoreError::Foreign`] if it belongs to another one.
    fn pin_instance(&self, instance: [u8; 16]) -> impl Answer<()>;

    /// The newest key bundle that was accepted, if any.
    fn bundle_pin(&self) -> impl Answer<Option<BundlePin>>;

    /// Notes an accepted key bundle, so that an older one is refused from now on.
    ///
    /// # Errors
    /// [`StoreError::OutOfOrder`] for a lower sequence, or another digest under the same sequence.
    fn set_bundle_pin(&self, pin: BundlePin) -> impl Answer<()>;

    /// Opens an upload.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the id is that of an upload or record.
    fn begin_upload(&self, record: RecordId) -> impl Answer<()>;

    /// Adds chunks to an open upload, all or none: at most [`BATCH_BYTES`], in any order of numbers.
    ///
    /// # Errors
    /// [`StoreError::NoUpload`], [`StoreError::Exists`] for a number that is there already,
    /// [`StoreError::TooLarge`].
    fn append_chunks(&self, record: RecordId, chunks: Vec<Chunk>) -> impl Answer<()>;

    /// Adds the last chunks and turns the upload into a record, in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Incomplete`] unless the numbers run from 0 without a gap and the lengths add up to
    /// `stored_bytes`; the upload then stays open, without the chunks of this call. Otherwise as
    /// [`Store::append_chunks`].
    fn seal_upload(&self, envelope: Envelope, chunks: Vec<Chunk>) -> impl Answer<()>;

    /// Stores a small record whole: an upload that was never open.
    ///
    /// # Errors
    /// As [`Store::seal_upload`]; [`StoreError::Exists`] if the id is taken.
    fn put_sealed(&self, envelope: Envelope, chunks: Vec<Chunk>) -> impl Answer<()>;

    /// Deletes an unsealed upload with its chunks, in short transactions; it goes on if its future is
    /// dropped. [`Store::scrub`] removes the traces.
    ///
    /// # Errors
    /// [`StoreError::NoUpload`].
    fn abandon(&self, record: RecordId) -> impl Answer<()>;

    /// Deletes every unsealed upload and scrubs: the serving process calls it before it listens.
    /// Returns how many there were.
    fn abandon_all_open(&self) -> impl Answer<u64>;

    /// How much the store holds.
    fn counts(&self) -> impl Answer<Counts>;

    /// What the store takes of its disk.
    fn space(&self) -> impl Answer<Space>;

    /// Sealed records in the order of their ids, after `after`, at most `limit`.
    fn list_envelopes(
        &self,
        after: Option<RecordId>,
        limit: u32,
    ) -> impl Answer<Vec<ListedEnvelope>>;

    /// Chooses the records of an export, at most `limit_bytes` of stored bytes together: first
    /// those never exported, then those not yet acknowledged, each in the order of their ids. One that
    /// no longer fits is passed over for those behind it. Marks nothing.
    fn take_export_batch(&self, limit_bytes: i64) -> impl Answer<Vec<Envelope>>;

    /// Reads the chunks of a sealed record numbered `from` to `from + limit`, at most [`WINDOW_CHUNKS`]
    /// at a time. Damage costs the chunks it hit and no other: an export carries what is left, and the
    /// console names the record. An unknown record has no chunks.
    fn read_chunks(&self, record: RecordId, from: i64, limit: u32) -> impl Answer<ChunkWindow>;

    /// Notes a transfer bundle that is safely on its medium, with the records it carries.
    ///
    /// # Errors
    /// [`StoreError::OutOfOrder`] if the epoch is not in force or the sequence not the next one;
    /// [`StoreError::NoUpload`] if a record is unknown.
    fn record_export(&self, export: Export) -> impl Answer<()>;

    /// Takes an acknowledgement: deletes the records that the bundle with this token carried, in short
    /// transactions, and only those. A second time it finds nothing left. What a crash interrupts, the next
    /// [`Store::abandon_all_open`] ends. [`Store::scrub`] removes the traces.
    ///
    /// # Errors
    /// [`StoreError::NoBundle`] if no bundle has this token.
    fn acknowledge(&self, token_hash: [u8; 32]) -> impl Answer<Acknowledged>;

    /// The first day on which a record arrived that is still here, in days since 1970.
    fn oldest_day(&self) -> impl Answer<Option<i64>>;

    /// How many records are here that arrived on this day, in days since 1970.
    fn records_on(&self, day: i64) -> impl Answer<i64>;

    /// Where the numbering of transfer bundles stands; `None` before the first epoch.
    fn transfer_state(&self) -> impl Answer<Option<TransferState>>;

    /// Begins an epoch: the next transfer bundle is number 1 and has no predecessor.
    ///
    /// # Errors
    /// [`StoreError::OutOfOrder`] if that epoch is in force already.
    fn start_epoch(&self, epoch: [u8; 16]) -> impl Answer<()>;

    /// The newest replies of a mailbox, at most [`SLOTS`], the oldest of them first; none for one that is
    /// unknown.
    fn mailbox(&self, lookup: LookupId) -> impl Answer<Vec<Slot>>;

    /// Deletes the reply with this digest, or all replies of a mailbox; how many there were.
    /// [`Store::scrub`] removes the traces.
    fn delete_replies(&self, lookup: LookupId, only: Option<[u8; 32]>) -> impl Answer<u64>;

    /// What is known of the office's bundles; `None` before the first.
    fn incoming_state(&self) -> impl Answer<Option<IncomingState>>;

    /// Takes in a bundle of the office, whole or not at all: puts replies (the same one again changes
    /// nothing; of a mailbox the newest [`SLOTS`] stay), empties mailboxes, and deletes records that
    /// arrived, of those that a transfer bundle has carried. Another epoch is begun by this.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if a bundle of that number was taken in; [`StoreError::Invalid`] for a slot
    /// of another size.
    fn take_incoming(&self, incoming: Incoming) -> impl Answer<IncomingDone>;

    /// The last day on which records were exported or acknowledged, in days since 1970.
    fn collected_day(&self) -> impl Answer<Option<i64>>;

    /// Notes that records were exported or acknowledged on this day.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for what is no day.
    fn note_collected(&self, day: i64) -> impl Answer<()>;

    /// Removes what deleted rows left in the engine's own files, as far as the engine can: SQLite
    /// overwrites freed pages at once and now empties its WAL; PostgreSQL has no such means.
    ///
    /// # Errors
    /// [`StoreError::Database`] if a reader kept the WAL in use for ten seconds.
    fn scrub(&self) -> impl Answer<()>;

    /// Scrubs and closes every connection, also those of clones.
    fn close(&self) -> impl Answer<()>;
}

/// The future of an answer; a short name for the bound that every method of [`Store`] has.
pub trait Answer<T>: Future<Output = Result<T, StoreError>> + Send {}

impl<T, F: Future<Output = Result<T, StoreError>> + Send> Answer<T> for F {}
