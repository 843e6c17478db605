//! The identity parts of the vault, for whoever holds their key: numbers only. A custodian finds here the report
//! that an officer named; each part is opened on the report's page, with its reason.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{App, layout, take};
use crate::{
    access::Page,
    l10n::Texts,
    vault::{Contents, item::IdentityState},
};

/// Which of them are shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    /// The beginning of a record's number.
    record: String,
    /// How many of those that fit come before those that are shown.
    from: usize,
}

struct Identities {
    begin: String,
    from: usize,
    /// Number of the record, and whether its part waits to be sealed again.
    shown: Vec<(String, bool)>,
    fitting: usize,
}

/// The list.
pub(super) async fn get(State(app): State<Arc<App>>, Query(choice): Query<Choice>) -> Response {
    let list = take(&app, Page::Identities, move |vault| {
        Identities::of(vault.contents(), choice)
    });
    match list.await {
        Err(instead) => instead,
        Ok(list) => {
            let texts = Texts::english();
            let frame = layout::Frame::of(&app);
            layout::page(
                texts,
                frame,
                "console-identities-title",
                &list.content(texts),
            )
            .into_response()
        }
    }
}

impl Identities {
    fn of(contents: &Contents, choice: Choice) -> Self {
        // Digits alone: what stands here is repeated in a link.
        let digits = choice.record.chars().filter(char::is_ascii_hexdigit);
        let begin: String = digits.map(|digit| digit.to_ascii_lowercase()).collect();
        let parts = contents.identity_parts.iter();
        let fitting: Vec<(String, bool)> = parts
            .map(|(id, part)| {
                let waits = matches!(part.state, IdentityState::Waiting { .. });
                (id.to_string(), waits)
            })
            .filter(|(id, _)| id.starts_with(&begin))
            .collect();
        Self {
            fitting: fitting.len(),
            shown: fitting
                .into_iter()
                .skip(choice.from)
                .take(SHOWN_AT_ONCE)
                .collect(),
            from: choice.from,
            begin,
        }
    }

    fn content(&self, texts: &Texts) -> Markup {
        html! {
            h1 { (texts.get("console-identities-title")) }
            p { (texts.get("console-identities-text")) }
            form.filter method="get" action="/identities" {
                p {
                    label for="record" { (texts.get("console-identities-number")) }
                    input type="text" id="record" name="record" value=(self.begin) maxlength="32" dir="ltr"
                        autocomplete="off" spellcheck="false";
                }
                button type="submit" { (texts.get("console-identities-find")) }
            }
            p role="status" { (texts.with("console-identities-count", &[("count", (self.fitting as u64).into())])) }
            ul { @for (id, waits) in &self.shown {
                li {
                    a href={ "/report/" (id) } { (layout::id(id)) }
                    @if *waits { " " span.badge { (texts.get("console-identities-waits")) } }
                }
            } }
            @let next = self.from.saturating_add(self.shown.len());
            @if next < self.fitting {
                p { a href={ "/identities?record=" (self.begin) "&from=" (next) } {
                    (texts.get("console-identities-more"))
                } }
            }
        }
    }
}

/// Numbers on one page.
const SHOWN_AT_ONCE: usize = 200;
