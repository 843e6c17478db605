//! Import: the bundles on the sticks, one button each; then how far it is, and what came of it.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use tokio::task;

use super::{
    App,
    layout::{self, Frame},
    running::{Done, Running},
    take,
};
use crate::{
    access::Page,
    l10n::Texts,
    qr::picture,
    sticks::{FoundBundle, bundles},
    vault::WriteLock,
};

/// Which bundle.
#[derive(Deserialize)]
pub(super) struct Chosen {
    bundle: String,
    #[serde(default)]
    new_count: Option<String>,
}

/// The bundles, or the import that goes on, or what came of the last one.
pub(super) async fn get(State(app): State<Arc<App>>) -> Response {
    if let Some(running) = app.importing() {
        return progress(&app, &running);
    }
    let folders = app.sticks.clone();
    match take(&app, Page::Import, move |_| bundles(&folders)).await {
        Err(instead) => instead,
        Ok(found) => {
            let last = app.last_import();
            let outcome = last.and_then(|running| running.outcome());
            page(&app, StatusCode::OK, outcome.as_ref(), &found)
        }
    }
}

/// Begins an import, and leads to its progress.
pub(super) async fn post(State(app): State<Arc<App>>, Form(chosen): Form<Chosen>) -> Response {
    let folders = app.sticks.clone();
    let directory = app.directory.clone();
    let new_count = chosen.new_count.is_some();
    let begun = take(&app, Page::Import, move |vault| {
        let found = bundles(&folders);
        let bundle = found.iter().find(|each| each.code() == chosen.bundle);
        match (bundle.cloned(), WriteLock::take(&directory)) {
            (None, _) => Err(("console-import-gone", found)),
            (_, Err(_)) => Err(("console-import-busy", found)),
            (Some(bundle), Ok(lock)) => Ok((bundle, lock, vault.roles().clone())),
        }
    });
    match begun.await {
        Err(instead) => instead,
        Ok(Err((why, found))) => {
            let why = Err(Texts::english().get(why));
            page(&app, StatusCode::UNPROCESSABLE_ENTITY, Some(&why), &found)
        }
        Ok(Ok((bundle, lock, roles))) => {
            let running = Arc::new(Running::new(roles, bundle.size, new_count));
            if app.begin_import(&running) {
                task::spawn_blocking(move || {
                    running.run(&app, &bundle);
                    drop(lock);
                });
            }
            Redirect::to("/import").into_response()
        }
    }
}

/// Stops the import that goes on.
pub(super) async fn stop(State(app): State<Arc<App>>) -> Response {
    match app.importing() {
        // A vault that is locked, or a role without this page, is answered as everywhere.
        None => match take(&app, Page::Import, |_| ()).await {
            Err(instead) => instead,
            Ok(()) => Redirect::to("/import").into_response(),
        },
        Some(running) => {
            running.stop();
            Redirect::to("/import").into_response()
        }
    }
}

/// How far it is: shown instead of every page that would have to wait for the vault.
pub(super) fn progress(app: &App, running: &Running) -> Response {
    let texts = Texts::english();
    let percent = running.percent();
    let content = html! {
        h1 { (texts.get("console-import-running")) }
        p { label for="done" { (texts.with("console-import-percent", &[("percent", percent.into())])) } }
        progress id="done" max="100" value=(percent) {}
        p { a href="/import" { (texts.get("console-import-again")) } }
        form method="post" action="/import/stop" {
            button.quiet type="submit" { (texts.get("console-import-stop")) }
        }
        p.soft { (texts.get("console-import-stop-help")) }
    };
    let frame = Frame {
        demo: app.demo(),
        roles: Some(running.roles.clone()),
    };
    layout::page(texts, frame, "console-import-title", &content).into_response()
}

fn page(
    app: &App,
    status: StatusCode,
    outcome: Option<&Result<Done, String>>,
    found: &[FoundBundle],
) -> Response {
    let texts = Texts::english();
    let content = html! {
        h1 { (texts.get("console-import-title")) }
        @match outcome {
            None => {}
            Some(Err(why)) => { div.alarm role="alert" { p { (why) } } }
            Some(Ok(done)) => {
                div.note role="status" { ul { @for sentence in &done.said { li { (sentence) } } } }
                (acknowledgement(texts, done))
                p { a href="/" { (texts.get("console-import-inbox")) } }
            }
        }
        (list(texts, found))
        p.soft { (texts.get("console-import-read-only")) }
    };
    let page = layout::page(texts, Frame::of(app), "console-import-title", &content);
    (status, page).into_response()
}

/// The words that go to the server, to be read, typed or scanned.
fn acknowledgement(texts: &Texts, done: &Done) -> Markup {
    html! {
        @match &done.words {
            None => p { (texts.get("console-cli-import-no-words")) },
            Some(words) => section aria-labelledby="acknowledge" {
                h2 id="acknowledge" { (texts.get("console-acknowledge-heading")) }
                p { (texts.get("console-acknowledge-explain")) }
                ol.words dir="ltr" lang="en" {
                    @for word in words.expose().split(' ') { li { (word) } }
                }
                @if let Some(picture) = picture(words.expose(), &texts.get("console-acknowledge-qr")) {
                    (picture)
                }
            },
        }
    }
}

fn list(texts: &Texts, found: &[FoundBundle]) -> Markup {
    if found.is_empty() {
        return html! {
            p { (texts.get("console-import-none")) }
            p { a href="/import" { (texts.get("console-import-look")) } }
        };
    }
    html! {
        div.scroll { table {
            caption { (texts.get("console-import-caption")) }
            thead { tr {
                th scope="col" { (texts.get("console-import-file")) }
                th scope="col" { (texts.get("console-import-size")) }
                th scope="col" { (texts.get("console-import-act")) }
            } }
            tbody { @for (number, bundle) in found.iter().enumerate() {
                @let id = format!("file-{number}");
                tr {
                    td id=(id) { (layout::foreign_inline(&bundle.path.to_string_lossy())) }
                    td.nowrap { (size(texts, bundle.size)) }
                    td { form method="post" action="/import" {
                        input type="hidden" name="bundle" value=(bundle.code());
                        p { label {
                            input type="checkbox" name="new_count" value="yes";
                            " " (texts.get("console-import-new-count"))
                        } }
                        button type="submit" aria-describedby=(id) { (texts.get("console-import-button")) }
                    } }
                }
            } }
        } }
    }
}

fn size(texts: &Texts, bytes: u64) -> String {
    let mebibytes = bytes.div_ceil(1024 * 1024);
    texts.with("console-import-mib", &[("number", mebibytes.into())])
}
