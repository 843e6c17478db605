//! What a question that nobody read does to the purposes that it asked about (`DOMAIN` §8.1). Never above "without
//! identity", never for a State, the presence in the country or the public; a `no` stays a `no`.

use asylia_envelope::day::Day;

use super::{Question, QuestionState};
use crate::casework::{
    framework::Framework,
    values::{Basis, IfUnreachable, Purpose, Value},
};

/// Whether a question counts as unread at the office's day `today`: reached the server long ago, and since then no
/// message signed with the code, and no sign that it was opened.
#[must_use]
pub(super) fn is_unread(state: &QuestionState, last_message: Option<Day>, today: Day) -> bool {
    let Some(reached) = state.reached else {
        return false;
    };
    let over = today >= reached.plus_days(Framework::shipped().defaults.unread_question_days);
    let silent = last_message.is_none_or(|message| message < reached);
    over && silent && !state.opened && !state.answered
}

/// The value that a purpose has after the question stayed unread.
#[must_use]
pub(super) fn value_after(
    question: &Question,
    purpose: Purpose,
    answer: IfUnreachable,
    basis: Option<Basis>,
    value: Value,
) -> Value {
    let public = NEVER_FOR.contains(&purpose);
    let expert = answer == IfUnreachable::ExpertWithoutName && purpose == Purpose::MandateHolders;
    match (question.still_holds, answer) {
        // Somebody else's permission is never given by this answer.
        (false, _) if expert && basis != Some(Basis::NotYetAsked) => match value {
            Value::AskFirst => Value::WithoutIdentity,
            value => value,
        },
        (false, _) => value,
        (true, IfUnreachable::AgreedStillHolds) if !public => value.min(Value::WithoutIdentity),
        (true, _) if expert => value.min(Value::WithoutIdentity),
        (true, _) => value.min(Value::AskFirst),
    }
}

/// Purposes for which silence never gives more than `ask_first`.
const NEVER_FOR: [Purpose; 6] = [
    Purpose::UnFieldPresenceInCountry,
    Purpose::Government,
    Purpose::NonStateAddressee,
    Purpose::PublicCopyOfLetter,
    Purpose::PublicStatements,
    Purpose::SgReport,
];
