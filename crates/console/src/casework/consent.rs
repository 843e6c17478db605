//! Consent: what each person of a case permits, for which purpose, towards which State or named addressee.
//!
//! Entries are only ever added; the matrix in force is computed from them and the time ([`in_force()`]). Lowering and
//! withdrawing act at once. Raising needs an answer of the person to a fresh question, two officers, the tick of one
//! of them that nothing suggests pressure, and, where code or answer ever passed through the server, a second
//! question with its answer.

use std::collections::BTreeMap;

use asylia_envelope::{
    answers::{Answer, Answers},
    day::Day,
};
use serde::{Deserialize, Serialize};

use super::values::{AnswerWay, Basis, Giver, IfUnreachable, NamePreset, Preset, Purpose, Value};
use crate::vault::item::{PersonId, Stamp};

pub mod in_force;
pub mod preset;
mod unread;

#[cfg(test)]
mod tests;

pub use in_force::{Matrix, Standing, in_force};

/// Towards whom a value holds, where it does not hold for a purpose as a whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// A State, by its three letters.
    State(String),
    /// A company, group, organisation, mechanism or report, by its name.
    Named(String),
}

/// One cell of the matrix: a purpose, towards everybody it covers or towards one addressee.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// What for.
    pub purpose: Purpose,
    /// Towards whom; `None` for the purpose as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
}

/// A cell and its value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellValue {
    /// Which.
    pub cell: Cell,
    /// What is permitted.
    pub value: Value,
}

/// Who said it, when, and how. No names: these stay in the identity compartment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// Who gave it.
    pub by: Giver,
    /// On which day.
    pub on: Day,
    /// In which language, BCP 47.
    pub language: String,
    /// How the risk was explained.
    pub explained: String,
    /// Which way the answer came.
    pub way: AnswerWay,
    /// Until when it holds, where that was said.
    pub until: Option<Day>,
}

/// One entry of the consent of a case.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// What the form, an institution or a letter said for a person at the beginning, as presets.
    First(u16, Box<First>),
    /// Values fall, at once: out of the story, the conditions, a withdrawal, or an institution's word.
    Lowered(u16, Vec<CellValue>, String, Option<Given>),
    /// The office asked something; a later entry says what became of it.
    Asked(Box<Question>),
    /// The question of that number reached the server on that day.
    Reached(u16, Day),
    /// There is a sign that the question of that number was opened.
    Opened(u16),
    /// The question of that number was answered.
    Answered(u16),
    /// A first officer records the answer to a question that raises values.
    Raise(Box<Raise>),
    /// The answer to a second question, for a raise that is unproven: its number, the question's, how it came.
    SecondAnswer(u16, u16, Given),
    /// A second officer stands for a raise; whether that officer ticks that nothing suggests pressure.
    RaiseConfirmed(u16, bool),
    /// An officer refuses a raise, with the reason.
    RaiseRefused(u16, String),
    /// A second officer stands for a person's first entry, or refuses it.
    Countersigned(u16, bool),
    /// The matrix of a person was gone through again.
    Reviewed(u16),
    /// That the answer to "if you cannot come back" took effect for a question was seen and is logged.
    UnreadApplied(u16),
}

/// What was said at the beginning.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct First {
    /// `permission_preset`; `None` is unanswered.
    pub preset: Option<Preset>,
    /// `name_preset`.
    pub names: Option<NamePreset>,
    /// `consent_basis`.
    pub basis: Option<Basis>,
    /// `risk_understood`.
    pub risk_understood: bool,
    /// `if_unreachable`.
    pub if_unreachable: Option<IfUnreachable>,
    /// Who, when, how; `None` where nothing more is known than the form.
    pub given: Option<Given>,
}

impl First {
    /// What the answers of a form say.
    #[must_use]
    pub fn of(answers: &Answers) -> Self {
        let text = |id: &str| answers.text(id).unwrap_or_default();
        Self {
            preset: Preset::parse(text("permission_preset")),
            names: NamePreset::parse(text("name_preset")),
            basis: Basis::parse(text("consent_basis")),
            risk_understood: matches!(answers.answer("risk_understood"), Some(Answer::Tick(true))),
            if_unreachable: IfUnreachable::parse(text("if_unreachable")),
            given: None,
        }
    }
}

