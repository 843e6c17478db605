//! What may be written down of a case: checked before an event is written, so that no event needs to be refused
//! when it is read.

mod consent_rules;

use std::collections::BTreeMap;

use super::{
    case::Case,
    cases::Cases,
    edtf::is_date,
    event::{Allegation, Change, Numbered},
    framework::Framework,
    gate::Decision,
    office_data::ListError,
    packet::notice::awaits_confirmation,
    values::{Stage, Urgency},
};
use crate::vault::{VaultError, item::PersonId};
use consent_rules::check_consent;
pub(super) use consent_rules::check_days;

/// Why something is not written down of a case. Each text has two sentences.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseworkError {
    /// There is no such case.
    #[error("There is no case of that number. `asylia-console case list` shows the numbers.")]
    NoSuchCase,
    /// There is no such record, or it did not open.
    #[error(
        "There is no report of that number that opened. `asylia-console list` shows the numbers."
    )]
    NoSuchRecord,
    /// The record belongs to a case already.
    #[error("That report belongs to a case already. Look at that case, or link the two cases.")]
    RecordTaken,
    /// The case is at its end.
    #[error("The case is closed. Reopen it first, with the reason.")]
    Closed,
    /// A stage is not one that follows.
    #[error("A case cannot go from `{0}` to `{1}`. Take the step between first.")]
    Stage(&'static str, &'static str),
    /// It must be opened and triaged first.
    #[error("The case has no urgency yet. Set it first, with `case triage`.")]
    NotTriaged,
    /// A reason is missing.
    #[error("This needs a reason. Write in a line why.")]
    Reason,
    /// No act of that code.
    #[error("There is no act of that code. `asylia-console case acts` lists them.")]
    NoSuchAct,
    /// Not a date.
    #[error("The date is not in the form of EDTF. Write it like 2026-05-27, 2026-05~ or 2026.")]
    Date,
    /// Not the code of a State.
    #[error("A State is named by the three capital letters of ISO 3166-1. Write it like CHE.")]
    State,
    /// Not a word of its list.
    #[error("`{0}` is not a word of that list. Use one that the form offers.")]
    Word(String),
    /// A number that does not follow.
    #[error("There is nothing of that number in the case. Take a number that the case shows.")]
    Number,
    /// A link to nothing or to itself.
    #[error("A case is linked to another case. Give the number of one that is here.")]
    Link,
    /// A text too long, or empty where it must not be.
    #[error("The text is empty or longer than {TEXT_LIMIT_BYTES} bytes. Shorten it, or write it.")]
    Text,
    /// Nobody of that name does casework.
    #[error("Nobody of that name does casework here. `asylia-console users list` shows who does.")]
    NoSuchPerson,
    /// One person would be both of two officers.
    #[error(
        "This needs a second officer, and you are the first. Ask somebody else of the office to do it."
    )]
    SecondOfficer,
    /// A person's first permissions are there already.
    #[error("The permissions of that person are recorded already. Lower them, or ask the person.")]
    FirstIsThere,
    /// A raise without a question that asked for it.
    #[error(
        "A permission is raised only by the answer to a question that asked for it. Ask the question first."
    )]
    NoSuchQuestion,
    /// A question that was answered before, or after which the permission was lowered.
    #[error(
        "That question was answered before, or the permission was lowered after it. Ask anew, and record the answer to that."
    )]
    StaleQuestion,
    /// A day that cannot be.
    #[error(
        "That day is still to come, or is before the question was written down. Give the day on which it was so."
    )]
    DayOfEntry,
    /// A raise that somebody relays.
    #[error(
        "Who relays a permission cannot raise it. Ask the person, or lower what was withdrawn."
    )]
    OnlyRelayed,
    /// A confirmation of what was never said.
    #[error(
        "No notice about that packet waits for a confirmation. Make the notice first, with `packet --notice`."
    )]
    NoNotice,
    /// A list of the office is not taken.
    #[error("{0}")]
    List(#[from] ListError),
    /// A case comes from reports or by another door.
    #[error(
        "A case is made of reports, or of a channel by which it came. Give the numbers of reports, or `--channel`."
    )]
    Door,
    /// A change that has an act of its own.
    #[error("That change is written by an act of its own. Use `case new`, `decide` or `packet`.")]
    OwnAct,
    /// The gate does not let it.
    #[error(
        "The gate does not let that. `asylia-console decide` without `--why-file` shows what blocks it and what to ask."
    )]
    Gate(Box<Decision>),
    /// A report's bytes are damaged.
    #[error("The report cannot be read. Run `asylia-console doctor`.")]
    Unreadable,
    /// The vault failed.
    #[error("{0}")]
    Vault(#[from] VaultError),
}

