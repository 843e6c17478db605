//! The sheet of one share: one A4 page to be printed, with everything its holder has to know.
//!
//! Self-contained HTML without scripts: words and QR code are in it in clear, so it may only ever
//! lie in memory and on paper. Says how to recover without this software, since sheets outlive
//! programs.

use qrcode::{EcLevel, QrCode, render::svg};
use zeroize::Zeroizing;

use super::set::{Share, ShareSet};

/// The page for one holder.
///
/// # Panics
/// Never for a share of this set; a share of another one must not be given.
#[must_use]
pub fn sheet_html(set: &ShareSet, share: &Share) -> Zeroizing<String> {
    let mut page = Zeroizing::new(String::with_capacity(PAGE_ROOM_BYTES));
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        page.push_str(before);
        match name {
            // These two hold the secret and are markup of our own.
            "words" => push_words(&mut page, share),
            "qr" => page.push_str(&qr_svg(share)),
            "labels" => page.push_str(&labels(set)),
            public => push_escaped(&mut page, &fact(set, share, public)),
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// What is public on the sheet.
fn fact(set: &ShareSet, share: &Share, name: &str) -> String {
    match name {
        "holder" => share.holder().to_string(),
        "holders" => set.scheme().places().count().to_string(),
        "purpose" => set.purpose().describe().to_owned(),
        "label" => set.label().to_owned(),
        "scheme" => set.scheme().describe(),
        "group" => group(set, share),
        "made" => set.made().to_string(),
        "destroy" => set.destroy_after().to_string(),
        "set" => set.id().to_string(),
        "set-short" => set.id().to_string().chars().take(SHORT_CHARS).collect(),
        "fingerprint" => set.fingerprint(),
        "salt" => set.purpose().derivation().0.to_owned(),
        "instance" => set.instance().to_string(),
        unknown => unreachable!("the template asks for {unknown}, which the tests would show"),
    }
}

/// To which group the holder belongs, where there are several.
fn group(set: &ShareSet, share: &Share) -> String {
    let mut places = set.scheme().places();
    let place = places.find(|place| place.holder == share.holder());
    match place {
        Some(place) if set.scheme().groups().len() > 1 => {
            format!("; this sheet belongs to group {}", place.group + 1)
        }
        _ => String::new(),
    }
}

fn labels(set: &ShareSet) -> String {
    let labels = set.purpose().derivation().1;
    let quoted: Vec<String> = labels
        .iter()
        .map(|label| format!("<code>{label}</code>"))
        .collect();
    quoted.join(" or ")
}

fn push_words(page: &mut String, share: &Share) {
    for (word, number) in share.words().iter().zip(1..) {
        page.push_str("<li><b>");
        push_escaped(page, &usize::to_string(&number));
        page.push_str("</b>");
        page.push_str(word);
        page.push_str("</li>");
    }
}

/// The words alone, as any tool of the standard reads them.
fn qr_svg(share: &Share) -> Zeroizing<String> {
    let text = share.words().to_text();
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M)
        .expect("33 words are fewer bytes than a QR code holds");
    let image = Zeroizing::new(code.render::<svg::Color<'_>>().build());
    let from = image.find("<svg").unwrap_or_default();
    Zeroizing::new(image.get(from..).unwrap_or_default().to_owned())
}

fn push_escaped(page: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            other => page.push(other),
        }
    }
}

const TEMPLATE: &str = include_str!("sheet.html");
/// More than a page takes, so that the buffer never moves.
const PAGE_ROOM_BYTES: usize = 256 * 1024;
const SHORT_CHARS: usize = 8;

#[cfg(test)]
#[path = "sheet/tests.rs"]
mod tests;
