//! From the fields of a form to a change of a case.

use asylia_envelope::day::Day;

use crate::{
    casework::{
        acts::caseworker,
        case::Case,
        event::{Allegation, Change, Communication, HardDeadline, Numbered, Person, Triage},
        number::CaseNumber,
        rules::CaseworkError,
        values::{
            Assessment, End, Hold, Known, LinkKind, NoteFor, Outcome, PersonKind, ReplyClass,
            Stage, StateRole, Test, Timing, Urgency,
        },
    },
    ui::casework::Fields,
    vault::Vault,
};

/// A word of a list, or the refusal that names it.
fn word<T>(
    fields: &Fields,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, CaseworkError> {
    let text = fields.text(name);
    parse(&text).ok_or(CaseworkError::Word(text))
}

/// What the form of that name says.
pub(super) fn of(
    vault: &Vault,
    number: CaseNumber,
    what: &str,
    fields: &Fields,
) -> Result<Change, CaseworkError> {
    let contents = vault.contents();
    let case = contents
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    let reason = fields.text("reason");
    Ok(match what {
        "triage" => Change::Triaged(Triage {
            level: word(fields, "level", Urgency::parse)?,
            proposed: level_proposed(case, vault.machine().now()),
            reason,
        }),
        "stage" => Change::Stage(word(fields, "to", Stage::parse)?, reason),
        "hold" => Change::Hold(
            word(fields, "hold", Hold::parse)?,
            !fields.ticked("over"),
            reason,
        ),
        "scope" => Change::Scope(word(fields, "known", Known::parse)?, reason),
        "assess" => Change::Assessed(
            word(fields, "test", Test::parse)?,
            word(fields, "known", Known::parse)?,
            reason,
        ),
        "allegation" => Change::Allegation(allegation(case, fields)?),
        "person" => Change::Person(person(case, fields)?),
        "state" => Change::State(
            fields.text("state").to_uppercase(),
            word(fields, "role", StateRole::parse)?,
            !fields.ticked("over"),
        ),
        "exclude" => Change::Excluded(fields.text("name"), !fields.ticked("over")),
        "actor" => Change::NamedActor(fields.text("name"), !fields.ticked("over")),
        "summary" => Change::Summary(fields.text("text"), fields.text("language")),
        "summary-agreed" => Change::SummaryAgreed(reason),
        "source" => {
            let known = word(fields, "known", Known::parse)?;
            Change::SourceIdentified(known == Known::Yes, reason)
        }
        "note" => Change::Note(word(fields, "for", NoteFor::parse)?, fields.text("text")),
        "assign" => Change::Assigned(match fields.some("name") {
            Some(name) => Some(caseworker(contents, &name)?),
            None => None,
        }),
        "link" => {
            let other = fields
                .text("case")
                .parse()
                .map_err(|_| CaseworkError::Link)?;
            Change::Linked(word(fields, "kind", LinkKind::parse)?, other)
        }
        "communication" => Change::Communication(communication(case, fields)),
        "deadline" => Change::HardDeadline(Some(hard_deadline(fields)?)),
        "outcome" => Change::Outcome(word(fields, "outcome", Outcome::parse)?, reason),
        "end" => Change::Ended(word(fields, "end", End::parse)?, reason),
        "reopen" => Change::Reopened(reason),
        other => return Err(CaseworkError::Word(other.to_owned())),
    })
}

fn level_proposed(case: &Case, now: i64) -> Urgency {
    crate::casework::triage::propose(&case.signals(), now)
}

fn allegation(case: &Case, fields: &Fields) -> Result<Numbered<Allegation>, CaseworkError> {
    let number = fields
        .number("number")
        .unwrap_or_else(|| Case::next(&case.allegations));
    let item = Allegation {
        act: fields.text("act"),
        date: fields.text("date"),
        place: fields.text("place"),
        actors: case.told.perpetrators.clone(),
        involvement: String::new(),
        nature: None,
        timing: Some(word(fields, "timing", Timing::parse)?),
        link: Known::Unknown,
        assessment: word(fields, "assessment", Assessment::parse)?,
        reliability: String::new(),
        follow_up: case.stage >= Stage::Acting,
    };
    Ok(Numbered { number, item })
}

fn person(case: &Case, fields: &Fields) -> Result<Numbered<Person>, CaseworkError> {
    let number = fields
        .number("number")
        .unwrap_or_else(|| Case::next(&case.persons));
    let known = case.persons.get(&number);
    let item = Person {
        kind: word(fields, "kind", PersonKind::parse)?,
        label: fields.text("label"),
        reporter: fields.ticked("reporter"),
        in_passing: fields.ticked("in_passing"),
        role: known.and_then(|known| known.role.clone()),
        gender: known.and_then(|known| known.gender.clone()),
        age_group: fields.ticked("under_18").then(|| "under_18".to_owned()),
        own_view: fields.some("own_view"),
        representatives: fields.all("representative"),
    };
    Ok(Numbered { number, item })
}

fn communication(case: &Case, fields: &Fields) -> Numbered<Communication> {
    let replied = fields.day("replied");
    Numbered {
        number: Case::next(&case.communications),
        item: Communication {
            reference: fields.text("reference"),
            addressee: fields.text("addressee"),
            sent_on: fields.day("sent"),
            reply_due: None,
            reply_on: replied,
            reply_class: replied.map(|_| ReplyClass::Acknowledgement),
            published_on: None,
            public_copy_redacted: false,
        },
    }
}

/// `2026-03-30 09:00`, in UTC; the zone in which it was told stands beside it.
fn hard_deadline(fields: &Fields) -> Result<HardDeadline, CaseworkError> {
    let text = fields.text("at");
    let (day, time) = text.split_once([' ', 'T']).unwrap_or((&text, "00:00"));
    let day: Day = day.parse().map_err(|_| CaseworkError::Date)?;
    let (hours, minutes) = time.split_once(':').ok_or(CaseworkError::Date)?;
    let number = |text: &str, most: i64| {
        let number = text
            .parse::<i64>()
            .ok()
            .filter(|number| (0..=most).contains(number));
        number.ok_or(CaseworkError::Date)
    };
    Ok(HardDeadline {
        at: day.days_since_1970() * 86_400 + number(hours, 23)? * 3600 + number(minutes, 59)? * 60,
        zone: fields.text("zone"),
        what: fields.text("what"),
    })
}
