//! The vault: the console's encrypted store, one SQLite file of opaque rows.
//!
//! Trusts the passphrase and nothing in the file: every row is authenticated under its own number and version,
//! and a damaged one costs no other. This is the vault's first form: one passphrase opens everything, records
//! keep the seal in which they came, and somebody who can write to the file could put an older copy of a row
//! back or take rows away unnoticed. Roles, the chain of events and re-sealing are another step.
//!
//! The methods block: opening records is work for the processor. They must not be called on a thread that runs
//! an async task; pages call them from blocking threads.

use std::{fs, path::Path};

use asylia_envelope::{
    ids::RecordId,
    key_bundle::{Anchor, KeyBundle},
};
use asylia_keys::identity::AnyIdentity;
use rand_core::{CryptoRng, RngCore};
use rustix::fs::{FlockOperation, flock};
use secrecy::SecretString;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Handle;

use crate::{
    identity::Identities,
    vault::{
        cipher::VaultCipher,
        header::{Header, KdfCost},
        item::{BundleItem, IdentityItem, Imported, Item, RecordItem, ServerPin},
    },
};

pub mod chunks;
pub mod cipher;
mod database;
mod error;
pub mod header;
mod hexadecimal;
pub mod item;
mod transaction;

pub use self::{error::VaultError, transaction::VaultTransaction};

/// Number of an item's row; random.
pub type RowId = [u8; 16];

/// An item with the row in which it stands.
pub struct Row<T> {
    /// Number of the row.
    pub id: RowId,
    /// How often it was written, from 1.
    pub version: i64,
    /// What it says.
    pub item: T,
}

/// What the items of an open vault say, in memory until it is closed.
#[derive(Default)]
pub struct Contents {
    /// The key bundle and its anchor; `None` when its row is damaged.
    pub bundle: Option<KeyBundle>,
    /// The identities at hand.
    pub identities: Identities,
    /// The server whose bundles are taken, once one was imported.
    pub server: Option<Row<ServerPin>>,
    /// One entry a record, imported or in quarantine.
    pub records: Vec<Row<RecordItem>>,
    /// Rows that do not open.
    pub damaged: Vec<RowId>,
}

/// An open vault.
pub struct Vault {
    handle: Handle,
    connection: SqliteConnection,
    cipher: VaultCipher,
    header: Header,
    contents: Contents,
    data_version: i64,
}

/// What a new vault starts with.
pub struct NewVault {
    /// Opens the vault from then on.
    pub passphrase: SecretString,
    /// What a guess of the passphrase costs.
    pub cost: KdfCost,
    /// The verified key bundle.
    pub bundle: KeyBundle,
    /// What it was verified against.
    pub anchor: Anchor,
    /// The office's identities.
    pub identities: Vec<AnyIdentity>,
}

impl Vault {
    /// Makes the folder `directory` (mode 0700) with a new vault and opens it; leaves nothing behind on failure.
    ///
    /// # Errors
    /// [`VaultError::Exists`], and those of the file system and the database.
    pub fn create(
        handle: Handle,
        directory: &Path,
        new: NewVault,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, VaultError> {
        let made = database::make_directory(directory)?;
        let vault = Self::create_in(handle, directory, new, rng);
        if vault.is_err() {
            made.remove(directory);
        }
        vault
    }

    fn create_in(
        handle: Handle,
        directory: &Path,
        new: NewVault,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Self, VaultError> {
        let (header, cipher) = Header::make(&new.passphrase, new.cost, rng)?;
        let mut connection = handle.block_on(database::create(directory, &header))?;
        let data_version = handle.block_on(database::data_version(&mut connection))?;
        let mut vault = Self {
            handle,
            connection,
            cipher,
            header,
            contents: Contents::default(),
            data_version,
        };
        let mut transaction = vault.begin()?;
        transaction.insert(Item::Bundle(BundleItem::of(&new.bundle, &new.anchor)), rng)?;
        for identity in &new.identities {
            transaction.insert(Item::Identity(IdentityItem::of(identity)), rng)?;
        }
        transaction.commit()?;
        Ok(vault)
    }

    /// Opens the vault in `directory`.
    ///
    /// # Errors
    /// [`VaultError::NotAVault`], [`VaultError::UnknownVersion`], [`VaultError::Damaged`],
    /// [`VaultError::WrongPassphrase`], told apart; and those of the database.
    pub fn open(
        handle: Handle,
        directory: &Path,
        passphrase: &SecretString,
    ) -> Result<Self, VaultError> {
        let mut connection = handle.block_on(database::open(directory))?;
        let header = handle.block_on(database::read_header(&mut connection))?;
        let cipher = header.unlock(passphrase)?;
        let mut vault = Self {
            handle,
            connection,
            cipher,
            header,
            contents: Contents::default(),
            data_version: 0,
        };
        vault.refresh()?;
        Ok(vault)
    }

    /// Looks whether there is a vault in `directory`; needs no passphrase.
    ///
    /// # Errors
    /// [`VaultError::NotAVault`], and those of the file system.
    pub fn look(directory: &Path) -> Result<(), VaultError> {
        database::look(directory)
    }

    /// Reads the items again if another program changed the file since.
    ///
    /// # Errors
    /// Those of the database.
    pub fn refresh(&mut self) -> Result<(), VaultError> {
        let version = self
            .handle
            .block_on(database::data_version(&mut self.connection))?;
        if version == self.data_version {
            return Ok(());
        }
        let (rows, unreadable) = self
            .handle
            .block_on(database::read_items(&mut self.connection))?;
        let mut contents = Contents {
            damaged: unreadable,
            ..Contents::default()
        };
        for (id, version, sealed) in rows {
            match self.cipher.open(&id, version, &sealed) {
                Some(item) => contents.add(id, version, item),
                None => contents.damaged.push(id),
            }
        }
        self.contents = contents;
        self.data_version = version;
        Ok(())
    }

    /// Closes the file, so that one file holds all of it. Not closing it loses nothing: what was committed is
    /// in the log beside the file then, and the next program that opens it puts it in its place.
    pub fn close(self) {
        // There is nobody left to tell of a failure, and nothing that could be lost by it.
        let _ = self.handle.block_on(self.connection.close());
    }

    /// What the vault holds.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// What a guess of the passphrase costs.
    #[must_use]
    pub fn cost(&self) -> KdfCost {
        self.header.cost
    }

    /// Begins a transaction: all of it is written, or nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin(&mut self) -> Result<VaultTransaction<'_>, VaultError> {
        let transaction = self
            .handle
            .block_on(self.connection.begin_with("BEGIN IMMEDIATE"))?;
        Ok(VaultTransaction::new(
            self.handle.clone(),
            transaction,
            &self.cipher,
            &mut self.contents,
        ))
    }

    /// The stored bytes of a record, with what opens it.
    pub fn stored_record(&mut self, record_key: RowId) -> (chunks::StoredBytes<'_>, &Identities) {
        let stored =
            chunks::StoredBytes::new(self.handle.clone(), &mut self.connection, record_key);
        (stored, &self.contents.identities)
    }

    /// What SQLite's own check of the file says: empty when it finds nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn integrity(&mut self) -> Result<Vec<String>, VaultError> {
        self.handle
            .block_on(database::integrity(&mut self.connection))
    }
}

