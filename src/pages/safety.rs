//! `GET /safety`: who answers at night, what to mind before and after writing, what we cannot do.
//!
//! The list of those who answer is signed data of the office and is shown as it came; none is built in.

use maud::{Markup, html};

use super::Site;
use super::home::NOTICE;
use super::layout::{Links, PAGE_BYTES, Page, document, heading, list, paragraph};

/// Renders the safety page.
#[must_use]
pub fn safety(site: &Site) -> Page {
    let content = html! {
        h1 { (site.texts().get("page-safety-heading")) }
        p { strong { (site.texts().get("page-form-close")) } }
        (night(site))
        (heading(site, "page-safety-before"))
        (list(site, &NOTICE))
        (paragraph(site, "page-safety-detention"))
        (heading(site, "page-safety-physical"))
        (paragraph(site, "page-safety-physical-text"))
        (heading(site, "page-safety-traces"))
        (list(site, &["page-safety-traces-window", "page-safety-traces-device", "page-safety-traces-others"]))
    };
    let document = document(site, "page-safety-title", Links::Elsewhere, &content);
    Page::new(200, PAGE_BYTES, document)
}

fn night(site: &Site) -> Markup {
    html! {
        (heading(site, "page-safety-night"))
        @if site.answers_at_night.is_empty() {
            (paragraph(site, "page-safety-night-none"))
        } @else {
            ul { @for line in &site.answers_at_night { li dir="auto" { (line) } } }
            (paragraph(site, "page-safety-night-signed"))
            (paragraph(site, "page-safety-night-path"))
        }
    }
}
