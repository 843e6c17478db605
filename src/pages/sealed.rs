//! `GET /sealed` and the answer to its POST: handing in files that were sealed on another computer.
//!
//! One plain form: what it sends is ciphertext, so it may be sent with JavaScript on as well. The answer names
//! files by their place only; a file's own name may say who someone is.

use maud::{Markup, html};

use super::layout::{Links, PAGE_BYTES, Page, document, paragraph};
use super::{Site, refusal, sentences};
use crate::limits::SEALED_FILES;
use crate::refusal::Refusal;

/// Renders the form, or the reason why it is closed.
#[must_use]
pub fn sealed(site: &Site) -> Page {
    if site.closed.is_some() {
        return refusal(site, Refusal::Closed);
    }
    let content = html! {
        h1 { (site.texts().get("sealed-heading")) }
        (paragraph(site, "sealed-what"))
        (paragraph(site, "sealed-who"))
        (paragraph(site, "sealed-code"))
        p.note { strong { (site.texts().get("sealed-only")) } }
        (form(site))
    };
    let document = document(site, "sealed-title", Links::Elsewhere, &content);
    Page::new(200, PAGE_BYTES, document)
}

/// Renders what became of each file, in the order in which they came. The status is that of the first refusal
/// when nothing was stored.
#[must_use]
pub fn sealed_result(site: &Site, verdicts: &[Result<(), Refusal>]) -> Page {
    let texts = site.texts();
    let stored = verdicts.iter().filter(|verdict| verdict.is_ok()).count();
    let first = verdicts.iter().find_map(|verdict| verdict.err());
    let status = match first {
        Some(refusal) if stored == 0 => refusal.status().as_u16(),
        _ => 200,
    };
    let content = html! {
        h1 { (texts.get("sealed-result-heading")) }
        ul {
            @for (index, verdict) in verdicts.iter().enumerate() {
                li { (line(site, index + 1, *verdict)) }
            }
        }
        @if stored > 0 { (paragraph(site, "sealed-result-stored")) }
        @if first.is_some() { (paragraph(site, "sealed-result-refused")) }
        p { a href="/sealed" { (texts.get("sealed-result-again")) } }
    };
    let document = document(site, "sealed-title", Links::Elsewhere, &content);
    Page::new(status, PAGE_BYTES, document)
}

fn form(site: &Site) -> Markup {
    let texts = site.texts();
    let (files, limit) = (
        SEALED_FILES.to_string(),
        texts.size(site.report_limit_bytes),
    );
    html! {
        form method="post" action="/sealed" enctype="multipart/form-data" {
            label {
                (texts.get("sealed-choose"))
                small { (texts.with("sealed-limits", &[("files", &files), ("limit", &limit)])) }
                input type="file" name="sealed" multiple required;
            }
            button { (texts.get("sealed-send")) }
        }
    }
}

fn line(site: &Site, number: usize, verdict: Result<(), Refusal>) -> Markup {
    let texts = site.texts();
    let number = number.to_string();
    let number = [("number", number.as_str())];
    html! {
        @match verdict {
            Ok(()) => (texts.with("sealed-file-stored", &number)),
            // From here on nothing was looked at; the limit is this form's own.
            Err(Refusal::TooManyFiles) => {
                (texts.with("sealed-file-refused", &number)) " "
                (texts.with("sealed-too-many", &[("files", &SEALED_FILES.to_string())]))
            }
            Err(refusal) => {
                (texts.with("sealed-file-refused", &number)) " " (sentences(site, refusal))
            }
        }
    }
}
