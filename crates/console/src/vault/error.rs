//! Why a vault does not open or a write fails: what failed and what to do, a sentence each.

use std::io;

use asylia_envelope::day::Day;

use super::destruction::{Obstacle, sentences};

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
        "This vault has version {0}, and this program reads versions 1 and 2. Use the version of asylia-console that made it."
    )]
    UnknownVersion(i64),
    /// The header is not what was written.
    #[error(
        "The vault file is damaged: its header is not what was written. Restore the folder from the last backup; the passphrase is not at fault."
    )]
    Damaged,
    /// The header is whole, and the passphrase does not open it.
    #[error(
        "The passphrase is wrong; the vault is not damaged. Type name and passphrase again, and look at the keyboard layout and Caps Lock."
    )]
    WrongPassphrase,
    /// There is no slot that a recovery key opens.
    #[error(
        "No recovery key was set for this vault. Somebody who can unlock it sets one with `users recovery`."
    )]
    NoRecovery,
    /// The recovery slot is whole, and the key does not open it.
    #[error(
        "The recovery key is not this vault's; the vault is not damaged. Look whether its shares are of the right set and year."
    )]
    WrongRecoveryKey,
    /// The vault was handed over since it was unlocked here.
    #[error(
        "This vault was handed over to another office since you unlocked it; nothing was changed. Lock it here."
    )]
    HandedOver,
    /// The appointment was used before.
    #[error(
        "This appointment was used for a hand-over before; nothing was changed. Ask the Committee for a new one."
    )]
    AppointmentUsed,
    /// Something was written between the manifest and the hand-over.
    #[error(
        "The vault changed after the manifest was drawn up; nothing was handed over. Close other programs that use it, and run the same command again."
    )]
    ManifestOutdated,
    /// The clock is behind what was written.
    #[error(
        "This computer's clock is behind the vault's last entry, which is of {0}. Set date and time right, then do this again."
    )]
    Clock(String),
    /// The roles of whoever unlocked do not permit it.
    #[error(
        "Your role does not permit this; nothing was done. Ask the focal point, who can do it or change your role."
    )]
    Denied,
    /// Only who holds every key can hand keys on.
    #[error(
        "Only the focal point can do this, who holds every key; nothing was changed. Unlock the vault as the focal point."
    )]
    NeedsAllKeys,
    /// A person of that name is there, or the name cannot be used.
    #[error("This name is empty, reserved or taken. Choose another name; nothing was changed.")]
    NameTaken,
    /// Nobody of that name.
    #[error("There is nobody of this name. `asylia-console users list` shows the names.")]
    NoSuchPerson,
    /// Somebody must lead.
    #[error(
        "This is the only focal point; nothing was changed. Make somebody else focal point first."
    )]
    LastFocalPoint,
    /// No role at all.
    #[error("A person needs at least one role. Name it with `--role`.")]
    NoRole,
    /// Identities for a period that has ended here.
    #[error(
        "The identities of the period {0} were destroyed on {1} and are not taken again. Destroy the files that were given; nothing was changed."
    )]
    Destroyed(String, Day),
    /// The period's identities may not be destroyed yet, each reason a sentence.
    #[error("The identities of this period cannot be destroyed yet. {}", sentences(.0))]
    NotYet(Vec<Obstacle>),
    /// A file for a copy exists already.
    #[error("The file named by `--out` exists already. Choose another name; nothing was changed.")]
    OutExists,
    /// A path that SQLite cannot take.
    #[error("The path of the file is no plain text. Choose another name.")]
    Path,
    /// A copy that is damaged.
    #[error(
        "The copy is damaged and was not restored: {0}. Use another backup; nothing was changed."
    )]
    BadBackup(String),
    /// A migration whose result is not what went in.
    #[error(
        "The vault could not be brought to its new form; the old one is unchanged. Copy its folder and ask the makers of this program."
    )]
    Migration,
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
        "Another program is writing to this vault. Wait until it has ended, then do this again."
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
