//! People of the vault: added, removed, their roles, their passphrases.
//!
//! A role is the keys of its domains. When somebody loses a role, the keys of its domains are made new and the
//! rings of all others written again: what is written from then on stays closed to the keys that were lost. What
//! was there before was readable then, and a copy of it stays so.

use asylia_envelope::hybrid::HybridRecipient;
use rand_core::{CryptoRng, RngCore};
use secrecy::SecretString;

use super::{
    Credentials, Vault, VaultError, VaultId, VaultTransaction,
    audit::{Act, AuditItem},
    database,
    domain::Domain,
    item::{Item, KeysItem, PersonId, PersonItem},
    kdf::{KdfCost, normal},
    keys::{DomainKey, Ring, Secrets},
    slot::{RECOVERY, Slot},
};
use crate::access::{Role, Roles};

/// Somebody to be added.
pub struct NewPerson {
    /// Name and first passphrase.
    pub credentials: Credentials,
    /// What a guess of the passphrase costs.
    pub cost: KdfCost,
    /// At least one.
    pub roles: Roles,
}

impl Vault {
    /// Adds a person; returns the person's number.
    ///
    /// # Errors
    /// [`VaultError::NeedsAllKeys`], [`VaultError::NameTaken`], [`VaultError::NoRole`], and those of the database.
    pub fn add_person(&mut self, new: &NewPerson) -> Result<PersonId, VaultError> {
        self.needs_all_keys()?;
        if new.roles.is_empty() {
            return Err(VaultError::NoRole);
        }
        let mut transaction = self.begin()?;
        let name = normal(&new.credentials.name);
        if name.is_empty()
            || name == RECOVERY_NAME
            || transaction.contents.person_called(&name).is_some()
        {
            return Err(VaultError::NameTaken);
        }
        let id = new_person_id(&mut **transaction.random.borrow_mut());
        transaction.add_slot(id, &new.credentials, new.cost, &new.roles)?;
        transaction.log(AuditItem::of(Act::PersonAdded).on_person(&id))?;
        transaction.commit()?;
        Ok(id)
    }

    /// Removes a person's slot and makes the keys of that person's roles new.
    ///
    /// # Errors
    /// [`VaultError::NeedsAllKeys`], [`VaultError::NoSuchPerson`], [`VaultError::LastFocalPoint`].
    pub fn remove_person(&mut self, name: &str) -> Result<(), VaultError> {
        self.change(name, None)
    }

    /// Gives a person these roles and no others.
    ///
    /// # Errors
    /// As [`Vault::remove_person`]; [`VaultError::NoRole`].
    pub fn set_roles(&mut self, name: &str, roles: &Roles) -> Result<(), VaultError> {
        match roles.is_empty() {
            true => Err(VaultError::NoRole),
            false => self.change(name, Some(roles)),
        }
    }

    /// Gives a person these roles, or removes the person; nobody who stays loses anything.
    fn change(&mut self, name: &str, after: Option<&Roles>) -> Result<(), VaultError> {
        self.needs_all_keys()?;
        let mut transaction = self.begin()?;
        let person = transaction.contents.person_called(name).cloned();
        let mut person = person.ok_or(VaultError::NoSuchPerson)?;
        let leads = |roles: &Roles| roles.contains(&Role::FocalPoint);
        let others_lead = transaction.contents.people.values().any(|other| {
            !other.removed && other.id != person.id && other.id != RECOVERY && leads(&other.roles)
        });
        if !others_lead && !after.is_some_and(leads) {
            return Err(VaultError::LastFocalPoint);
        }
        let kept = after.map(domains_of).unwrap_or_default();
        let mut lost = domains_of(&person.roles);
        lost.retain(|domain| !kept.contains(domain));
        let ring = transaction.renew(&lost)?;
        let (id, act) = (
            person.id,
            match after {
                Some(_) => Act::RolesChanged,
                None => Act::PersonRemoved,
            },
        );
        match after {
            Some(roles) => person.roles = roles.clone(),
            None => {
                person.removed = true;
                transaction.delete_slot(&id)?;
                transaction.append(Domain::Member, Item::Person(person.clone()))?;
            }
        }
        let mut people: Vec<PersonItem> = transaction.contents.people.values().cloned().collect();
        people.retain(|other| !other.removed && other.id != id && !lost.is_empty());
        people.extend(after.map(|_| person));
        for person in people {
            transaction.write_ring(person, &ring)?;
        }
        transaction.log(AuditItem::of(act).on_person(&id))?;
        transaction.commit()?;
        let own = match after {
            Some(roles) if id == self.session.person => roles,
            _ => &self.session.ring.roles,
        };
        self.session.ring = ring.for_roles(own);
        Ok(())
    }

