//! What all pages share: the document around them, the two inline styles with their hashes, the padding.
//!
//! The styles are the only thing a page carries besides its text; their hashes go into the
//! `style-src` of every response, and nothing else of a page may be executed, loaded or styled.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::Site;
use crate::static_files::{MAILBOX_SCRIPT_PATH, SCRIPT_PATH};

/// Bytes of every page but the form: receipt and refusals look alike on the wire.
pub const PAGE_BYTES: usize = 10_000;
/// Bytes of the English form: with some 1 020 bytes of response headers it stays within 24 000.
pub const PAGE_FORM_BYTES: usize = 22_950;
/// Bytes of the form in a language that needs more of them.
pub const PAGE_FORM_LONG_BYTES: usize = 32_000;
/// Bytes of a page of mailbox answers.
pub const PAGE_MAILBOX_BYTES: usize = 48_000;

/// A finished page: HTML padded to its size class, and the status it is answered with.
///
/// It may hold a return code, so it has no `Debug`; freed memory is cleared by the server's allocator.
pub struct Page {
    status: u16,
    html: String,
}

impl Page {
    /// Returns the HTTP status that belongs to this page.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Returns the bytes of the response body, UTF-8.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.html.into_bytes()
    }

    /// Returns how many bytes the response body has.
    pub(super) const fn size(&self) -> usize {
        self.html.len()
    }

    /// Pads a document to the smallest size class that is at least `class` and holds it.
    ///
    /// What an instance adds (the office's words, a long list on `/safety`) can move a page up a class,
    /// for all visitors alike; beyond the largest class the page grows in steps of it.
    pub(super) fn new(status: u16, class: usize, document: Markup) -> Self {
        let mut html = squeezed(&document.into_string());
        let needed = html.len() + COMMENT_OPEN.len() + COMMENT_CLOSE.len();
        let size = [
            PAGE_BYTES,
            PAGE_FORM_BYTES,
            PAGE_FORM_LONG_BYTES,
            PAGE_MAILBOX_BYTES,
        ]
        .into_iter()
        .find(|size| *size >= class && *size >= needed)
        .unwrap_or_else(|| needed.next_multiple_of(PAGE_MAILBOX_BYTES));
        html.reserve_exact(size - html.len());
        html.push_str(COMMENT_OPEN);
        html.extend(std::iter::repeat_n(' ', size - needed));
        html.push_str(COMMENT_CLOSE);
        Self { status, html }
    }
}

/// Leaves out what HTML lets a writer leave out: quotes around plain words and paths, and the ends of options
/// and list items.
///
/// This keeps the form within its class. Text is untouched: maud writes every `"` in it as `&quot;`, and
/// the styles hold no `="`.
fn squeezed(html: &str) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.');
    let mut squeezed = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap_or((after, ""));
        // Ids keep theirs: programs that read a page look for `id="return-code"`.
        let bare = !value.is_empty() && value.bytes().all(plain) && !before.ends_with(" id");
        let quote = if bare { "" } else { "\"" };
        squeezed.extend([before, "=", quote, value, quote]);
        rest = after;
    }
    squeezed.push_str(rest);
    squeezed.replace("</option>", "").replace("</li>", "")
}

const COMMENT_OPEN: &str = "<!--";
const COMMENT_CLOSE: &str = "-->";

/// Links to the other pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// Above the form only, where nothing is typed yet: leaving the form loses what was written.
    OnForm,
    /// With the way back to the form.
    Elsewhere,
    /// The same, where a return code is typed.
    OnMailbox,
    /// None: the receipt is to be read, kept and closed.
    None,
}

impl Links {
    /// The script of the pages on which something is typed with JavaScript on.
    const fn script(self) -> Option<&'static str> {
        match self {
            Self::OnForm => Some(SCRIPT_PATH),
            Self::OnMailbox => Some(MAILBOX_SCRIPT_PATH),
            Self::Elsewhere | Self::None => None,
        }
    }
}

/// Puts a page's content into the document that all pages share.
pub(super) fn document(site: &Site, title: &str, links: Links, content: &Markup) -> Markup {
    let texts = site.texts();
    let title = texts.get(title);
    html! {
        (DOCTYPE)
        html lang=(site.language.tag()) dir=(site.language.direction()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                title { (texts.with("page-title", &[("page", &title)])) }
                @if let Some(path) = links.script() { script type="module" src=(path) {} }
                // Keeps browsers from asking for /favicon.ico: one request a page.
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
                noscript { style { (PreEscaped(NO_SCRIPT_STYLE)) } }
            }
            body {
                @if site.demo {
                    header.demo { strong { (texts.get("page-demo")) } " " (texts.get("page-demo-meaning")) }
                }
                @if links != Links::None {
                    nav {
                        @if links != Links::OnForm { a href="/" { (texts.get("link-form")) } " " }
                        a href="/mailbox" { (texts.get("link-mailbox")) } " "
                        a href="/safety" { (texts.get("link-safety")) } " "
                        a href="/about" { (texts.get("link-about")) } " "
                        a href="/keys" { (texts.get("link-keys")) }
                    }
                }
                main { (content) }
            }
        }
    }
}

/// A heading of the second level.
pub(super) fn heading(site: &Site, id: &str) -> Markup {
    html! { h2 { (site.texts().get(id)) } }
}

/// A paragraph of one message.
pub(super) fn paragraph(site: &Site, id: &str) -> Markup {
    html! { p { (site.texts().get(id)) } }
}

/// A list of messages.
pub(super) fn list(site: &Site, ids: &[&str]) -> Markup {
    html! { ul { @for id in ids { li { (site.texts().get(id)) } } } }
}

/// Returns the SHA-256 of both inline styles, as `sha256-…` in base64 and without quotes: the sources
/// for the `style-src` of every response, the same for all pages.
#[must_use]
pub fn style_hashes() -> &'static [String] {
    static HASHES: LazyLock<[String; 2]> = LazyLock::new(|| {
        [STYLE, NO_SCRIPT_STYLE]
            .map(|style| format!("sha256-{}", STANDARD.encode(Sha256::digest(style))))
    });
    HASHES.as_slice()
}

/// The style of all pages, sent as it stands: hence its terse source.
const STYLE: &str = include_str!("../../static/style.css");
/// Hides what only visitors with JavaScript on should read.
const NO_SCRIPT_STYLE: &str = include_str!("../../static/no-script.css");
