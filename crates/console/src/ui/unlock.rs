//! Unlocking: a wrong passphrase, damage and another version are told apart.

use std::{sync::Arc, time::Duration};

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::task;

use super::{App, layout};
use crate::{
    l10n::Texts,
    qr,
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
        Ok(Ok(())) => {
            tokio::spawn(prepare_search(Arc::clone(&app)));
            let home = app.roles().map_or("/", |roles| layout::home(&roles));
            return Redirect::to(home).into_response();
        }
        Ok(Err(VaultError::WrongPassphrase)) => "console-unlock-wrong",
        Ok(Err(VaultError::Damaged)) => "console-unlock-damaged",
        Ok(Err(VaultError::UnknownVersion(_))) => "console-unlock-version",
        Ok(Err(VaultError::Clock(_))) => "console-unlock-clock",
        Ok(Err(_)) | Err(_) => "console-unlock-failed",
    };
    (StatusCode::FORBIDDEN, page(&app, Some(notice))).into_response()
}

/// Reads the reports for the search while the person reads the inbox: some at a time, so that pages come between.
async fn prepare_search(app: Arc<App>) {
    loop {
        let blocking = Arc::clone(&app);
        let more = task::spawn_blocking(move || blocking.prepare_search(PREPARED_AT_ONCE)).await;
        if !more.unwrap_or(false) {
            return;
        }
        tokio::time::sleep(PREPARING_PAUSE).await;
    }
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
        @if let Some(head) = app.last_head() { (head_section(texts, &head)) }
    };
    let frame = layout::Frame::locked(app.demo());
    layout::page(texts, frame, "console-unlock-title", &content).into_response()
}

/// The head that was signed at the lock, to be carried out: it shows later whether the vault was set back.
fn head_section(texts: &Texts, head: &str) -> Markup {
    html! {
        section.head aria-labelledby="head" {
            h2 id="head" { (texts.get("console-head-heading")) }
            p { (texts.get("console-head-text")) }
            @if let Some(picture) = qr::picture(head, &texts.get("console-head-picture")) { (picture) }
            pre tabindex="0" dir="ltr" { (head) }
        }
    }
}

/// Reports that are read for the search while no page can be made.
const PREPARED_AT_ONCE: usize = 50;
const PREPARING_PAUSE: Duration = Duration::from_millis(1);
