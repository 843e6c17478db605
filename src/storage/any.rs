//! One type for whichever engine the configuration names, so that one binary serves both.

use std::path::PathBuf;
use std::str::FromStr;

use super::{
    Acknowledged, BundlePin, Chunk, ChunkWindow, Counts, Envelope, Export, Incoming, IncomingDone,
    IncomingState, ListedEnvelope, LookupId, PostgresOptions, PostgresStore, RecordId, Slot, Space,
    SqliteOptions, SqliteStore, Store, StoreError, TransferState,
};

/// A parsed store address: `sqlite:PATH` or `postgres:SOCKET_DIR/DBNAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreAddress {
    /// One file.
    Sqlite(SqliteOptions),
    /// A database of a cluster on this machine.
    Postgres(PostgresOptions),
}

/// The store that an address names.
#[derive(Debug, Clone)]
pub enum AnyStore {
    /// One file.
    Sqlite(SqliteStore),
    /// A database of a cluster on this machine.
    Postgres(PostgresStore),
}

impl FromStr for StoreAddress {
    type Err = StoreError;

    /// Parses an address.
    ///
    /// # Errors
    /// [`StoreError::Address`]; also for a socket folder that is not absolute: an address never means
    /// a host.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        match text.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => {
                Ok(Self::Sqlite(SqliteOptions::new(path)))
            }
            Some(("postgres", place)) => match place.rsplit_once('/') {
                Some((folder, database)) if is_absolute(folder) && !database.is_empty() => {
                    let socket_dir = PathBuf::from(folder);
                    let database = database.to_owned();
                    Ok(Self::Postgres(PostgresOptions {
                        socket_dir,
                        database,
                    }))
                }
                _ => Err(StoreError::Address),
            },
            _ => Err(StoreError::Address),
        }
    }
}

impl AnyStore {
    /// Opens the store at an address.
    ///
    /// # Errors
    /// As [`SqliteStore::open`] and [`PostgresStore::open`].
    pub async fn open(address: &StoreAddress) -> Result<Self, StoreError> {
        match address {
            StoreAddress::Sqlite(options) => Ok(Self::Sqlite(SqliteStore::open(options).await?)),
            StoreAddress::Postgres(options) => {
                Ok(Self::Postgres(PostgresStore::open(options).await?))
            }
        }
    }
}

/// True for one leading slash; two are somebody's URL with a host in it.
fn is_absolute(folder: &str) -> bool {
    folder.starts_with('/') && !folder.starts_with("//")
}

/// Forwards each method to the engine.
macro_rules! forward {
    ($($method:ident($($name:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Store for AnyStore {
            $(async fn $method(&self, $($name: $type),*) -> Result<$answer, StoreError> {
                match self {
                    Self::Sqlite(store) => store.$method($($name),*).await,
                    Self::Postgres(store) => store.$method($($name),*).await,
                }
            })*
        }
    };
}

forward! {
    pin_instance(instance: [u8; 16]) -> ();
    bundle_pin() -> Option<BundlePin>;
    set_bundle_pin(pin: BundlePin) -> ();
    begin_upload(record: RecordId) -> ();
    append_chunks(record: RecordId, chunks: Vec<Chunk>) -> ();
    seal_upload(envelope: Envelope, chunks: Vec<Chunk>) -> ();
    put_sealed(envelope: Envelope, chunks: Vec<Chunk>) -> ();
    abandon(record: RecordId) -> ();
    abandon_all_open() -> u64;
    counts() -> Counts;
    space() -> Space;
    list_envelopes(after: Option<RecordId>, limit: u32) -> Vec<ListedEnvelope>;
    take_export_batch(limit_bytes: i64) -> Vec<Envelope>;
    read_chunks(record: RecordId, from: i64, limit: u32) -> ChunkWindow;
    record_export(export: Export) -> ();
    acknowledge(token_hash: [u8; 32]) -> Acknowledged;
    oldest_day() -> Option<i64>;
    records_on(day: i64) -> i64;
    transfer_state() -> Option<TransferState>;
    start_epoch(epoch: [u8; 16]) -> ();
    mailbox(lookup: LookupId) -> Vec<Slot>;
    delete_replies(lookup: LookupId, only: Option<[u8; 32]>) -> u64;
    incoming_state() -> Option<IncomingState>;
    take_incoming(incoming: Incoming) -> IncomingDone;
    collected_day() -> Option<i64>;
    note_collected(day: i64) -> ();
    scrub() -> ();
    close() -> ();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_file_or_a_socket_and_nothing_else() {
        let sqlite = StoreAddress::Sqlite(SqliteOptions::new("data/asylia.db"));
        assert_eq!("sqlite:data/asylia.db".parse(), Ok(sqlite));
        let postgres = StoreAddress::Postgres(PostgresOptions {
            socket_dir: "/run/postgresql".into(),
            database: "asylia".into(),
        });
        assert_eq!("postgres:/run/postgresql/asylia".parse(), Ok(postgres));
        for wrong in [
            "",
            "sqlite:",
            "mysql:/a/b",
            "postgres:asylia",
            "postgres:/run/",
            "postgres://user@host/asylia",
            "postgres:host/asylia",
        ] {
            assert_eq!(
                wrong.parse::<StoreAddress>(),
                Err(StoreError::Address),
                "{wrong}"
            );
        }
    }
}
