//! Routing: the gate is asked in words, what is recommended is recorded, packets are written to a stick. Nothing is
//! sent from here.

use std::path::PathBuf;

use super::{
    App, Arc, Fields, Form, IntoResponse, Markup, Page, Path, Redirect, Response, Seen, State,
    Texts, choice, form, html, layout, line, of_case, tabs, tick,
};
use crate::{
    casework::{
        acts::{self, NewDecision},
        case::Case,
        event::{ActionDone, Change},
        gate::{Checks, Decision, Route, Verdict, said},
        number::CaseNumber,
        packet::{self, notice::open_notices},
        rules::CaseworkError,
        values::ActionResult,
    },
    vault::{Contents, Vault, audit::rfc3339},
    words::{self, coded},
};

/// The page.
pub(in crate::ui) async fn get(
    State(app): State<Arc<App>>,
    Path(number): Path<String>,
) -> Response {
    page(&app, &number, None, None).await
}

async fn page(
    app: &Arc<App>,
    number: &str,
    refused: Option<String>,
    answer: Option<(Route, Decision)>,
) -> Response {
    let sticks = folders(&app.sticks);
    let content = move |seen: &Seen<'_>| content(seen, answer.as_ref(), &sticks);
    of_case(
        app,
        Page::Routing,
        number,
        refused,
        "console-routing-title",
        content,
    )
    .await
}

/// What a form brought about.
enum Done {
    Written,
    Answer(Box<(Route, Decision)>),
}

/// Does what a form says.
pub(in crate::ui) async fn post(
    State(app): State<Arc<App>>,
    Path((number, what)): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let fields = Fields::of(fields);
    let sticks = app.sticks.clone();
    let case = number.parse().ok();
    let done = super::take(&app, Page::Routing, move |vault| {
        let case = case.ok_or_else(|| CaseworkError::NoSuchCase.to_string())?;
        match what.as_str() {
            "decide" => decide(vault, case, &fields),
            "packet" | "notice" => packet_of(vault, case, &what, &fields, &sticks),
            other => {
                let change = change_of(other, &fields)?;
                let written = acts::change(vault, case, change);
                written
                    .map(|()| Done::Written)
                    .map_err(|error| error.to_string())
            }
        }
    });
    match done.await {
        Err(instead) => instead,
        Ok(Ok(Done::Written)) => Redirect::to(&format!("/case/{number}/routing")).into_response(),
        Ok(Ok(Done::Answer(answer))) => page(&app, &number, None, Some(*answer)).await,
        Ok(Err(refused)) => page(&app, &number, Some(refused), None).await,
    }
}

/// Asks the gate, or records what is recommended.
fn decide(vault: &mut Vault, case: CaseNumber, fields: &Fields) -> Result<Done, String> {
    let new = new_decision(fields)?;
    let route = new.route.clone();
    if new.why.is_empty() {
        let today = vault.today();
        let asked = acts::ask_gate(
            vault.contents(),
            case,
            &route,
            &new.persons,
            new.checks,
            today,
        );
        let decision = asked.map_err(|error| error.to_string())?;
        return Ok(Done::Answer(Box::new((route, decision))));
    }
    match acts::recommend(vault, case, new) {
        Ok(_) => Ok(Done::Written),
        Err(CaseworkError::Gate(decision)) => Ok(Done::Answer(Box::new((route, *decision)))),
        Err(error) => Err(error.to_string()),
    }
}

