//! The vault passes from one office to the next: new keys for everybody, one new slot, a new recovery slot.
//!
//! All of it is one transaction. The last event under the old keys is the manifest that both offices signed; what
//! comes behind it stays closed to every key that the old office had, and the chain under it cannot be written anew
//! by whoever had them: the new office's first event is bound to the old office's last. What was there before was
//! readable then, and a copy of it stays so (`docs/FORMAT.md#hand-over`).

use asylia_envelope::{day::Day, hybrid::HybridRecipient, signing::SigningKey};
use asylia_keys::{
    hand_over::{Appointed, HandedBy, Manifest, Outgoing, SignedManifest},
    recovery::RecoveryNote,
};
use std::path::Path;

use super::{
    Credentials, Session, Vault, VaultError, VaultTransaction,
    audit::{Act, AuditItem},
    database,
    domain::Domain,
    item::{HandOverItem, Item, KeysItem, PersonId, PersonItem},
    kdf::KdfCost,
    keys::{DomainKey, PastTerm, Ring, SecretBytes, Secrets, random},
    people::new_person_id,
    slot::{RECOVERY, Slot},
};
use crate::{
    access::{Role, Roles},
    machine::Machine,
};

/// Who takes the vault over.
pub struct Incoming<'a> {
    /// Name and passphrase of the new focal point.
    pub credentials: Credentials,
    /// What a guess of the passphrase costs.
    pub cost: KdfCost,
    /// Public half of the new recovery key.
    pub recovery: &'a HybridRecipient,
}

impl Vault {
    /// What would be handed over now, to be signed by both sides.
    ///
    /// # Errors
    /// [`VaultError::NeedsAllKeys`], [`VaultError::AppointmentUsed`], and those of the database.
    pub fn manifest(
        &mut self,
        appointed: &Appointed,
        recovery: &RecoveryNote,
    ) -> Result<Manifest, VaultError> {
        self.needs_all_keys()?;
        self.refresh()?;
        let appointment = appointed.appointment();
        if self.used(&appointment.digest()) {
            return Err(VaultError::AppointmentUsed);
        }
        let handle = self.machine.handle.clone();
        let slots = handle.block_on(database::read_slots(&mut self.connection))?;
        let states = self.periods();
        let names = |held: bool| {
            let states = states.iter();
            let states = states.filter(move |state| match held {
                true => !state.roles.is_empty(),
                false => state.destroyed.is_some() && state.roles.is_empty(),
            });
            states.map(|state| state.period.clone()).collect()
        };
        let records = &self.contents.records;
        let opened = records.iter();
        let opened = opened.filter(|row| row.item.imported().is_some()).count();
        Ok(Manifest {
            vault: self.vault_id,
            instance: appointment.instance,
            day: Day::from_unix_seconds(self.machine.now()).unwrap_or(appointment.not_before),
            appointment: appointment.digest(),
            by: match self.session.person {
                RECOVERY => HandedBy::RecoveryShares,
                _ => HandedBy::FocalPoint,
            },
            events: self.tip.sequence,
            head: self.tip.mac,
            records: opened as u64,
            quarantined: (records.len() - opened) as u64,
            periods: names(true),
            destroyed: names(false),
            slots_gone: slots.len() as u64,
            recovery_set: recovery.set().id(),
            recovery_note: Manifest::note_digest(recovery.set()),
            outgoing: self.outgoing().verifying_key(),
            incoming: appointment.incoming.clone(),
        })
    }

    /// The signature of whoever unlocked the vault, who hands it over.
    #[must_use]
    pub fn sign_manifest(&self, manifest: &Manifest) -> [u8; 64] {
        self.outgoing().sign(&[manifest.to_text().as_bytes()])
    }

