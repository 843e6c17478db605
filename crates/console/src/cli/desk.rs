//! The desk that verbs work at: the machine, and in a batch the vault that stays unlocked from line to line.

use std::{
    cell::RefCell,
    ops::{Deref, DerefMut},
};

use super::{Failure, VaultArgs, say_demo};
use crate::{
    access::Verb,
    machine::Machine,
    vault::{Vault, VaultError},
};

/// Where one verb, or the verbs of one batch, are run.
pub(super) struct Desk {
    /// Threads, time and randomness.
    pub(super) machine: Machine,
    held: RefCell<Held>,
}

/// What is done with a vault that a verb is done with.
enum Held {
    /// It is closed: the verb stands alone.
    Nothing,
    /// It waits for the next line; `None` until the first line opened it.
    Batch(Option<Box<Vault>>),
}

/// A vault that a verb has opened. Closed at [`Opened::close`] or, in a batch, kept for the next line.
pub(super) struct Opened<'a> {
    desk: &'a Desk,
    /// There until it is closed.
    vault: Option<Box<Vault>>,
}

impl Desk {
    /// The desk of one verb.
    pub(super) fn of_one(machine: Machine) -> Self {
        Self {
            machine,
            held: RefCell::new(Held::Nothing),
        }
    }

    /// The desk of a batch.
    pub(super) fn of_batch(machine: Machine) -> Self {
        Self {
            machine,
            held: RefCell::new(Held::Batch(None)),
        }
    }

    /// Opens the vault that the arguments name for somebody whose role permits the verb, and says so if it is
    /// one of demo keys. In a batch only the first line asks for the passphrase.
    pub(super) fn open(&self, args: &VaultArgs, verb: Verb) -> Result<Opened<'_>, Failure> {
        let vault = match self.take() {
            Some(vault) => vault,
            None => Box::new(self.unlock(args)?),
        };
        let mut opened = Opened {
            desk: self,
            vault: Some(vault),
        };
        opened.refresh()?;
        let contents = opened.contents();
        let person = contents.people.get(&opened.person());
        if person.is_some_and(|person| person.removed) {
            return Err(VaultError::WrongPassphrase.into());
        }
        if verb.allows_any(opened.roles()) {
            return Ok(opened);
        }
        opened.close();
        Err(VaultError::Denied.into())
    }

    /// Ends a batch: closes the vault that waits.
    pub(super) fn clear(&self) {
        if let Some(vault) = self.take() {
            vault.close();
        }
    }

    fn unlock(&self, args: &VaultArgs) -> Result<Vault, Failure> {
        // Asked for a passphrase only where there is something to open.
        Vault::look(&args.vault)?;
        let vault = Vault::open(self.machine.clone(), &args.vault, &args.credentials()?)?;
        say_demo(vault.contents().demo());
        Ok(vault)
    }

    fn take(&self) -> Option<Box<Vault>> {
        match &mut *self.held.borrow_mut() {
            Held::Nothing => None,
            Held::Batch(vault) => vault.take(),
        }
    }
}

impl Opened<'_> {
    /// Ends the verb's work: the head is signed and the file closed, or the vault waits for the next line.
    pub(super) fn close(mut self) {
        self.put_back();
        if let Some(vault) = self.vault.take() {
            vault.close();
        }
    }

    /// In a batch, leaves the vault on the desk.
    fn put_back(&mut self) {
        if let Held::Batch(held) = &mut *self.desk.held.borrow_mut() {
            *held = self.vault.take();
        }
    }
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        if self.vault.is_some() {
            self.put_back();
        }
    }
}

impl Deref for Opened<'_> {
    type Target = Vault;

    fn deref(&self) -> &Vault {
        self.vault
            .as_ref()
            .expect("only closing takes it, and closing consumes")
    }
}

impl DerefMut for Opened<'_> {
    fn deref_mut(&mut self) -> &mut Vault {
        self.vault
            .as_mut()
            .expect("only closing takes it, and closing consumes")
    }
}
