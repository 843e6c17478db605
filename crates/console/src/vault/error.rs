//! Why a vault does not open or a write fails: what failed and what to do, a sentence each.

use std::io;

/// Why the vault cannot be used. Each text has two sentences; none names what is inside.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// No vault file in the folder.
    #[error(
        "There is no vault in this folder. Check `--vault`, or make one with `asylia-console init`."
    )]
    NotAVault,
    /// A vault, or something else, is already in the folder.
    #[error(
        "The folder for the new vault is not empty. Name a folder that does not exist yet; nothing was changed."
    )]
    Exists,
    /// Written by another version of this program.
    #[error(
        "This vault has version {0}, and this program reads version 1. Use the version of asylia-console that made it."
    )]
    UnknownVersion(i64),
    /// The header is not what was written.
    #[error(
        "The vault file is damaged: its header is not what was written. Restore the folder from the last backup; the passphrase is not at fault."
    )]
    Damaged,
    /// The header is whole, and the passphrase does not open it.
    #[error(
        "The passphrase is wrong; the vault is not damaged. Type it again, and look at the keyboard layout and Caps Lock."
    )]
    WrongPassphrase,
    /// Memory cost out of range.
    #[error(
        "The memory for the passphrase must lie between 19 and 4096 MiB. Choose a value for `--kdf-mib` in that range."
    )]
    Cost,
    /// No passphrase at all.
    #[error("The passphrase is empty. Choose one of at least six random words.")]
    EmptyPassphrase,
    /// Another program writes to it.
    #[error(
        "Another import is writing to this vault. Wait until it has ended, then do this again."
    )]
    Busy,
    /// The database failed.
    #[error(
        "The vault file could not be read or written ({0}). Check that the disk has room and is not read-only, then run `asylia-console doctor`."
    )]
    Database(sqlx::Error),
    /// The file system failed.
    #[error(
        "The vault's folder could not be read or written ({0}). Check its place and its permissions."
    )]
    Io(#[from] io::Error),
}

impl From<sqlx::Error> for VaultError {
    /// SQLite's word for a file that is no database, or a broken one, is damage and nothing else.
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            Some("11" | "26" | "267" | "523" | "779") => Self::Damaged,
            _ => Self::Database(error),
        }
    }
}
