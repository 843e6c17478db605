//! What may be added to the consent of a case.

use super::{Case, CaseworkError, because, short};
use crate::{
    casework::{
        calendar::Calendar,
        consent::{Cell, CellValue, Entry, Given, Question, Raise, Scope},
        event::Change,
        rules::is_state,
        values::Giver,
    },
    vault::item::{PersonId, Stamp},
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
            check_raise(case, raise)
        }
        Entry::SecondAnswer(number, second, by) => {
            let (first, raise) = consents.raise(*number).ok_or(CaseworkError::Number)?;
            fresh(case, *second, raise)?;
            let after = asked_at(case, *second).is_some_and(|at| at.sequence > first.sequence);
            after.then_some(()).ok_or(CaseworkError::StaleQuestion)?;
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

fn check_raise(case: &Case, raise: &Raise) -> Result<(), CaseworkError> {
    let next = case.consents.raises().len() + 1 == usize::from(raise.number);
    next.then_some(()).ok_or(CaseworkError::Number)?;
    relayed(raise.given.by)?;
    check_cells(&raise.to)?;
    fresh(case, raise.question, raise)
}

/// Whether the question of that number asked for what is raised, has no answer yet, and nothing of it was lowered
/// since: a question is good for one answer, and for none after a withdrawal.
fn fresh(case: &Case, number: u16, raise: &Raise) -> Result<(), CaseworkError> {
    let questions = case.consents.questions();
    let (question, state) = questions
        .get(&number)
        .ok_or(CaseworkError::NoSuchQuestion)?;
    let covers = raise.to.iter().all(|raised| asks_for(question, raised));
    (question.person == raise.person && covers)
        .then_some(())
        .ok_or(CaseworkError::NoSuchQuestion)?;
    let asked = asked_at(case, number).map(|stamp| stamp.sequence);
    let of_raise = |lowered: &CellValue| {
        let purpose = lowered.cell.purpose;
        raise.to.iter().any(|raised| raised.cell.purpose == purpose)
    };
    let lowered_since = case.consents.iter().any(|(stamp, entry)| match entry {
        Entry::Lowered(person, cells, ..) => {
            *person == raise.person && Some(stamp.sequence) > asked && cells.iter().any(of_raise)
        }
        _ => false,
    });
    (!state.answered && !lowered_since)
        .then_some(())
        .ok_or(CaseworkError::StaleQuestion)
}

/// When the question of that number was written down.
fn asked_at(case: &Case, number: u16) -> Option<Stamp> {
    case.consents.iter().find_map(|(stamp, entry)| match entry {
        Entry::Asked(question) if question.number == number => Some(*stamp),
        _ => None,
    })
}

/// Whether the days of an entry can be true at the moment `now`: nothing was said tomorrow, and no question reached
/// anybody before it was written down, whatever day it names itself.
pub(in crate::casework) fn check_days(
    case: &Case,
    change: &Change,
    calendar: &Calendar,
    now: i64,
) -> Result<(), CaseworkError> {
    let Change::Consent(entry) = change else {
        return Ok(());
    };
    let today = calendar.day_of(now);
    let possible = match &**entry {
        Entry::Asked(question) => question.asked_on <= today,
        Entry::Reached(number, day) => {
            let written = asked_at(case, *number).map(|stamp| calendar.day_of(stamp.at));
            let asked = question(case, *number)?.asked_on;
            asked.max(written.unwrap_or(asked)) <= *day && *day <= today
        }
        Entry::Raise(raise) => raise.given.on <= today,
        Entry::SecondAnswer(_, _, given) => given.on <= today,
        _ => true,
    };
    possible.then_some(()).ok_or(CaseworkError::DayOfEntry)
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
