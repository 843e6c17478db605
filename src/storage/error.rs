//! The one error type of the store.
//!
//! Messages say what happened and nothing about a report: no record id, no path, no value. sqlx's own
//! errors are reduced to the engine's code, since PostgreSQL puts values of the row into their details.

use std::borrow::Cow;

/// Why the store did not do what was asked. A write that returned an error left nothing behind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk, or the configured bound of the database, is full. Nothing that was accepted is lost.
    #[error("the store is full")]
    Full,
    /// The engine found its files damaged.
    #[error("the store is damaged")]
    Damaged,
    /// The store belongs to another instance.
    #[error("the store belongs to another instance")]
    Foreign,
    /// A newer version of this program wrote the store.
    #[error("the store was written by a newer version of this program")]
    Newer,
    /// An upload, record, chunk or transfer bundle of that id is already there.
    #[error("there is already an entry of that id")]
    Exists,
    /// No open upload has that id.
    #[error("there is no open upload of that id")]
    NoUpload,
    /// No transfer bundle has that token.
    #[error("no transfer bundle has that token")]
    NoBundle,
    /// Chunks are missing or their lengths do not add up; the upload stays open.
    #[error("the chunks of the upload are not complete")]
    Incomplete,
    /// A chunk or a batch is larger than the store takes.
    #[error("a chunk or a batch of chunks is too large")]
    TooLarge,
    /// A value breaks a rule of the schema (a time where a day belongs, a negative number).
    #[error("a value breaks a rule of the store")]
    Invalid,
    /// A sequence number does not follow the last one, or repeats it with another digest.
    #[error("the sequence number does not follow the last one")]
    OutOfOrder,
    /// The folder of the database can be written by other users of this machine.
    #[error("the folder of the database can be written by other users")]
    Exposed,
    /// The engine is configured so that a commit may be lost when the power fails.
    #[error("the database server does not sync its commits")]
    NotDurable,
    /// A store address is neither `sqlite:PATH` nor `postgres:SOCKET_DIR/DBNAME`.
    #[error("a store is named sqlite:PATH or postgres:SOCKET_DIR/DBNAME")]
    Address,
    /// Anything else that the engine or the operating system reported, by code.
    #[error("the database reported {0}")]
    Database(Cow<'static, str>),
}

impl StoreError {
    /// True if only the write that met it failed, and its neighbours in a group may be committed.
    pub(crate) fn concerns_one_write(&self) -> bool {
        matches!(
            self,
            Self::Exists | Self::NoUpload | Self::Incomplete | Self::TooLarge | Self::Invalid
        )
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;

        let database = match error {
            sqlx::Error::Database(database) => database,
            sqlx::Error::Io(io) => return io.into(),
            sqlx::Error::PoolTimedOut => return Self::Database("a time-out: busy".into()),
            sqlx::Error::PoolClosed => return Self::Database("that it is closed".into()),
            _ => return Self::Database("a failure of its connection".into()),
        };
        match database.kind() {
            ErrorKind::UniqueViolation => return Self::Exists,
            ErrorKind::CheckViolation | ErrorKind::NotNullViolation => return Self::Invalid,
            _ => {}
        }
        let code = database.code().unwrap_or_default().into_owned();
        if database
            .try_downcast_ref::<sqlx::sqlite::SqliteError>()
            .is_some()
        {
            // The low byte is the primary code, the rest refines it.
            match code.parse::<i32>().map(|code| code & 0xff) {
                Ok(SQLITE_FULL) => return Self::Full,
                Ok(SQLITE_CORRUPT | SQLITE_NOTADB) => return Self::Damaged,
                _ => {}
            }
        } else if code == POSTGRES_DISK_FULL {
            return Self::Full;
        } else if code.starts_with(POSTGRES_INTERNAL) || code == POSTGRES_IO_ERROR {
            return Self::Damaged;
        }
        Self::Database(format!("code {code}").into())
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full,
            kind => Self::Database(kind.to_string().into()),
        }
    }
}

/// <https://www.sqlite.org/rescode.html>
const SQLITE_CORRUPT: i32 = 11;
const SQLITE_FULL: i32 = 13;
const SQLITE_NOTADB: i32 = 26;

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>: class XX holds data and index
/// corruption.
const POSTGRES_DISK_FULL: &str = "53100";
const POSTGRES_INTERNAL: &str = "XX";
const POSTGRES_IO_ERROR: &str = "58030";