/// A question about permissions.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its number within the case, from 1.
    pub number: u16,
    /// About which person.
    pub person: u16,
    /// Which cells, and which value is asked for.
    pub asks: Vec<CellValue>,
    /// Whether it asks if an earlier permission still holds.
    pub still_holds: bool,
    /// On which day it was written.
    pub asked_on: Day,
    /// Nonce of the message in the mailbox, where it went there.
    pub nonce: Option<String>,
}

/// An answer that raises values.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raise {
    /// Its number within the case, from 1.
    pub number: u16,
    /// Whose values.
    pub person: u16,
    /// Of which question it is the answer.
    pub question: u16,
    /// To what they are raised.
    pub to: Vec<CellValue>,
    /// Who said it and how.
    pub given: Given,
    /// Whether the first officer ticks that nothing suggests pressure.
    pub no_pressure: bool,
}

/// The entries of one case, as they were added.
#[derive(Clone, Default)]
pub struct Consents {
    entries: Vec<(Stamp, Entry)>,
}

/// Where a raise is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RaiseStanding {
    /// It passed through the server at some time.
    pub unproven: bool,
    /// The answer to the second question is there.
    pub second_answer: bool,
    /// The first officer.
    pub first_officer: PersonId,
    /// The second officer, who is another person.
    pub second_officer: Option<PersonId>,
    /// One of the two ticked that nothing suggests pressure.
    pub no_pressure: bool,
    /// It was refused.
    pub refused: bool,
}

impl RaiseStanding {
    /// Whether the raised values are in force.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        !self.refused
            && self.second_officer.is_some()
            && self.no_pressure
            && (self.second_answer || !self.unproven)
    }
}

impl Consents {
    /// Adds an entry.
    pub(crate) fn add(&mut self, stamp: Stamp, entry: Entry) {
        self.entries.push((stamp, entry));
    }

