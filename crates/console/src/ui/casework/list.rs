//! The cases, what is due first on top; and making one, of a report or of what came by another door.

use super::{
    App, Arc, CaseworkError, Door, Fields, Form, Framework, IntoResponse, Markup, NewCase, Page,
    Path, Redirect, Response, Shown, State, StatusCode, Texts, acts, area, choice, html, layout,
    shown, take,
};
use crate::{
    casework::{
        deadline::{DeadlineKind, deadlines, level},
        packet::notice::open_notices,
        values::Urgency,
    },
    vault::audit::rfc3339,
    words::coded,
};

/// One line of the list.
struct Line {
    number: String,
    level: Urgency,
    proposed: bool,
    stage: &'static str,
    holds: Vec<&'static str>,
    due: Option<(i64, DeadlineKind, bool)>,
    notices: usize,
    records: usize,
}

/// The list.
pub(in crate::ui) async fn get(State(app): State<Arc<App>>) -> Response {
    page(&app, None).await
}

async fn page(app: &Arc<App>, refused: Option<String>) -> Response {
    let lines = take(app, Page::Cases, |vault| {
        // What failed here is tried again at the next look; what holds is computed and needs no entry.
        let _ = acts::log_unread(vault);
        let cases = vault.contents().cases.iter();
        let mut lines: Vec<Line> = cases.map(|case| Line::of(&shown(vault, case))).collect();
        lines.sort_by_key(|line| (line.due.map_or(i64::MAX, |due| due.0), line.number.clone()));
        lines
    });
    let lines = match lines.await {
        Err(instead) => return instead,
        Ok(lines) => lines,
    };
    let texts = Texts::english();
    let status = match refused {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let content = html! {
        h1 { (texts.get("console-cases-title")) }
        @if let Some(refused) = &refused { div.alarm role="alert" { p { (refused) } } }
        p { (texts.with("console-cases-count", &[("count", (lines.len() as u64).into())])) }
        @if !lines.is_empty() { (table(texts, &lines)) }
        h2 { (texts.get("console-cases-door")) }
        form.people method="post" action="/cases" {
            (choice(texts, "channel", "console-cases-channel", "channel", &channels()))
            (area(texts, "source", "console-cases-source"))
            button type="submit" { (texts.get("console-cases-make")) }
        }
    };
    let page = layout::page(
        texts,
        layout::Frame::of(app),
        "console-cases-title",
        &content,
    );
    (status, page).into_response()
}

fn channels() -> Vec<&'static str> {
    let other = Framework::shipped().intake_channels.other.iter();
    other.map(String::as_str).collect()
}

fn table(texts: &Texts, lines: &[Line]) -> Markup {
    html! {
        div.scroll { table {
            caption { (texts.get("console-cases-caption")) }
            thead { tr {
                th scope="col" { (texts.get("console-cases-number")) }
                th scope="col" { (texts.get("console-cases-urgency")) }
                th scope="col" { (texts.get("console-cases-stage")) }
                th scope="col" { (texts.get("console-cases-due")) }
                th.number scope="col" { (texts.get("console-cases-reports")) }
            } }
            tbody { @for line in lines { (line.row(texts)) } }
        } }
    }
}

impl Line {
    fn of(shown: &Shown<'_>) -> Self {
        let case = shown.case;
        let due = deadlines(case, &shown.contents.lists.calendar, shown.now);
        Self {
            number: case.number.to_string(),
            level: level(case, shown.now),
            proposed: case.urgency.is_none(),
            stage: case.stage.code(),
            holds: case.holds.iter().map(|hold| hold.code()).collect(),
            due: due
                .first()
                .map(|due| (due.at, due.kind, due.is_overdue(shown.now))),
            notices: open_notices(case, shown.today).len(),
            records: case.records.len(),
        }
    }

    fn row(&self, texts: &Texts) -> Markup {
        html! {
            tr {
                td.record { a href={ "/case/" (self.number) } { (layout::id(&self.number)) } }
                td {
                    (coded(texts, "urgency", self.level.code()))
                    @if self.proposed { " " span.soft { (texts.get("console-cases-proposed")) } }
                }
                td {
                    (coded(texts, "stage", self.stage))
                    @for hold in &self.holds { " " span.badge { (coded(texts, "hold", hold)) } }
                    @if self.notices > 0 { " " span.badge { (texts.get("console-cases-notices")) } }
                }
                td {
                    @if let Some((at, kind, overdue)) = self.due {
                        bdi dir="ltr" { (rfc3339(at)) } " " (coded(texts, "deadline", kind.code()))
                        @if overdue { " " span.badge { (texts.get("console-cases-overdue")) } }
                    }
                }
                td.number { (self.records) }
            }
        }
    }
}

/// A case of what came by another door.
pub(in crate::ui) async fn make(
    State(app): State<Arc<App>>,
    Form(form): Form<Vec<(String, String)>>,
) -> Response {
    let form = Fields::of(form);
    let door = Door {
        channel: form.text("channel"),
        source: form.text("source"),
        register_row: None,
    };
    let new = NewCase {
        records: Vec::new(),
        door: Some(door),
    };
    made(&app, new).await
}

/// A case of a report.
pub(in crate::ui) async fn make_of_report(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Response {
    let new = NewCase {
        records: id.parse().into_iter().collect(),
        door: None,
    };
    made(&app, new).await
}

async fn made(app: &Arc<App>, new: NewCase) -> Response {
    let made = take(app, Page::Cases, move |vault| {
        match new.records.is_empty() && new.door.is_none() {
            true => Err(CaseworkError::NoSuchRecord),
            false => acts::make(vault, new).and_then(|number| {
                acts::fill_from_reports(vault, number)?;
                Ok(number)
            }),
        }
    });
    match made.await {
        Err(instead) => instead,
        Ok(Ok(number)) => Redirect::to(&format!("/case/{number}")).into_response(),
        Ok(Err(refused)) => page(app, Some(refused.to_string())).await,
    }
}
