//! The server's pages: one function per page over a typed context, one response each, no script needed.
//!
//! Pages hold no logic of intake and never see what a visitor typed, so they cannot echo it. Every page is
//! padded to one of four published sizes, so that its length says no more than which kind it is; receipt
//! and refusals share one. Titles are neutral, since ordinary browsers keep them.
//!
//! **JavaScript on or off.** Both posting buttons and the words for the path without JavaScript stand inside
//! `<noscript>`. What only a visitor with JavaScript on should read stands outside it and carries the class
//! `js`, which a second inline style *inside `<noscript>`* hides. A browser with JavaScript on reads the
//! content of `<noscript>` as mere text, so that style exists only where it should; no media query and no
//! `:has()` is needed, which older Tor Browsers lack. The price is a second hash in the policy, see
//! [`style_hashes`]; should it be missing there, both lines show and nothing is hidden from anyone.
//!
//! **Enter.** Pressing Enter in a one-line input would press the first Send button by itself, in the middle
//! of writing. Every text field is therefore a `<textarea>`, where Enter is a new line.

mod about;
mod follow_up;
mod home;
mod layout;
mod mailbox;
mod questions;
mod receipt;
mod refusal;
mod safety;
mod sealed;
#[cfg(test)]
mod tests;

pub use about::about;
pub use follow_up::{NewCode, follow_up, follow_up_sent};
pub use home::home;
pub use layout::{
    PAGE_BYTES, PAGE_FORM_BYTES, PAGE_FORM_LONG_BYTES, PAGE_MAILBOX_BYTES, Page, style_hashes,
};
pub use mailbox::{MailboxFault, answers, mailbox, mailbox_deleted};
pub use receipt::{Receipt, receipt};
pub use refusal::{refusal, sentences};
pub use safety::safety;
pub use sealed::{sealed, sealed_result};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::collection::Collected;
use crate::l10n::{Language, Texts};
use crate::room::Files;

/// What every page knows of the site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The language of the pages.
    pub language: Language,
    /// Whether the key bundle is marked `demo: yes`; every page then says DEMO KEYS.
    pub demo: bool,
    /// Who reads, in the words of the key bundle: a function, not a name. `None` without a valid bundle.
    pub office: Option<String>,
    /// The 12 words of the office. `None` where neither the anchor nor a valid bundle is known.
    pub fingerprint: Option<String>,
    /// Why no report can be sent, if so.
    pub closed: Option<Closed>,
    /// Nobody has collected for so long that visitors are told.
    pub late: bool,
    /// When the office last collected.
    pub collected: Collected,
    /// Reached through a TLS proxy, which would read what is sent without JavaScript: that way is shut.
    pub clear_web: bool,
    /// Who answers at night and at weekends: signed data of the office, a line each; may be empty.
    pub answers_at_night: Vec<String>,
    /// Most bytes of UTF-8 in one text field.
    pub field_limit_bytes: u64,
    /// Most bytes of UTF-8 in all answers together.
    pub text_limit_bytes: u64,
    /// Most files in a report.
    pub file_limit: u32,
    /// Most bytes of a whole report, files included.
    pub report_limit_bytes: u64,
    /// Which files find room at present.
    pub files: Files,
}

/// Why the form is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closed {
    /// No key bundle, or one that does not verify.
    NoKeys,
    /// The key bundle has expired.
    Expired,
    /// The store has no room left.
    Full,
    /// Nobody has collected for weeks.
    Uncollected,
}

/// The response of a page.
pub fn respond(page: Page) -> Response {
    let status = StatusCode::from_u16(page.status()).unwrap_or(StatusCode::OK);
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let body = page.into_bytes();
    #[cfg(feature = "danger_leak")]
    crate::leak::keep(&body);
    (status, kind, body).into_response()
}

impl Site {
    fn texts(&self) -> &'static Texts {
        self.language.texts()
    }
}
