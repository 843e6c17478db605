//! What a person sends later with a return code: the form (`GET /mailbox/send`, and below the answers), and the page
//! after it.
//!
//! The code is typed once more, since the server forgets it: no page carries it. What was sent is never shown. As on
//! every page, nothing here can post with JavaScript on.

use asylia_envelope::{
    follow_up::{Permission, Purpose},
    ids::QuestionNonce,
    reply::ReplyKind,
};
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::layout::{Links, PAGE_BYTES, PAGE_FORM_BYTES, Page, document, heading, list, paragraph};
use super::mailbox::{code_field, collected, numbered, posting_button};
use super::receipt::groups_of_four;
use super::{Site, questions, refusal};
use crate::intake::{CODE, DELETE_REPORT, NEW_CODE, PERMISSION, QUESTION, READ, WITHDRAW_ALL};
use crate::mailbox::OpenedMailbox;
use crate::refusal::Refusal;

/// A new return code: a secret of one submitter, so no `Debug` and no copy.
pub struct NewCode {
    words: Zeroizing<String>,
    digits: Zeroizing<String>,
}

impl NewCode {
    /// Takes the code as words and as digits.
    #[must_use]
    pub const fn new(words: Zeroizing<String>, digits: Zeroizing<String>) -> Self {
        Self { words, digits }
    }
}

/// Renders the form on a page of its own, or the reason why nothing can be sent. `page_number` as on the form of
/// a report.
#[must_use]
pub fn follow_up(site: &Site, page_number: &str) -> Page {
    if site.closed.is_some() {
        return refusal(site, Refusal::Closed);
    }
    let content = html! {
        h1 { (site.texts().get("more-heading")) }
        (paragraph(site, "more-what"))
        p.note.js { (site.texts().get("more-script-on")) " " a href="/mailbox" { (site.texts().get("link-mailbox")) } }
        (form(site, page_number, None))
        (collected(site))
    };
    let document = document(site, "mailbox-title", Links::Elsewhere, &content);
    Page::new(200, PAGE_FORM_BYTES, document)
}

/// Renders the page after a follow-up is stored: the same length with a new code and without.
#[must_use]
pub fn follow_up_sent(site: &Site, new_code: Option<&NewCode>) -> Page {
    let texts = site.texts();
    let content = html! {
        h1 { (texts.get("more-sent-heading")) }
        (paragraph(site, "more-sent-unread"))
        (paragraph(site, "more-sent-confirmed"))
        (collected(site))
        @if let Some(code) = new_code { (shown_once(site, code)) }
        p.note { strong { (texts.get("mailbox-close")) } }
    };
    let document = document(site, "mailbox-title", Links::None, &content);
    Page::new(200, PAGE_BYTES, document)
}

fn shown_once(site: &Site, code: &NewCode) -> Markup {
    let texts = site.texts();
    html! {
        (heading(site, "more-new-code"))
        p { strong { (texts.get("page-receipt-code-now")) } }
        output #return-code { (code.words.as_str()) }
        (paragraph(site, "page-receipt-digits"))
        output #return-digits dir="ltr" {
            @for group in &groups_of_four(&code.digits) { (group.as_str()) " " }
        }
        (list(site, &["more-new-code-until", "page-receipt-safe-who", "page-receipt-safe-paper"]))
    }
}

/// The form. Below answers it knows which of them are questions, and which was read last.
pub(super) fn form(site: &Site, page_number: &str, about: Option<&OpenedMailbox>) -> Markup {
    let texts = site.texts();
    let read = about.and_then(|opened| opened.thread.replies().last());
    let read = read.map_or_else(String::new, |opened| opened.digest.to_string());
    html! {
        @if !site.clear_web { noscript { p.note { (texts.get("more-without-script")) } } }
        form #follow-up method="dialog" autocomplete="off" spellcheck="false" autocorrect="off" autocapitalize="off" {
            input type="hidden" name="page_number" value=(page_number);
            input type="hidden" name=(READ) value=(read);
            (code_field(site, CODE))
            (question(site, about))
            label {
                (texts.get("more-story"))
                small { (texts.get("more-story.help")) }
                textarea name="story" rows="6" dir="auto" {}
            }
            @for id in ["in_danger_now", "danger_kinds", "danger_date_text"] { (questions::one(site, id)) }
            details { summary { (texts.get("more-permissions")) } (permissions(site)) }
            details {
                summary { (texts.get("more-code")) }
                (tick(site, NEW_CODE, "more-code-tick"))
            }
            label {
                (texts.get("field-attachments"))
                small { (texts.get("more-files")) }
                input type="file" name="attachments" multiple;
            }
            (posting_button(site, "/mailbox/send", "more-send"))
        }
    }
}

/// Which question is answered; the answer repeats its number, which only the holder of the code has seen.
fn question(site: &Site, about: Option<&OpenedMailbox>) -> Markup {
    let texts = site.texts();
    let replies = about.map_or(&[][..], |opened| opened.thread.replies());
    let asked: Vec<(usize, QuestionNonce)> = (1..)
        .zip(replies)
        .filter_map(|(number, opened)| match opened.reply.kind {
            ReplyKind::Question { nonce } => Some((number, nonce)),
            _ => None,
        })
        .collect();
    html! {
        @if !asked.is_empty() {
            label {
                (texts.get("more-question"))
                select name=(QUESTION) {
                    option value { (texts.get("more-question-none")) }
                    @for (number, nonce) in asked {
                        option value=(nonce) { (numbered(site, number)) }
                    }
                }
            }
        }
    }
}

/// Every audience for itself, and the two ways to take all back.
fn permissions(site: &Site) -> Markup {
    let texts = site.texts();
    html! {
        (paragraph(site, "more-permissions-what"))
        @for purpose in ASKED {
            label {
                (texts.get(&message("purpose", &purpose.to_string())))
                select name={ (PERMISSION) (purpose) } {
                    option value { (texts.get("permission-unchanged")) }
                    @for permission in OFFERED {
                        option value=(permission) { (texts.get(&message("permission", &permission.to_string()))) }
                    }
                }
            }
        }
        (tick(site, WITHDRAW_ALL, "more-withdraw"))
        (tick(site, DELETE_REPORT, "more-delete"))
    }
}

fn tick(site: &Site, name: &str, id: &str) -> Markup {
    html! {
        fieldset role="none" {
            label {
                input type="checkbox" name=(name) value="yes";
                (site.texts().get(id))
                small { (site.texts().get(&format!("{id}.help"))) }
            }
        }
    }
}

fn message(area: &str, id: &str) -> String {
    format!("{area}-{}", id.replace('_', "-"))
}

/// The focal point is not among them: it always knows.
const ASKED: [Purpose; 9] = [
    Purpose::MandateHolders,
    Purpose::AsgHcHrcPresident,
    Purpose::UnFieldPresenceInCountry,
    Purpose::Government,
    Purpose::NonStateAddressee,
    Purpose::PublicCopyOfLetter,
    Purpose::PublicStatements,
    Purpose::SgReport,
    Purpose::OtherMechanisms,
];
/// From the least to the most.
const OFFERED: [Permission; 4] = [
    Permission::No,
    Permission::AskFirst,
    Permission::WithoutIdentity,
    Permission::WithIdentity,
];
