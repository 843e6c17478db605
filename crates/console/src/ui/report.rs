//! One report: what must not be done or mentioned first, then the story, then the rest; identity apart.
//! Out of the vault for each view, every digest checked; nothing of it stays in memory afterwards.

use std::sync::Arc;

use asylia_envelope::{
    answers::Answer,
    ids::RecordId,
    questionnaire::{Class, Question},
};
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use serde::Deserialize;

use super::{App, failed, layout, letters, not_found, take};
use crate::{
    access::Page,
    casework::number::CaseNumber,
    correspondence::thread::Thread,
    l10n::Texts,
    opening::Refused,
    report::{IdentityBox, OpenedReport, SECTIONS, STORY, WARNING, values},
    vault::{Vault, audit::Motive, item::Reason},
    words,
};

/// What the vault gave.
enum Found {
    Nothing,
    Refused(Reason),
    Failed,
    Report(Box<OpenedReport>, Box<Around>),
}

/// Why the identity part is to be opened; empty where nothing was chosen.
#[derive(Deserialize)]
pub(super) struct Why {
    #[serde(default)]
    motive: String,
}

/// The page of a report, its identity part closed.
pub(super) async fn get(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    page(app, &id, None).await
}

/// The same page with its identity part, once somebody said why.
pub(super) async fn identity(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Form(why): Form<Why>,
) -> Response {
    page(app, &id, Motive::parse(&why.motive)).await
}

async fn page(app: Arc<App>, id: &str, motive: Option<Motive>) -> Response {
    let Ok(id) = id.parse::<RecordId>() else {
        return not_found(State(app)).await;
    };
    let found = take(&app, Page::Report, move |vault| {
        match find(vault, id, motive) {
            Ok(None) => Found::Nothing,
            Ok(Some((report, around))) => Found::Report(Box::new(report), Box::new(around)),
            Err(Refused::Record(reason)) => Found::Refused(reason),
            Err(Refused::Io(_)) => Found::Failed,
        }
    });
    let found = match found.await {
        Ok(found) => found,
        Err(instead) => return instead,
    };
    let texts = Texts::english();
    let (status, content) = match found {
        Found::Failed => return failed(&app),
        Found::Nothing => return not_found(State(app)).await,
        Found::Refused(reason) => (StatusCode::UNPROCESSABLE_ENTITY, refused(texts, id, reason)),
        Found::Report(report, around) => (StatusCode::OK, content(texts, &report, &around)),
    };
    let page = layout::page(
        texts,
        layout::Frame::of(&app),
        "console-case-title",
        &content,
    );
    (status, page).into_response()
}

/// The report, and its letters for who does casework.
fn find(
    vault: &mut Vault,
    id: RecordId,
    motive: Option<Motive>,
) -> Result<Option<(OpenedReport, Around)>, Refused> {
    let Some(report) = OpenedReport::look(vault, id, motive)? else {
        return Ok(None);
    };
    let thread = match report.follows.is_none() && Page::Reply.allows_any(vault.roles()) {
        true => Some(Thread::of(vault, id)?),
        false => None,
    };
    let belongs = Belongs::of(vault, id);
    Ok(Some((report, Around { belongs, thread })))
}

fn refused(texts: &Texts, id: RecordId, reason: Reason) -> Markup {
    let (what, advice) = words::reason(texts, reason);
    html! {
        h1 { (texts.get("console-case-refused")) }
        p { (layout::id(&id.to_string())) }
        div.alarm { p { (what) " " (advice) } }
    }
}

/// What stands round a report.
struct Around {
    belongs: Belongs,
    /// Its letters, for who does casework; none for a follow-up, which is one of another report's.
    thread: Option<Thread>,
}

/// Where a report belongs in casework.
enum Belongs {
    /// The person does no casework.
    Closed,
    /// To no case yet.
    Nowhere,
    /// To that case.
    Case(CaseNumber),
}

impl Belongs {
    fn of(vault: &Vault, id: RecordId) -> Self {
        match vault.contents().cases.of_record(id) {
            _ if !Page::CaseFile.allows_any(vault.roles()) => Self::Closed,
            Some(case) => Self::Case(case.number),
            None => Self::Nowhere,
        }
    }

    fn markup(&self, texts: &Texts, id: RecordId) -> Markup {
        html! {
            @match self {
                Self::Closed => {},
                Self::Nowhere => form method="post" action={ "/report/" (id) "/case" } {
                    button type="submit" { (texts.get("console-casework-make-of-report")) }
                },
                Self::Case(number) => p {
                    (texts.get("console-casework-of-report")) " "
                    a href={ "/case/" (number) } { (layout::id(&number.to_string())) }
                },
            }
        }
    }
}

