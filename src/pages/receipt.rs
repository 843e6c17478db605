//! The answer to a stored report: return code and proof words, shown once, stored nowhere, in no URL.
//!
//! Nothing of the report comes back. What it promises is only what this version does.

use maud::{Markup, html};
use zeroize::Zeroizing;

use super::Site;
use super::layout::{Links, PAGE_BYTES, Page, document, heading, list, paragraph};

/// What the receipt shows: secrets of one submitter, so no `Debug` and no copy.
pub struct Receipt {
    code_words: Zeroizing<String>,
    code_digits: Zeroizing<String>,
    proof_words: Zeroizing<String>,
}

impl Receipt {
    /// Takes the return code as words and as digits, and the proof words; words are separated by spaces,
    /// digits may be grouped or not.
    #[must_use]
    pub const fn new(
        code_words: Zeroizing<String>,
        code_digits: Zeroizing<String>,
        proof_words: Zeroizing<String>,
    ) -> Self {
        Self {
            code_words,
            code_digits,
            proof_words,
        }
    }

    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        let secret = |text: &str| Zeroizing::new(text.to_owned());
        Self::new(
            secret("velvet harbor twelve cinnamon orbit puzzle ladder mushroom quick zebra"),
            secret("4821973350196447028815536092714408"),
            secret("tiger lamp ocean"),
        )
    }
}

/// Renders the receipt.
#[must_use]
pub fn receipt(site: &Site, context: &Receipt) -> Page {
    let content = html! {
        h1 { (site.texts().get("page-receipt-heading")) }
        (paragraph(site, "page-receipt-unread"))
        (code(site, context))
        (proof(site, context))
        (heading(site, "page-receipt-next"))
        (list(site, &["page-receipt-next-read", "page-receipt-next-answer"]))
        p { a href="/mailbox/send" target="_blank" rel="noopener" { (site.texts().get("page-receipt-add")) } }
        (paragraph(site, "page-receipt-add-what"))
        p.note { strong { (site.texts().get("page-receipt-close")) } }
    };
    let document = document(site, "page-receipt-title", Links::None, &content);
    Page::new(200, PAGE_BYTES, document)
}

/// Plain text in one element: what is copied, or read by a program, is the code alone.
fn code(site: &Site, context: &Receipt) -> Markup {
    let texts = site.texts();
    html! {
        (heading(site, "page-receipt-code"))
        p { strong { (texts.get("page-receipt-code-now")) } }
        output #return-code { (context.code_words.as_str()) }
        (paragraph(site, "page-receipt-digits"))
        output #return-digits dir="ltr" {
            @for group in &groups_of_four(&context.code_digits) { (group.as_str()) " " }
        }
        (heading(site, "page-receipt-safe"))
        (list(site, &["page-receipt-safe-who", "page-receipt-safe-paper", "page-receipt-safe-device"]))
        (paragraph(site, "page-receipt-lost"))
        // In a window of its own: this page shows the code once.
        p { a href="/mailbox" target="_blank" rel="noopener" { (texts.get("page-receipt-try")) } }
        (paragraph(site, "page-receipt-try-what"))
    }
}

fn proof(site: &Site, context: &Receipt) -> Markup {
    html! {
        (heading(site, "page-receipt-words"))
        output #proof-words { (context.proof_words.as_str()) }
        (paragraph(site, "page-receipt-words-use"))
        (paragraph(site, "page-receipt-words-limit"))
    }
}

/// Splits digits into groups that can be read aloud.
pub(super) fn groups_of_four(digits: &str) -> Vec<Zeroizing<String>> {
    let mut groups: Vec<Zeroizing<String>> = Vec::with_capacity(9);
    for (index, digit) in digits.chars().filter(|c| !c.is_whitespace()).enumerate() {
        match groups.last_mut() {
            Some(group) if index % 4 != 0 => group.push(digit),
            _ => groups.push(Zeroizing::new(String::from(digit))),
        }
    }
    groups
}
