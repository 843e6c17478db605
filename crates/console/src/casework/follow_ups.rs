//! What a submitter's follow-ups do to the case of the report: each is a sign of life, and what it lowers is lowered
//! for every person of the case, since a report speaks for all of whom it tells. It is written with the verdict; of a
//! case, a report or a person that comes later, with that. Here nothing is ever raised.

use std::collections::BTreeSet;

use asylia_envelope::{day::Day, follow_up, ids::RecordId};

use super::{
    acts::changed,
    case::Case,
    consent::{Cell, CellValue, Entry, Given, in_force},
    event::Change,
    number::CaseNumber,
    values::{AnswerWay, Giver, Purpose, Value},
};
use crate::{
    l10n::Texts,
    vault::{
        Contents, VaultError, VaultTransaction,
        item::{FollowUpItem, Raises, Stamp},
    },
};

/// What comes along with a change of a case, since somebody of it had written before.
#[must_use]
pub(super) fn along_with(contents: &Contents, case: &Case, change: &Change) -> Vec<Change> {
    match change {
        Change::Person(person) if !case.persons.contains_key(&person.number) => {
            let earlier = earlier(contents, &case.records);
            let lowered = earlier
                .into_iter()
                .filter_map(|verdict| lowered(verdict, person.number, person.item.reporter, None));
            lowered.collect()
        }
        Change::RecordAdded(record) => {
            let records = std::slice::from_ref(record);
            let mut changes = signs_of_life(contents, records);
            for verdict in earlier(contents, records) {
                changes.extend(for_everybody(case, verdict, |_| None));
            }
            changes
        }
        _ => Vec::new(),
    }
}

/// The last sign of life of those who wrote these reports.
#[must_use]
pub(super) fn signs_of_life(contents: &Contents, records: &[RecordId]) -> Vec<Change> {
    let days = earlier(contents, records)
        .into_iter()
        .map(|verdict| verdict.day);
    days.max().map(Change::SignOfLife).into_iter().collect()
}

impl VaultTransaction<'_> {
    /// Writes what an accepted follow-up does to the cases of its report.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn heed(&mut self, verdict: &FollowUpItem) -> Result<(), VaultError> {
        let today = self.today();
        let stamp = Stamp {
            sequence: 0,
            at: self.at(),
            author: self.author(),
        };
        for number in cases_of(self.contents(), verdict.report) {
            let Some(case) = self.contents().cases.get(number) else {
                continue;
            };
            let sign = Change::SignOfLife(verdict.day);
            let mut alive = case.clone();
            alive.apply(stamp, sign.clone());
            let lowered = for_everybody(case, verdict, |person| {
                let answers = verdict.raises != Raises::No;
                answers.then(|| Highest::of(&alive, person, today))
            });
            let log = (!lowered.is_empty()).then(|| changed(number, "consent-lowered"));
            let mut changes = vec![sign];
            changes.extend(lowered);
            self.write_changes(number, changes)?;
            if let Some(entry) = log {
                self.log(entry)?;
            }
        }
        Ok(())
    }
}

/// The most that is permitted of each purpose, towards anybody, or would be by a raise that waits.
struct Highest(Vec<(Purpose, Value)>);

impl Highest {
    fn of(case: &Case, person: u16, today: Day) -> Self {
        let matrix = in_force(case, person, today);
        let mut values: Vec<(Purpose, Value)> = matrix
            .cells()
            .map(|(cell, value)| (cell.purpose, value))
            .collect();
        let raises = case.consents.raises().into_iter();
        for (_, raise) in raises.filter_map(|number| case.consents.raise(number)) {
            if raise.person == person {
                values.extend(raise.to.iter().map(|to| (to.cell.purpose, to.value)));
            }
        }
        Self(values)
    }

    fn is_above(&self, purpose: Purpose, value: Value) -> bool {
        self.0
            .iter()
            .any(|(of, highest)| *of == purpose && *highest > value)
    }
}

fn for_everybody(
    case: &Case,
    verdict: &FollowUpItem,
    highest: impl Fn(u16) -> Option<Highest>,
) -> Vec<Change> {
    let persons = case.persons.iter();
    let lowered = persons.filter_map(|(number, person)| {
        lowered(verdict, *number, person.reporter, highest(*number).as_ref())
    });
    lowered.collect()
}

