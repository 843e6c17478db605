//! The store in one SQLite file: the default, and all that a rented machine needs.
//!
//! One connection writes and a few read. The WAL is synced at every commit, freed pages are overwritten,
//! nothing temporary reaches the disk, and caches stay small however large a report is.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
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

/// Where the file lies and how it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The database file. Its folder is made with mode 0700 if it is missing, the file with 0600.
    pub path: PathBuf,
    /// Bound of the database file, in bytes; beyond it writes answer [`StoreError::Full`]. The disk
    /// budget's last line of defence.
    pub max_bytes: Option<u64>,
    /// Acknowledges before the disk has it. Only for the test that must notice.
    pub danger_synchronous_off: bool,
}

/// The store in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    write: Pool,
    read: Pool,
    writer: Writer,
}

impl SqliteOptions {
    /// The safe options for a file at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_bytes: None,
            danger_synchronous_off: false,
        }
    }
}

impl SqliteStore {
    /// Opens the store, making the file if it is missing and bringing its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Exposed`] if others can write its folder; [`StoreError::Newer`];
    /// [`StoreError::Damaged`] if the file is no SQLite database.
    pub async fn open(options: &SqliteOptions) -> Result<Self, StoreError> {
        prepare_file(&options.path)?;
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            // There is no peer that could have gone away; a probe would be one more trip to its thread.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(connect_options(options, false))
            .await?;
        migrate(&write, PREAMBLE).await?;
        let read = SqlitePoolOptions::new()
            .max_connections(READERS)
            .test_before_acquire(false)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(connect_options(options, true))
            .await?;
        let writer = Writer::start(Engine(write.clone()));
        Ok(Self {
            write,
            read,
            writer,
        })
    }
}

fn connect_options(options: &SqliteOptions, reader: bool) -> SqliteConnectOptions {
    let synchronous = if options.danger_synchronous_off {
        SqliteSynchronous::Off
    } else {
        SqliteSynchronous::Full
    };
    let connect = SqliteConnectOptions::new()
        .filename(&options.path)
        .read_only(reader)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", CACHE_KIB)
        .pragma("temp_store", "MEMORY")
        .pragma("mmap_size", "0")
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .disable_statement_logging();
    if reader {
        return connect;
    }
    let connect = connect
        .page_size(PAGE_BYTES)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .pragma("secure_delete", "ON")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", WAL_KEPT_BYTES);
    match options.max_bytes {
        Some(max_bytes) => connect.pragma(
            "max_page_count",
            (max_bytes / u64::from(PAGE_BYTES)).to_string(),
        ),
        None => connect,
    }
}

/// Makes the folder of a database file, mode 0700, if it is missing, and returns it.
///
/// # Errors
/// When it cannot be made.
pub fn prepare_folder(path: &Path) -> Result<&Path, StoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.exists() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    Ok(folder)
}

/// Makes folder and file with their modes before SQLite does; WAL and index inherit the file's.
fn prepare_file(path: &Path) -> Result<(), StoreError> {
    let folder = prepare_folder(path)?;
    if std::fs::metadata(folder)?.permissions().mode() & OTHERS_WRITE != 0 {
        return Err(StoreError::Exposed);
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    // SQLite syncs the folder for its WAL, not for the database itself.
    File::open(folder)?.sync_all()?;
    Ok(())
}

async fn space(pool: &Pool) -> Result<Space, StoreError> {
    let (pages, free, page): (i64, i64, i64) = sqlx::query_as(
        "SELECT page_count, freelist_count, page_size
         FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    )
    .fetch_one(pool)
    .await?;
    let bytes = |pages: i64| u64::try_from(pages.saturating_mul(page)).unwrap_or_default();
    Ok(Space {
        used_bytes: bytes(pages - free),
        allocated_bytes: bytes(pages),
    })
}

async fn scrub(pool: &Pool) -> Result<(), StoreError> {
    give_back(pool).await?;
    let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(pool)
        .await?;
    if busy == 0 {
        Ok(())
    } else {
        Err(StoreError::Database("that a reader is busy".into()))
    }
}

/// Gives the pages that deleted rows left back to the disk, a few at a time, since each time is a transaction and
/// reports wait for it. Otherwise the file would stay as large as it ever was. A few stay for the next reports.
async fn give_back(pool: &Pool) -> Result<(), StoreError> {
    loop {
        let free: i64 = sqlx::query_scalar("PRAGMA freelist_count")
            .fetch_one(pool)
            .await?;
        if free <= FREE_PAGES_KEPT {
            return Ok(());
        }
        // One row for each page; all must be read for all to be given back.
        sqlx::raw_sql(GIVE_BACK_PAGES).execute(pool).await?;
        let left: i64 = sqlx::query_scalar("PRAGMA freelist_count")
            .fetch_one(pool)
            .await?;
        if left >= free {
            // A file that an earlier version made gives nothing back; its pages are used again.
            return Ok(());
        }
    }
}

engine!(Sqlite, "BEGIN IMMEDIATE");
mailboxes!();
store!(SqliteStore, "BEGIN IMMEDIATE");

const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_envelopes.sql"),
    include_str!("../../migrations/sqlite/0002_mailbox.sql"),
];

/// `BEGIN IMMEDIATE` keeps a second process out.
const PREAMBLE: &str = "
    CREATE TABLE IF NOT EXISTS schema_version (
        version INTEGER NOT NULL PRIMARY KEY
    ) STRICT, WITHOUT ROWID";

const READERS: u32 = 3;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Negative means KiB, for each connection.
const CACHE_KIB: &str = "-2048";

/// Of new files; an older one keeps its own. Four times SQLite's default: a chunk then is 4 pages and not 17,
/// each of which is written twice and read once.
const PAGE_BYTES: u32 = 16 * 1024;

/// Pages in the WAL after which they move to the file: 4 MiB.
const CHECKPOINT_PAGES: &str = "256";

/// 4 MiB at a time.
const GIVE_BACK_PAGES: &str = "PRAGMA incremental_vacuum(256)";

/// 1 MiB.
const FREE_PAGES_KEPT: i64 = 64;

/// A WAL that grew beyond this is cut when it is next reset.
const WAL_KEPT_BYTES: &str = "8388608";

const OTHERS_WRITE: u32 = 0o022;
