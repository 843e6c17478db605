//! The identities of periods: put into the vault, read out of their blobs at unlock, told.
//!
//! Trusts the caller that an identity is the private half of what the key bundle lists. What waited in quarantine
//! for an identity is opened as soon as that is here. The end of a period is `destruction.rs`.

use std::{collections::BTreeSet, io::Read};

use asylia_envelope::{
    day::Day,
    ids::InstanceId,
    key_bundle::{Anchor, KeyBundle},
    open::RecordLabel,
};
use asylia_keys::identity::AnyIdentity;
use zeroize::Zeroizing;

use super::{
    Vault, VaultError, VaultTransaction,
    audit::{Act, AuditItem},
    blob::BlobRef,
    chain::Fault,
    domain::Domain,
    item::{BundleItem, IdentityState, Item, PeriodKeyItem, Reason, RecordItem, RecordState},
};
use crate::identity::IdentityRole;

/// What came of new identities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Added {
    /// Identities that were not here before.
    pub identities: u64,
    /// Records that left quarantine, since they waited for one of them.
    pub opened: u64,
}

/// A period as the vault knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeriodState {
    /// The installation.
    pub instance: InstanceId,
    /// The period.
    pub period: String,
    /// Last day on which the server takes what is sealed to it.
    pub until: Option<Day>,
    /// The identities at hand, as far as the person's keys open them.
    pub roles: BTreeSet<IdentityRole>,
    /// Records that were opened and sealed anew.
    pub records: u64,
    /// Records in quarantine.
    pub quarantined: u64,
    /// Identity parts that wait for somebody with the identity's identity.
    pub waiting: u64,
    /// The day on which its identities were destroyed.
    pub destroyed: Option<Day>,
}

impl Vault {
    /// Puts identities into the vault, and before them a key bundle that is newer than the one that is here.
    /// What is here already stays as it is.
    ///
    /// # Errors
    /// [`VaultError::NeedsAllKeys`], [`VaultError::Destroyed`] for a period whose identities were destroyed, and
    /// those of the database.
    pub fn add_identities(
        &mut self,
        newer: Option<(&KeyBundle, &Anchor)>,
        identities: &[AnyIdentity],
    ) -> Result<Added, VaultError> {
        self.needs_all_keys()?;
        for identity in identities {
            let (instance, period) = identity.belongs_to();
            let ended = |end: &&super::item::DestroyedItem| {
                (end.instance, end.period.as_str()) == (instance, period)
            };
            if let Some(end) = self.contents.destroyed.iter().find(ended) {
                return Err(VaultError::Destroyed(end.period.clone(), end.day));
            }
        }
        if let Some((bundle, anchor)) = newer {
            let mut transaction = self.begin()?;
            transaction.append(Domain::Member, Item::Bundle(BundleItem::of(bundle, anchor)))?;
            transaction.log(AuditItem::of(Act::BundleTaken).with_number(bundle.sequence()))?;
            transaction.commit()?;
        }
        let new = self.put_identities(identities)?;
        if new > 0 {
            self.log(AuditItem::of(Act::IdentitiesAdded).with_number(new as u64))?;
        }
        self.seal_waiting()?;
        Ok(Added {
            identities: new as u64,
            opened: self.open_quarantined()? as u64,
        })
    }

    /// Writes those that are not here yet; returns how many.
    pub(super) fn put_identities(
        &mut self,
        identities: &[AnyIdentity],
    ) -> Result<usize, VaultError> {
        let known: BTreeSet<_> = self.contents.period_keys.iter().map(place_of).collect();
        let mut transaction = self.begin()?;
        let mut new = 0;
        for identity in identities {
            let (instance, period) = identity.belongs_to();
            let role = IdentityRole::of(identity);
            if !known.contains(&(instance, period.to_owned(), role)) {
                transaction.put_identity(identity)?;
                new += 1;
            }
        }
        transaction.commit()?;
        self.read_identities()?;
        Ok(new)
    }

    /// Reads the identities whose places are known and that are not in memory yet.
    pub(super) fn read_identities(&mut self) -> Result<(), VaultError> {
        let at_hand = |row: &&super::Row<PeriodKeyItem>| {
            let key = &row.item;
            !self
                .contents
                .identities
                .has(key.instance, &key.period, key.role)
        };
        let missing: Vec<(u64, BlobRef)> = self
            .contents
            .period_keys
            .iter()
            .filter(at_hand)
            .map(|row| (row.sequence, row.item.blob.clone()))
            .collect();
        for (sequence, blob) in missing {
            match self.read_identity(&blob) {
                Some(identity) => self.contents.identities.add(identity),
                None if self.contents.damaged.contains(&Fault::Unknown(sequence)) => {}
                None => self.contents.damaged.push(Fault::Unknown(sequence)),
            }
        }
        Ok(())
    }

    fn read_identity(&mut self, blob: &BlobRef) -> Option<AnyIdentity> {
        let size = usize::try_from(blob.size).ok()?;
        // Never grows, so that no copy is left behind.
        let mut text = Zeroizing::new(Vec::with_capacity(size));
        self.open_blob(blob).read_to_end(&mut text).ok()?;
        AnyIdentity::parse_secret_text(std::str::from_utf8(&text).ok()?).ok()
    }

