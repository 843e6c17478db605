//! The frame of every page: one style, banner, menu, lock button. Titles name the kind of page, never a case.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::App;
use crate::{access::Page, l10n::Texts, words};

/// What the frame shows beside the page.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// Whether the keys are throwaway ones.
    pub(crate) demo: bool,
    /// Whether menu and lock button make sense.
    pub(crate) unlocked: bool,
    /// Whether the person's role opens the inbox.
    pub(crate) casework: bool,
}

impl Frame {
    pub(crate) fn of(app: &App) -> Self {
        // One after the other: the vault is behind one lock.
        let unlocked = app.vault().is_some();
        let casework = app.permits(Page::Inbox);
        Self {
            demo: app.demo(),
            unlocked,
            casework,
        }
    }
}

/// A whole page; `title` is the id of its title.
pub(crate) fn page(texts: &Texts, frame: Frame, title: &str, content: &Markup) -> Markup {
    let title = texts.get(title);
    html! {
        (DOCTYPE)
        html lang="en" dir="ltr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (texts.with("console-title", &[("page", (&title).into())])) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { (texts.get("console-skip")) }
                @if frame.demo {
                    p.demo role="note" {
                        strong { (texts.get("console-demo")) } " " (texts.get("console-demo-meaning"))
                    }
                }
                header { (menu(texts, frame)) }
                main id="main" tabindex="-1" { (content) }
            }
        }
    }
}

fn menu(texts: &Texts, frame: Frame) -> Markup {
    html! {
        p.name { (texts.get("console-name")) }
        @if frame.unlocked {
            nav aria-label=(texts.get("console-menu")) {
                @if frame.casework { a href="/" { (texts.get("console-menu-inbox")) } }
                a href="/help" { (texts.get("console-menu-help")) }
            }
            form method="post" action="/lock" {
                button.quiet type="submit" title=(texts.get("console-lock-help")) {
                    (texts.get("console-lock"))
                }
            }
        }
    }
}

/// A text that a submitter wrote: escaped, isolated, its own direction, nothing that steers.
pub(super) fn foreign(text: &str) -> Markup {
    html! { div.foreign dir="auto" { (words::for_page(text)) } }
}

/// The same within a line.
pub(super) fn foreign_inline(text: &str) -> Markup {
    html! { bdi.foreign dir="auto" { (words::for_page(text)) } }
}

/// A number or digest: always left to right, also inside Arabic.
pub(super) fn id(text: &str) -> Markup {
    html! { bdi.id dir="ltr" { (text) } }
}

/// The only style; allowed by its hash, and repeated in the launch page, which is a file.
pub(crate) const STYLE: &str = include_str!("style.css");
