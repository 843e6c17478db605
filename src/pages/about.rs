//! `GET /about`: what this is, who can see a text on which path, what cannot be promised, sizes, the words.

use maud::{Markup, html};

use super::Site;
use super::layout::{Links, PAGE_BYTES, Page, document, heading, list, paragraph};

/// Renders the page about the site and its limits.
#[must_use]
pub fn about(site: &Site) -> Page {
    let content = html! {
        h1 { (site.texts().get("page-about-heading")) }
        (paragraph(site, "page-about-what"))
        @if let Some(office) = &site.office {
            p { (named(site, "page-about-office", office)) }
        }
        (paragraph(site, "page-about-office-act"))
        (paths(site))
        (heading(site, "page-about-limits"))
        (list(site, &LIMITS))
        (sizes(site))
        (words(site))
    };
    let document = document(site, "page-about-title", Links::Elsewhere, &content);
    Page::new(200, PAGE_BYTES, document)
}

/// Renders a message with the office's own words in it, isolated: they may be of another direction.
pub(super) fn named(site: &Site, id: &str, office: &str) -> Markup {
    // The variable is rendered as a mark that no office's name contains, and the name put in its place as
    // markup, so that both message and name are escaped.
    let text = site.texts().with(id, &[("office", MARK)]);
    let (before, after) = text.split_once(MARK).unwrap_or((&text, ""));
    html! { (before) bdi { (office) } (after) }
}

const MARK: &str = "\u{FFFC}";

fn paths(site: &Site) -> Markup {
    let texts = site.texts();
    html! {
        (heading(site, "page-about-seal"))
        p { strong { (texts.get("page-about-seal-off")) ": " } (texts.get("seal-without-script")) }
        p { strong { (texts.get("page-about-seal-on")) ": " } (texts.get("page-about-seal-on-text")) }
        (paragraph(site, "page-about-seal-open"))
        p { a href="/sealed" { (texts.get("link-sealed")) } }
        (heading(site, "page-about-tor"))
        (paragraph(site, "page-about-tor-text"))
        (paragraph(site, "page-about-relay"))
    }
}

const LIMITS: [&str; 8] = [
    "page-about-limit-observer",
    "page-about-limit-server",
    "page-about-limit-post",
    "page-about-limit-memory",
    "page-about-limit-office",
    "page-about-limit-code",
    "page-about-limit-permission",
    "page-about-limit-now",
];

fn sizes(site: &Site) -> Markup {
    let texts = site.texts();
    let files = site.file_limit.to_string();
    let variables = [
        ("field", texts.size(site.field_limit_bytes)),
        ("text", texts.size(site.text_limit_bytes)),
        ("files", files),
        ("report", texts.size(site.report_limit_bytes)),
    ];
    let variables = variables
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    html! {
        (heading(site, "page-about-sizes"))
        p { (texts.with("page-about-sizes-text", &variables)) }
    }
}

fn words(site: &Site) -> Markup {
    html! {
        (heading(site, "page-about-words"))
        @match &site.fingerprint {
            Some(words) => {
                p.note { strong { bdi { (words) } } }
                (paragraph(site, "page-about-words-use"))
            }
            None => (paragraph(site, "page-about-words-none")),
        }
    }
}
