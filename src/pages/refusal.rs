//! A readable page for everything the server does not do: what failed, what to do, what became of the text.
//!
//! A refusal holds limits, never input, so that nothing can be echoed.

use maud::html;

use super::layout::{Links, PAGE_BYTES, Page, document};
use super::{Closed, Site};

/// Why a request was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The story is empty or white space.
    EmptyStory,
    /// One text field is over its limit.
    FieldTooLarge {
        /// Most bytes of a text field.
        limit_bytes: u64,
    },
    /// All text fields together are over their limit.
    TextTooLarge {
        /// Most bytes of text in a report.
        limit_bytes: u64,
    },
    /// The whole report is over its limit.
    ReportTooLarge {
        /// Most bytes of a report, files included.
        limit_bytes: u64,
    },
    /// There are more files than a report may have.
    TooManyFiles {
        /// Most files of a report.
        limit: u32,
    },
    /// The body is not `multipart/form-data`.
    NotMultipart,
    /// The body is not well formed.
    BadForm,
    /// The form is closed; [`Site::closed`] says why.
    Closed,
    /// Too many uploads at this moment.
    Busy,
    /// No such address.
    NotFound,
    /// The address exists, with another method.
    MethodNotAllowed,
    /// The request's headers are over their limit.
    HeadersTooLarge,
    /// The request came from a page of another site.
    ForeignOrigin,
    /// The body ended, or stood still, before it was whole.
    CutOff,
    /// A fault of the server.
    Internal,
}

impl Refusal {
    /// Returns the HTTP status of this refusal.
    ///
    /// A cut-off body is 400 and not 408, which browsers take as leave to send the request again unasked.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::BadForm | Self::CutOff => 400,
            Self::ForeignOrigin => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::FieldTooLarge { .. }
            | Self::TextTooLarge { .. }
            | Self::ReportTooLarge { .. }
            | Self::TooManyFiles { .. } => 413,
            Self::NotMultipart => 415,
            Self::EmptyStory => 422,
            Self::HeadersTooLarge => 431,
            Self::Busy => 429,
            Self::Internal => 500,
            Self::Closed => 503,
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::EmptyStory => "refusal-empty-story",
            Self::FieldTooLarge { .. } => "refusal-field-too-large",
            Self::TextTooLarge { .. } => "refusal-text-too-large",
            Self::ReportTooLarge { .. } => "refusal-report-too-large",
            Self::TooManyFiles { .. } => "refusal-too-many-files",
            Self::NotMultipart => "refusal-not-multipart",
            Self::BadForm => "refusal-bad-form",
            Self::Closed => "refusal-closed",
            Self::Busy => "refusal-busy",
            Self::NotFound => "refusal-not-found",
            Self::MethodNotAllowed => "refusal-method-not-allowed",
            Self::HeadersTooLarge => "refusal-headers-too-large",
            Self::ForeignOrigin => "refusal-foreign-origin",
            Self::CutOff => "refusal-cut-off",
            Self::Internal => "refusal-internal",
        }
    }

    /// The limit that was passed, in words for a page.
    fn limit(self, site: &Site) -> String {
        match self {
            Self::FieldTooLarge { limit_bytes }
            | Self::TextTooLarge { limit_bytes }
            | Self::ReportTooLarge { limit_bytes } => site.texts().size(limit_bytes),
            Self::TooManyFiles { limit } => limit.to_string(),
            _ => String::new(),
        }
    }

    /// Whether the visitor has just sent a form; the others may come from a mistyped address as well.
    const fn follows_a_form(self) -> bool {
        !matches!(
            self,
            Self::Closed | Self::NotFound | Self::MethodNotAllowed | Self::HeadersTooLarge
        )
    }

    #[cfg(test)]
    pub(crate) const fn samples() -> [Self; 15] {
        [
            Self::EmptyStory,
            Self::FieldTooLarge {
                limit_bytes: 262_144,
            },
            Self::TextTooLarge {
                limit_bytes: 1_048_576,
            },
            Self::ReportTooLarge {
                limit_bytes: 1 << 30,
            },
            Self::TooManyFiles { limit: 64 },
            Self::NotMultipart,
            Self::BadForm,
            Self::Closed,
            Self::Busy,
            Self::NotFound,
            Self::MethodNotAllowed,
            Self::HeadersTooLarge,
            Self::ForeignOrigin,
            Self::CutOff,
            Self::Internal,
        ]
    }
}

/// Renders a refusal; [`Page::status`] is [`Refusal::status`].
#[must_use]
pub fn refusal(site: &Site, refusal: &Refusal) -> Page {
    let texts = site.texts();
    let message = refusal.message();
    let limit = refusal.limit(site);
    let kept = match refusal.follows_a_form() {
        true => "page-refusal-not-kept",
        false => "page-refusal-not-kept-if",
    };
    let closed = *refusal == Refusal::Closed;
    let content = html! {
        @if closed {
            h1 { (texts.get(message)) }
            p { (texts.get(reason(site.closed))) " " (texts.get("refusal-closed.try-later")) }
        } @else {
            h1 { (texts.get(&format!("{message}.title"))) }
            p { (texts.with(message, &[("limit", &limit)])) }
        }
        p.note { (texts.get(kept)) " " (texts.get("page-refusal-back")) }
        @if !closed { p { a href="/" { (texts.get("page-refusal-again")) } } }
    };
    let document = document(site, "page-refusal-title", Links::Elsewhere, &content);
    Page::new(refusal.status(), PAGE_BYTES, document)
}

/// A report can be refused as closed an instant after the site opened again: then no reason is left to tell.
const fn reason(closed: Option<Closed>) -> &'static str {
    match closed {
        Some(Closed::Expired) => "refusal-closed.expired",
        Some(Closed::Full) => "refusal-closed.full",
        Some(Closed::NoKeys) | None => "refusal-closed.no-keys",
    }
}
