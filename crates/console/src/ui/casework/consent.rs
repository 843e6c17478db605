//! The permissions of a case: what holds for each person now, what was asked, and the forms that add an entry.

use asylia_envelope::day::Day;

use super::{
    App, Arc, Fields, Form, IntoResponse, Markup, Page, Path, Redirect, Response, Seen, State,
    Texts, act, area, choice, form, html, layout, line, of_case, tabs, tick,
};
use crate::{
    casework::{
        acts,
        case::Case,
        consent::{
            Cell, CellValue, Entry, First, Given, Question, Raise, Scope, in_force,
            in_force::{Countersign, standing},
        },
        deadline::review_due,
        event::Change,
        number::CaseNumber,
        rules::{CaseworkError, is_state},
        values::{AnswerWay, Basis, Giver, IfUnreachable, NamePreset, Preset, Purpose, Value},
    },
    vault::{Vault, audit::rfc3339},
    words::{self, coded},
};

/// The page.
pub(in crate::ui) async fn get(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
) -> Response {
    page(&app, &number, None).await
}

async fn page(app: &Arc<App>, number: &str, refused: Option<String>) -> Response {
    of_case(
        app,
        Page::Consent,
        number,
        refused,
        "console-consent-title",
        content,
    )
    .await
}

/// Adds what a form says.
pub(in crate::ui) async fn post(
    State(app): State<Arc<App>>,
    Path((number, what)): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let fields = Fields::of(fields);
    let written = act(&app, Page::Consent, &number, move |vault, number| {
        let entry = entry_of(vault, number, &what, &fields).map_err(|error| error.to_string())?;
        let change = Change::Consent(Box::new(entry));
        acts::change(vault, number, change).map_err(|error| error.to_string())
    });
    match written.await {
        Err(instead) => instead,
        Ok(Ok(())) => Redirect::to(&format!("/case/{number}/consent")).into_response(),
        Ok(Err(refused)) => page(&app, &number, Some(refused)).await,
    }
}

fn content(seen: &Seen<'_>) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    html! {
        h1 { (texts.get("console-consent-heading")) " " (layout::id(&case.number.to_string())) }
        (tabs(texts, case.number))
        @if case.persons.is_empty() { p.soft { (texts.get("console-consent-nobody")) } }
        @for person in case.persons.keys() { (of_person(seen, *person)) }
        (questions(seen))
        h2 { (texts.get("console-casework-acts")) }
        (forms(texts, case))
        h2 { (texts.get("console-case-history")) }
        ol { @for (stamp, entry) in case.consents.iter() { li {
            bdi dir="ltr" { (rfc3339(stamp.at)) } " "
            bdi dir="auto" { (seen.shown.contents.name_of(&stamp.author)) } ": "
            (words::change(texts, entry.code()))
        } } }
    }
}

fn of_person(seen: &Seen<'_>, person: u16) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    let matrix = in_force(case, person, seen.shown.today);
    let stands = standing(case, person);
    let label = case
        .persons
        .get(&person)
        .map(|known| known.label.as_str())
        .unwrap_or_default();
    html! {
        h2 { (texts.get("console-casework-person")) " " (person) " " (layout::foreign_inline(label)) }
        @if !stands.asked { p.soft { (texts.get("console-consent-not-asked")) } }
        @match stands.countersign {
            Countersign::Missing => p { span.badge { (texts.get("console-consent-countersign-missing")) } },
            Countersign::Refused => p { span.badge { (texts.get("console-consent-countersign-refused")) } },
            Countersign::NotNeeded | Countersign::There => {},
        }
        @if let Some(due) = review_due(case, person) {
            p.soft { (texts.get("console-consent-review")) " " bdi dir="ltr" { (due) } }
        }
        div.scroll { table {
            caption { (texts.get("console-consent-caption")) }
            thead { tr {
                th scope="col" { (texts.get("console-consent-purpose")) }
                th scope="col" { (texts.get("console-consent-value")) }
            } }
            tbody { @for (cell, value) in matrix.cells() { tr {
                td {
                    (coded(texts, "purpose", cell.purpose.code()))
                    @if let Some(Scope::State(name) | Scope::Named(name)) = &cell.scope {
                        " " (layout::foreign_inline(name))
                    }
                }
                td { (coded(texts, "permits", value.code())) }
            } } }
        } }
    }
}

