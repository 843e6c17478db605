//! `GET /mailbox` and the answers to its POSTs: a form for the return code, the replies, what was deleted. What can be
//! sent with the code stands in `follow_up`.
//!
//! A page of answers has one length whatever it holds, and names neither a day nor the code; the code is typed
//! once more to delete. With JavaScript on nothing here can post, as on the form: see `pages`. The script then opens the
//! answers on the device (`client/src/mailbox/`).

use asylia_envelope::{
    reply::{OpenedReply, ReplyKind, ThreadProblem},
    return_code::BadCode,
};
use maud::{Markup, html};

use super::layout::{
    Links, PAGE_BYTES, PAGE_MAILBOX_BYTES, Page, document, heading, list, paragraph,
};
use super::{Site, follow_up};
use crate::collection::Collected;
use crate::mailbox::OpenedMailbox;

/// Why a mailbox is not shown. Holds places in what was typed, never what was typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailboxFault {
    /// Neither ten words nor 34 digits.
    Length,
    /// The word at this place, from 1, is in no list.
    Word(usize),
    /// The check bits do not fit: something was mistyped.
    Mistyped,
    /// Nothing was chosen to be deleted.
    NothingChosen,
}

impl From<BadCode> for MailboxFault {
    fn from(bad: BadCode) -> Self {
        match bad {
            BadCode::Word(place) => Self::Word(place),
            BadCode::Check => Self::Mistyped,
            _ => Self::Length,
        }
    }
}

/// Renders the form for a return code, with what was wrong with the last try.
#[must_use]
pub fn mailbox(site: &Site, fault: Option<MailboxFault>) -> Page {
    let texts = site.texts();
    let content = html! {
        h1 { (texts.get("mailbox-heading")) }
        @if let Some(fault) = fault { p.note role="alert" { strong { (wrong(site, fault)) } } }
        (paragraph(site, "mailbox-what"))
        (path(site))
        (code_form(site, "/mailbox", "mailbox-read", &html! {}))
        (collected(site))
        // With JavaScript the script has a form of its own, below the answers.
        noscript { p { a href="/mailbox/send" { (texts.get("more-link")) } } }
        (heading(site, "mailbox-none-heading"))
        (list(site, &["mailbox-none-wait", "mailbox-none-lost", "mailbox-none-danger"]))
    };
    let status = if fault.is_some() { 422 } else { 200 };
    let document = document(site, "mailbox-title", Links::OnMailbox, &content);
    Page::new(status, PAGE_BYTES, document)
}

/// Renders the replies of a mailbox, oldest first.
///
/// Replies are short enough for the page, save for texts that are mostly quotation marks; then the oldest are left
/// out, which the page says.
#[must_use]
pub fn answers(site: &Site, opened: &OpenedMailbox, page_number: &str) -> Page {
    let replies = opened.thread.replies();
    let mut left_out = 0;
    loop {
        let shown = replies.get(left_out..).unwrap_or_default();
        let page = answers_page(site, opened, shown, page_number);
        if page.size() <= PAGE_MAILBOX_BYTES || shown.is_empty() {
            return page;
        }
        left_out += 1;
    }
}

/// Renders the page after a deletion: the same whether there was anything.
#[must_use]
pub fn mailbox_deleted(site: &Site) -> Page {
    let texts = site.texts();
    let content = html! {
        h1 { (texts.get("mailbox-deleted-heading")) }
        (paragraph(site, "mailbox-deleted-what"))
        (paragraph(site, "mailbox-deleted-limit"))
        (collected(site))
        p { a href="/mailbox" { (texts.get("mailbox-again")) } }
        p.note { strong { (texts.get("mailbox-close")) } }
    };
    let document = document(site, "mailbox-title", Links::Elsewhere, &content);
    Page::new(200, PAGE_BYTES, document)
}

fn answers_page(
    site: &Site,
    opened: &OpenedMailbox,
    shown: &[OpenedReply],
    page_number: &str,
) -> Page {
    let texts = site.texts();
    let left_out = opened.thread.replies().len() - shown.len();
    let content = html! {
        h1 { (texts.get("mailbox-answers-heading")) }
        @if opened.thread.replies().is_empty() { (paragraph(site, "mailbox-empty")) }
        @if left_out > 0 { (paragraph(site, "mailbox-left-out")) }
        (problems(site, opened))
        @for (number, reply) in (left_out + 1..).zip(shown) { (article(site, number, reply)) }
        (paragraph(site, "mailbox-server"))
        (collected(site))
        @if site.closed.is_none() {
            (heading(site, "more-heading"))
            (paragraph(site, "more-what"))
            (follow_up::form(site, page_number, Some(opened)))
        }
        (heading(site, "mailbox-delete-heading"))
        (paragraph(site, "mailbox-delete-what"))
        (code_form(site, "/mailbox/delete", "mailbox-delete", &choice(site, opened)))
        p.note { strong { (texts.get("mailbox-close")) } }
    };
    let document = document(site, "mailbox-title", Links::Elsewhere, &content);
    Page::new(200, PAGE_MAILBOX_BYTES, document)
}

