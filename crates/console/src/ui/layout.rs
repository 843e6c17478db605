//! The frame of every page: one style, banner, menu, lock button. Titles name the kind of page, never a case.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::App;
use crate::{
    access::{Page, Roles},
    l10n::Texts,
    vault::audit::Motive,
    words,
};

/// What the frame shows beside the page.
pub(crate) struct Frame {
    /// Whether the keys are throwaway ones.
    pub(crate) demo: bool,
    /// The roles of whoever unlocked the vault; without them there is no menu and no lock button.
    pub(crate) roles: Option<Roles>,
}

impl Frame {
    pub(crate) fn of(app: &App) -> Self {
        Self {
            demo: app.demo(),
            roles: app.roles(),
        }
    }

    /// The frame of a page that is shown while the vault is locked.
    pub(crate) fn locked(demo: bool) -> Self {
        Self { demo, roles: None }
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
                header { (menu(texts, &frame)) }
                main id="main" tabindex="-1" { (content) }
            }
        }
    }
}

fn menu(texts: &Texts, frame: &Frame) -> Markup {
    html! {
        @if frame.demo {
            p.demo role="note" {
                strong { (texts.get("console-demo")) } " " (texts.get("console-demo-meaning"))
            }
        }
        p.name { (texts.get("console-name")) }
        @if let Some(roles) = &frame.roles {
            nav aria-label=(texts.get("console-menu")) {
                @for (page, address, label) in MENU {
                    @if page.allows_any(roles) { a href=(address) { (texts.get(label)) } }
                }
            }
            form method="post" action="/lock" {
                button.quiet type="submit" title=(texts.get("console-lock-help")) {
                    (texts.get("console-lock"))
                }
            }
        }
    }
}

/// The first page that the roles open, where an unlock leads.
pub(super) fn home(roles: &Roles) -> &'static str {
    let first = MENU.iter().find(|(page, ..)| page.allows_any(roles));
    first.map_or("/help", |(_, address, _)| address)
}

/// A text that a submitter wrote: escaped, isolated, its own direction, nothing that steers.
pub(super) fn foreign(text: &str) -> Markup {
    html! { div.foreign dir="auto" { (words::for_page(text)) } }
}

/// The same within a line.
pub(super) fn foreign_inline(text: &str) -> Markup {
    html! { bdi.foreign dir="auto" { (words::for_page(text)) } }
}

/// Why somebody looks at an identity part, in words.
pub(super) fn motive(texts: &Texts, motive: Motive) -> String {
    texts.get(&format!("console-motive-{}", motive.code()))
}

/// A number or digest: always left to right, also inside Arabic.
pub(super) fn id(text: &str) -> Markup {
    html! { bdi.id dir="ltr" { (text) } }
}

const MENU: [(Page, &str, &str); 11] = [
    (Page::Inbox, "/", "console-menu-inbox"),
    (Page::Cases, "/cases", "console-menu-cases"),
    (Page::Identities, "/identities", "console-menu-identities"),
    (Page::Import, "/import", "console-menu-import"),
    (Page::Export, "/export", "console-menu-export"),
    (Page::Search, "/search", "console-menu-search"),
    (Page::Audit, "/audit", "console-menu-audit"),
    (Page::People, "/people", "console-menu-people"),
    (Page::Pair, "/pair", "console-menu-pair"),
    (Page::Help, "/help", "console-menu-help"),
    (Page::Passphrase, "/passphrase", "console-menu-passphrase"),
];
/// The only style; allowed by its hash, and repeated in the launch page, which is a file.
pub(crate) const STYLE: &str = include_str!("style.css");
