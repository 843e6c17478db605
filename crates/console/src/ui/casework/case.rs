//! One case: what is due, what was said and done, and the forms of its acts.

use super::{
    App, Arc, Fields, Form, IntoResponse, Markup, Page, Path, Redirect, Response, Seen, State,
    Texts, act, area, because, choice, form, html, layout, line, of_case, tabs, tick,
};
use crate::{
    casework::{
        acts,
        deadline::{deadlines, level},
        framework::Framework,
        knowledge::DenyIn,
        values::{
            Assessment, End, Hold, Known, LinkKind, Outcome, PersonKind, Stage, StateRole, Test,
            Timing, Urgency,
        },
    },
    vault::audit::rfc3339,
    words::{self, coded},
};

mod changes;

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
        Page::CaseFile,
        number,
        refused,
        "console-casework-title",
        content,
    )
    .await
}

/// Writes what a form says.
pub(in crate::ui) async fn post(
    State(app): State<Arc<App>>,
    Path((number, what)): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let fields = Fields::of(fields);
    let written = act(&app, Page::CaseFile, &number, move |vault, number| {
        if what == "deny" {
            let place = DenyIn::parse(&fields.text("place")).unwrap_or(DenyIn::WithoutIdentity);
            let terms = fields
                .text("terms")
                .lines()
                .map(|term| term.trim().to_owned())
                .collect();
            return acts::deny(vault, number, place, terms).map_err(|error| error.to_string());
        }
        let change = changes::of(vault, number, &what, &fields);
        let change = change.map_err(|error| error.to_string())?;
        acts::change(vault, number, change).map_err(|error| error.to_string())
    });
    match written.await {
        Err(instead) => instead,
        Ok(Ok(())) => Redirect::to(&format!("/case/{number}")).into_response(),
        Ok(Err(refused)) => page(&app, &number, Some(refused)).await,
    }
}

fn content(seen: &Seen<'_>) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    html! {
        h1 { (texts.get("console-casework-heading")) " " (layout::id(&case.number.to_string())) }
        (tabs(texts, case.number))
        (state(seen))
        h2 { (texts.get("console-casework-reports")) }
        ul { @for record in &case.records {
            li { a href={ "/report/" (record) } { (layout::id(&record.to_string())) } }
        } }
        @if !case.door.source.is_empty() {
            p { (coded(texts, "channel", &case.door.channel)) ": " (layout::foreign_inline(&case.door.source)) }
        }
        (facts(seen))
        @if let Some(summary) = &case.summary {
            h2 { (texts.get("console-casework-summary")) }
            @if summary.agreed.is_none() { p.soft { (texts.get("console-casework-summary-open")) } }
            div.story { (layout::foreign(&summary.text)) }
        }
        @if !case.notes.is_empty() {
            h2 { (texts.get("console-casework-notes")) }
            @for note in &case.notes {
                p.soft {
                    bdi dir="ltr" { (rfc3339(note.stamp.at)) } " "
                    bdi dir="auto" { (seen.shown.contents.name_of(&note.stamp.author)) } " "
                    (coded(texts, "note-for", note.read_by.code()))
                }
                (layout::foreign(&note.text))
            }
        }
        h2 { (texts.get("console-casework-acts")) }
        (forms(seen))
        h2 { (texts.get("console-case-history")) }
        (history(seen))
    }
}

/// Where the case is, and what is due.
fn state(seen: &Seen<'_>) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    let level = level(case, seen.shown.now);
    let due = deadlines(case, &seen.shown.contents.lists.calendar, seen.shown.now);
    html! {
        dl {
            dt { (texts.get("console-cases-urgency")) }
            dd {
                (coded(texts, "urgency", level.code()))
                @if case.urgency.is_none() { " " span.soft { (texts.get("console-cases-proposed")) } }
            }
            dt { (texts.get("console-cases-stage")) }
            dd {
                (coded(texts, "stage", case.stage.code()))
                @if let Some(end) = case.end { " " (coded(texts, "end", end.code())) }
                @for hold in &case.holds { " " span.badge { (coded(texts, "hold", hold.code())) } }
            }
            dt { (texts.get("console-cases-due")) }
            dd { ul { @for due in &due { li {
                bdi dir="ltr" { (rfc3339(due.at)) } " " (coded(texts, "deadline", due.kind.code()))
                @if due.is_overdue(seen.shown.now) { " " span.badge { (texts.get("console-cases-overdue")) } }
            } } } }
            @if let Some(hard) = &case.hard_deadline {
                dt { (coded(texts, "deadline", "hard")) }
                dd { bdi dir="ltr" { (rfc3339(hard.at)) } " " (layout::foreign_inline(&hard.what)) " " (layout::foreign_inline(&hard.zone)) }
            }
        }
    }
}

