//! The search page. The words are posted, so that they stand in no address, and are shown on the answer alone.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{App, failed, layout, take};
use crate::{
    access::Page,
    l10n::Texts,
    search::{Found, search},
};

/// The form's field.
#[derive(Deserialize)]
pub(super) struct Words {
    words: String,
}

/// The form alone.
pub(super) async fn get(State(app): State<Arc<App>>) -> Response {
    match take(&app, Page::Search, |_| ()).await {
        Err(instead) => instead,
        Ok(()) => page(&app, "", None),
    }
}

/// Searches, and shows what was found under the form.
pub(super) async fn post(State(app): State<Arc<App>>, Form(form): Form<Words>) -> Response {
    let words = Zeroizing::new(form.words);
    let query = words.clone();
    match take(&app, Page::Search, move |vault| search(vault, &query)).await {
        Err(instead) => instead,
        Ok(Err(_)) => failed(&app),
        Ok(Ok(found)) => page(&app, &words, Some(&found)),
    }
}

fn page(app: &App, words: &str, found: Option<&Found>) -> Response {
    let texts = Texts::english();
    let content = html! {
        h1 { (texts.get("console-search-title")) }
        form method="post" action="/search" role="search" {
            label for="words" { (texts.get("console-search-words")) }
            input type="search" id="words" name="words" value=(words) required maxlength="500" dir="auto"
                autocomplete="off" spellcheck="false" aria-describedby="how";
            button type="submit" { (texts.get("console-search-button")) }
        }
        p.soft id="how" { (texts.get("console-search-how")) }
        @if let Some(found) = found { (results(texts, found)) }
    };
    layout::page(
        texts,
        layout::Frame::of(app),
        "console-search-title",
        &content,
    )
    .into_response()
}

fn results(texts: &Texts, found: &Found) -> Markup {
    let count = |id: &str, count: usize| texts.with(id, &[("count", (count as u64).into())]);
    html! {
        section aria-labelledby="found" {
            h2 id="found" { (count("console-search-found", found.records.len())) }
            p.soft { (count("console-search-searched", found.searched)) }
            @if found.unreadable > 0 {
                div.alarm role="note" { p { (count("console-search-unreadable", found.unreadable)) } }
            }
            @if found.records.len() > SHOWN { p { (texts.get("console-search-more")) } }
            ul { @for record in found.records.iter().take(SHOWN) {
                @let record = record.to_string();
                li { a href={ "/report/" (record) } { (layout::id(&record)) } }
            } }
        }
    }
}

/// Reports in one answer; who finds more gives another word.
const SHOWN: usize = 200;
