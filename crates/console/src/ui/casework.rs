//! Pages of casework: the cases, one case with the forms of its acts, its permissions, its routing. Each form is one
//! act and leaves one entry of the audit log; what people wrote stands in elements that isolate it.

use std::sync::Arc;

use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};

use super::{App, layout, not_found, take};
use crate::{
    access::Page,
    casework::{
        acts::{self, NewCase},
        case::Case,
        deadline::{DeadlineKind, deadlines},
        event::Door,
        framework::Framework,
        number::CaseNumber,
        packet::notice::open_notices,
        rules::CaseworkError,
        shown::Shown,
    },
    l10n::Texts,
    vault::{
        Vault,
        audit::{Act, AuditItem},
    },
};

mod case;
mod consent;
mod fields;
mod list;
mod routing;

pub(super) use self::{
    case::{get as case, post as change},
    consent::{get as consent, post as consent_entry},
    fields::Fields,
    list::{get as list, make, make_of_report},
    routing::{get as routing, post as routing_act},
};

/// What a page of a case is made of.
struct Seen<'a> {
    shown: Shown<'a>,
    texts: &'a Texts,
}

/// Renders a page of a case; that it was looked at is written down first.
async fn of_case(
    app: &Arc<App>,
    page: Page,
    number: &str,
    refused: Option<String>,
    title: &'static str,
    content: impl FnOnce(&Seen<'_>) -> Markup + Send + 'static,
) -> Response {
    let Ok(number) = number.parse::<CaseNumber>() else {
        return not_found(State(Arc::clone(app))).await;
    };
    let made = take(app, page, move |vault| {
        vault.contents().cases.get(number)?;
        // Without the entry nothing is shown.
        vault
            .log(AuditItem::of(Act::CaseRead).on_case(number))
            .ok()?;
        let case = vault.contents().cases.get(number)?;
        let seen = Seen {
            shown: shown(vault, case),
            texts: Texts::english(),
        };
        Some(html! { (alarms(&seen)) (content(&seen)) })
    });
    let content = match made.await {
        Err(instead) => return instead,
        Ok(None) => return not_found(State(Arc::clone(app))).await,
        Ok(Some(content)) => content,
    };
    let status = match refused {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let content = html! {
        @if let Some(refused) = &refused { div.alarm role="alert" { p { (refused) } } }
        (content)
    };
    let texts = Texts::english();
    let page = layout::page(texts, layout::Frame::of(app), title, &content);
    (status, page).into_response()
}

/// What no page of a case lets anybody overlook, closed or not.
fn alarms(seen: &Seen<'_>) -> Markup {
    let (texts, shown) = (seen.texts, &seen.shown);
    let notices = open_notices(shown.case, shown.today);
    let due = deadlines(shown.case, &shown.contents.lists.calendar, shown.now);
    let alone = due.iter().any(|due| due.kind == DeadlineKind::Countersign);
    html! {
        @if !notices.is_empty() {
            div.alarm role="note" { p { (texts.get("console-casework-notices")) } }
        }
        @if alone {
            div.alarm role="note" { p { (texts.get("console-casework-countersign")) } }
        }
    }
}

fn shown<'a>(vault: &'a Vault, case: &'a Case) -> Shown<'a> {
    Shown {
        case,
        contents: vault.contents(),
        now: vault.machine().now(),
        today: vault.today(),
    }
}

/// Runs an act of a form; gives the sentences of a refusal.
async fn act(
    app: &Arc<App>,
    page: Page,
    number: &str,
    act: impl FnOnce(&mut Vault, CaseNumber) -> Result<(), String> + Send + 'static,
) -> Result<Result<(), String>, Response> {
    let Ok(number) = number.parse::<CaseNumber>() else {
        return Err(not_found(State(Arc::clone(app))).await);
    };
    take(app, page, move |vault| act(vault, number)).await
}

/// The navigation of one case.
fn tabs(texts: &Texts, number: CaseNumber) -> Markup {
    html! {
        nav.parts aria-label=(texts.get("console-casework-tabs")) {
            a href={ "/case/" (number) } { (texts.get("console-casework-case")) }
            a href={ "/case/" (number) "/consent" } { (texts.get("console-casework-consent")) }
            a href={ "/case/" (number) "/routing" } { (texts.get("console-casework-routing")) }
        }
    }
}

/// A choice of words of one list, the first being none.
fn choice(texts: &Texts, name: &str, label: &str, list: &str, codes: &[&str]) -> Markup {
    html! {
        p {
            label { (texts.get(label)) " "
                select name=(name) required {
                    option value="" { (texts.get("console-casework-choose")) }
                    @for code in codes {
                        option value=(code) { (crate::words::coded(texts, list, code)) }
                    }
                }
            }
        }
    }
}

/// A line of text.
fn line(texts: &Texts, name: &str, label: &str, required: bool) -> Markup {
    html! {
        p {
            label { (texts.get(label)) " "
                input type="text" name=(name) required[required] dir="auto" autocomplete="off" spellcheck="false";
            }
        }
    }
}

/// Lines of text.
fn area(texts: &Texts, name: &str, label: &str) -> Markup {
    html! {
        p {
            label { (texts.get(label)) " "
                textarea name=(name) rows="4" required dir="auto" autocomplete="off" spellcheck="false" {}
            }
        }
    }
}

/// A tick.
fn tick(texts: &Texts, name: &str, label: &str) -> Markup {
    html! {
        p { label.tick { input type="checkbox" name=(name) value="yes"; " " (texts.get(label)) } }
    }
}

/// A form of one act, folded.
fn form(texts: &Texts, action: &str, title: &str, fields: &Markup) -> Markup {
    html! {
        details {
            summary { (texts.get(title)) }
            form.people method="post" action=(action) {
                (fields)
                button type="submit" { (texts.get("console-casework-write")) }
            }
        }
    }
}

fn because(texts: &Texts) -> Markup {
    line(texts, "reason", "console-casework-reason", true)
}
