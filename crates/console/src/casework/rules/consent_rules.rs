//! What may be added to the consent of a case.

use super::{Case, CaseworkError, because, short};
use crate::{
    casework::{
        consent::{Cell, CellValue, Entry, Given, Question, Raise, Scope},
        rules::is_state,
        values::Giver,
    },
    vault::item::PersonId,
};

/// Whether `who` may add `entry`.
pub(super) fn check_consent(
    case: &Case,
    entry: &Entry,
    who: PersonId,
) -> Result<(), CaseworkError> {
    let consents = &case.consents;
    match entry {
        Entry::First(person, first) => {
            known(case, *person)?;
            let free = consents.first(*person).is_none();
            free.then_some(()).ok_or(CaseworkError::FirstIsThere)?;
            first.given.iter().try_for_each(given)
        }
        Entry::Lowered(person, cells, why, by) => {
            known(case, *person)?;
            by.iter().try_for_each(given)?;
            because(why)?;
            check_cells(cells)
        }
        Entry::Asked(asked) => {
            known(case, asked.person)?;
            let next = consents.questions().len() + 1 == usize::from(asked.number);
            next.then_some(()).ok_or(CaseworkError::Number)?;
            check_cells(&asked.asks)
        }
        Entry::Reached(number, _) | Entry::Opened(number) | Entry::Answered(number) => {
            question(case, *number).map(|_| ())
        }
        Entry::UnreadApplied(number) => question(case, *number).map(|_| ()),
        Entry::Countersigned(person, _) => {
            let (first, _) = consents.first(*person).ok_or(CaseworkError::Number)?;
            another(first.author, who)
        }
        Entry::Reviewed(person) => known(case, *person),
        raise => check_raising(case, raise, who),
    }
}

/// What raises values, and what a raise needs.
fn check_raising(case: &Case, entry: &Entry, who: PersonId) -> Result<(), CaseworkError> {
    let consents = &case.consents;
    match entry {
        Entry::Raise(raise) => {
            known(case, raise.person)?;
            given(&raise.given)?;
            check_raise(
                raise,
                &question(case, raise.question)?,
                consents.raises().len(),
            )
        }
        Entry::SecondAnswer(number, second, by) => {
            let (_, raise) = consents.raise(*number).ok_or(CaseworkError::Number)?;
            let second = question(case, *second)?;
            let fresh = second.number != raise.question && second.person == raise.person;
            let covers = raise.to.iter().all(|raised| asks_for(&second, raised));
            (fresh && covers)
                .then_some(())
                .ok_or(CaseworkError::NoSuchQuestion)?;
            relayed(by.by)?;
            given(by)
        }
        Entry::RaiseConfirmed(number, _) => {
            let (first, _) = consents.raise(*number).ok_or(CaseworkError::Number)?;
            another(first.author, who)
        }
        Entry::RaiseRefused(number, reason) => {
            consents.raise(*number).ok_or(CaseworkError::Number)?;
            because(reason)
        }
        // Everything else was looked at before.
        _ => Ok(()),
    }
}

/// Whether the person is one of the case.
fn known(case: &Case, person: u16) -> Result<(), CaseworkError> {
    let known = case.persons.contains_key(&person);
    known.then_some(()).ok_or(CaseworkError::Number)
}

/// The question of that number.
fn question(case: &Case, number: u16) -> Result<Question, CaseworkError> {
    let questions = case.consents.questions();
    let question = questions
        .get(&number)
        .map(|(question, _)| (*question).clone());
    question.ok_or(CaseworkError::NoSuchQuestion)
}

/// Whether somebody else than the first officer does it.
fn another(first: PersonId, who: PersonId) -> Result<(), CaseworkError> {
    (first != who)
        .then_some(())
        .ok_or(CaseworkError::SecondOfficer)
}

fn given(given: &Given) -> Result<(), CaseworkError> {
    short(&given.explained).and_then(|()| short(&given.language))
}

fn check_raise(raise: &Raise, question: &Question, raises: usize) -> Result<(), CaseworkError> {
    let next = raises + 1 == usize::from(raise.number);
    next.then_some(()).ok_or(CaseworkError::Number)?;
    relayed(raise.given.by)?;
    check_cells(&raise.to)?;
    let asked =
        question.person == raise.person && raise.to.iter().all(|raised| asks_for(question, raised));
    asked.then_some(()).ok_or(CaseworkError::NoSuchQuestion)
}

/// Whether the question asked for the cell, and for no less.
fn asks_for(question: &Question, raised: &CellValue) -> bool {
    let asked = |asked: &CellValue| asked.cell == raised.cell && asked.value >= raised.value;
    question.asks.iter().any(asked)
}

fn relayed(by: Giver) -> Result<(), CaseworkError> {
    let relays = matches!(by, Giver::Institution | Giver::UnStaff);
    (!relays).then_some(()).ok_or(CaseworkError::OnlyRelayed)
}

fn check_cells(cells: &[CellValue]) -> Result<(), CaseworkError> {
    let sound = |cell: &Cell| match &cell.scope {
        Some(Scope::State(state)) => is_state(state),
        Some(Scope::Named(name)) => !name.trim().is_empty() && name.len() <= NAME_LIMIT_BYTES,
        None => true,
    };
    match cells.is_empty() || !cells.iter().all(|cell| sound(&cell.cell)) {
        true => Err(CaseworkError::State),
        false => Ok(()),
    }
}

const NAME_LIMIT_BYTES: usize = 1024;