fn facts(seen: &Seen<'_>) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    html! {
        h2 { (texts.get("console-casework-facts")) }
        dl {
            @for (test, known) in &case.tests {
                dt { (coded(texts, "test", test.code())) }
                dd { (coded(texts, "known", known.code())) }
            }
            @for (number, act) in &case.allegations {
                dt { (texts.get("console-casework-allegation")) " " (number) }
                dd {
                    (coded(texts, "actcode", &act.act)) " " bdi dir="ltr" { (words::for_page(&act.date)) } " "
                    (coded(texts, "assessment", act.assessment.code()))
                    @if !act.place.is_empty() { " " (layout::foreign_inline(&act.place)) }
                }
            }
            @for (number, person) in &case.persons {
                dt { (texts.get("console-casework-person")) " " (number) }
                dd { (layout::foreign_inline(&person.label)) }
            }
            @for (state, role) in &case.states {
                dt { (layout::id(state)) }
                dd { (coded(texts, "state-role", role.code())) }
            }
            @if let Some(country) = &case.told.country {
                dt { (texts.get("console-casework-country")) }
                dd { (layout::foreign_inline(country)) }
            }
            @for (_, paper) in &case.communications {
                dt { (texts.get("console-casework-communication")) }
                dd { (layout::foreign_inline(&paper.reference)) }
            }
            @for (kind, other) in &case.links {
                dt { (coded(texts, "link", kind.code())) }
                dd { a href={ "/case/" (other) } { (layout::id(&other.to_string())) } }
            }
            dt { (texts.get("console-casework-suggested")) }
            dd { (seen.shown.suggested().join(", ")) }
        }
    }
}

fn history(seen: &Seen<'_>) -> Markup {
    let texts = seen.texts;
    html! {
        ol { @for happened in &seen.shown.case.history { li {
            bdi dir="ltr" { (rfc3339(happened.stamp.at)) } " "
            bdi dir="auto" { (seen.shown.contents.name_of(&happened.stamp.author)) } ": "
            (words::change(texts, happened.what))
            @if let Some(reason) = &happened.reason { " " (layout::foreign_inline(reason)) }
        } } }
    }
}

fn codes<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| code(*one)).collect()
}

/// The forms of the acts, folded.
fn forms(seen: &Seen<'_>) -> Markup {
    html! { (weighing(seen)) (keeping(seen)) }
}

/// Where the case goes, and what is alleged.
fn weighing(seen: &Seen<'_>) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    let to = |what: &str| format!("/case/{}/{what}", case.number);
    let one = |what: &str, title: &str, fields: Markup| form(texts, &to(what), title, &fields);
    let pick = |name: &str, label: &str, list: &str, all: Vec<&'static str>| {
        choice(texts, name, label, list, &all)
    };
    let next: Vec<&str> = Stage::ALL
        .iter()
        .filter(|stage| case.stage.may_become(**stage))
        .map(|stage| stage.code())
        .collect();
    html! {
        (one("triage", "console-form-triage", html! {
            (pick("level", "console-cases-urgency", "urgency", codes(Urgency::ALL, Urgency::code)))
            (line(texts, "reason", "console-casework-reason-differs", false))
        }))
        (one("stage", "console-form-stage", html! {
            (choice(texts, "to", "console-cases-stage", "stage", &next)) (because(texts))
        }))
        (one("hold", "console-form-hold", html! {
            (pick("hold", "console-form-hold", "hold", codes(Hold::ALL, Hold::code)))
            (tick(texts, "over", "console-form-hold-over")) (because(texts))
        }))
        (one("scope", "console-form-scope", html! {
            (pick("known", "console-form-scope", "known", codes(Known::ALL, Known::code))) (because(texts))
        }))
        (one("assess", "console-form-assess", html! {
            (pick("test", "console-form-test", "test", codes(Test::ALL, Test::code)))
            (pick("known", "console-form-answer", "known", codes(Known::ALL, Known::code))) (because(texts))
        }))
        (one("allegation", "console-form-allegation", allegation(texts)))
        (one("person", "console-form-person", person(texts)))
        (one("state", "console-form-state", html! {
            (line(texts, "state", "console-form-state-code", true))
            (pick("role", "console-form-state-role", "state-role", codes(StateRole::ALL, StateRole::code)))
            (tick(texts, "over", "console-form-over"))
        }))
    }
}