/// What a follow-up lowers for one person; where it answers a question, what is not below `highest` is the answer.
fn lowered(
    verdict: &FollowUpItem,
    person: u16,
    reporter: bool,
    highest: Option<&Highest>,
) -> Option<Change> {
    let mut cells = Vec::new();
    let mut lower = |purpose, value| {
        let cell = Cell::of(purpose);
        cells.push(CellValue { cell, value });
    };
    if verdict.withdraw_all {
        // The office keeps and counts the case all the same, as the page says.
        let purposes = Purpose::ALL.iter().copied();
        let passed_on = purposes.filter(|purpose| *purpose != Purpose::FocalPoint);
        passed_on.for_each(|purpose| lower(purpose, Value::No));
    }
    for (purpose, permission) in &verdict.permissions {
        let (purpose, value) = (purpose_of(*purpose), value_of(*permission));
        let is_lower = highest.is_none_or(|highest| highest.is_above(purpose, value));
        if value < Value::WithIdentity && is_lower {
            lower(purpose, value);
        }
    }
    if cells.is_empty() {
        return None;
    }
    let given = Given {
        by: match reporter {
            true => Giver::ThePerson,
            false => Giver::Representative,
        },
        on: verdict.day,
        language: String::new(),
        explained: String::new(),
        way: match verdict.through_server {
            true => AnswerWay::Server,
            false => AnswerWay::Sealed,
        },
        until: None,
    };
    let why = Texts::english().get("console-casework-follow-up-lowered");
    let entry = Entry::Lowered(person, cells, why, Some(given));
    Some(Change::Consent(Box::new(entry)))
}

/// Follow-ups of these reports that count, in the order in which they were taken.
fn earlier<'a>(contents: &'a Contents, records: &[RecordId]) -> Vec<&'a FollowUpItem> {
    let reports: BTreeSet<RecordId> = records
        .iter()
        .flat_map(|record| with_copies(contents, *record))
        .collect();
    let of_report = |report| contents.correspondence.follow_ups_of(report);
    let mut rows: Vec<_> = reports.into_iter().flat_map(of_report).collect();
    rows.retain(|row| row.item.refused.is_none());
    rows.sort_by_key(|row| row.sequence);
    rows.into_iter().map(|row| &row.item).collect()
}

/// The cases of a report, or of a copy of it: the mailbox is that of the copy which came first.
fn cases_of(contents: &Contents, report: RecordId) -> BTreeSet<CaseNumber> {
    let cases = with_copies(contents, report)
        .into_iter()
        .filter_map(|record| contents.cases.of_record(record));
    cases.map(|case| case.number).collect()
}

fn with_copies(contents: &Contents, record: RecordId) -> BTreeSet<RecordId> {
    let imported = contents.record(record).and_then(|item| item.imported());
    let copies = imported.map(|imported| contents.records_of(imported));
    copies.into_iter().flatten().chain([record]).collect()
}

fn purpose_of(purpose: follow_up::Purpose) -> Purpose {
    match purpose {
        follow_up::Purpose::FocalPoint => Purpose::FocalPoint,
        follow_up::Purpose::MandateHolders => Purpose::MandateHolders,
        follow_up::Purpose::AsgHcHrcPresident => Purpose::Senior,
        follow_up::Purpose::UnFieldPresenceInCountry => Purpose::UnFieldPresenceInCountry,
        follow_up::Purpose::Government => Purpose::Government,
        follow_up::Purpose::NonStateAddressee => Purpose::NonStateAddressee,
        follow_up::Purpose::PublicCopyOfLetter => Purpose::PublicCopyOfLetter,
        follow_up::Purpose::PublicStatements => Purpose::PublicStatements,
        follow_up::Purpose::SgReport => Purpose::SgReport,
        follow_up::Purpose::OtherMechanisms => Purpose::OtherMechanisms,
    }
}

fn value_of(permission: follow_up::Permission) -> Value {
    match permission {
        follow_up::Permission::No => Value::No,
        follow_up::Permission::AskFirst => Value::AskFirst,
        follow_up::Permission::WithoutIdentity => Value::WithoutIdentity,
        follow_up::Permission::WithIdentity => Value::WithIdentity,
    }
}
