//! The matrix in force: computed from the entries of a case and the time, never stored.

use std::collections::BTreeMap;

use asylia_envelope::day::Day;

use super::{Cell, Consents, Entry, Scope, preset, unread};
use crate::casework::{
    case::Case,
    values::{Basis, IfUnreachable, PersonKind, Purpose, StateRole, Value},
};

/// What one person permits at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matrix {
    values: BTreeMap<Cell, Value>,
    /// States for which the value of `government` holds.
    states: Vec<String>,
    /// Addressees for which the value of `non_state_addressee` holds.
    actors: Vec<String>,
    /// States that were excluded.
    never: Vec<String>,
}

/// Where a person's consent stands beside its values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Whether anything was said for the person at all.
    pub asked: bool,
    /// A second officer must stand for it, and whether one does.
    pub countersign: Countersign,
    /// Whether it was given for another by somebody who is nearer: next of kin, a guardian, a representative.
    pub basis: Option<Basis>,
}

/// Whether a second officer stands for what was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Countersign {
    /// It needs none.
    NotNeeded,
    /// It needs one, and there is none.
    Missing,
    /// A second officer refused.
    Refused,
    /// A second officer stands for it.
    There,
}

impl Matrix {
    /// The value of a purpose towards somebody.
    #[must_use]
    pub fn value(&self, purpose: Purpose, scope: Option<&Scope>) -> Value {
        if let Some(Scope::State(state)) = scope
            && self.never.contains(state)
        {
            return Value::No;
        }
        let base = || {
            self.values
                .get(&Cell::of(purpose))
                .copied()
                .unwrap_or(Value::No)
        };
        let Some(scope) = scope else { return base() };
        let exact = self
            .values
            .get(&Cell::towards(purpose, scope.clone()))
            .copied();
        if let Some(exact) = exact {
            return exact;
        }
        let covered = match (purpose, scope) {
            (Purpose::Government, Scope::State(state)) => self.states.contains(state),
            (Purpose::NonStateAddressee, Scope::Named(name)) => self.actors.contains(name),
            (Purpose::Government | Purpose::NonStateAddressee, _) => false,
            _ => true,
        };
        match covered {
            true => base(),
            false => Value::No,
        }
    }

    /// Every cell that has a value of its own.
    pub fn cells(&self) -> impl Iterator<Item = (&Cell, Value)> {
        self.values.iter().map(|(cell, value)| (cell, *value))
    }

    fn lower(&mut self, cell: &Cell, to: Value) {
        let value = self.value(cell.purpose, cell.scope.as_ref()).min(to);
        // Lowering a purpose as a whole lowers what was agreed for single addressees too.
        if cell.scope.is_none() {
            for (other, value) in &mut self.values {
                if other.purpose == cell.purpose {
                    *value = (*value).min(to);
                }
            }
        }
        self.values.insert(cell.clone(), value);
    }
}

/// What a person of a case permits at the moment `now`, whose day is `today` in the office.
#[must_use]
pub fn in_force(case: &Case, person: u16, today: Day) -> Matrix {
    let consents = &case.consents;
    let is_nobody_asked = is_nobody_asked(case, person);
    let first = consents.first(person).filter(|_| !is_nobody_asked);
    let values = match first {
        Some((_, first)) => preset::values_of(first),
        None => preset::of_nobody_asked(),
    };
    let mut matrix = Matrix {
        values,
        states: case
            .states_as(StateRole::AllegedResponsible)
            .map(str::to_owned)
            .collect(),
        actors: case.named_actors.iter().cloned().collect(),
        never: case
            .states_as(StateRole::NeverContact)
            .map(str::to_owned)
            .collect(),
    };
    for (_, entry) in consents.iter() {
        match entry {
            Entry::Lowered(of, cells, ..) if *of == person => {
                for cell in cells {
                    matrix.lower(&cell.cell, cell.value);
                }
            }
            Entry::Raise(raise) if raise.person == person => {
                raise_by(&mut matrix, consents, raise, today);
            }
            _ => {}
        }
    }
    let expired = |until: Option<Day>| until.is_some_and(|until| today > until);
    if first.is_some_and(|(_, first)| {
        first
            .given
            .as_ref()
            .is_some_and(|given| expired(given.until))
    }) {
        expire(&mut matrix);
    }
    let answer = first.and_then(|(_, first)| first.if_unreachable);
    let basis = first.and_then(|(_, first)| first.basis);
    apply_unread(case, person, &mut matrix, answer, basis, today);
    matrix
}

