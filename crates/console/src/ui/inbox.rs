//! The inbox: every report, newest day first; what is in quarantine stands apart with its reason.

use std::sync::Arc;

use asylia_envelope::{day::Day, record::SealedBy};
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};

use self::choice::Choice;
use super::{App, layout, take};
use crate::{
    access::Page,
    casework::{
        deadline::level,
        number::CaseNumber,
        values::{Stage, Urgency},
    },
    import::{report::missing_list, sequence},
    l10n::Texts,
    vault::{
        Contents,
        item::{Imported, Reason, RecordItem, RecordState},
    },
    words,
};

mod choice;

/// What the inbox shows; no plaintext of a submission.
struct Inbox {
    /// Those that are shown.
    reports: Vec<Report>,
    choice: Choice,
    /// How many reports fit the choice, and how many there are.
    fitting: usize,
    total: usize,
    quarantined: Vec<(String, Reason)>,
    damaged_rows: u64,
    missing: (Vec<u64>, u64),
}

struct Report {
    id: String,
    received_day: Day,
    path: SealedBy,
    attachments: u16,
    problems: u64,
    twice: bool,
    follow_up: bool,
    /// The case that it belongs to: number, urgency, stage.
    case: Option<(CaseNumber, Urgency, Stage)>,
}

/// The inbox, or the unlock page.
pub(super) async fn get(State(app): State<Arc<App>>, Query(choice): Query<Choice>) -> Response {
    match take(&app, Page::Inbox, move |vault| {
        Inbox::of(vault.contents(), choice)
    })
    .await
    {
        Err(instead) => instead,
        Ok(inbox) => {
            let texts = Texts::english();
            let frame = layout::Frame::of(&app);
            layout::page(texts, frame, "console-inbox-title", &inbox.content(texts)).into_response()
        }
    }
}

impl Inbox {
    fn of(contents: &Contents, choice: Choice) -> Self {
        let mut reports = Vec::new();
        let mut inbox = Self {
            reports: Vec::new(),
            choice,
            fitting: 0,
            total: 0,
            quarantined: Vec::new(),
            damaged_rows: contents.damaged.len() as u64,
            missing: contents
                .server
                .as_ref()
                .map_or_else(Default::default, |row| sequence::missing(&row.item)),
        };
        for record in contents.newest_first() {
            match &record.state {
                RecordState::Imported(imported) => {
                    reports.push(Report::of(contents, record, imported));
                }
                RecordState::Quarantined(reason, _) => {
                    inbox
                        .quarantined
                        .push((record.record_id.to_string(), *reason));
                }
            }
        }
        inbox.total = reports.len();
        let fitting = choice.of(reports);
        inbox.fitting = fitting.len();
        let shown = fitting.into_iter().skip(choice.from).take(REPORTS_AT_ONCE);
        inbox.reports = shown.collect();
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
            p { (count("console-inbox-count", self.total as u64)) }
            @if self.total == 0 {
                p.soft { (texts.get("console-inbox-empty")) }
            } @else {
                (self.choice.form(texts))
                @if self.fitting < self.total {
                    p role="status" { (count("console-inbox-fitting", self.fitting as u64)) }
                }
                @if !self.reports.is_empty() { (self.reports(texts)) }
                (self.others(texts))
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

    /// Links to the parts of the list before and after this one.
    fn others(&self, texts: &Texts) -> Markup {
        let from = self.choice.from;
        let next = from.saturating_add(self.reports.len());
        html! {
            @if from > 0 || next < self.fitting {
                nav aria-label=(texts.get("console-inbox-parts")) {
                    @if from > 0 {
                        a href=(self.choice.address(from.saturating_sub(REPORTS_AT_ONCE))) {
                            (texts.get("console-inbox-newer"))
                        }
                        " "
                    }
                    @if next < self.fitting {
                        a href=(self.choice.address(next)) { (texts.get("console-inbox-older")) }
                    }
                }
            }
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
    fn of(contents: &Contents, record: &RecordItem, imported: &Imported) -> Self {
        Self {
            id: record.record_id.to_string(),
            received_day: imported.received_day,
            path: imported.path,
            attachments: imported.attachments,
            problems: contents.problem_count(record.record_id, imported) as u64,
            twice: contents.copies(imported) > 1,
            follow_up: imported.follow_up.is_some(),
            case: contents
                .cases
                .of_record(record.record_id)
                .map(|case| (case.number, level(case, contents.last_at), case.stage)),
        }
    }

    fn row(&self, texts: &Texts) -> Markup {
        let problems = self.problems;
        html! {
            tr {
                td.nowrap { bdi dir="ltr" { (self.received_day) } }
                td.record { a href={ "/report/" (self.id) } { (layout::id(&self.id)) } }
                td {
                    @match self.case {
                        None if self.follow_up => (texts.get("console-state-follow-up")),
                        None => (texts.get("console-state-imported")),
                        Some((number, level, stage)) => {
                            a href={ "/case/" (number) } { (layout::id(&number.to_string())) } " "
                            (words::coded(texts, "stage", stage.code())) " "
                            (words::coded(texts, "urgency", level.code()))
                        },
                    }
                }
                td { (words::path(texts, self.path)) }
                td.number { (self.attachments) }
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

/// Reports on one page: what a person looks through, and what any computer makes at once.
const REPORTS_AT_ONCE: usize = 200;