fn questions(seen: &Seen<'_>) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    let questions = case.consents.questions();
    html! {
        @if !questions.is_empty() {
            h2 { (texts.get("console-consent-questions")) }
            ul { @for (number, (question, state)) in &questions { li {
                (number) ": " (texts.get("console-casework-person")) " " (question.person) " "
                @for asked in &question.asks {
                    (coded(texts, "purpose", asked.cell.purpose.code())) " "
                    (coded(texts, "permits", asked.value.code())) " "
                }
                @if state.answered { (texts.get("console-consent-answered")) }
            } } }
        }
        @for number in case.consents.raises() {
            @if let Some(standing) = case.consents.standing(number) {
                p {
                    (texts.get("console-consent-raise")) " " (number) ": "
                    @if standing.is_complete() {
                        (texts.get("console-consent-raise-holds"))
                    } @else {
                        span.badge { (texts.get("console-consent-raise-waits")) }
                        @if standing.unproven && !standing.second_answer { " " (texts.get("console-consent-raise-unproven")) }
                        @if standing.second_officer.is_none() { " " (texts.get("console-consent-raise-officer")) }
                        @if !standing.no_pressure { " " (texts.get("console-consent-raise-pressure")) }
                    }
                }
            }
        }
    }
}

fn codes<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| code(*one)).collect()
}

/// One cell and its value.
fn cell(texts: &Texts) -> Markup {
    html! {
        (choice(texts, "purpose", "console-consent-purpose", "purpose", &codes(Purpose::ALL, Purpose::code)))
        (line(texts, "towards", "console-consent-towards", false))
        (choice(texts, "value", "console-consent-value", "permits", &codes(Value::ALL, Value::code)))
    }
}

fn given(texts: &Texts) -> Markup {
    html! {
        (choice(texts, "by", "console-consent-by", "giver", &codes(Giver::ALL, Giver::code)))
        (choice(texts, "way", "console-consent-way", "way", &codes(AnswerWay::ALL, AnswerWay::code)))
        (line(texts, "on", "console-consent-on", true))
        (line(texts, "language", "console-form-language", true))
        (line(texts, "explained", "console-consent-explained", true))
    }
}

fn forms(texts: &Texts, case: &Case) -> Markup {
    let to = |what: &str| format!("/case/{}/consent/{what}", case.number);
    let one = |what: &str, title: &str, fields: Markup| form(texts, &to(what), title, &fields);
    let person = || line(texts, "person", "console-casework-person", true);
    let number = || line(texts, "number", "console-form-number", true);
    html! {
        (one("first", "console-consent-form-first", html! {
            (person())
            (optional(texts, "preset", "console-consent-preset", "preset", &codes(Preset::ALL, Preset::code)))
            (optional(texts, "names", "console-consent-names", "names", &codes(NamePreset::ALL, NamePreset::code)))
            (optional(texts, "basis", "console-consent-basis", "basis", &codes(Basis::ALL, Basis::code)))
            (optional(texts, "unreachable", "console-consent-unreachable", "unreachable", &codes(IfUnreachable::ALL, IfUnreachable::code)))
            (tick(texts, "risk", "console-consent-risk"))
        }))
        (one("lower", "console-consent-form-lower", html! {
            (person()) (cell(texts)) (line(texts, "reason", "console-casework-reason", true))
        }))
        (one("ask", "console-consent-form-ask", html! {
            (person()) (cell(texts)) (tick(texts, "still_holds", "console-consent-still-holds"))
        }))
        (one("reached", "console-consent-form-reached", html! {
            (number()) (line(texts, "on", "console-consent-on", true))
        }))
        (one("raise", "console-consent-form-raise", html! {
            (person()) (line(texts, "question", "console-consent-question", true)) (cell(texts)) (given(texts))
            (tick(texts, "no_pressure", "console-consent-no-pressure"))
        }))
        (one("again", "console-consent-form-again", html! {
            (number()) (line(texts, "question", "console-consent-question", true)) (given(texts))
        }))
        (one("confirm", "console-consent-form-confirm", html! {
            (number()) (tick(texts, "no_pressure", "console-consent-no-pressure"))
        }))
        (one("refuse", "console-consent-form-refuse", html! {
            (number()) (area(texts, "reason", "console-casework-reason"))
        }))
        (one("countersign", "console-consent-form-countersign", html! {
            (person()) (tick(texts, "refuse", "console-consent-refuse"))
        }))
        (one("review", "console-consent-form-review", person()))
    }
}