    /// Whether this is the passphrase of whoever unlocked the vault: asked again before people change, since an
    /// open vault may stand unattended. Stretches it.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`], and those of the database.
    pub fn confirm(&mut self, passphrase: &SecretString) -> Result<(), VaultError> {
        let handle = self.machine.handle.clone();
        let slots = handle.block_on(database::read_slots(&mut self.connection))?;
        let own = slots
            .iter()
            .find(|slot| slot.person == self.session.person && !slot.is_recovery());
        let own = own.ok_or(VaultError::WrongPassphrase)?;
        own.unlock(&self.vault_id, passphrase).map(|_| ())
    }

    /// Changes the passphrase of whoever unlocked the vault.
    ///
    /// # Errors
    /// [`VaultError::EmptyPassphrase`], and those of the database.
    pub fn change_passphrase(
        &mut self,
        passphrase: &SecretString,
        cost: KdfCost,
    ) -> Result<(), VaultError> {
        let mut transaction = self.begin()?;
        let person = transaction.session.person;
        let known = transaction.contents.people.get(&person).cloned();
        let known = known
            .filter(|_| person != RECOVERY)
            .ok_or(VaultError::NoSuchPerson)?;
        let credentials = Credentials {
            name: known.name,
            passphrase: passphrase.clone(),
        };
        let session = transaction.session;
        let (slot, item) = slot_of(
            &transaction.vault_id,
            person,
            &credentials,
            cost,
            &session.secrets,
            &session.ring,
            &mut **transaction.random.borrow_mut(),
        )?;
        transaction.put_slot(&slot)?;
        transaction.append(Domain::Member, Item::Person(item))?;
        transaction.log(AuditItem::of(Act::PassphraseChanged).on_person(&person))?;
        transaction.commit()?;
        self.cost = cost;
        Ok(())
    }

    /// Gives a person who lost the passphrase a new one; the vault was opened with the recovery key.
    ///
    /// # Errors
    /// [`VaultError::NeedsAllKeys`], [`VaultError::NoSuchPerson`], [`VaultError::EmptyPassphrase`].
    pub fn recover_person(&mut self, new: &Credentials, cost: KdfCost) -> Result<(), VaultError> {
        self.needs_all_keys()?;
        let mut transaction = self.begin()?;
        let person = transaction.contents.person_called(&new.name);
        let person = person.cloned().ok_or(VaultError::NoSuchPerson)?;
        // The old secrets were wrapped by the lost passphrase, so the person gets new ones.
        transaction.add_slot(person.id, new, cost, &person.roles)?;
        transaction.log(AuditItem::of(Act::PassphraseRecovered).on_person(&person.id))?;
        transaction.commit()
    }

    /// Whoever changes people must hold every key, to hand them on.
    pub(super) fn needs_all_keys(&self) -> Result<(), VaultError> {
        let all = Domain::OF_ROLES
            .iter()
            .all(|domain| self.session.newest(*domain).is_some());
        all.then_some(()).ok_or(VaultError::NeedsAllKeys)
    }
}