fn content(texts: &Texts, report: &OpenedReport, around: &Around) -> Markup {
    let belongs = &around.belongs;
    let problems = report.problems(texts);
    html! {
        h1 { (texts.get("console-case-heading")) }
        @match report.follows {
            None => {}
            Some(None) => p.note { (texts.get("console-report-follow-up-waiting")) },
            Some(Some(report)) => {
                @let record = report.to_string();
                p.note { a href={ "/report/" (record) "#letters" } {
                    (texts.with("console-report-follow-up", &[("record", (&record).into())]))
                } }
            }
        }
        section.alarm aria-labelledby="warning" {
            h2 id="warning" { (texts.get("console-case-warning")) }
            @match report.answers.text(WARNING) {
                Some(text) => (layout::foreign(text)),
                None => p { (texts.get("console-case-warning-none")) },
            }
        }
        (belongs.markup(texts, report.record_id))
        @if !problems.is_empty() {
            section.alarm aria-labelledby="problems" {
                h2 id="problems" { (texts.get("console-case-problems")) }
                ul { @for problem in &problems { li { (problem) } } }
            }
        }
        h2 { (texts.get("console-case-story")) }
        @match report.answers.text(STORY) {
            Some(text) => div.story { (layout::foreign(text)) },
            None => p { (texts.get("console-case-story-none")) },
        }
        @for (title, classes) in SECTIONS {
            @if classes.contains(&Class::Identity) {
                section.apart {
                    h2 { (texts.get(title)) }
                    p.soft { (texts.get("console-case-identity-note")) }
                    @match report.identity {
                        IdentityBox::Closed => (closed_identity(texts, report.record_id)),
                        IdentityBox::NotThere | IdentityBox::Open => (answers(texts, report, classes)),
                    }
                }
            } @else {
                h2 { (texts.get(title)) }
                (answers(texts, report, classes))
            }
        }
        h2 { (texts.get("console-case-attachments")) }
        (attachments(texts, report))
        @if let Some(thread) = &around.thread { (letters::section(texts, report.record_id, thread)) }
        h2 { (texts.get("console-case-details")) }
        (details(texts, report, problems.is_empty()))
    }
}

/// What opens the identity part: an act of its own, with its reason.
fn closed_identity(texts: &Texts, id: RecordId) -> Markup {
    html! {
        form method="post" action={ "/report/" (id) "/identity" } {
            p { (texts.get("console-identity-closed")) }
            p {
                label for="motive" { (texts.get("console-identity-why")) }
                select id="motive" name="motive" required {
                    option value="" { (texts.get("console-identity-choose")) }
                    @for motive in Motive::CHOICE {
                        option value=(motive.code()) { (layout::motive(texts, motive)) }
                    }
                }
            }
            button type="submit" { (texts.get("console-identity-open")) }
        }
    }
}

/// The answered questions under the headings of the form's blocks, then those without an answer, folded.
fn answers(texts: &Texts, report: &OpenedReport, classes: &'static [Class]) -> Markup {
    let mut blocks: Vec<(u8, Vec<(&Question, &Answer)>)> = Vec::new();
    for (question, answer) in report.answered(classes) {
        match blocks.last_mut() {
            Some((block, answers)) if *block == question.block => answers.push((question, answer)),
            _ => blocks.push((question.block, vec![(question, answer)])),
        }
    }
    let unanswered: Vec<&Question> = report.unanswered(classes).collect();
    html! {
        @for (block, answers) in &blocks {
            @if !classes.contains(&Class::Permission) {
                h3 { (texts.get(&format!("block-{block}"))) }
            }
            dl { @for (question, answer) in answers {
                dt { (words::question(texts, question)) }
                dd { (shown(texts, question, answer)) }
            } }
        }
        @if !unanswered.is_empty() {
            details {
                summary {
                    (texts.with("console-case-unanswered-list",
                        &[("count", (unanswered.len() as u64).into())]))
                }
                ul { @for question in unanswered { li { (words::question(texts, question)) } } }
            }
        }
    }
}

fn shown(texts: &Texts, question: &Question, answer: &Answer) -> Markup {
    let values = values(texts, question, answer);
    html! {
        @match values.as_slice() {
            [value] => (layout::foreign(value)),
            values => ul { @for value in values { li { (layout::foreign_inline(value)) } } },
        }
    }
}

fn attachments(texts: &Texts, report: &OpenedReport) -> Markup {
    let attachments = &report.attachments;
    if attachments.is_empty() {
        return html! { p { (texts.get("console-case-attachments-none")) } };
    }
    html! {
        div.scroll { table {
            thead { tr {
                th scope="col" { (texts.get("console-case-attachments-number")) }
                th scope="col" { (texts.get("console-case-attachments-name")) }
                th scope="col" { (texts.get("console-case-attachments-type")) }
                th scope="col" { (texts.get("console-case-attachments-size")) }
                th scope="col" { (texts.get("console-case-attachments-sha256")) }
            } }
            tbody { @for attachment in attachments { tr {
                td { (attachment.number) }
                td { (layout::foreign_inline(&attachment.name)) }
                td.type { (layout::foreign_inline(&attachment.media_type)) }
                td.nowrap { (words::size(texts, attachment.size)) }
                td { (layout::id(&attachment.sha256)) }
            } } }
        } }
        p { (texts.get("console-case-attachments-note")) }
        @if let Some(first) = attachments.first() {
            p { code dir="ltr" {
                "asylia-console attachment " (report.record_id) " " (first.number)
                " --vault FOLDER --out FILE"
            } }
        }
    }
}

fn details(texts: &Texts, report: &OpenedReport, whole: bool) -> Markup {
    html! {
        dl {
            dt { (texts.get("console-case-record")) }
            dd { (layout::id(&report.record_id.to_string())) }
            @if let (Some(day), Some(path)) = (report.received_day, report.path) {
                dt { (texts.get("console-case-received")) }
                dd { bdi dir="ltr" { (day) } }
                dt { (texts.get("console-case-path")) }
                dd { (words::path(texts, path)) }
            }
            @if let Some(language) = &report.language {
                dt { (texts.get("console-case-language")) }
                dd { (layout::foreign_inline(language)) }
            }
        }
        @if whole { p { (texts.get("console-case-problems-none")) } }
        @if report.copies > 1 {
            p.badge { (texts.with("console-sent-twice", &[("count", (report.copies as u64).into())])) }
        }
        p.soft { (texts.get("console-case-unproven")) }
    }
}
