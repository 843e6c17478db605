//! The inbox: every report, newest day first; what is in quarantine stands apart with its reason.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use super::{App, Taken, failed, layout, take, unlock};
use crate::{
    cli::missing_list,
    import::sequence,
    l10n::Texts,
    vault::{
        Contents,
        item::{Imported, Reason, RecordState},
    },
    words,
};

/// What the inbox shows; no plaintext of a submission.
struct Inbox {
    reports: Vec<Report>,
    quarantined: Vec<(String, Reason)>,
    damaged_rows: u64,
    missing: (Vec<u64>, u64),
}

struct Report {
    id: String,
    imported: Imported,
    twice: bool,
}

/// The inbox, or the unlock page.
pub(super) async fn get(State(app): State<Arc<App>>) -> Response {
    match take(&app, |vault| Inbox::of(vault.contents())).await {
        Taken::Locked => unlock::page(&app, None),
        Taken::Failed => failed(&app),
        Taken::Here(inbox) => {
            let texts = Texts::english();
            let frame = layout::Frame::of(&app);
            layout::page(texts, frame, "console-inbox-title", &inbox.content(texts)).into_response()
        }
    }
}

impl Inbox {
    fn of(contents: &Contents) -> Self {
        let mut inbox = Self {
            reports: Vec::new(),
            quarantined: Vec::new(),
            damaged_rows: contents.damaged.len() as u64,
            missing: contents
                .server
                .as_ref()
                .map_or_else(Default::default, |row| sequence::missing(&row.item)),
        };
        for record in contents.newest_first() {
            let id = record.record_id.to_string();
            match &record.state {
                RecordState::Imported(imported) => inbox.reports.push(Report {
                    id,
                    twice: contents.copies(imported) > 1,
                    imported: imported.clone(),
                }),
                RecordState::Quarantined(reason) => inbox.quarantined.push((id, *reason)),
            }
        }
        inbox
    }

    fn content(&self, texts: &Texts) -> Markup {
        let count = |id: &str, count: u64| texts.with(id, &[("count", count.into())]);
        html! {
            h1 { (texts.get("console-inbox-title")) }
            @if self.damaged_rows > 0 {
                div.alarm role="note" { p { (count("console-inbox-damaged", self.damaged_rows)) } }
            }
            @if self.missing.1 > 0 {
                @let list = missing_list(texts, &self.missing.0, self.missing.1);
                div.alarm role="note" {
                    p {
                        (texts.with("console-inbox-missing",
                            &[("count", self.missing.1.into()), ("list", (&list).into())]))
                    }
                }
            }
            p { (count("console-inbox-count", self.reports.len() as u64)) }
            @if self.reports.is_empty() {
                p.soft { (texts.get("console-inbox-empty")) }
            } @else {
                (self.reports(texts))
            }
            @if !self.quarantined.is_empty() { (self.quarantined(texts)) }
        }
    }

    fn reports(&self, texts: &Texts) -> Markup {
        html! {
            div.scroll { table {
                caption { (texts.get("console-inbox-caption")) }
                thead { tr {
                    th scope="col" { (texts.get("console-inbox-day")) }
                    th scope="col" { (texts.get("console-inbox-record")) }
                    th scope="col" { (texts.get("console-inbox-state")) }
                    th scope="col" { (texts.get("console-inbox-path")) }
                    th.number scope="col" { (texts.get("console-inbox-attachments")) }
                    th scope="col" { (texts.get("console-inbox-problems")) }
                } }
                tbody { @for report in &self.reports { (report.row(texts)) } }
            } }
        }
    }

    fn quarantined(&self, texts: &Texts) -> Markup {
        html! {
            h2 { (texts.get("console-quarantine-heading")) }
            p { (texts.get("console-quarantine-note")) }
            div.scroll { table {
                caption { (texts.get("console-quarantine-caption")) }
                thead { tr {
                    th scope="col" { (texts.get("console-inbox-record")) }
                    th scope="col" { (texts.get("console-quarantine-reason")) }
                    th scope="col" { (texts.get("console-quarantine-advice")) }
                } }
                tbody { @for (id, reason) in &self.quarantined {
                    @let (what, advice) = words::reason(texts, *reason);
                    tr {
                        td.record { (layout::id(id)) }
                        td { (what) }
                        td { (advice) }
                    }
                } }
            } }
        }
    }
}

impl Report {
    fn row(&self, texts: &Texts) -> Markup {
        let problems = u64::from(self.imported.problems);
        html! {
            tr {
                td.nowrap { bdi dir="ltr" { (self.imported.received_day) } }
                td.record { a href={ "/case/" (self.id) } { (layout::id(&self.id)) } }
                td { (texts.get("console-state-imported")) }
                td { (words::path(texts, self.imported.path)) }
                td.number { (self.imported.attachments) }
                td {
                    @if problems > 0 {
                        span.badge {
                            (texts.with("console-inbox-problem-count", &[("count", problems.into())]))
                        }
                        " "
                    }
                    @if self.twice { span.badge { (texts.get("console-inbox-twice")) } }
                }
            }
        }
    }
}
