//! The thread of a report on its page, and the form that writes to its submitter.

use std::sync::Arc;

use asylia_envelope::ids::RecordId;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{App, layout, not_found, take};
use crate::{
    access::Page,
    correspondence::{
        thread::{Entry, Received, Thread, Written},
        writing::{Letter, WriteError, write},
    },
    l10n::Texts,
    vault::WriteLock,
};

/// What an officer writes.
#[derive(Deserialize)]
pub(super) struct Draft {
    #[serde(default)]
    text: String,
    #[serde(default)]
    question: Option<String>,
    #[serde(default)]
    anyway: Option<String>,
}

/// Takes an answer in, and leads back to the report; or shows what is wrong with it, the text still there.
pub(super) async fn post(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Form(draft): Form<Draft>,
) -> Response {
    let Ok(report) = id.parse::<RecordId>() else {
        return not_found(State(app)).await;
    };
    let directory = app.directory.clone();
    let taken = take(&app, Page::Reply, move |vault| {
        let lock = WriteLock::take(&directory).map_err(WriteError::Vault);
        let letter = Letter {
            report,
            text: &draft.text,
            question: draft.question.is_some(),
            anyway: draft.anyway.is_some(),
        };
        let taken = lock.and_then(|_held| write(vault, &letter));
        taken.map_err(|error| (error, draft))
    });
    match taken.await {
        Err(instead) => instead,
        Ok(Ok(_)) => Redirect::to(&format!("/report/{report}#letters")).into_response(),
        Ok(Err((error, draft))) => {
            let texts = Texts::english();
            let content = html! {
                h1 { (texts.get("console-reply-heading")) }
                p { a href={ "/report/" (report) } { (layout::id(&report.to_string())) } }
                div.alarm role="alert" { p { (error) } }
                (form(texts, report, Some(&draft), matches!(error, WriteError::Names(_))))
            };
            let frame = layout::Frame::of(&app);
            let page = layout::page(texts, frame, "console-reply-heading", &content);
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    }
}

/// The thread, and the form behind it where somebody reads.
pub(super) fn section(texts: &Texts, report: RecordId, thread: &Thread) -> Markup {
    html! {
        section id="letters" aria-labelledby="letters-heading" {
            h2 id="letters-heading" { (texts.get("console-thread-heading")) }
            @if thread.through_server {
                p.soft { (texts.get("console-thread-through-server")) }
            }
            @if thread.entries.is_empty() { p { (texts.get("console-thread-empty")) } }
            ol.thread { @for entry in &thread.entries { li {
                @match entry {
                    Entry::Out(written) => (out(texts, written)),
                    Entry::In(received) => (came(texts, received)),
                }
            } } }
            @if thread.writable {
                h3 { (texts.get("console-reply-heading")) }
                (form(texts, report, None, false))
            } @else {
                p { (texts.get("console-thread-no-mailbox")) }
            }
        }
    }
}

fn out(texts: &Texts, written: &Written) -> Markup {
    html! {
        h3 { (written.heading(texts)) }
        p.soft { (written.author(texts)) }
        (layout::foreign(&written.reply.text))
    }
}

fn came(texts: &Texts, received: &Received) -> Markup {
    let notes = received.notes(texts);
    let refused = received.verdict.refused.is_some();
    html! {
        h3 { (received.heading(texts)) }
        @if !notes.is_empty() {
            @if refused {
                div.alarm role="note" { @for note in notes { p { (note) } } }
            } @else {
                ul { @for note in notes { li { (note) } } }
            }
        }
        @if let Some(story) = &received.story { (layout::foreign(story)) }
        p {
            a href={ "/report/" (received.verdict.record_id) } { (texts.get("console-thread-open")) }
        }
    }
}

fn form(texts: &Texts, report: RecordId, draft: Option<&Draft>, names: bool) -> Markup {
    let question = draft.is_some_and(|draft| draft.question.is_some());
    html! {
        form method="post" action={ "/report/" (report) "/reply" } autocomplete="off" {
            label for="letter" { (texts.get("console-reply-label")) }
            p.soft id="letter-help" { (texts.get("console-reply-help")) }
            textarea id="letter" name="text" rows="8" required dir="auto" spellcheck="false"
                aria-describedby="letter-help" {
                @if let Some(draft) = draft { (draft.text.as_str()) }
            }
            p { label {
                input type="checkbox" name="question" value="yes" checked[question];
                " " (texts.get("console-reply-question"))
            } }
            @if names {
                p { label {
                    input type="checkbox" name="anyway" value="yes";
                    " " (texts.get("console-reply-anyway"))
                } }
            }
            button type="submit" { (texts.get("console-reply-button")) }
        }
    }
}
