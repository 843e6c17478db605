//! Tests only: a case put together event by event, without a vault.

use asylia_envelope::day::Day;

use super::{
    case::Case,
    consent::{CellValue, Entry, First, Given, Question, Raise},
    event::{Change, Door, Made, Numbered, Person, Told, Triage},
    number::CaseNumber,
    values::{AnswerWay, Giver, PersonKind, Urgency},
};
use crate::vault::item::{PersonId, Stamp};

/// A first and a second officer.
pub(crate) const FIRST: PersonId = [1; 16];
pub(crate) const SECOND: PersonId = [2; 16];

/// A case on its way.
pub(crate) struct Draft {
    pub(crate) case: Case,
    sequence: u64,
    /// When what follows is written.
    pub(crate) at: i64,
}

impl Draft {
    pub(crate) fn new(at: i64, told: Told) -> Self {
        let made = Made {
            records: Vec::new(),
            door: Door {
                channel: "form".to_owned(),
                source: String::new(),
                register_row: None,
            },
            clock: at,
            told,
        };
        let number: CaseNumber = "R-7KQ4-2M".parse().expect("a number");
        let stamp = Stamp {
            sequence: 1,
            at,
            author: FIRST,
        };
        Self {
            case: Case::made(stamp, number, made),
            sequence: 1,
            at,
        }
    }

    /// A case of one person, of that level.
    pub(crate) fn of_person(level: Urgency) -> Self {
        let mut draft = Self::new(0, Told::default());
        draft.level(level);
        draft.person(1, person());
        draft
    }

    pub(crate) fn by(&mut self, author: PersonId, change: Change) -> &mut Self {
        self.sequence += 1;
        let stamp = Stamp {
            sequence: self.sequence,
            at: self.at,
            author,
        };
        self.case.apply(stamp, change);
        self
    }

    pub(crate) fn add(&mut self, change: Change) -> &mut Self {
        self.by(FIRST, change)
    }

    pub(crate) fn level(&mut self, level: Urgency) -> &mut Self {
        self.add(Change::Triaged(Triage {
            level,
            proposed: level,
            reason: String::new(),
        }))
    }

    pub(crate) fn person(&mut self, number: u16, item: Person) -> &mut Self {
        self.add(Change::Person(Numbered { number, item }))
    }

    pub(crate) fn consent(&mut self, entry: Entry) -> &mut Self {
        self.add(Change::Consent(Box::new(entry)))
    }

    pub(crate) fn first(&mut self, person: u16, first: First) -> &mut Self {
        self.consent(Entry::First(person, Box::new(first)))
    }

    pub(crate) fn lower(&mut self, person: u16, to: Vec<CellValue>) -> &mut Self {
        self.consent(Entry::Lowered(person, to, "said so".to_owned(), None))
    }

    pub(crate) fn ask(&mut self, number: u16, person: u16, asks: Vec<CellValue>) -> &mut Self {
        self.consent(Entry::Asked(Box::new(Question {
            number,
            person,
            asks,
            still_holds: false,
            asked_on: day(0),
            nonce: None,
        })))
    }

    /// An answer to question 1, recorded by the first officer and confirmed by the second.
    pub(crate) fn raise(&mut self, person: u16, to: Vec<CellValue>, way: AnswerWay) -> &mut Self {
        self.ask(1, person, to.clone());
        self.consent(Entry::Raise(Box::new(Raise {
            number: 1,
            person,
            question: 1,
            to,
            given: given(way),
            no_pressure: true,
        })));
        self.by(
            SECOND,
            Change::Consent(Box::new(Entry::RaiseConfirmed(1, false))),
        )
    }

    /// A second question and its answer.
    pub(crate) fn again(&mut self, person: u16, to: Vec<CellValue>) -> &mut Self {
        self.ask(2, person, to);
        self.consent(Entry::SecondAnswer(1, 2, given(AnswerWay::Server)))
    }
}

pub(crate) fn person() -> Person {
    Person {
        kind: PersonKind::Individual,
        label: "A.".to_owned(),
        reporter: true,
        in_passing: false,
        role: None,
        gender: None,
        age_group: None,
        own_view: None,
        representatives: Vec::new(),
    }
}

pub(crate) fn given(way: AnswerWay) -> Given {
    Given {
        by: Giver::ThePerson,
        on: day(0),
        language: "en".to_owned(),
        explained: "through the mailbox".to_owned(),
        way,
        until: None,
    }
}

pub(crate) fn day(days: i64) -> Day {
    Day::from_days_since_1970(days).expect("a day")
}
