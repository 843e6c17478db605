//! Every case of the vault, and which submission belongs to which.

use std::collections::{BTreeMap, HashMap};

use asylia_envelope::ids::RecordId;

use super::{
    case::Case,
    event::{CaseItem, Change},
    number::CaseNumber,
    values::LinkKind,
};
use crate::vault::item::Stamp;

/// The cases, by number.
#[derive(Default)]
pub struct Cases {
    cases: BTreeMap<CaseNumber, Case>,
    by_record: HashMap<RecordId, CaseNumber>,
}

impl Cases {
    /// The case of that number.
    #[must_use]
    pub fn get(&self, number: CaseNumber) -> Option<&Case> {
        self.cases.get(&number)
    }

    /// The case that a submission belongs to.
    #[must_use]
    pub fn of_record(&self, record: RecordId) -> Option<&Case> {
        self.by_record
            .get(&record)
            .and_then(|number| self.get(*number))
    }

    /// Every case, by number.
    pub fn iter(&self) -> impl Iterator<Item = &Case> {
        self.cases.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    /// The cases that belong to the same visit, the given one first.
    #[must_use]
    pub fn of_one_visit(&self, number: CaseNumber) -> Vec<CaseNumber> {
        let mut visit = vec![number];
        let mut seen = 0;
        while let Some(at) = visit.get(seen).copied() {
            seen += 1;
            for case in self.cases.values() {
                let linked =
                    |from: &Case, to: CaseNumber| from.links.contains(&(LinkKind::SameVisit, to));
                let near =
                    linked(case, at) || self.get(at).is_some_and(|from| linked(from, case.number));
                if near && !visit.contains(&case.number) {
                    visit.push(case.number);
                }
            }
        }
        visit
    }

    /// Takes an event; one of a case that is not known says nothing, since its beginning is damaged.
    pub(crate) fn take(&mut self, stamp: Stamp, item: CaseItem) -> bool {
        match item.change {
            Change::Made(made) => {
                for record in &made.records {
                    self.by_record.insert(*record, item.case);
                }
                let case = Case::made(stamp, item.case, *made);
                self.cases.entry(item.case).or_insert(case);
                true
            }
            change => {
                let Some(case) = self.cases.get_mut(&item.case) else {
                    return false;
                };
                if let Change::RecordAdded(record) = &change {
                    self.by_record.insert(*record, item.case);
                }
                case.apply(stamp, change);
                true
            }
        }
    }
}