/// Whether `change` may be written of `case`.
///
/// # Errors
/// See [`CaseworkError`].
pub fn check(
    case: &Case,
    cases: &Cases,
    change: &Change,
    who: PersonId,
) -> Result<(), CaseworkError> {
    if case.stage == Stage::Closed && !change.is_possible_after_the_end() {
        return Err(CaseworkError::Closed);
    }
    match change {
        Change::Made(_) => Err(CaseworkError::NoSuchCase),
        Change::RecordAdded(record) => {
            let free = cases.of_record(*record).is_none();
            free.then_some(()).ok_or(CaseworkError::RecordTaken)
        }
        Change::Stage(to, reason) => {
            if !case.stage.may_become(*to) {
                return Err(CaseworkError::Stage(case.stage.code(), to.code()));
            }
            let needs_level = *to > Stage::Opened && case.urgency.is_none();
            (!needs_level)
                .then_some(())
                .ok_or(CaseworkError::NotTriaged)?;
            because(reason)
        }
        Change::Hold(_, _, reason)
        | Change::Ended(_, reason)
        | Change::Scope(_, reason)
        | Change::Assessed(_, _, reason) => because(reason),
        Change::Reopened(reason) => {
            let closed = case.stage == Stage::Closed;
            let refused = CaseworkError::Stage(case.stage.code(), Stage::Opened.code());
            closed.then_some(()).ok_or(refused)?;
            because(reason)
        }
        Change::Triaged(triage) => {
            let as_proposed = triage.level == triage.proposed && case.urgency.is_none();
            let lowered = triage.level == Urgency::U0 && triage.proposed != Urgency::U0;
            match as_proposed && !lowered {
                true => short(&triage.reason),
                false => because(&triage.reason),
            }
        }
        Change::Consent(entry) => check_consent(case, entry, who),
        Change::Danger(_)
        | Change::DueEarlier(_)
        | Change::Counted { .. }
        | Change::Assigned(_)
        | Change::SignOfLife(_) => Ok(()),
        part => check_part(case, cases, part, who),
    }
}

/// The parts of a case that are several.
fn check_part(
    case: &Case,
    cases: &Cases,
    change: &Change,
    who: PersonId,
) -> Result<(), CaseworkError> {
    let framework = Framework::shipped();
    match change {
        Change::Allegation(allegation) => check_allegation(framework, case, allegation),
        Change::Person(person) => {
            numbered(&case.persons, person)?;
            let texts = person
                .item
                .representatives
                .iter()
                .chain(&person.item.own_view);
            texts
                .chain([&person.item.label])
                .try_for_each(|text| short(text))
        }
        Change::Cooperation(contact) => {
            numbered(&case.cooperation, contact)?;
            is_date(&contact.item.date)
                .then_some(())
                .ok_or(CaseworkError::Date)?;
            short(&contact.item.manner)
        }
        Change::Communication(paper) => {
            numbered(&case.communications, paper)?;
            because(&paper.item.reference)
        }
        Change::State(state, ..) => is_state(state).then_some(()).ok_or(CaseworkError::State),
        Change::Linked(_, other) => {
            let there = *other != case.number && cases.get(*other).is_some();
            there.then_some(()).ok_or(CaseworkError::Link)
        }
        Change::Flag(flag, _) => {
            let known = framework.case_flags.contains(flag);
            known
                .then_some(())
                .ok_or_else(|| CaseworkError::Word(flag.clone()))
        }
        other => check_text(case, other, who),
    }
}

