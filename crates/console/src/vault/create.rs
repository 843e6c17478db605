//! Making a vault: keys for every domain, the first person, the recovery slot.

use std::path::Path;

use asylia_envelope::hybrid::HybridRecipient;

use super::{
    Contents, Credentials, NewVault, Session, Vault, VaultError,
    audit::{Act, AuditItem},
    chain::{Tip, head_seal},
    database,
    domain::Domain,
    header::{Header, KdfCost},
    item::{BundleItem, Item, KeysItem},
    keys::{DomainKey, Ring, Secrets, random},
    people,
};
use crate::{
    access::{Role, Roles},
    machine::Machine,
};

impl Vault {
    /// Makes the folder `directory` (mode 0700) with a new vault and opens it; leaves nothing behind on failure.
    ///
    /// # Errors
    /// [`VaultError::Exists`], and those of the file system and the database.
    pub fn create(machine: Machine, directory: &Path, new: NewVault) -> Result<Self, VaultError> {
        let made = database::make_directory(directory)?;
        let vault = Self::create_in(machine, directory, new);
        if vault.is_err() {
            made.remove(directory);
        }
        vault
    }

    fn create_in(machine: Machine, directory: &Path, new: NewVault) -> Result<Self, VaultError> {
        let file = database::file(directory);
        let mut vault = Self::create_file(machine, &file, &new.first, new.cost)?;
        let mut transaction = vault.begin()?;
        transaction.append(
            Domain::Member,
            Item::Bundle(BundleItem::of(&new.bundle, &new.anchor)),
        )?;
        transaction.log(AuditItem::of(Act::VaultMade))?;
        transaction.commit()?;
        vault.put_identities(&new.identities)?;
        if let Some(recovery) = &new.recovery {
            vault.set_recovery(recovery)?;
        }
        Ok(vault)
    }

    /// Makes the file with its keys and its first person, who is focal point.
    pub(super) fn create_file(
        machine: Machine,
        file: &Path,
        first: &Credentials,
        cost: KdfCost,
    ) -> Result<Self, VaultError> {
        let mut random_source = (machine.random)();
        let rng = &mut random_source;
        let header = Header::make(rng);
        let (member, chain) = (random(rng), random(rng));
        let keys: Vec<DomainKey> = Domain::OF_ROLES
            .into_iter()
            .map(|domain| DomainKey::generate(domain, FIRST_GENERATION, rng))
            .collect();
        let ring = Ring {
            roles: Roles::from([Role::FocalPoint]),
            keys,
            past: Vec::new(),
        };
        let secrets = Secrets::generate(&member, &chain, rng);
        let person = people::new_person_id(rng);
        let (slot, item) =
            people::slot_of(&header.vault_id, person, first, cost, &secrets, &ring, rng)?;
        let connection = machine.handle.block_on(async {
            let mut connection = database::create(file, &header).await?;
            let seal = head_seal(&header.vault_id, &Tip::START, &secrets);
            database::put_head(&mut connection, &Tip::START, &seal).await?;
            Ok::<_, VaultError>(connection)
        })?;
        let recipients = KeysItem::of(&ring.keys);
        let mut vault = Self {
            random: random_source,
            machine,
            connection,
            vault_id: header.vault_id,
            session: Session::new(person, secrets, ring),
            cost,
            contents: Contents::default(),
            tip: Tip::START,
            data_version: 0,
            damage_logged: false,
            search: crate::search::Index::default(),
        };
        vault.refresh()?;
        let mut transaction = vault.begin()?;
        transaction.append(Domain::Member, Item::Keys(recipients))?;
        transaction.append(Domain::Member, Item::Person(item))?;
        transaction.put_slot(&slot)?;
        transaction.commit()?;
        Ok(vault)
    }

    /// Sets, or replaces, the key that opens the vault when a passphrase is lost.
    ///
    /// # Errors
    /// [`VaultError::NeedsAllKeys`] for whoever is not focal point, and those of the database.
    pub fn set_recovery(&mut self, recovery: &HybridRecipient) -> Result<(), VaultError> {
        self.needs_all_keys()?;
        let mut transaction = self.begin()?;
        transaction.write_recovery(recovery)?;
        transaction.log(AuditItem::of(Act::RecoveryKeySet))?;
        transaction.commit()
    }
}

impl KeysItem {
    pub(super) fn of(keys: &[DomainKey]) -> Self {
        let one = |key: &DomainKey| (key.domain, key.generation, key.recipient().to_string());
        Self {
            recipients: keys.iter().map(one).collect(),
        }
    }
}

/// Generation of a new vault's keys.
const FIRST_GENERATION: u16 = 1;
