//! The vault: the console's encrypted store, one SQLite file of opaque rows (`docs/FORMAT.md#vault`).
//!
//! Every act is an encrypted, padded, chained event; the state is rebuilt in memory at unlock. A person's
//! passphrase opens the keys of that person's roles and no others. Trusts nothing in the file: each row is
//! authenticated at its place, a damaged one costs no other, and whoever has a slot names it.
//!
//! The methods block: opening records is work for the processor. They must not be called on a thread that runs
//! an async task; pages call them from blocking threads.

use std::{cell::RefCell, fs, path::Path};

use asylia_envelope::{
    day::Day,
    hybrid::{HybridIdentity, HybridRecipient},
    key_bundle::{Anchor, KeyBundle},
};
use asylia_keys::identity::AnyIdentity;
use rustix::fs::{FlockOperation, flock};
use secrecy::SecretString;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Handle;

use crate::{
    access::Roles,
    machine::{Machine, Random},
    search::Index,
    vault::{
        audit::{Act, AuditItem},
        blob::{BlobReader, BlobRef, TakePiece},
        chain::Tip,
        header::{Header, KdfCost},
    },
};

pub mod audit;
pub mod blob;
pub mod chain;
mod check;
mod contents;
pub mod correspondence;
mod create;
mod database;
mod destruction;
pub mod domain;
mod error;
mod files;
mod first_form;
pub mod frame;
mod hand_over;
pub mod head;
pub mod header;
mod hexadecimal;
pub mod item;
mod kdf;
pub mod keys;
pub mod letters;
mod load;
mod migrate;
mod office_key;
mod people;
mod periods;
mod preserve;
mod record;
pub(crate) mod resealing;
mod session;
pub mod slot;
mod transaction;

pub use self::{
    contents::{Contents, Row},
    destruction::{DestructionNote, NotAStatement, Obstacle},
    error::VaultError,
    hand_over::Incoming,
    people::NewPerson,
    periods::{Added, PeriodState},
    session::Session,
    transaction::{VaultTransaction, WrittenPieces},
};

/// Number of a vault; random, and bound into every row.
pub type VaultId = [u8; 16];
/// Number of a blob; random.
pub type BlobId = [u8; 16];

/// Who makes the vault, where no name is given.
pub const FIRST_PERSON: &str = "focal-point";

/// Who unlocks, and with what.
pub struct Credentials {
    /// The person's name, as it was given when the person was added.
    pub name: String,
    /// The person's passphrase.
    pub passphrase: SecretString,
}

/// An open vault.
pub struct Vault {
    machine: Machine,
    random: Random,
    connection: SqliteConnection,
    vault_id: VaultId,
    session: Session,
    cost: KdfCost,
    contents: Contents,
    tip: Tip,
    data_version: i64,
    damage_logged: bool,
    /// What a search looks through, for as long as the vault is open.
    pub(crate) search: Index,
}

/// What a new vault starts with.
pub struct NewVault {
    /// The first person, who is focal point, and the passphrase from then on.
    pub first: Credentials,
    /// What a guess of the passphrase costs.
    pub cost: KdfCost,
    /// The verified key bundle.
    pub bundle: KeyBundle,
    /// What it was verified against.
    pub anchor: Anchor,
    /// The office's identities.
    pub identities: Vec<AnyIdentity>,
    /// Public half of the recovery key, which opens the vault when a passphrase is lost; without it a lost
    /// passphrase is lost.
    pub recovery: Option<HybridRecipient>,
}

/// Pieces of an open vault.
pub struct StoredPieces<'a> {
    handle: Handle,
    connection: &'a mut SqliteConnection,
}

