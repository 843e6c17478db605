//! A readable page for everything the server does not do: what failed, what to do, what became of the text.
//!
//! A refusal holds limits, never input, so that nothing can be echoed.

use maud::html;

use super::layout::{Links, PAGE_BYTES, Page, document};
use super::{Closed, Site};
use crate::limits::PART_BYTES;
use crate::refusal::Refusal;

/// Renders a refusal; [`Page::status`] is [`Refusal::status`].
#[must_use]
pub fn refusal(site: &Site, refusal: Refusal) -> Page {
    let texts = site.texts();
    let message = message(refusal);
    let limit = limit(site, refusal);
    let kept = match refusal.follows_a_form() {
        true => "page-refusal-not-kept",
        false => "page-refusal-not-kept-if",
    };
    let closed = refusal == Refusal::Closed;
    let content = html! {
        @if closed {
            h1 { (texts.get(message)) }
            p { (texts.get(reason(site.closed))) " " (texts.get("refusal-closed.try-later")) }
            @if site.closed == Some(Closed::Uncollected) {
                p { (texts.get("refusal-closed.other-ways")) }
            }
        } @else {
            h1 { (texts.get(&format!("{message}.title"))) }
            p { (texts.with(message, &[("limit", &limit)])) }
        }
        p.note { (texts.get(kept)) " " (texts.get("page-refusal-back")) }
        @if !closed { p { a href="/" { (texts.get("page-refusal-again")) } } }
    };
    let document = document(site, "page-refusal-title", Links::Elsewhere, &content);
    Page::new(refusal.status().as_u16(), PAGE_BYTES, document)
}

/// What failed and what to do, in two sentences: for programs, and for one file among several.
#[must_use]
pub fn sentences(site: &Site, refusal: Refusal) -> String {
    let texts = site.texts();
    let message = message(refusal);
    match refusal {
        Refusal::Closed => texts.get("refusal-closed.sentences").into_owned(),
        // Their titles are the first sentence.
        Refusal::NotFound | Refusal::MethodNotAllowed => {
            let title = texts.get(&format!("{message}.title"));
            format!("{title}. {}", texts.get(message))
        }
        _ => {
            let limit = limit(site, refusal);
            texts.with(message, &[("limit", &limit)]).into_owned()
        }
    }
}

const fn message(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::EmptyStory => "refusal-empty-story",
        Refusal::FieldTooLong => "refusal-field-too-large",
        Refusal::TextTooLong => "refusal-text-too-large",
        Refusal::TooLarge { .. } => "refusal-report-too-large",
        Refusal::TooManyFiles => "refusal-too-many-files",
        Refusal::NotMultipart => "refusal-not-multipart",
        Refusal::BadForm => "refusal-bad-form",
        Refusal::Closed => "refusal-closed",
        Refusal::Busy => "refusal-busy",
        Refusal::TooMany => "refusal-too-many",
        Refusal::TextOnly => "refusal-text-only",
        Refusal::FilesLater => "refusal-files-later",
        Refusal::NotFound => "refusal-not-found",
        Refusal::MethodNotAllowed => "refusal-method-not-allowed",
        Refusal::HeadTooLarge => "refusal-headers-too-large",
        Refusal::OtherSite => "refusal-foreign-origin",
        Refusal::ClearWeb => "refusal-clear-web",
        Refusal::CutOff => "refusal-cut-off",
        Refusal::NotASealedFile => "refusal-not-a-sealed-file",
        Refusal::Malformed => "refusal-malformed",
        Refusal::NotSealed => "refusal-not-sealed",
        Refusal::ForeignRecipients => "refusal-foreign-recipients",
        Refusal::LongAgeHeader => "refusal-long-age-header",
        Refusal::WrongOffice => "refusal-wrong-office",
        Refusal::WindowClosed => "refusal-window-closed",
        Refusal::NoSealedFile => "refusal-no-sealed-file",
        Refusal::OutOfOrder { .. } => "refusal-out-of-order",
        Refusal::OtherBytes => "refusal-other-bytes",
        Refusal::Complete => "refusal-complete",
        Refusal::UnknownUpload => "refusal-unknown-upload",
        Refusal::PartTooLarge => "refusal-part-too-large",
        Refusal::BadCodeForm => "refusal-bad-code-form",
        Refusal::CodeLength => "refusal-code-length",
        Refusal::CodeWord { .. } => "refusal-code-word",
        Refusal::CodeMistyped => "refusal-code-mistyped",
        Refusal::EmptyFollowUp => "refusal-empty-follow-up",
        Refusal::Internal => "refusal-internal",
    }
}

/// The limit that was passed, or the place of a wrong word, in words for a page.
fn limit(site: &Site, refusal: Refusal) -> String {
    match refusal {
        Refusal::FieldTooLong => site.texts().size(site.field_limit_bytes),
        Refusal::TextTooLong => site.texts().size(site.text_limit_bytes),
        Refusal::TooLarge { .. } => site.texts().size(site.report_limit_bytes),
        Refusal::TooManyFiles => site.file_limit.to_string(),
        Refusal::CodeWord { place } => place.to_string(),
        Refusal::PartTooLarge => site.texts().size(PART_BYTES),
        _ => String::new(),
    }
}

/// A report can be refused as closed an instant after the site opened again: then no reason is left to tell.
const fn reason(closed: Option<Closed>) -> &'static str {
    match closed {
        Some(Closed::Expired) => "refusal-closed.expired",
        Some(Closed::Full) => "refusal-closed.full",
        Some(Closed::Uncollected) => "refusal-closed.uncollected",
        Some(Closed::NoKeys) | None => "refusal-closed.no-keys",
    }
}
