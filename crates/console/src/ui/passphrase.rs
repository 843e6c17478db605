//! One's own passphrase: the old one, and the new one twice.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::html;
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    App, layout,
    people::{alike, field, text_of},
    take,
};
use crate::{access::Page, l10n::Texts};

/// The form's fields; their buffers become the secrets.
#[derive(Deserialize)]
pub(super) struct Passphrases {
    own: String,
    new: String,
    again: String,
}

/// The form.
pub(super) async fn get(State(app): State<Arc<App>>) -> Response {
    match take(&app, Page::Passphrase, |_| ()).await {
        Err(instead) => instead,
        Ok(()) => page(&app, StatusCode::OK, None),
    }
}

/// Changes it.
pub(super) async fn post(State(app): State<Arc<App>>, Form(form): Form<Passphrases>) -> Response {
    let [own, new, again] = [form.own, form.new, form.again].map(SecretString::from);
    let changed = take(&app, Page::Passphrase, move |vault| {
        if !alike(&new, &again) {
            return Err("console-people-unlike");
        }
        let cost = vault.cost();
        vault
            .confirm(&own)
            .and_then(|()| vault.change_passphrase(&new, cost))
            .map_err(|error| text_of(&error))
    });
    match changed.await {
        Err(instead) => instead,
        Ok(Ok(())) => page(&app, StatusCode::OK, Some("console-passphrase-done")),
        Ok(Err(why)) => page(&app, StatusCode::UNPROCESSABLE_ENTITY, Some(why)),
    }
}

fn page(app: &App, status: StatusCode, notice: Option<&str>) -> Response {
    let texts = Texts::english();
    let (class, role) = match status {
        StatusCode::OK => ("note", "status"),
        _ => ("alarm", "alert"),
    };
    let content = html! {
        h1 { (texts.get("console-passphrase-title")) }
        @if let Some(notice) = notice {
            div class=(class) role=(role) { p { (texts.get(notice)) } }
        }
        form.people method="post" action="/passphrase" {
            (field(texts, "own", "console-people-own", "password", "off"))
            (field(texts, "new", "console-people-new", "password", "new-password"))
            (field(texts, "again", "console-people-again", "password", "new-password"))
            p.soft { (texts.get("console-people-new-help")) }
            button type="submit" { (texts.get("console-passphrase-button")) }
        }
        p.soft { (texts.get("console-passphrase-copies")) }
    };
    let page = layout::page(
        texts,
        layout::Frame::of(app),
        "console-passphrase-title",
        &content,
    );
    (status, page).into_response()
}