impl Vault {
    /// Opens the vault in `directory`; one of the first form becomes one of this form, and identity parts that
    /// waited for somebody with the identity key are sealed under it.
    ///
    /// # Errors
    /// [`VaultError::NotAVault`], [`VaultError::UnknownVersion`], [`VaultError::Damaged`],
    /// [`VaultError::WrongPassphrase`], told apart; [`VaultError::Clock`]; and those of the database.
    pub fn open(machine: Machine, directory: &Path, who: &Credentials) -> Result<Self, VaultError> {
        let mut connection = Self::connect(&machine, directory)?;
        if machine
            .handle
            .block_on(database::version(&mut connection))?
            == first_form::VERSION
        {
            // There is nobody left to tell of a failure to close, and nothing that could be lost by it.
            let _ = machine.handle.block_on(connection.close());
            migrate::migrate(&machine, directory, who)?;
            connection = Self::connect(&machine, directory)?;
        }
        let (vault_id, slots) = Self::read_slots(&machine, &mut connection)?;
        let tag = kdf::name_tag(&vault_id, &who.name)?;
        let slot = slots
            .iter()
            .find(|slot| slot.tag == tag && !slot.is_recovery());
        let Some(slot) = slot else {
            // Somebody's tag may be what is damaged.
            let whole = slots.iter().all(slot::Slot::is_whole) && !slots.is_empty();
            return Err(if whole {
                VaultError::WrongPassphrase
            } else {
                VaultError::Damaged
            });
        };
        let (secrets, ring) = slot.unlock(&vault_id, &who.passphrase)?;
        let session = Session::new(slot.person, secrets, ring);
        let mut vault = Self::load(machine, connection, vault_id, session, slot.cost)?;
        vault.seal_waiting()?;
        Ok(vault)
    }

    /// Opens the vault with the recovery key, with every role's keys.
    ///
    /// # Errors
    /// As [`Vault::open`]; [`VaultError::NoRecovery`] and [`VaultError::WrongRecoveryKey`].
    pub fn recover(
        machine: Machine,
        directory: &Path,
        recovery: &HybridIdentity,
    ) -> Result<Self, VaultError> {
        let mut connection = Self::connect(&machine, directory)?;
        let (vault_id, slots) = Self::read_slots(&machine, &mut connection)?;
        let slot = slots.iter().find(|slot| slot.is_recovery());
        let slot = slot.ok_or(VaultError::NoRecovery)?;
        let (secrets, ring) = slot.recover(&vault_id, recovery)?;
        let session = Session::new(slot.person, secrets, ring);
        Self::load(machine, connection, vault_id, session, slot.cost)
    }

    fn connect(machine: &Machine, directory: &Path) -> Result<SqliteConnection, VaultError> {
        database::look(directory)?;
        machine
            .handle
            .block_on(database::connect(&database::file(directory)))
    }

    fn read_slots(
        machine: &Machine,
        connection: &mut SqliteConnection,
    ) -> Result<(VaultId, Vec<slot::Slot>), VaultError> {
        let version = machine.handle.block_on(database::version(connection))?;
        if version != header::VAULT_VERSION {
            return Err(VaultError::UnknownVersion(version));
        }
        let header: Header = machine.handle.block_on(database::read_header(connection))?;
        header.check()?;
        let slots = machine.handle.block_on(database::read_slots(connection))?;
        Ok((header.vault_id, slots))
    }

    fn load(
        machine: Machine,
        connection: SqliteConnection,
        vault_id: VaultId,
        session: Session,
        cost: KdfCost,
    ) -> Result<Self, VaultError> {
        let mut vault = Self {
            random: (machine.random)(),
            machine,
            connection,
            vault_id,
            session,
            cost,
            contents: Contents::default(),
            tip: Tip::START,
            data_version: 0,
            damage_logged: false,
            search: Index::default(),
        };
        vault.refresh()?;
        if vault.contents.hand_overs.len() > vault.session.terms_before() {
            return Err(VaultError::HandedOver);
        }
        let removed = vault.contents.people.get(&vault.session.person);
        if removed.is_some_and(|person| person.removed) {
            return Err(VaultError::WrongPassphrase);
        }
        if vault.contents.last_at > vault.machine.now() + CLOCK_TOLERANCE_SECONDS {
            return Err(VaultError::Clock(audit::rfc3339(vault.contents.last_at)));
        }
        Ok(vault)
    }

    /// Looks whether there is a vault in `directory`; needs no passphrase.
    ///
    /// # Errors
    /// [`VaultError::NotAVault`], and those of the file system.
    pub fn look(directory: &Path) -> Result<(), VaultError> {
        database::look(directory)
    }