/// Writes a packet or a notice to the stick that was chosen.
fn packet_of(
    vault: &mut Vault,
    case: CaseNumber,
    what: &str,
    fields: &Fields,
    sticks: &[PathBuf],
) -> Result<Done, String> {
    let out = place(sticks, fields)?;
    let made = match what {
        "notice" => packet::notice::make(vault, case, number_of(fields)?, &out),
        _ => packet::make(vault, case, &route_of(fields)?, &out),
    };
    match made {
        Ok(_) => Ok(Done::Written),
        Err(packet::PacketError::Gate(decision)) => {
            Ok(Done::Answer(Box::new((route_of(fields)?, *decision))))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// What the smaller forms write.
fn change_of(what: &str, fields: &Fields) -> Result<Change, String> {
    let stands = !fields.ticked("refuse");
    Ok(match what {
        "second" => Change::DecisionSeconded(number_of(fields)?, stands),
        "result" => Change::Result(number_of(fields)?, action_done(fields)?),
        "countersign" => Change::PacketCountersigned(number_of(fields)?, stands),
        "confirmed" => Change::NoticeConfirmed(number_of(fields)?),
        other => return Err(CaseworkError::Word(other.to_owned()).to_string()),
    })
}

fn number_of(fields: &Fields) -> Result<u16, String> {
    fields
        .number("number")
        .ok_or_else(|| CaseworkError::Number.to_string())
}

fn route_of(fields: &Fields) -> Result<Route, String> {
    fields
        .text("to")
        .parse::<Route>()
        .map_err(|error| error.to_string())
}

fn new_decision(fields: &Fields) -> Result<NewDecision, String> {
    let persons = fields.text("persons");
    let persons: Result<Vec<u16>, _> = persons
        .split([',', ' '])
        .filter(|number| !number.is_empty())
        .map(str::parse)
        .collect();
    Ok(NewDecision {
        route: route_of(fields)?,
        persons: persons.map_err(|_| CaseworkError::Number.to_string())?,
        checks: Checks {
            not_recognisable: fields.ticked("not_recognisable"),
            second_officer: false,
            one_officer_only: fields.ticked("one_officer_only"),
            more_than_the_report: fields.ticked("more"),
            consulted: fields.ticked("consulted"),
            translator_note: false,
        },
        why: fields.text("why"),
    })
}

fn action_done(fields: &Fields) -> Result<ActionDone, String> {
    let result = ActionResult::parse(&fields.text("result"));
    let on = fields
        .day("on")
        .ok_or_else(|| CaseworkError::Date.to_string())?;
    Ok(ActionDone {
        result: result.ok_or_else(|| CaseworkError::Word(fields.text("result")).to_string())?,
        on,
        reference: fields.text("reference"),
        note: String::new(),
    })
}

/// A new file on the stick that was chosen by its number in the list.
fn place(sticks: &[PathBuf], fields: &Fields) -> Result<PathBuf, String> {
    let missing = || Texts::english().get("console-routing-no-stick");
    let folders = folders(sticks);
    let chosen = fields.number("stick").map(usize::from);
    let folder = chosen.and_then(|at| folders.get(at)).ok_or_else(missing)?;
    for number in 1..1000 {
        let file = folder.join(format!("packet-{number:03}.age"));
        if !file.exists() {
            return Ok(file);
        }
    }
    Err(missing())
}

/// Folders into which sticks are mounted, and those directly below.
fn folders(sticks: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for root in sticks {
        let Ok(entries) = std::fs::read_dir(root) else {
            continue;
        };
        let below = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.extend(below.map(|entry| entry.path()));
    }
    folders.sort();
    folders
}

fn content(seen: &Seen<'_>, answer: Option<&(Route, Decision)>, sticks: &[PathBuf]) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    html! {
        h1 { (texts.get("console-routing-heading")) " " (layout::id(&case.number.to_string())) }
        (tabs(texts, case.number))
        p.soft { (texts.get("console-routing-nothing-is-sent")) }
        @if let Some((route, decision)) = answer { (gate_said(texts, case, route, decision)) }
        (actions(seen, sticks))
        (packets(seen, sticks))
        h2 { (texts.get("console-routing-ask")) }
        form.people method="post" action={ "/case/" (case.number) "/routing/decide" } {
            (line(texts, "to", "console-routing-to", true))
            p.soft { (texts.get("console-routing-to-help")) }
            (line(texts, "persons", "console-routing-persons", true))
            (tick(texts, "not_recognisable", "console-routing-not-recognisable"))
            (tick(texts, "one_officer_only", "console-routing-one-officer"))
            (tick(texts, "more", "console-routing-more"))
            (tick(texts, "consulted", "console-routing-consulted"))
            (line(texts, "why", "console-routing-why", false))
            button type="submit" { (texts.get("console-routing-decide")) }
        }
        (addressees(texts, seen.shown.contents))
    }
}

/// The gate's answer in words, and the question one click away.
fn gate_said(texts: &Texts, case: &Case, route: &Route, decision: &Decision) -> Markup {
    let questions = said::questions(texts, decision);
    html! {
        div.alarm role="status" {
            h2 { (coded(texts, "verdict", decision.verdict.code())) " " (layout::foreign_inline(&route.to_string())) }
            ul {
                @for sentence in said::sentences(texts, decision) { li { (sentence) } }
                @for instruction in &decision.instructions {
                    li { (packet::instruction_in_words(texts, instruction)) }
                }
            }
            ul { @for question in &questions { li { (question) } } }
            @if decision.verdict != Verdict::Allowed {
                p { a href={ "/case/" (case.number) "/consent" } { (texts.get("console-routing-to-question")) } }
            }
        }
    }
}

fn actions(seen: &Seen<'_>, sticks: &[PathBuf]) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    let to = |what: &str| format!("/case/{}/routing/{what}", case.number);
    let results: Vec<&str> = ActionResult::ALL
        .iter()
        .map(|result| result.code())
        .collect();
    let number = |number: &u16| html! { input type="hidden" name="number" value=(number); };
    html! {
        @if !case.actions.is_empty() { h2 { (texts.get("console-routing-actions")) } }
        @for (at, action) in &case.actions {
            section {
                h3 { (at) ": " (layout::foreign_inline(&action.decided.route.to_string())) " "
                    (coded(texts, "target", action.decided.route.target.code())) }
                p { (layout::foreign_inline(&action.decided.why)) }
                ul { @for done in &action.results { li {
                    (coded(texts, "result", done.result.code())) " " bdi dir="ltr" { (done.on) } " "
                    (layout::foreign_inline(&done.reference))
                } } }
                @match action.seconded {
                    Some((_, true)) => p { (texts.get("console-routing-seconded")) },
                    Some((_, false)) => p { span.badge { (texts.get("console-routing-second-refused")) } },
                    None => (form(texts, &to("second"), "console-routing-second", &html! {
                        (number(at)) (tick(texts, "refuse", "console-consent-refuse"))
                    })),
                }
                (form(texts, &to("packet"), "console-routing-packet", &html! {
                    input type="hidden" name="to" value=(action.decided.route);
                    (stick(texts, sticks))
                }))
                (form(texts, &to("result"), "console-routing-result", &html! {
                    (number(at)) (choice(texts, "result", "console-routing-result", "result", &results))
                    (line(texts, "on", "console-consent-on", true))
                    (line(texts, "reference", "console-form-reference", false))
                }))
            }
        }
    }
}

/// The sticks to choose from.
fn stick(texts: &Texts, sticks: &[PathBuf]) -> Markup {
    html! {
        p { label { (texts.get("console-routing-stick")) " "
            select name="stick" required {
                option value="" { (texts.get("console-casework-choose")) }
                @for (at, folder) in sticks.iter().enumerate() {
                    option value=(at) { (words::for_page(&folder.to_string_lossy())) }
                }
            }
        } }
    }
}

fn packets(seen: &Seen<'_>, sticks: &[PathBuf]) -> Markup {
    let (texts, case) = (seen.texts, seen.shown.case);
    let to = |what: &str| format!("/case/{}/routing/{what}", case.number);
    let open = open_notices(case, seen.shown.today);
    let number = |number: &u16| html! { input type="hidden" name="number" value=(number); };
    html! {
        @if !case.packets.is_empty() { h2 { (texts.get("console-routing-packets")) } }
        @for (at, packet) in &case.packets {
            section {
                h3 { (at) ": " (layout::foreign_inline(&packet.made.route.to_string())) " " (layout::id(&packet.made.receipt)) }
                p.soft { bdi dir="ltr" { (rfc3339(packet.stamp.at)) } }
                @if packet.made.notice_of.is_some() { p { (texts.get("console-routing-is-notice")) } }
                @if open.contains(at) {
                    div.alarm role="note" { p { (texts.get("console-casework-notices")) } }
                    (form(texts, &to("notice"), "console-routing-notice", &html! {
                        (number(at)) (stick(texts, sticks))
                    }))
                    (form(texts, &to("confirmed"), "console-routing-confirmed", &number(at)))
                }
                @if packet.countersigned.is_none() {
                    (form(texts, &to("countersign"), "console-routing-countersign", &html! {
                        (number(at)) (tick(texts, "refuse", "console-consent-refuse"))
                    }))
                }
            }
        }
    }
}

fn addressees(texts: &Texts, contents: &Contents) -> Markup {
    let list = &contents.lists.addressees.addressees;
    html! {
        h2 { (texts.get("console-routing-addressees")) }
        @if list.is_empty() { p.soft { (texts.get("console-routing-no-addressees")) } }
        ul { @for addressee in list { li {
            (layout::id(&addressee.code)) " " (layout::foreign_inline(&addressee.name))
            @if addressee.recipient.is_none() { " " (texts.get("console-routing-paper")) }
        } } }
    }
}