/// What is text alone.
fn check_text(case: &Case, change: &Change, who: PersonId) -> Result<(), CaseworkError> {
    match change {
        Change::NamedActor(text, _) | Change::Excluded(text, _) | Change::Note(_, text) => {
            because(text)
        }
        Change::Language(text) | Change::Institution(text) | Change::Outcome(_, text) => {
            short(text)
        }
        Change::HardDeadline(deadline) => match deadline {
            Some(deadline) => because(&deadline.what).and_then(|()| short(&deadline.zone)),
            None => Ok(()),
        },
        Change::Summary(text, language) => because(text).and_then(|()| short(language)),
        Change::SummaryAgreed(how) => {
            case.summary
                .as_ref()
                .map(|_| ())
                .ok_or(CaseworkError::Number)?;
            because(how)
        }
        Change::SourceIdentified(_, how) => because(how),
        other => check_routing(case, other, who),
    }
}

/// What is recommended, and what becomes of it.
fn check_routing(case: &Case, change: &Change, who: PersonId) -> Result<(), CaseworkError> {
    match change {
        Change::Decided(decided) => {
            numbered(&case.actions, decided)?;
            let known = |person: &u16| case.persons.contains_key(person);
            decided
                .item
                .persons
                .iter()
                .all(known)
                .then_some(())
                .ok_or(CaseworkError::Number)?;
            because(&decided.item.why)
        }
        Change::DecisionSeconded(number, _) => {
            let action = case.actions.get(number).ok_or(CaseworkError::Number)?;
            let another = action.stamp.author != who;
            another.then_some(()).ok_or(CaseworkError::SecondOfficer)
        }
        Change::Result(number, done) => {
            case.actions.get(number).ok_or(CaseworkError::Number)?;
            short(&done.note).and_then(|()| short(&done.reference))
        }
        Change::PacketMade(made) => numbered(&case.packets, made),
        Change::PacketCountersigned(number, _) => {
            let packet = case.packets.get(number).ok_or(CaseworkError::Number)?;
            let another = packet.stamp.author != who;
            another.then_some(()).ok_or(CaseworkError::SecondOfficer)
        }
        Change::NoticeConfirmed(number) => {
            case.packets.get(number).ok_or(CaseworkError::Number)?;
            let told = awaits_confirmation(case, *number);
            told.then_some(()).ok_or(CaseworkError::NoNotice)
        }
        // Everything else was looked at before.
        _ => Ok(()),
    }
}

fn check_allegation(
    framework: &Framework,
    case: &Case,
    allegation: &Numbered<Allegation>,
) -> Result<(), CaseworkError> {
    numbered(&case.allegations, allegation)?;
    let item = &allegation.item;
    framework
        .is_act(&item.act)
        .then_some(())
        .ok_or(CaseworkError::NoSuchAct)?;
    is_date(&item.date)
        .then_some(())
        .ok_or(CaseworkError::Date)?;
    [&item.place, &item.involvement, &item.reliability]
        .into_iter()
        .try_for_each(|text| short(text))
}

/// One that is there, or the next.
pub(super) fn numbered<T, P>(
    parts: &BTreeMap<u16, T>,
    part: &Numbered<P>,
) -> Result<(), CaseworkError> {
    let known = parts.contains_key(&part.number) || part.number == Case::next(parts);
    known.then_some(()).ok_or(CaseworkError::Number)
}

/// Three capital letters.
#[must_use]
pub fn is_state(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A reason that is there and no book.
pub(super) fn because(reason: &str) -> Result<(), CaseworkError> {
    if reason.trim().is_empty() {
        return Err(CaseworkError::Reason);
    }
    short(reason)
}

pub(super) fn short(text: &str) -> Result<(), CaseworkError> {
    (text.len() <= TEXT_LIMIT_BYTES)
        .then_some(())
        .ok_or(CaseworkError::Text)
}

impl Change {
    /// Whether it is written by an act of its own and by nothing else.
    #[must_use]
    pub fn is_of_its_own_act(&self) -> bool {
        matches!(self, Self::Made(_) | Self::Decided(_) | Self::PacketMade(_))
    }

    fn is_possible_after_the_end(&self) -> bool {
        matches!(
            self,
            Self::Reopened(_)
                | Self::Note(..)
                | Self::Linked(..)
                | Self::Communication(_)
                | Self::Outcome(..)
                | Self::Result(..)
                | Self::Consent(_)
                | Self::PacketCountersigned(..)
                | Self::NoticeConfirmed(_)
                | Self::SignOfLife(_)
        )
    }
}

/// Most bytes of a text that an officer writes: the form's own limit of a field.
pub const TEXT_LIMIT_BYTES: usize = 256 * 1024;