/// Tells the true path before anything is typed.
fn path(site: &Site) -> Markup {
    let without_script = if site.clear_web {
        "refusal-clear-web"
    } else {
        "mailbox-without-script"
    };
    html! {
        noscript { p.note { (site.texts().get(without_script)) } }
        p.note.js #mailbox-note { (site.texts().get("mailbox-script-on")) }
    }
}

/// A form that can be posted with JavaScript off only.
fn code_form(site: &Site, action: &str, button: &str, more: &Markup) -> Markup {
    html! {
        form method="dialog" autocomplete="off" spellcheck="false" autocorrect="off" autocapitalize="off" {
            (more)
            (code_field(site, "code"))
            (posting_button(site, action, button))
        }
    }
}

/// Where the code is typed.
pub(super) fn code_field(site: &Site, name: &str) -> Markup {
    let texts = site.texts();
    html! {
        label {
            (texts.get("mailbox-code"))
            small { (texts.get("mailbox-code.help")) }
            textarea name=(name) rows="3" dir="auto" required {}
        }
    }
}

/// A button that exists without JavaScript only.
pub(super) fn posting_button(site: &Site, action: &str, text: &str) -> Markup {
    html! {
        @if !site.clear_web { noscript {
            button formaction=(action) formmethod="post" formenctype="multipart/form-data" {
                (site.texts().get(text))
            }
        } }
    }
}

/// Which reply to delete: all, or one by the digest of its slot, which tells nothing without the code.
fn choice(site: &Site, opened: &OpenedMailbox) -> Markup {
    let texts = site.texts();
    html! {
        label {
            (texts.get("mailbox-delete-which"))
            select name="which" {
                option value="all" { (texts.get("mailbox-delete-all")) }
                @for (number, reply) in (1..).zip(opened.thread.replies()) {
                    @if let Some(slot) = opened.slot_of(reply.digest) {
                        option value=(hex::encode(slot)) { (numbered(site, number)) }
                    }
                }
            }
        }
    }
}

fn article(site: &Site, number: usize, opened: &OpenedReply) -> Markup {
    let reply = &opened.reply;
    let kind = match &reply.kind {
        ReplyKind::Received { .. } => "mailbox-kind-received",
        ReplyKind::Message => "mailbox-kind-message",
        ReplyKind::Question { .. } => "mailbox-kind-question",
        ReplyKind::Confirmation => "mailbox-kind-confirmation",
    };
    html! {
        h2 { (numbered(site, number)) }
        (paragraph(site, kind))
        @if let ReplyKind::Received { proof_words: [one, two, three] } = &reply.kind {
            output { (one) " " (two) " " (three) }
            (paragraph(site, "mailbox-words"))
        }
        div.note lang=(reply.language) {
            @for line in reply.text.lines().filter(|line| !line.trim().is_empty()) {
                p dir="auto" { (line) }
            }
        }
    }
}

pub(super) fn numbered(site: &Site, number: usize) -> String {
    let number = number.to_string();
    let text = site.texts().with("mailbox-answer", &[("number", &number)]);
    text.into_owned()
}

fn problems(site: &Site, opened: &OpenedMailbox) -> Markup {
    let contradicts = opened
        .thread
        .problems()
        .iter()
        .any(|problem| !matches!(problem, ThreadProblem::MissingBefore(_)));
    html! {
        @if contradicts { p.note { strong { (site.texts().get("mailbox-contradiction")) } } }
        @if opened.refused > 0 { p.note { strong { (site.texts().get("mailbox-refused")) } } }
    }
}

/// When the office last came, in weeks, and when to come back.
pub(super) fn collected(site: &Site) -> Markup {
    let last = match site.collected {
        Collected::ThisWeek => "mailbox-collected-this-week",
        Collected::LastWeek => "mailbox-collected-last-week",
        Collected::Longer => "mailbox-collected-longer",
        Collected::Never => "mailbox-collected-never",
    };
    html! { p #collected { (site.texts().get(last)) " " (site.texts().get("mailbox-come-back")) } }
}

fn wrong(site: &Site, fault: MailboxFault) -> String {
    let texts = site.texts();
    let place = match fault {
        MailboxFault::Word(place) => place.to_string(),
        _ => String::new(),
    };
    let id = match fault {
        MailboxFault::Length => "mailbox-wrong-length",
        MailboxFault::Word(_) => "mailbox-wrong-word",
        MailboxFault::Mistyped => "mailbox-wrong-check",
        MailboxFault::NothingChosen => "mailbox-wrong-choice",
    };
    texts.with(id, &[("place", &place)]).into_owned()
}
