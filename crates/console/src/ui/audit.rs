//! The audit log, newest first, in parts, filtered by act, person and record: without contents, like the log.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{App, failed, layout, take};
use crate::{
    access::Page,
    l10n::Texts,
    vault::{
        Vault, VaultError,
        audit::{AuditEntry, Motive},
    },
    words,
};

/// What is to be shown; an empty text asks for nothing.
#[derive(Deserialize)]
pub(super) struct Filter {
    /// How many of the entries that fit come before those that are shown.
    #[serde(default)]
    from: usize,
    #[serde(default)]
    act: String,
    #[serde(default)]
    by: String,
    #[serde(default)]
    record: String,
}

/// One part of the log.
struct Log {
    filter: Filter,
    entries: Vec<Line>,
    total: usize,
    acts: BTreeSet<String>,
    names: BTreeSet<String>,
}

struct Line {
    sequence: u64,
    at: String,
    by: String,
    act: String,
    record: Option<String>,
    person: Option<String>,
    number: Option<u64>,
    motive: Option<Motive>,
    case: Option<String>,
    change: Option<String>,
}

/// The log, or what stands in its place.
pub(super) async fn get(State(app): State<Arc<App>>, Query(filter): Query<Filter>) -> Response {
    match take(&app, Page::Audit, move |vault| Log::of(vault, filter)).await {
        Err(instead) => instead,
        Ok(Err(_)) => failed(&app),
        Ok(Ok(log)) => {
            let texts = Texts::english();
            let frame = layout::Frame::of(&app);
            layout::page(texts, frame, "console-audit-title", &log.content(texts)).into_response()
        }
    }
}

impl Log {
    fn of(vault: &mut Vault, filter: Filter) -> Result<Self, VaultError> {
        let all = vault.audit_log()?;
        let acts = all.iter().map(|entry| entry.item.act.code()).collect();
        let names = all.iter().map(|entry| entry.by.clone()).collect();
        let fitting: Vec<&AuditEntry> = all
            .iter()
            .rev()
            .filter(|entry| filter.fits(entry))
            .collect();
        let shown = fitting.iter().skip(filter.from).take(ENTRIES_AT_ONCE);
        let entries = shown.map(|entry| Line::of(vault, entry)).collect();
        Ok(Self {
            total: fitting.len(),
            entries,
            filter,
            acts,
            names,
        })
    }

    fn content(&self, texts: &Texts) -> Markup {
        html! {
            h1 { (texts.get("console-audit-title")) }
            (self.form(texts))
            p { (texts.with("console-audit-count", &[("count", (self.total as u64).into())])) }
            @if !self.entries.is_empty() {
                (self.table(texts))
                (self.others(texts))
            }
        }
    }

    fn form(&self, texts: &Texts) -> Markup {
        let choice = |id: &str, label: &str, all: &BTreeSet<String>, chosen: &str, act: bool| {
            html! {
                p {
                    label for=(id) { (texts.get(label)) }
                    select id=(id) name=(id) {
                        option value="" { (texts.get("console-audit-all")) }
                        @for one in all {
                            option value=(one) selected[one == chosen] {
                                @if act { (words_of(texts, one)) } @else { (one) }
                            }
                        }
                    }
                }
            }
        };
        let filter = &self.filter;
        html! {
            form.filter method="get" action="/audit" {
                (choice("act", "console-audit-act", &self.acts, &filter.act, true))
                (choice("by", "console-audit-by", &self.names, &filter.by, false))
                p {
                    label for="record" { (texts.get("console-audit-record")) }
                    input type="text" id="record" name="record" value=(filter.record) maxlength="32" dir="ltr"
                        autocomplete="off" spellcheck="false";
                }
                button type="submit" { (texts.get("console-audit-filter")) }
            }
        }
    }

    fn table(&self, texts: &Texts) -> Markup {
        html! {
            div.scroll tabindex="0" role="region" aria-labelledby="log" { table {
                caption id="log" { (texts.get("console-audit-caption")) }
                thead { tr {
                    th.number scope="col" { (texts.get("console-audit-number")) }
                    th scope="col" { (texts.get("console-audit-at")) }
                    th scope="col" { (texts.get("console-audit-by")) }
                    th scope="col" { (texts.get("console-audit-act")) }
                    th scope="col" { (texts.get("console-audit-of")) }
                } }
                tbody { @for line in &self.entries { tr {
                    td.number { (line.sequence) }
                    td.nowrap { bdi dir="ltr" { (line.at) } }
                    td { bdi dir="auto" { (line.by) } }
                    td { (words_of(texts, &line.act)) }
                    td {
                        @if let Some(record) = &line.record { (layout::id(record)) " " }
                        @if let Some(person) = &line.person { bdi dir="auto" { (person) } " " }
                        @if let Some(case) = &line.case { (layout::id(case)) " " }
                        @if let Some(change) = &line.change { (words::change(texts, change)) " " }
                        @if let Some(number) = line.number { (number) }
                        @if let Some(motive) = line.motive { " " (layout::motive(texts, motive)) }
                    }
                } } }
            } }
        }
    }

    /// The parts before and after this one, under the same filter.
    fn others(&self, texts: &Texts) -> Markup {
        let filter = &self.filter;
        let next = filter.from + self.entries.len();
        let part = |from: usize, label: &str| {
            html! {
                form method="get" action="/audit" {
                    input type="hidden" name="act" value=(filter.act);
                    input type="hidden" name="by" value=(filter.by);
                    input type="hidden" name="record" value=(filter.record);
                    input type="hidden" name="from" value=(from);
                    button.quiet type="submit" { (texts.get(label)) }
                }
            }
        };
        html! {
            @if filter.from > 0 || next < self.total {
                nav.parts aria-label=(texts.get("console-audit-parts")) {
                    @if filter.from > 0 {
                        (part(filter.from.saturating_sub(ENTRIES_AT_ONCE), "console-audit-newer"))
                    }
                    @if next < self.total { (part(next, "console-audit-older")) }
                }
            }
        }
    }
}

impl Filter {
    fn fits(&self, entry: &AuditEntry) -> bool {
        let record = self.record.trim();
        let of_record = |id: &asylia_envelope::ids::RecordId| id.to_string() == record;
        (self.act.is_empty() || entry.item.act.code() == self.act)
            && (self.by.is_empty() || entry.by == self.by)
            && (record.is_empty() || entry.item.record.as_ref().is_some_and(of_record))
    }
}

impl Line {
    fn of(vault: &Vault, entry: &AuditEntry) -> Self {
        let item = &entry.item;
        let person = item.person.as_deref().map(|number| {
            let mut id = [0; 16];
            match hex::decode_to_slice(number, &mut id) {
                Ok(()) => vault.contents().name_of(&id),
                Err(_) => number.to_owned(),
            }
        });
        Self {
            sequence: entry.sequence,
            at: entry.at.clone(),
            by: entry.by.clone(),
            act: item.act.code(),
            record: item.record.map(|record| record.to_string()),
            person,
            number: item.number,
            motive: item.motive,
            case: item.case.map(|case| case.to_string()),
            change: item.change.clone(),
        }
    }
}

/// An act in words; one that has none yet by its name.
fn words_of(texts: &Texts, act: &str) -> String {
    let words = texts.find(&format!("console-act-{act}"), &[]);
    words.unwrap_or_else(|| act.to_owned())
}

/// Entries on one page.
const ENTRIES_AT_ONCE: usize = 100;
