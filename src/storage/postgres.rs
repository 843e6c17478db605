//! The store in PostgreSQL, over a Unix socket: for when one machine is outgrown.
//!
//! The role has the database's name, and peer authentication lets in the system user of that name: no
//! password is kept anywhere. What the cluster's settings decide about durability is checked, not assumed.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Connection as _, Executor, SqlSafeStr};

use super::shared::{
    after_bytes, chunk_key, engine, ensure_complete, ensure_one, envelope, fixed, mailboxes, store,
    transaction,
};
use super::writer::{self, Write, Writer};
use super::{
    Acknowledged, BundlePin, Chunk, ChunkWindow, Counts, Envelope, Export, Incoming,
    IncomingAction, IncomingBundle, IncomingDone, IncomingState, ListedEnvelope, LookupId,
    RecordId, Slot, Space, Store, StoreError, TransferState, WINDOW_CHUNKS, statements,
};

/// Which database, on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Absolute path of the folder of the cluster's Unix socket (port 5432).
    pub socket_dir: PathBuf,
    /// Name of the database, and of the role that owns it.
    pub database: String,
}

/// The store in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    write: Pool,
    read: Pool,
    writer: Writer,
}

impl PostgresStore {
    /// Connects and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::NotDurable`] if the cluster runs with `fsync` or `full_page_writes` off;
    /// [`StoreError::Newer`]; [`StoreError::Database`] if it cannot be reached.
    pub async fn open(options: &PostgresOptions) -> Result<Self, StoreError> {
        let connect = PgConnectOptions::new_without_pgpass()
            .socket(&options.socket_dir)
            .port(5432)
            .username(&options.database)
            .database(&options.database)
            .ssl_mode(PgSslMode::Disable)
            .options([
                ("synchronous_commit", "on"),
                ("client_min_messages", "warning"),
            ])
            .disable_statement_logging();
        let pool = || PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
        let write = pool()
            .max_connections(WRITERS)
            .connect_with(connect.clone())
            .await?;
        let durable: bool = sqlx::query_scalar(DURABLE).fetch_one(&write).await?;
        if !durable {
            return Err(StoreError::NotDurable);
        }
        migrate(&write, PREAMBLE).await?;
        let read = pool()
            .max_connections(READERS)
            .connect_with(connect)
            .await?;
        let writer = Writer::start(Engine(write.clone()));
        Ok(Self {
            write,
            read,
            writer,
        })
    }
}

/// Rows that were deleted count until they are vacuumed.
async fn space(pool: &Pool) -> Result<Space, StoreError> {
    let bytes: i64 = sqlx::query_scalar("SELECT pg_database_size(current_database())")
        .fetch_one(pool)
        .await?;
    let bytes = u64::try_from(bytes).unwrap_or_default();
    Ok(Space {
        used_bytes: bytes,
        allocated_bytes: bytes,
    })
}

/// PostgreSQL offers no way to overwrite deleted rows or to empty its log from a session.
async fn scrub(_: &Pool) -> Result<(), StoreError> {
    Ok(())
}

engine!(Postgres, "BEGIN");
mailboxes!();
store!(PostgresStore, "BEGIN");

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/postgres/0001_envelopes.sql"),
    include_str!("../../migrations/postgres/0002_mailbox.sql"),
];

/// The lock is released at the end of the transaction; the number is ours alone within the database.
const PREAMBLE: &str = "
    SELECT pg_advisory_xact_lock(4702394921427289928);
    CREATE TABLE IF NOT EXISTS schema_version (
        version BIGINT NOT NULL PRIMARY KEY
    )";

const DURABLE: &str = "
    SELECT current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on'";

/// The group commit, and one for what runs beside it.
const WRITERS: u32 = 2;
const READERS: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