impl VaultTransaction<'_> {
    /// A slot with new secrets, and the keys of these roles.
    pub(super) fn add_slot(
        &mut self,
        person: PersonId,
        credentials: &Credentials,
        cost: KdfCost,
        roles: &Roles,
    ) -> Result<(), VaultError> {
        let session = self.session;
        let mut random = self.random.borrow_mut();
        let rng = &mut **random;
        let secrets = Secrets::generate(&session.secrets.member, &session.secrets.chain, rng);
        let ring = session.ring.for_roles(roles);
        let (slot, item) = slot_of(
            &self.vault_id,
            person,
            credentials,
            cost,
            &secrets,
            &ring,
            rng,
        )?;
        drop(random);
        self.put_slot(&slot)?;
        self.append(Domain::Member, Item::Person(item)).map(|_| ())
    }

    /// The slot that the recovery key opens, with every key.
    pub(super) fn write_recovery(&mut self, recovery: &HybridRecipient) -> Result<(), VaultError> {
        let session = self.session;
        let mut random = self.random.borrow_mut();
        let rng = &mut **random;
        let secrets = Secrets::generate(&session.secrets.member, &session.secrets.chain, rng);
        let ring = session.ring.for_roles(&Roles::from([Role::FocalPoint]));
        let slot = Slot::of_recovery(&self.vault_id, recovery, &secrets, &ring, rng)?;
        drop(random);
        let item = person_item(RECOVERY, RECOVERY_NAME, &secrets, &ring, &slot);
        self.put_slot(&slot)?;
        self.append(Domain::Member, Item::Person(item)).map(|_| ())
    }

    /// All keys, with new ones for these domains, whose public halves are written down.
    fn renew(&mut self, domains: &[Domain]) -> Result<Ring, VaultError> {
        let mut ring = self.session.ring.clone();
        let mut new = Vec::new();
        for domain in domains {
            let newest = ring.newest(*domain).map_or(0, |key| key.generation);
            let rng = &mut **self.random.borrow_mut();
            new.push(DomainKey::generate(*domain, newest + 1, rng));
        }
        if !new.is_empty() {
            self.append(Domain::Member, Item::Keys(KeysItem::of(&new)))?;
            self.log(AuditItem::of(Act::KeysRenewed).with_number(new.len() as u64))?;
        }
        ring.keys.extend(new);
        Ok(ring)
    }

    /// Writes a person's ring again, and the person with it.
    fn write_ring(&mut self, mut person: PersonItem, all: &Ring) -> Result<(), VaultError> {
        let slot = self
            .read_slots()?
            .into_iter()
            .find(|slot| slot.person == person.id);
        // A slot that is lost is named by `doctor`, and made again by adding the person.
        if let Some(slot) = slot {
            let recipient: HybridRecipient =
                person.recipient.parse().map_err(|_| VaultError::Damaged)?;
            let sealed = all.for_roles(&person.roles).seal(&recipient)?;
            let slot = slot.with_ring(&self.vault_id, sealed, &self.session.secrets);
            person.slot = hex::encode(&slot.checksum);
            self.put_slot(&slot)?;
        }
        self.append(Domain::Member, Item::Person(person))
            .map(|_| ())
    }
}

/// The slot of a person with these keys, and the event that says so.
pub(super) fn slot_of(
    vault: &VaultId,
    person: PersonId,
    credentials: &Credentials,
    cost: KdfCost,
    secrets: &Secrets,
    ring: &Ring,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(Slot, PersonItem), VaultError> {
    let slot = Slot::of_person(vault, person, credentials, cost, secrets, ring, rng)?;
    let item = person_item(person, credentials.name.trim(), secrets, ring, &slot);
    Ok((slot, item))
}

fn person_item(
    id: PersonId,
    name: &str,
    secrets: &Secrets,
    ring: &Ring,
    slot: &Slot,
) -> PersonItem {
    PersonItem {
        id,
        name: name.to_owned(),
        roles: ring.roles.clone(),
        signs: secrets.signing_key().verifying_key().to_string(),
        recipient: secrets.recipient().to_string(),
        slot: hex::encode(&slot.checksum),
        removed: false,
    }
}

pub(super) fn new_person_id(rng: &mut (impl RngCore + CryptoRng)) -> PersonId {
    let mut id = RECOVERY;
    rng.fill_bytes(&mut id);
    id
}

fn domains_of(roles: &Roles) -> Vec<Domain> {
    Domain::OF_ROLES
        .into_iter()
        .filter(|domain| domain.is_held_by_any(roles))
        .collect()
}

pub(super) const RECOVERY_NAME: &str = "recovery";
