//! Pairing: both sides to compare by telephone, and the form that pins the server's key.

use std::sync::Arc;

use asylia_envelope::signing::{Transfer, VerifyingKey};
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::html;
use serde::Deserialize;

use super::{App, layout, take};
use crate::{
    access::Page,
    l10n::Texts,
    pairing::{Office, pair},
    vault::{Vault, WriteLock},
};

/// The key that was read out.
#[derive(Deserialize)]
pub(super) struct Given {
    server_key: String,
    #[serde(default)]
    replace: Option<String>,
}

/// Both sides as they are known.
struct Sides {
    office: Office,
    server_key: Option<String>,
}

impl Sides {
    fn of(vault: &Vault) -> Self {
        let server = vault.contents().server.as_ref();
        Self {
            office: Office::of(vault.contents()),
            server_key: server.map(|row| row.item.verifying_key.clone()),
        }
    }
}

/// Both sides.
pub(super) async fn get(State(app): State<Arc<App>>) -> Response {
    match take(&app, Page::Pair, |vault| Sides::of(vault)).await {
        Err(instead) => instead,
        Ok(sides) => page(&app, StatusCode::OK, None, &sides),
    }
}

/// Pins a key.
pub(super) async fn post(State(app): State<Arc<App>>, Form(given): Form<Given>) -> Response {
    let directory = app.directory.clone();
    let done = take(&app, Page::Pair, move |vault| {
        let texts = Texts::english();
        let key = VerifyingKey::<Transfer>::parse(given.server_key.trim());
        let outcome = match (key, WriteLock::take(&directory)) {
            (Err(_), _) => Err(texts.get("console-pair-not-a-key")),
            (_, Err(error)) => Err(error.to_string()),
            (Ok(key), Ok(_lock)) => pair(vault, &key, given.replace.is_some())
                .map(|()| texts.get("console-pair-done"))
                .map_err(|error| error.to_string()),
        };
        (outcome, Sides::of(vault))
    });
    match done.await {
        Err(instead) => instead,
        Ok((outcome, sides)) => {
            let status = match outcome {
                Ok(_) => StatusCode::OK,
                Err(_) => StatusCode::UNPROCESSABLE_ENTITY,
            };
            page(&app, status, Some(&outcome), &sides)
        }
    }
}

fn page(
    app: &App,
    status: StatusCode,
    outcome: Option<&Result<String, String>>,
    sides: &Sides,
) -> Response {
    let texts = Texts::english();
    let content = html! {
        h1 { (texts.get("console-pair-title")) }
        @match outcome {
            None => {}
            Some(Err(why)) => div.alarm role="alert" { p { (why) } },
            Some(Ok(said)) => div.note role="status" { p { (said) } },
        }
        p { (texts.get("console-pair-explain")) }
        h2 { (texts.get("console-pair-office-heading")) }
        dl { @for (label, value) in sides.office.lines(texts) {
            dt { (label) }
            dd { (layout::id(&value)) }
        } }
        h2 { (texts.get("console-pair-server-heading")) }
        @match &sides.server_key {
            Some(key) => p { (texts.with("console-pair-server", &[("key", key.as_str().into())])) },
            None => p { (texts.get("console-pair-no-server")) },
        }
        form method="post" action="/pair" autocomplete="off" {
            p {
                label for="server-key" { (texts.get("console-pair-label")) }
                input type="text" id="server-key" name="server_key" required spellcheck="false"
                    dir="ltr" maxlength="100";
            }
            @if sides.server_key.is_some() {
                p { label {
                    input type="checkbox" name="replace" value="yes";
                    " " (texts.get("console-pair-replace"))
                } }
            }
            button type="submit" { (texts.get("console-pair-button")) }
        }
    };
    let frame = layout::Frame::of(app);
    let page = layout::page(texts, frame, "console-pair-title", &content);
    (status, page).into_response()
}