    /// Every period that the key bundle, an identity, a record or an end names; by name.
    #[must_use]
    pub fn periods(&self) -> Vec<PeriodState> {
        let contents = &self.contents;
        let listed = contents.bundle.iter().flat_map(|bundle| {
            let instance = bundle.content().instance;
            let periods = &bundle.content().periods;
            periods
                .iter()
                .map(move |period| (instance, period.id.clone()))
        });
        let keys = &contents.period_keys;
        let keys = keys
            .iter()
            .map(|row| (row.item.instance, row.item.period.clone()));
        let records = &contents.records;
        let records = records
            .iter()
            .map(|row| (row.item.instance, row.item.period.clone()));
        let ends = &contents.destroyed;
        let ends = ends.iter().map(|end| (end.instance, end.period.clone()));
        let all: BTreeSet<(String, InstanceId)> = listed
            .chain(keys)
            .chain(records)
            .chain(ends)
            .map(|(instance, period)| (period, instance))
            .collect();
        all.into_iter()
            .map(|(period, instance)| self.period(instance, period))
            .collect()
    }

    fn period(&self, instance: InstanceId, period: String) -> PeriodState {
        let contents = &self.contents;
        let of_period = |record: &&super::Row<RecordItem>| {
            (record.item.instance, &record.item.period) == (instance, &period)
        };
        let records = contents.records.iter().filter(of_period);
        let (opened, quarantined): (Vec<_>, Vec<_>) =
            records.partition(|record| record.item.imported().is_some());
        let waits = |state: &IdentityState| {
            matches!(state, IdentityState::Waiting { instance: of, period: named, .. }
                if (*of, named) == (instance, &period))
        };
        let parts = contents.identity_parts.values();
        let keys = contents.period_keys.iter().map(|row| &row.item);
        let keys = keys.filter(|key| (key.instance, &key.period) == (instance, &period));
        let roles = keys.clone().map(|key| key.role).collect();
        let listed = contents.bundle.as_ref().map(KeyBundle::content);
        let listed = listed.filter(|content| content.instance == instance);
        let listed =
            listed.and_then(|content| content.periods.iter().find(|each| each.id == period));
        let end = contents.destroyed.iter().rev();
        PeriodState {
            instance,
            until: keys
                .filter_map(|key| key.until)
                .chain(listed.map(|each| each.until))
                .max(),
            roles,
            records: opened.len() as u64,
            quarantined: quarantined.len() as u64,
            waiting: parts.filter(|part| waits(&part.state)).count() as u64,
            destroyed: end
                .clone()
                .find(|end| (end.instance, &end.period) == (instance, &period))
                .map(|end| end.day),
            period,
        }
    }

    /// Opens what waited in quarantine for an identity that is here now; returns how many records that were.
    fn open_quarantined(&mut self) -> Result<usize, VaultError> {
        let waits = |row: &&super::Row<RecordItem>| {
            let record = &row.item;
            matches!(record.state, RecordState::Quarantined(Reason::NoKey, _))
                && self
                    .contents
                    .identities
                    .of(record.instance, &record.period)
                    .is_some()
        };
        let waiting: Vec<(u64, RecordItem)> = self
            .contents
            .records
            .iter()
            .filter(waits)
            .map(|row| (row.sequence, row.item.clone()))
            .collect();
        let mut opened = 0;
        for (sequence, record) in waiting {
            let label = RecordLabel {
                instance: record.instance,
                record_id: record.record_id,
                period: record.period.clone(),
            };
            let mut transaction = self.begin()?;
            let state = transaction.take_record_again(sequence, record, label)?;
            transaction.commit()?;
            opened += usize::from(matches!(state, RecordState::Imported(_)));
        }
        Ok(opened)
    }
}

impl VaultTransaction<'_> {
    /// Puts an identity of a period where those are who need it: intake identities open records for casework
    /// and for custodians, account identities for casework, identity identities for custodians.
    fn put_identity(&mut self, identity: &AnyIdentity) -> Result<(), VaultError> {
        let domains: &[Domain] = match identity {
            AnyIdentity::Intake(_) => &[Domain::Case, Domain::Identity],
            AnyIdentity::Account(_) => &[Domain::Case],
            AnyIdentity::Identity(_) => &[Domain::Identity],
        };
        let (instance, period) = identity.belongs_to();
        let bundle = self.contents.bundle.as_ref().map(KeyBundle::content);
        let listed =
            bundle.and_then(|content| content.periods.iter().find(|each| each.id == period));
        let until = listed.map(|period| period.until);
        for domain in domains {
            let blob = self.put_blob(identity.to_secret_text().as_bytes())?;
            let item = PeriodKeyItem {
                instance,
                period: period.to_owned(),
                role: IdentityRole::of(identity),
                until,
                blob: blob.clone(),
            };
            self.append_with(*domain, Item::PeriodKey(item), &[&blob], &[])?;
        }
        Ok(())
    }
}

fn place_of(row: &super::Row<PeriodKeyItem>) -> (InstanceId, String, IdentityRole) {
    (row.item.instance, row.item.period.clone(), row.item.role)
}
