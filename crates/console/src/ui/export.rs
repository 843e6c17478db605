//! Export: what waits, the sticks that are in, and what was written.

use std::{path::PathBuf, sync::Arc};

use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{App, layout, take};
use crate::{
    access::Page,
    correspondence::sending::{Target, export, export_again, may_leave_now},
    l10n::Texts,
    sticks::{Place, places},
    vault::{Contents, WriteLock},
};

/// Where to, and which bundle again.
#[derive(Deserialize)]
pub(super) struct Chosen {
    place: String,
    #[serde(default)]
    again: Option<u64>,
}

/// What the page shows.
struct Shown {
    waiting: u64,
    later: u64,
    unconfirmed: Vec<u64>,
    places: Vec<Place>,
}

impl Shown {
    fn of(contents: &Contents, folders: &[PathBuf], explicit: bool) -> Self {
        let correspondence = &contents.correspondence;
        let waiting = correspondence.waiting().count() as u64;
        let confirmed = correspondence.confirmed();
        let sent = correspondence.sent().iter().map(|row| row.item.sequence);
        Self {
            waiting,
            later: waiting.saturating_sub(may_leave_now(contents)),
            unconfirmed: sent.filter(|number| *number > confirmed).collect(),
            places: places(folders, explicit),
        }
    }
}

/// What waits, and where it can go.
pub(super) async fn get(State(app): State<Arc<App>>) -> Response {
    let (folders, explicit) = (app.sticks.clone(), app.sticks_given);
    let shown = take(&app, Page::Export, move |vault| {
        Shown::of(vault.contents(), &folders, explicit)
    });
    match shown.await {
        Err(instead) => instead,
        Ok(shown) => page(&app, StatusCode::OK, None, &shown),
    }
}

/// Writes a bundle to the stick that was chosen.
pub(super) async fn post(State(app): State<Arc<App>>, Form(chosen): Form<Chosen>) -> Response {
    let (folders, explicit) = (app.sticks.clone(), app.sticks_given);
    let directory = app.directory.clone();
    let done = take(&app, Page::Export, move |vault| {
        let texts = Texts::english();
        let place = places(&folders, explicit)
            .into_iter()
            .find(|place| place.code() == chosen.place);
        let outcome = match (place, WriteLock::take(&directory)) {
            (None, _) => Err(texts.get("console-export-not-there")),
            (_, Err(error)) => Err(error.to_string()),
            (Some(place), Ok(_lock)) => {
                let target = Target::Folder(place.path);
                let written = match chosen.again {
                    None => export(vault, &target),
                    Some(number) => export_again(vault, number, &target),
                };
                written
                    .map(|exported| {
                        let mut said = exported.sentences(texts);
                        let file = exported.file.to_string_lossy().into_owned();
                        let file = crate::words::for_page(&file);
                        said.push(texts.with("console-export-file", &[("file", (&file).into())]));
                        said
                    })
                    .map_err(|error| error.to_string())
            }
        };
        (outcome, Shown::of(vault.contents(), &folders, explicit))
    });
    match done.await {
        Err(instead) => instead,
        Ok((outcome, shown)) => {
            let status = match outcome {
                Ok(_) => StatusCode::OK,
                Err(_) => StatusCode::UNPROCESSABLE_ENTITY,
            };
            page(&app, status, Some(&outcome), &shown)
        }
    }
}

fn page(
    app: &App,
    status: StatusCode,
    outcome: Option<&Result<Vec<String>, String>>,
    shown: &Shown,
) -> Response {
    let texts = Texts::english();
    let count = |id: &str, count: u64| texts.with(id, &[("count", count.into())]);
    let content = html! {
        h1 { (texts.get("console-export-title")) }
        (outcome_of(outcome))
        p { (texts.get("console-export-explain")) }
        p {
            (count("console-export-waiting-now", shown.waiting))
            @if shown.later > 0 { " " (count("console-export-later", shown.later)) }
        }
        (places_form(texts, &shown.places, None))
        @if !shown.unconfirmed.is_empty() {
            h2 { (texts.get("console-export-lost")) }
            p { (texts.get("console-export-lost-explain")) }
            @for number in &shown.unconfirmed { (places_form(texts, &shown.places, Some(*number))) }
        }
    };
    let frame = layout::Frame::of(app);
    let page = layout::page(texts, frame, "console-export-title", &content);
    (status, page).into_response()
}

fn outcome_of(outcome: Option<&Result<Vec<String>, String>>) -> Markup {
    html! {
        @match outcome {
            None => {}
            Some(Err(why)) => div.alarm role="alert" { p { (why) } },
            Some(Ok(said)) => {
                div.note role="status" { ul { @for sentence in said { li { (sentence) } } } }
            }
        }
    }
}

/// One form a bundle: the new one, or one that is written again.
fn places_form(texts: &Texts, places: &[Place], again: Option<u64>) -> Markup {
    if places.is_empty() {
        return html! { p { (texts.get("console-export-none")) } };
    }
    let name = again.map_or_else(|| "new".to_owned(), |number| number.to_string());
    html! {
        form method="post" action="/export" {
            fieldset {
                legend { (texts.get("console-export-place")) }
                @for (number, place) in places.iter().enumerate() {
                    @let id = format!("place-{name}-{number}");
                    p {
                        input type="radio" id=(id) name="place" value=(place.code()) required
                            checked[places.len() == 1];
                        " "
                        label for=(id) { (layout::foreign_inline(&place.path.to_string_lossy())) }
                    }
                }
            }
            @match again {
                None => button type="submit" { (texts.get("console-export-button")) },
                Some(number) => {
                    input type="hidden" name="again" value=(number);
                    button.quiet type="submit" {
                        (texts.with("console-export-again", &[("sequence", number.into())]))
                    }
                }
            }
        }
    }
}