/// Where a person's consent stands beside its values.
#[must_use]
pub fn standing(case: &Case, person: u16) -> Standing {
    let first = case.consents.first(person).map(|(_, first)| first);
    let basis = first.and_then(|first| first.basis);
    let own = matches!(basis, Some(Basis::MyOwn | Basis::TheyAgreed));
    Standing {
        asked: first.is_some() && !is_nobody_asked(case, person),
        countersign: match (first, own) {
            (None, _) | (_, true) => Countersign::NotNeeded,
            (Some(_), false) => match case.consents.countersigned(person) {
                None => Countersign::Missing,
                Some(true) => Countersign::There,
                Some(false) => Countersign::Refused,
            },
        },
        basis,
    }
}

/// Mentioned in passing; a group without anybody who may speak for it; or somebody for whom the reporter, whose
/// permission was mixed, cannot speak.
fn is_nobody_asked(case: &Case, person: u16) -> bool {
    let Some(known) = case.persons.get(&person) else {
        return true;
    };
    let basis = case
        .consents
        .first(person)
        .and_then(|(_, first)| first.basis);
    let for_others = basis == Some(Basis::MixedMineAndOthers) && !known.reporter;
    let speechless = known.kind == PersonKind::Group && known.representatives.is_empty();
    known.in_passing || for_others || speechless
}

/// Raises what a complete raise raises. It stands at the place of its answer: what was lowered afterwards, while the
/// second officer was still asked, is lowered; and so is what was said on a later day and written down earlier.
fn raise_by(matrix: &mut Matrix, consents: &Consents, raise: &super::Raise, today: Day) {
    let complete = consents
        .standing(raise.number)
        .is_some_and(|standing| standing.is_complete());
    let expired = raise.given.until.is_some_and(|until| today > until);
    if !complete || expired {
        return;
    }
    let lowered_later = |cell: &Cell| {
        consents.iter().any(|(_, entry)| match entry {
            Entry::Lowered(of, cells, _, Some(given)) => {
                let same = |lowered: &super::CellValue| lowered.cell.purpose == cell.purpose;
                *of == raise.person && given.on > raise.given.on && cells.iter().any(same)
            }
            _ => false,
        })
    };
    for raised in raise
        .to
        .iter()
        .filter(|raised| !lowered_later(&raised.cell))
    {
        let cell = &raised.cell;
        let value = matrix
            .value(cell.purpose, cell.scope.as_ref())
            .max(raised.value);
        matrix.values.insert(cell.clone(), value);
    }
}

/// After its day a permission is only a reason to ask again.
fn expire(matrix: &mut Matrix) {
    for (cell, value) in &mut matrix.values {
        if cell.purpose != Purpose::FocalPoint {
            *value = (*value).min(Value::AskFirst);
        }
    }
}

fn apply_unread(
    case: &Case,
    person: u16,
    matrix: &mut Matrix,
    answer: Option<IfUnreachable>,
    basis: Option<Basis>,
    today: Day,
) {
    let answer = answer.unwrap_or(IfUnreachable::NothingMore);
    for (question, state) in case.consents.questions().into_values() {
        if question.person != person || !unread::is_unread(&state, case.sign_of_life, today) {
            continue;
        }
        for asked in &question.asks {
            let cell = &asked.cell;
            let value = matrix.value(cell.purpose, cell.scope.as_ref());
            let after = unread::value_after(question, cell.purpose, answer, basis, value);
            matrix.values.insert(cell.clone(), after);
        }
    }
}

/// The questions of a case that stayed unread.
#[must_use]
pub fn unread_questions(case: &Case, today: Day) -> Vec<u16> {
    let questions = case.consents.questions();
    let unread = questions
        .iter()
        .filter(|(_, (_, state))| unread::is_unread(state, case.sign_of_life, today));
    unread.map(|(number, _)| *number).collect()
}
