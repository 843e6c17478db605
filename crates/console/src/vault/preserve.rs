//! Backup and restore: a whole copy of the opaque rows, which opens as the vault does and with nothing else.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::{
    Credentials, Vault, VaultError,
    audit::{Act, AuditItem},
    database,
    head::HeadNote,
};
use crate::{access::Verb, machine::Machine};

impl Vault {
    /// Copies the vault into the new file `out` (mode 0600); returns the signed head of what was copied.
    ///
    /// # Errors
    /// [`VaultError::OutExists`], and those of the file system and the database; `out` does not exist then,
    /// unless it existed before.
    pub fn backup(&mut self, out: &Path) -> Result<HeadNote, VaultError> {
        if out.exists() {
            return Err(VaultError::OutExists);
        }
        self.log(AuditItem::of(Act::BackupMade))?;
        let head = self.signed_head()?;
        database::make_file(out)?;
        let copied = self.copy_into(out);
        if copied.is_err() {
            let _ = fs::remove_file(out);
        }
        copied.map(|()| head)
    }

    fn copy_into(&mut self, out: &Path) -> Result<(), VaultError> {
        let handle = self.machine.handle.clone();
        handle.block_on(database::copy_into(&mut self.connection, out))?;
        Ok(File::open(out)?.sync_all()?)
    }

    /// Makes the folder `directory` with the vault that was copied into `backup`, and opens it.
    ///
    /// # Errors
    /// Those of [`Vault::create`] and [`Vault::open`]; [`VaultError::Denied`] for whoever may not restore;
    /// [`VaultError::BadBackup`] when anything of the copy is not as it was written. `directory` is not made then.
    pub fn restore(
        machine: Machine,
        backup: &Path,
        directory: &Path,
        who: &Credentials,
    ) -> Result<Self, VaultError> {
        let made = database::make_directory(directory)?;
        let restored = copy_file(backup, &database::file(directory))
            .map_err(VaultError::from)
            .and_then(|()| Self::open(machine, directory, who))
            .and_then(Self::accept_restored);
        if restored.is_err() {
            made.remove(directory);
        }
        restored
    }

    fn accept_restored(mut self) -> Result<Self, VaultError> {
        if !Verb::Restore.allows_any(self.roles()) {
            return Err(VaultError::Denied);
        }
        if let Some(fault) = self.verify()?.faults.first() {
            return Err(VaultError::BadBackup(fault.to_string()));
        }
        let mut transaction = self.begin()?;
        // The vault that was copied may have gone on: a number must not be used twice.
        transaction.count_anew()?;
        transaction.log(AuditItem::of(Act::Restored))?;
        transaction.commit()?;
        Ok(self)
    }
}

fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut copy = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.sync_all()
}