    /// Hands the vault over: afterwards it is open for the new focal point, and nobody else has a slot.
    ///
    /// # Errors
    /// [`VaultError::NeedsAllKeys`], [`VaultError::AppointmentUsed`], [`VaultError::ManifestOutdated`] when the
    /// manifest is not of this vault as it is now, [`VaultError::NameTaken`] and [`VaultError::EmptyPassphrase`],
    /// and those of the database; nothing is changed then.
    pub fn hand_over(
        &mut self,
        to: &Incoming<'_>,
        signed: &SignedManifest,
    ) -> Result<PersonId, VaultError> {
        self.needs_all_keys()?;
        let manifest = signed.manifest();
        if self.used(&manifest.appointment) {
            return Err(VaultError::AppointmentUsed);
        }
        let name = super::kdf::normal(&to.credentials.name);
        if name.is_empty() || name == super::people::RECOVERY_NAME {
            return Err(VaultError::NameTaken);
        }
        let outgoing = self.outgoing().verifying_key();
        let session;
        let mut transaction = self.begin()?;
        let now = (manifest.vault, manifest.events, manifest.head);
        let tip = transaction.next;
        if now != (transaction.vault_id, tip.sequence, tip.mac) || manifest.outgoing != outgoing {
            return Err(VaultError::ManifestOutdated);
        }
        let said = HandOverItem {
            manifest: signed.to_text(),
        };
        transaction.append(Domain::Member, Item::HandOver(said))?;
        session = transaction.next_session();
        transaction.session = &session;
        let new = newest(&session.ring);
        transaction.append(Domain::Member, Item::Keys(KeysItem::of(&new)))?;
        let gone = transaction.remove_every_slot()?;
        transaction.write_first(to)?;
        transaction.write_recovery(to.recovery)?;
        let entry = AuditItem::of(Act::HandedOver).on_person(&session.person);
        transaction.log(entry.with_number(gone))?;
        transaction.log(AuditItem::of(Act::KeysRenewed).with_number(new.len() as u64))?;
        transaction.log(AuditItem::of(Act::RecoveryKeySet))?;
        transaction.commit()?;
        self.session = session;
        self.cost = to.cost;
        Ok(self.session.person)
    }

    /// Every signed manifest of a hand-over of this vault, oldest first; each is good.
    pub fn manifests(&self) -> impl Iterator<Item = SignedManifest> {
        let all = self.contents.hand_overs.iter();
        all.filter_map(|item| SignedManifest::parse(item.manifest.as_bytes()).ok())
    }

    /// Numbers of everybody who has a slot, the recovery key apart; needs no passphrase.
    ///
    /// # Errors
    /// As [`Vault::open`], up to the passphrase.
    pub fn slots(machine: &Machine, directory: &Path) -> Result<Vec<PersonId>, VaultError> {
        let mut connection = Self::connect(machine, directory)?;
        let (_, slots) = Self::read_slots(machine, &mut connection)?;
        let close = sqlx::Connection::close(connection);
        machine.handle.block_on(close)?;
        let people = slots.iter().filter(|slot| !slot.is_recovery());
        Ok(people.map(|slot| slot.person).collect())
    }

    fn outgoing(&self) -> SigningKey<Outgoing> {
        SigningKey::from_seed(&self.session.secrets.signs)
    }

    fn used(&self, appointment: &[u8; 32]) -> bool {
        self.manifests()
            .any(|signed| signed.manifest().appointment == *appointment)
    }
}

impl VaultTransaction<'_> {
    /// The new focal point's: new member and chain keys, a new generation of every domain's, and all that opens
    /// what was written before.
    fn next_session(&self) -> Session {
        let before = self.session;
        let rng = &mut **self.random.borrow_mut();
        let mut ring = before.ring.clone();
        ring.roles = Roles::from([Role::FocalPoint]);
        ring.past.push(PastTerm {
            until: self.next.sequence,
            member: SecretBytes(before.secrets.member.clone()),
            chain: SecretBytes(before.secrets.chain.clone()),
        });
        for domain in Domain::OF_ROLES {
            let newest = ring.newest(domain).map_or(0, |key| key.generation);
            ring.keys.push(DomainKey::generate(domain, newest + 1, rng));
        }
        let (member, chain) = (random(rng), random(rng));
        let secrets = Secrets::generate(&member, &chain, rng);
        Session::new(new_person_id(rng), secrets, ring)
    }

    /// Returns how many there were.
    fn remove_every_slot(&mut self) -> Result<u64, VaultError> {
        let mut gone = 0;
        for slot in self.read_slots()? {
            self.delete_slot(&slot.person)?;
            gone += 1;
        }
        let people: Vec<PersonItem> = self.contents.staff().cloned().collect();
        for person in people {
            let removed = PersonItem {
                removed: true,
                ..person
            };
            self.append(Domain::Member, Item::Person(removed))?;
        }
        Ok(gone)
    }

    /// The slot of whoever takes over, with the session's own keys.
    fn write_first(&mut self, to: &Incoming<'_>) -> Result<(), VaultError> {
        let session = self.session;
        let (slot, item): (Slot, PersonItem) = super::people::slot_of(
            &self.vault_id,
            session.person,
            &to.credentials,
            to.cost,
            &session.secrets,
            &session.ring,
            &mut **self.random.borrow_mut(),
        )?;
        self.put_slot(&slot)?;
        self.append(Domain::Member, Item::Person(item)).map(|_| ())
    }
}

/// The newest key of every domain.
fn newest(ring: &Ring) -> Vec<DomainKey> {
    let domains = Domain::OF_ROLES.into_iter();
    domains
        .filter_map(|domain| ring.newest(domain).cloned())
        .collect()
}
