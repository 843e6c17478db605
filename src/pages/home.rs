//! `GET /`: the safety notice, the path the report will take, the story, and everything else closed.
//!
//! One page, one POST. With JavaScript on nothing here can post: the form's method is `dialog`, and both
//! buttons stand inside `<noscript>` (see `pages`).

use maud::{Markup, html};

use super::layout::{Links, PAGE_FORM_BYTES, Page, document, heading, list, paragraph};
use super::{Site, questions, refusal};
use crate::refusal::Refusal;
use crate::room::Files;

/// Renders the form, or the reason why it is closed.
///
/// `page_number` is 32 hexadecimal digits, drawn for this page; it travels in the report and lets the
/// office see that one page was sent twice.
#[must_use]
pub fn home(site: &Site, page_number: &str) -> Page {
    if site.closed.is_some() {
        return refusal(site, Refusal::Closed);
    }
    let content = html! {
        (notice(site))
        @if site.late { p.note { strong { (site.texts().get("page-form-late")) } } }
        (path(site))
        (form(site, page_number))
    };
    let document = document(site, "page-form-title", Links::OnForm, &content);
    Page::new(200, PAGE_FORM_BYTES, document)
}

/// The calm lines before anything is typed.
pub(super) const NOTICE: [&str; 6] = [
    "notice-device",
    "notice-tor",
    "notice-watched",
    "notice-details",
    "notice-files",
    "notice-paper",
];

fn notice(site: &Site) -> Markup {
    let texts = site.texts();
    html! {
        h1 { (texts.get("page-form-heading")) }
        (paragraph(site, "page-form-purpose"))
        div.note {
            h2 { (texts.get("page-form-notice")) }
            (list(site, &NOTICE))
            p { strong { (texts.get("page-form-close")) } }
            (paragraph(site, "page-form-limits"))
            (paragraph(site, "page-form-freedom"))
            p { strong { (texts.get("page-form-children")) } }
        }
        @if let Some(office) = &site.office {
            p { (super::about::named(site, "page-form-readers", office)) }
        }
        p { (texts.get("page-form-hours")) " " a href="/safety" { (texts.get("link-safety")) } "." }
    }
}

/// Tells the true path before anything is typed; the words are those of the threat model.
fn path(site: &Site) -> Markup {
    // The way without JavaScript is shut where a proxy would see the text; say so before anything is typed.
    let without_script = if site.clear_web {
        "refusal-clear-web"
    } else {
        "seal-without-script"
    };
    html! {
        (heading(site, "page-form-seal"))
        noscript { p.note { (site.texts().get(without_script)) } }
        p.note.js #script-note { (site.texts().get("seal-script-on")) }
    }
}

fn form(site: &Site, page_number: &str) -> Markup {
    html! {
        form method="dialog" autocomplete="off" spellcheck="false" autocorrect="off" autocapitalize="off" {
            input type="hidden" name="page_number" value=(page_number);
            (story(site))
            (send(site))
            p.note.js { (site.texts().get("seal-no-button")) }
            @if !site.clear_web { noscript { (paragraph(site, "page-form-send-story")) } }
            @for block in 1..=6 {
                details {
                    summary { (site.texts().get(&format!("block-{block}"))) }
                    @if block == 5 { (paragraph(site, "page-form-anonymous")) }
                    (questions::block(site, block))
                }
            }
            (files(site))
            (send(site))
        }
    }
}

fn story(site: &Site) -> Markup {
    let texts = site.texts();
    let limit = texts.size(site.field_limit_bytes);
    html! {
        label {
            (texts.get("field-story"))
            small {
                (texts.get("field-story.help"))
                " " (texts.get("page-form-guide"))
                " " (texts.with("page-form-length", &[("limit", &limit)]))
            }
            // The browser asks for the one needed answer itself, so that nothing else that was written is lost.
            textarea name="story" rows="10" dir="auto" required {}
        }
    }
}

fn files(site: &Site) -> Markup {
    let texts = site.texts();
    let count = site.file_limit.to_string();
    let limit = texts.size(site.report_limit_bytes);
    let room = match site.files {
        Files::All => None,
        Files::Small => Some(texts.with("page-form-room-small", &[("limit", &limit)])),
        Files::None | Files::Stopped => Some(texts.get("page-form-room-none")),
    };
    html! {
        @if let Some(room) = room { p.note { (room) } }
        @if site.report_limit_bytes > 0 { label {
            (texts.get("field-attachments"))
            small {
                (texts.get("field-attachments.help"))
                " " (texts.get("page-form-files-originals"))
                " " (texts.with("page-form-files-limits", &[("files", &count), ("limit", &limit)]))
            }
            input type="file" name="attachments" multiple;
        } }
    }
}

/// The button exists only without JavaScript; with it a line stands in the place of the first.
fn send(site: &Site) -> Markup {
    html! {
        @if !site.clear_web { noscript {
            button formaction="/report" formmethod="post" formenctype="multipart/form-data" {
                (site.texts().get("page-form-send"))
            }
        } }
    }
}
