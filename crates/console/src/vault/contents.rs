//! What the events of an open vault say, in memory until it is closed: as much of it as the person's keys open.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use asylia_envelope::{
    ids::{PageNumber, RecordId, SubmissionId},
    key_bundle::KeyBundle,
};
use asylia_keys::signing_file::OfficeSigningKey;

use super::{
    chain::Fault,
    correspondence::Correspondence,
    domain::Domain,
    item::{
        DestroyedItem, HandOverItem, HeadItem, IdentityItem, IdentityState, Imported, Item,
        OfficeKeyItem, PeriodKeyItem, PersonId, PersonItem, RecordItem, ServerPin, Stamp,
    },
};
use crate::casework::{
    cases::Cases,
    figures::{Figures, IdentityFigures},
    knowledge::Knowledge,
    number::CaseNumber,
    office_data::{OfficeLists, SignedList},
};
use crate::identity::Identities;

/// An item with the number of its event.
pub struct Row<T> {
    /// Number of the event.
    pub sequence: u64,
    /// When it was written, in seconds since 1970.
    pub at: i64,
    /// What it says.
    pub item: T,
}

/// The state that the events make.
#[derive(Default)]
pub struct Contents {
    /// The key bundle and its anchor; `None` when its row is damaged.
    pub bundle: Option<KeyBundle>,
    /// The identities at hand.
    pub identities: Identities,
    /// Where they lie, as far as the person's keys open it: one of a role, a period and a domain.
    pub(super) period_keys: Vec<Row<PeriodKeyItem>>,
    /// Periods whose identities were destroyed, in the order in which that happened.
    pub destroyed: Vec<DestroyedItem>,
    /// From one office to the next, in the order in which that happened.
    pub hand_overs: Vec<HandOverItem>,
    /// The office's signing key, if the vault has it and the person's keys open it.
    pub office_key: Option<OfficeSigningKey>,
    /// Where it lies.
    pub(super) office_key_place: Option<Row<OfficeKeyItem>>,
    /// Letters to and from submitters.
    pub correspondence: Correspondence,
    /// The server whose bundles are taken, once one was imported or paired.
    pub server: Option<Row<ServerPin>>,
    /// One entry a record, imported or in quarantine.
    pub records: Vec<Row<RecordItem>>,
    /// The identity parts that the person may open.
    pub identity_parts: BTreeMap<RecordId, IdentityItem>,
    /// Everybody who has or had a slot, as last written.
    pub people: BTreeMap<PersonId, PersonItem>,
    /// Rows that do not open, and other faults met on the way.
    pub damaged: Vec<Fault>,
    /// The cases.
    pub cases: Cases,
    /// Addressees, mandates and days of work.
    pub lists: OfficeLists,
    /// What the gate knows of identities.
    pub knowledge: Knowledge,
    /// Records of which an extract was made for the gate, for those who hold the identity key.
    pub extracted: BTreeSet<RecordId>,
    /// The cases in the figures, for those who hold their key.
    pub figures: BTreeMap<CaseNumber, Figures>,
    /// What identity parts tell the figures, likewise.
    pub identity_figures: BTreeMap<RecordId, IdentityFigures>,
    /// Signed heads, ascending.
    pub heads: Vec<Row<HeadItem>>,
    /// When the last event was written, in seconds since 1970.
    pub last_at: i64,
    /// Every key that ever signed in a person's name.
    pub(super) signers: BTreeMap<PersonId, Vec<String>>,
    recipients: BTreeMap<Domain, (u16, String)>,
    by_submission: HashMap<SubmissionId, Vec<RecordId>>,
    by_page: HashMap<PageNumber, Vec<RecordId>>,
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
        records.sort_by_cached_key(|record| (std::cmp::Reverse(day(record)), record.record_id));
        records
    }

    /// The records that carry the same submission or page number, this one included.
    #[must_use]
    pub fn records_of(&self, of: &Imported) -> HashSet<RecordId> {
        let submission = of.submission_id.and_then(|id| self.by_submission.get(&id));
        let page = of.page_number.and_then(|number| self.by_page.get(&number));
        let all = submission.into_iter().chain(page);
        all.flatten().copied().collect()
    }

    /// How many records carry the same submission or page number, this one included: one report, sent again.
    #[must_use]
    pub fn copies(&self, of: &Imported) -> usize {
        self.records_of(of).len().max(1)
    }

    /// How many parts of a record did not verify, as far as the person may know.
    #[must_use]
    pub fn problem_count(&self, id: RecordId, imported: &Imported) -> usize {
        let identity = match self.identity_parts.get(&id).map(|part| &part.state) {
            Some(IdentityState::Sealed { problems, .. }) => problems.len(),
            // Without the key it is closed to this person, which is no fault of the record.
            Some(IdentityState::Waiting { .. }) => 1,
            None => 0,
        };
        imported.problems.len() + identity
    }

    /// Whether the office's keys are throwaway ones.
    #[must_use]
    pub fn demo(&self) -> bool {
        self.bundle
            .as_ref()
            .is_some_and(|bundle| bundle.content().demo)
    }

    /// The public half of a domain's newest key.
    #[must_use]
    pub fn recipient(&self, domain: Domain) -> Option<(u16, &str)> {
        self.recipients
            .get(&domain)
            .map(|(generation, recipient)| (*generation, recipient.as_str()))
    }

    /// The person of that name who was not removed.
    #[must_use]
    pub fn person_called(&self, name: &str) -> Option<&PersonItem> {
        let name = super::kdf::normal(name);
        self.people
            .values()
            .filter(|person| !person.removed && person.id != super::slot::RECOVERY)
            .find(|person| super::kdf::normal(&person.name) == name)
    }

    /// Everybody who can unlock the vault now, the recovery key apart.
    pub fn staff(&self) -> impl Iterator<Item = &PersonItem> {
        let people = self.people.values();
        people.filter(|person| !person.removed && person.id != super::slot::RECOVERY)
    }

    /// The last known name of a person.
    #[must_use]
    pub fn name_of(&self, person: &PersonId) -> String {
        match self.people.get(person) {
            Some(known) => known.name.clone(),
            None => hex::encode(person),
        }
    }

    /// Takes what an event says.
    pub(super) fn add(&mut self, stamp: Stamp, item: Item) {
        let (sequence, at) = (stamp.sequence, stamp.at);
        match item {
            Item::Bundle(item) => match item.verify() {
                Some(bundle) => self.bundle = Some(bundle),
                None => self.damaged.push(Fault::Unknown(sequence)),
            },
            // Its secret text is read afterwards (`periods.rs`).
            Item::PeriodKey(item) => self.period_keys.push(Row { sequence, at, item }),
            Item::PeriodDestroyed(item) => {
                let other = |key: &Row<PeriodKeyItem>| {
                    (key.item.instance, &key.item.period) != (item.instance, &item.period)
                };
                self.period_keys.retain(other);
                self.identities.remove(item.instance, &item.period);
                self.destroyed.push(item);
            }
            Item::HandOver(item) => self.hand_overs.push(item),
            Item::Keys(item) => {
                for (domain, generation, recipient) in item.recipients {
                    self.recipients.insert(domain, (generation, recipient));
                }
            }
            Item::Person(item) => {
                let known = self.signers.entry(item.id).or_default();
                if !known.contains(&item.signs) {
                    known.push(item.signs.clone());
                }
                self.people.insert(item.id, item);
            }
            Item::Server(item) => self.server = Some(Row { sequence, at, item }),
            Item::Record(item) => self.place(sequence, at, *item),
            Item::Identity(item) => {
                self.identity_parts.insert(item.record_id, *item);
            }
            Item::OfficeKey(item) => {
                self.office_key = None;
                self.office_key_place = Some(Row { sequence, at, item });
            }
            Item::Head(item) => self.heads.push(Row { sequence, at, item }),
            // Read from the file when somebody asks for it.
            Item::Audit(_) => {}
            item => self.add_of_office(stamp, item),
        }
    }

    /// Takes what an event says of answers and of cases.
    fn add_of_office(&mut self, stamp: Stamp, item: Item) {
        let (sequence, at) = (stamp.sequence, stamp.at);
        match item {
            Item::Reply(item) => self.correspondence.add_reply(sequence, *item),
            Item::FollowUp(item) => self.correspondence.add_follow_up(Row {
                sequence,
                at,
                item: *item,
            }),
            Item::Batch(item) => self.correspondence.add_batch(sequence, item),
            Item::Sent(item) => self.correspondence.add_sent(Row {
                sequence,
                at,
                item: *item,
            }),
            Item::SentState(state) => self.correspondence.add_state(state),
            Item::Case(item) => {
                if !self.cases.take(stamp, *item) {
                    self.damaged.push(Fault::Unknown(sequence));
                }
            }
            Item::Extract(item) => self.knowledge.add_extract(*item),
            Item::ExtractMade(record) => {
                self.extracted.insert(record);
            }
            Item::Deny(item) => self.knowledge.add_words(stamp, *item),
            Item::Figures(item) => {
                self.figures.insert(item.case, *item);
            }
            Item::List(note) => {
                let list = SignedList::of_vault(&note);
                if list.and_then(|list| self.lists.take(&list)).is_err() {
                    self.damaged.push(Fault::Unknown(sequence));
                }
            }
            Item::IdentityFigures(item) => {
                self.identity_figures.insert(item.record, *item);
            }
            // Everything else is taken where this is called.
            _ => self.damaged.push(Fault::Unknown(sequence)),
        }
    }

    /// Puts a record's entry in, over an older one that it replaces.
    fn place(&mut self, sequence: u64, at: i64, item: RecordItem) {
        if let Some(imported) = item.imported() {
            let id = item.record_id;
            if let Some(submission) = imported.submission_id {
                self.by_submission.entry(submission).or_default().push(id);
            }
            if let Some(page) = imported.page_number {
                self.by_page.entry(page).or_default().push(id);
            }
            self.correspondence.add_record(&item, imported);
        }
        let replaces = item.replaces;
        let older = self
            .records
            .iter_mut()
            .find(|row| Some(row.sequence) == replaces);
        match older.filter(|_| replaces.is_some()) {
            Some(older) => *older = Row { sequence, at, item },
            None => self.records.push(Row { sequence, at, item }),
        }
    }
}