/// A choice that may stay open.
fn optional(texts: &Texts, name: &str, label: &str, list: &str, codes: &[&str]) -> Markup {
    html! {
        p { label { (texts.get(label)) " "
            select name=(name) {
                option value="" { (texts.get("console-consent-unanswered")) }
                @for code in codes { option value=(code) { (coded(texts, list, code)) } }
            }
        } }
    }
}

fn word<T>(
    fields: &Fields,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, CaseworkError> {
    let text = fields.text(name);
    parse(&text).ok_or(CaseworkError::Word(text))
}

fn number_of(fields: &Fields, name: &str) -> Result<u16, CaseworkError> {
    fields.number(name).ok_or(CaseworkError::Number)
}

fn cells_of(fields: &Fields) -> Result<Vec<CellValue>, CaseworkError> {
    let scope = fields.some("towards").map(|name| match is_state(&name) {
        true => Scope::State(name),
        false => Scope::Named(name),
    });
    let cell = Cell {
        purpose: word(fields, "purpose", Purpose::parse)?,
        scope,
    };
    let value = word(fields, "value", Value::parse)?;
    Ok(vec![CellValue { cell, value }])
}

fn given_of(fields: &Fields) -> Result<Given, CaseworkError> {
    Ok(Given {
        by: word(fields, "by", Giver::parse)?,
        on: fields.day("on").ok_or(CaseworkError::Date)?,
        language: fields.text("language"),
        explained: fields.text("explained"),
        way: word(fields, "way", AnswerWay::parse)?,
        until: None,
    })
}

/// The entry that a form means.
fn entry_of(
    vault: &Vault,
    number: CaseNumber,
    what: &str,
    fields: &Fields,
) -> Result<Entry, CaseworkError> {
    let case = vault
        .contents()
        .cases
        .get(number)
        .ok_or(CaseworkError::NoSuchCase)?;
    let person = || number_of(fields, "person");
    let chosen = || number_of(fields, "number");
    let next = |count: usize| u16::try_from(count + 1).map_err(|_| CaseworkError::Number);
    let today: Day = vault.today();
    Ok(match what {
        "first" => Entry::First(
            person()?,
            Box::new(First {
                preset: Preset::parse(&fields.text("preset")),
                names: NamePreset::parse(&fields.text("names")),
                basis: Basis::parse(&fields.text("basis")),
                risk_understood: fields.ticked("risk"),
                if_unreachable: IfUnreachable::parse(&fields.text("unreachable")),
                given: None,
            }),
        ),
        "lower" => Entry::Lowered(person()?, cells_of(fields)?, fields.text("reason"), None),
        "ask" => Entry::Asked(Box::new(Question {
            number: next(case.consents.questions().len())?,
            person: person()?,
            asks: cells_of(fields)?,
            still_holds: fields.ticked("still_holds"),
            asked_on: today,
            nonce: None,
        })),
        "reached" => Entry::Reached(chosen()?, fields.day("on").ok_or(CaseworkError::Date)?),
        "raise" => Entry::Raise(Box::new(Raise {
            number: next(case.consents.raises().len())?,
            person: person()?,
            question: number_of(fields, "question")?,
            to: cells_of(fields)?,
            given: given_of(fields)?,
            no_pressure: fields.ticked("no_pressure"),
        })),
        "again" => {
            Entry::SecondAnswer(chosen()?, number_of(fields, "question")?, given_of(fields)?)
        }
        "confirm" => Entry::RaiseConfirmed(chosen()?, fields.ticked("no_pressure")),
        "refuse" => Entry::RaiseRefused(chosen()?, fields.text("reason")),
        "countersign" => Entry::Countersigned(person()?, !fields.ticked("refuse")),
        "review" => Entry::Reviewed(person()?),
        other => return Err(CaseworkError::Word(other.to_owned())),
    })
}
