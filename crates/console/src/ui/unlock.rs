//! Unlocking: a wrong passphrase, damage and another version are told apart.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::html;
use secrecy::SecretString;
use serde::Deserialize;
use tokio::task;

use super::{App, layout};
use crate::{
    l10n::Texts,
    vault::{Credentials, FIRST_PERSON, VaultError},
};

/// The form's fields; the passphrase's buffer becomes the secret, and what is freed is cleared.
#[derive(Deserialize)]
pub(super) struct Unlock {
    who: String,
    passphrase: String,
    /// The day that the person says it is; not there when the box was not ticked.
    #[serde(default)]
    date: String,
}

/// Stretches the passphrase and opens the vault, once the date is confirmed.
pub(super) async fn post(State(app): State<Arc<App>>, Form(form): Form<Unlock>) -> Response {
    let blocking = Arc::clone(&app);
    let who = Credentials {
        name: form.who,
        passphrase: SecretString::from(form.passphrase),
    };
    if form.date != app.machine.today().to_string() {
        return (
            StatusCode::FORBIDDEN,
            page(&app, Some("console-unlock-date-refused")),
        )
            .into_response();
    }
    let unlocked = task::spawn_blocking(move || blocking.unlock(&who)).await;
    let notice = match unlocked {
        Ok(Ok(())) => return Redirect::to("/").into_response(),
        Ok(Err(VaultError::WrongPassphrase)) => "console-unlock-wrong",
        Ok(Err(VaultError::Damaged)) => "console-unlock-damaged",
        Ok(Err(VaultError::UnknownVersion(_))) => "console-unlock-version",
        Ok(Err(VaultError::Clock(_))) => "console-unlock-clock",
        Ok(Err(_)) | Err(_) => "console-unlock-failed",
    };
    (StatusCode::FORBIDDEN, page(&app, Some(notice))).into_response()
}

/// The page that asks for the passphrase; `notice` says why it asks again.
pub(super) fn page(app: &App, notice: Option<&str>) -> Response {
    let texts = Texts::english();
    let today = app.machine.today().to_string();
    let content = html! {
        h1 { (texts.get("console-unlock-heading")) }
        @if let Some(notice) = notice {
            div.alarm role="alert" { p { (texts.get(notice)) } }
        }
        form.unlock method="post" action="/unlock" {
            label for="who" { (texts.get("console-unlock-who")) }
            input type="text" id="who" name="who" value=(FIRST_PERSON) required autocomplete="off" spellcheck="false";
            label for="passphrase" { (texts.get("console-unlock-passphrase")) }
            input type="password" id="passphrase" name="passphrase" required
                autocomplete="off" aria-describedby="wait";
            p {
                input type="checkbox" id="date" name="date" value=(today) required;
                " "
                label for="date" { (texts.with("console-unlock-date", &[("day", (&today).into())])) }
            }
            button type="submit" { (texts.get("console-unlock-button")) }
        }
        p.soft id="wait" { (texts.get("console-unlock-wait")) }
    };
    let frame = layout::Frame {
        demo: app.demo(),
        unlocked: false,
        casework: false,
    };
    layout::page(texts, frame, "console-unlock-title", &content).into_response()
}