    /// Reads what another program wrote to the file since.
    ///
    /// # Errors
    /// Those of the database.
    pub fn refresh(&mut self) -> Result<(), VaultError> {
        let handle = self.machine.handle.clone();
        let version = handle.block_on(database::data_version(&mut self.connection))?;
        if version == self.data_version {
            return Ok(());
        }
        self.tip = handle.block_on(load::catch_up(
            &mut self.connection,
            &self.vault_id,
            &self.session,
            &mut self.contents,
            self.tip,
        ))?;
        self.data_version = version;
        self.read_office_key();
        self.read_identities()
    }

    /// Signs the head in the person's name if anything was written since the last signature, and closes the file,
    /// so that one file holds all of it; gives the signed head, to be carried out. Not closing it loses no event:
    /// what was committed is in the log beside the file then; the next one who closes it signs.
    pub fn close(mut self) -> Option<head::HeadNote> {
        // There is nobody left to tell of a failure: an unsigned head is signed at the next close.
        let head = self.signed_head().ok();
        let _ = self.machine.handle.block_on(self.connection.close());
        head
    }

    /// What the vault holds, as far as the person's keys open it.
    #[must_use]
    pub fn contents(&self) -> &Contents {
        &self.contents
    }

    /// The roles of whoever unlocked it.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        &self.session.ring.roles
    }

    /// Number of whoever unlocked it; zeros for the recovery key.
    #[must_use]
    pub fn person(&self) -> item::PersonId {
        self.session.person
    }

    /// The machine it was opened on.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The day in the office, by its calendar.
    #[must_use]
    pub fn today(&self) -> Day {
        self.contents.lists.calendar.day_of(self.machine.now())
    }

    /// What a guess of the passphrase costs.
    #[must_use]
    pub fn cost(&self) -> KdfCost {
        self.cost
    }

    /// Begins a transaction: all of it is written, or nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin(&mut self) -> Result<VaultTransaction<'_>, VaultError> {
        let handle = self.machine.handle.clone();
        let mut transaction = handle.block_on(self.connection.begin_with("BEGIN IMMEDIATE"))?;
        // Nobody else can write now: what others wrote until now is read first, and the chain goes on from there.
        self.tip = handle.block_on(load::catch_up(
            &mut transaction,
            &self.vault_id,
            &self.session,
            &mut self.contents,
            self.tip,
        ))?;
        if self.contents.hand_overs.len() > self.session.terms_before() {
            return Err(VaultError::HandedOver);
        }
        let faults = self.contents.damaged.len() as u64;
        let mut begun = VaultTransaction {
            handle,
            transaction: RefCell::new(transaction),
            vault_id: self.vault_id,
            session: &self.session,
            contents: &mut self.contents,
            next: self.tip,
            tip: &mut self.tip,
            random: RefCell::new(&mut self.random),
            at: self.machine.now(),
            written: Vec::new(),
        };
        if faults > 0 && !self.damage_logged {
            // What is written next must not cover the traces.
            begun.log(AuditItem::of(Act::DamageSeen).with_number(faults))?;
            self.damage_logged = true;
        }
        Ok(begun)
    }

    /// Writes one entry of the audit log by itself.
    ///
    /// # Errors
    /// Those of the database.
    pub fn log(&mut self, entry: AuditItem) -> Result<(), VaultError> {
        let mut transaction = self.begin()?;
        transaction.log(entry)?;
        transaction.commit()
    }

    /// Reads a blob.
    pub fn open_blob(&mut self, blob: &BlobRef) -> BlobReader<StoredPieces<'_>> {
        let pieces = StoredPieces {
            handle: self.machine.handle.clone(),
            connection: &mut self.connection,
        };
        BlobReader::new(pieces, blob)
    }

    /// What SQLite's own check of the file says: empty when it finds nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn integrity(&mut self) -> Result<Vec<String>, VaultError> {
        self.machine
            .handle
            .block_on(database::integrity(&mut self.connection))
    }
}

impl TakePiece for StoredPieces<'_> {
    fn take(&mut self, blob: &BlobId, number: u64) -> Result<Option<Vec<u8>>, VaultError> {
        let read = database::read_piece(self.connection, blob, number);
        self.handle.block_on(read)
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

/// By how much the clock may be behind the last event: a day, for a zone that was set wrong.
const CLOCK_TOLERANCE_SECONDS: i64 = 86_400;

#[cfg(test)]
#[path = "vault/raw_tests.rs"]
mod raw_tests;