impl Contents {
    /// The entry of a record; one that was imported goes before one of the same number in quarantine.
    #[must_use]
    pub fn record(&self, id: RecordId) -> Option<&RecordItem> {
        let of_number = || {
            self.records
                .iter()
                .map(|row| &row.item)
                .filter(move |record| record.record_id == id)
        };
        of_number()
            .find(|record| record.imported().is_some())
            .or_else(|| of_number().next())
    }

    /// Every record: those that opened by day, newest first, then those in quarantine; by number within a day.
    #[must_use]
    pub fn newest_first(&self) -> Vec<&RecordItem> {
        let mut records: Vec<&RecordItem> = self.records.iter().map(|row| &row.item).collect();
        let day = |record: &RecordItem| record.imported().map(|imported| imported.received_day);
        records.sort_by(|a, b| (day(b), a.record_id).cmp(&(day(a), b.record_id)));
        records
    }

    /// How many records carry the same submission or page number, this one included: one report, sent again.
    #[must_use]
    pub fn copies(&self, of: &Imported) -> usize {
        let same = |other: &Imported| {
            (of.submission_id.is_some() && other.submission_id == of.submission_id)
                || (of.page_number.is_some() && other.page_number == of.page_number)
        };
        self.records
            .iter()
            .filter_map(|row| row.item.imported())
            .filter(|other| same(other))
            .count()
            .max(1)
    }

    /// Whether the office's keys are throwaway ones.
    #[must_use]
    pub fn demo(&self) -> bool {
        self.bundle
            .as_ref()
            .is_some_and(|bundle| bundle.content().demo)
    }

    fn add(&mut self, id: RowId, version: i64, item: Item) {
        match item {
            Item::Bundle(item) => match item.verify() {
                Some(bundle) => self.bundle = Some(bundle),
                None => self.damaged.push(id),
            },
            Item::Identity(item) => match item.identity() {
                Some(identity) => self.identities.add(identity),
                None => self.damaged.push(id),
            },
            Item::Server(item) => self.server = Some(Row { id, version, item }),
            Item::Record(item) => self.place(Row { id, version, item }),
        }
    }

    /// Puts a record's entry in, over an older version of the same row.
    fn place(&mut self, row: Row<RecordItem>) {
        match self.records.iter_mut().find(|known| known.id == row.id) {
            Some(known) => *known = row,
            None => self.records.push(row),
        }
    }
}

/// Holds off a second program that would write to the vault at the same time; let go when dropped.
pub struct WriteLock(fs::File);

impl WriteLock {
    /// Takes the lock of the vault in `directory`.
    ///
    /// # Errors
    /// [`VaultError::Busy`] when another program has it; [`VaultError::NotAVault`] without a folder.
    pub fn take(directory: &Path) -> Result<Self, VaultError> {
        let folder = fs::File::open(directory).map_err(|_| VaultError::NotAVault)?;
        flock(&folder, FlockOperation::NonBlockingLockExclusive).map_err(|_| VaultError::Busy)?;
        Ok(Self(folder))
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        // Closing the folder would let go as well; said here so that the field has a reader.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}