    /// Every entry, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &(Stamp, Entry)> {
        self.entries.iter()
    }

    /// What was said for a person at the beginning; the last such entry counts, which can only be more private.
    #[must_use]
    pub fn first(&self, person: u16) -> Option<(&Stamp, &First)> {
        self.entries.iter().find_map(|(stamp, entry)| match entry {
            Entry::First(of, first) if *of == person => Some((stamp, &**first)),
            _ => None,
        })
    }

    /// The questions, with what became of them.
    #[must_use]
    pub fn questions(&self) -> BTreeMap<u16, (&Question, QuestionState)> {
        let mut questions = BTreeMap::new();
        for (_, entry) in &self.entries {
            match entry {
                Entry::Asked(question) => {
                    questions.insert(question.number, (&**question, QuestionState::default()));
                }
                Entry::Reached(number, day) => {
                    if let Some((_, state)) = questions.get_mut(number) {
                        state.reached.get_or_insert(*day);
                    }
                }
                Entry::Opened(number) => {
                    if let Some((_, state)) = questions.get_mut(number) {
                        state.opened = true;
                    }
                }
                Entry::Answered(number) | Entry::SecondAnswer(_, number, _) => {
                    if let Some((_, state)) = questions.get_mut(number) {
                        state.answered = true;
                    }
                }
                Entry::Raise(raise) => {
                    if let Some((_, state)) = questions.get_mut(&raise.question) {
                        state.answered = true;
                    }
                }
                Entry::UnreadApplied(number) => {
                    if let Some((_, state)) = questions.get_mut(number) {
                        state.unread_logged = true;
                    }
                }
                _ => {}
            }
        }
        questions
    }

    /// The raise of that number.
    #[must_use]
    pub fn raise(&self, number: u16) -> Option<(&Stamp, &Raise)> {
        self.entries.iter().find_map(|(stamp, entry)| match entry {
            Entry::Raise(raise) if raise.number == number => Some((stamp, &**raise)),
            _ => None,
        })
    }

    /// How many raises there are.
    #[must_use]
    pub fn raises(&self) -> Vec<u16> {
        let numbers = self.entries.iter().filter_map(|(_, entry)| match entry {
            Entry::Raise(raise) => Some(raise.number),
            _ => None,
        });
        numbers.collect()
    }

    /// Where a raise is.
    #[must_use]
    pub fn standing(&self, number: u16) -> Option<RaiseStanding> {
        let (stamp, raise) = self.raise(number)?;
        let mut standing = RaiseStanding {
            unproven: raise.given.way.is_unproven(),
            second_answer: false,
            first_officer: stamp.author,
            second_officer: None,
            no_pressure: raise.no_pressure,
            refused: false,
        };
        for (stamp, entry) in &self.entries {
            match entry {
                Entry::SecondAnswer(of, question, _) if *of == number => {
                    // The same question again is no second one.
                    standing.second_answer |= *question != raise.question;
                }
                Entry::RaiseConfirmed(of, no_pressure)
                    if *of == number && stamp.author != standing.first_officer =>
                {
                    standing.second_officer.get_or_insert(stamp.author);
                    standing.no_pressure |= *no_pressure;
                }
                Entry::RaiseRefused(of, _) if *of == number => standing.refused = true,
                _ => {}
            }
        }
        Some(standing)
    }

    /// Whether a second officer stands for a person's first entry: `None` where nobody did or refused yet.
    #[must_use]
    pub fn countersigned(&self, person: u16) -> Option<bool> {
        let (first, _) = self.first(person)?;
        let mut signed = None;
        for (stamp, entry) in &self.entries {
            if let Entry::Countersigned(of, stands) = entry
                && *of == person
                && stamp.author != first.author
            {
                signed = Some(*stands);
            }
        }
        signed
    }

    /// When a person's matrix was last gone through, in seconds since 1970.
    #[must_use]
    pub fn reviewed_at(&self, person: u16) -> Option<i64> {
        let of_person = |entry: &Entry| match entry {
            Entry::First(of, _) | Entry::Reviewed(of) | Entry::Lowered(of, ..) => *of == person,
            Entry::Raise(raise) => raise.person == person,
            _ => false,
        };
        let entries = self.entries.iter().rev();
        entries
            .filter(|(_, entry)| of_person(entry))
            .map(|(stamp, _)| stamp.at)
            .next()
    }
}

/// What became of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QuestionState {
    /// When it reached the server.
    pub reached: Option<Day>,
    /// There is a sign that it was opened.
    pub opened: bool,
    /// It was answered.
    pub answered: bool,
    /// That it stayed unread is in the log.
    pub unread_logged: bool,
}

impl Cell {
    /// The purpose as a whole.
    #[must_use]
    pub fn of(purpose: Purpose) -> Self {
        Self {
            purpose,
            scope: None,
        }
    }

    /// The purpose towards one addressee.
    #[must_use]
    pub fn towards(purpose: Purpose, scope: Scope) -> Self {
        Self {
            purpose,
            scope: Some(scope),
        }
    }
}

impl AnswerWay {
    /// Whether code or answer passed through the server, or there is no code at all.
    #[must_use]
    pub fn is_unproven(self) -> bool {
        self != Self::Sealed
    }
}

impl Entry {
    /// Its name in the history and the audit log.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::First(..) => "consent-first",
            Self::Lowered(..) => "consent-lowered",
            Self::Asked(_) => "consent-asked",
            Self::Reached(..) => "consent-question-reached",
            Self::Opened(_) => "consent-question-opened",
            Self::Answered(_) => "consent-answered",
            Self::Raise(_) => "consent-raise",
            Self::SecondAnswer(..) => "consent-second-answer",
            Self::RaiseConfirmed(..) => "consent-raise-confirmed",
            Self::RaiseRefused(..) => "consent-raise-refused",
            Self::Countersigned(..) => "consent-countersigned",
            Self::Reviewed(_) => "consent-reviewed",
            Self::UnreadApplied(_) => "consent-unread-applied",
        }
    }
}