/// What is kept of it, and what goes along.
fn keeping(seen: &Seen<'_>) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    let to = |what: &str| format!("/case/{}/{what}", case.number);
    let one = |what: &str, title: &str, fields: Markup| form(texts, &to(what), title, &fields);
    let pick = |name: &str, label: &str, list: &str, all: Vec<&'static str>| {
        choice(texts, name, label, list, &all)
    };
    html! {
        (one("exclude", "console-form-exclude", html! {
            (line(texts, "name", "console-form-name", true)) (tick(texts, "over", "console-form-over"))
        }))
        (one("actor", "console-form-actor", html! {
            (line(texts, "name", "console-form-name", true)) (tick(texts, "over", "console-form-over"))
        }))
        (one("summary", "console-form-summary", html! {
            (area(texts, "text", "console-casework-summary"))
            (line(texts, "language", "console-form-language", true))
        }))
        @if case.summary.is_some() {
            (one("summary-agreed", "console-form-agreed", html! {
                (line(texts, "reason", "console-form-agreed-how", true))
            }))
        }
        (one("deny", "console-form-deny", html! {
            (pick("place", "console-form-deny-place", "deny", codes(&DenyIn::ALL, DenyIn::code)))
            (area(texts, "terms", "console-form-deny-terms"))
        }))
        (one("source", "console-form-source", html! {
            (pick("known", "console-form-source-known", "known", vec!["yes", "no"])) (because(texts))
        }))
        (one("note", "console-form-note", html! {
            (pick("for", "console-form-note-for", "note-for", vec!["casework", "addressees"]))
            (area(texts, "text", "console-form-note"))
        }))
        (one("assign", "console-form-assign", line(texts, "name", "console-form-assign-name", false)))
        (one("link", "console-form-link", html! {
            (pick("kind", "console-form-link", "link", codes(LinkKind::ALL, LinkKind::code)))
            (line(texts, "case", "console-cases-number", true))
        }))
        (one("communication", "console-form-communication", communication(texts)))
        (one("deadline", "console-form-deadline", html! {
            (line(texts, "at", "console-form-deadline-at", true))
            (line(texts, "zone", "console-form-deadline-zone", true))
            (line(texts, "what", "console-form-deadline-what", true))
        }))
        (one("outcome", "console-form-outcome", html! {
            (pick("outcome", "console-form-outcome", "outcome", codes(Outcome::ALL, Outcome::code)))
            (line(texts, "reason", "console-form-outcome-known", false))
        }))
        @if case.stage == Stage::Closed {
            (one("reopen", "console-form-reopen", because(texts)))
        } @else {
            (one("end", "console-form-end", html! {
                (pick("end", "console-form-end", "end", codes(End::ALL, End::code))) (because(texts))
            }))
        }
    }
}

fn communication(texts: &Texts) -> Markup {
    html! {
        (line(texts, "reference", "console-form-reference", true))
        (line(texts, "addressee", "console-form-addressee", true))
        (line(texts, "sent", "console-form-sent", false))
        (line(texts, "replied", "console-form-replied", false))
    }
}

fn allegation(texts: &Texts) -> Markup {
    let acts = Framework::shipped().act_codes.iter();
    let acts: Vec<&str> = acts.map(|act| act.code.as_str()).collect();
    html! {
        (line(texts, "number", "console-form-number", false))
        (choice(texts, "act", "console-form-act", "actcode", &acts))
        (line(texts, "date", "console-form-date", false))
        (choice(texts, "timing", "console-form-timing", "timing", &codes(Timing::ALL, Timing::code)))
        (choice(texts, "assessment", "console-form-assessment", "assessment", &codes(Assessment::ALL, Assessment::code)))
        (line(texts, "place", "console-form-place", false))
    }
}

fn person(texts: &Texts) -> Markup {
    html! {
        (line(texts, "number", "console-form-number", false))
        (choice(texts, "kind", "console-form-kind", "person-kind", &codes(PersonKind::ALL, PersonKind::code)))
        (line(texts, "label", "console-form-label", true))
        (tick(texts, "reporter", "console-form-reporter"))
        (tick(texts, "in_passing", "console-form-in-passing"))
        (tick(texts, "under_18", "console-form-under-18"))
        (line(texts, "own_view", "console-form-own-view", false))
        (line(texts, "representative", "console-form-representative", false))
    }
}
