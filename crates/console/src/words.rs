//! Words for what the format says in types, and foreign text made harmless for a terminal or a page.

use core::fmt::Write;

use asylia_envelope::{
    follow_up::{Permission, Purpose},
    open::Problem,
    questionnaire::{QUESTIONS, Question},
    record::SealedBy,
    submission::CompartmentName,
};

use crate::{
    l10n::Texts,
    vault::item::{Reason, RefusedFollowUp},
};

/// Text of a submitter for a terminal: line feeds stay, tabs become spaces, and every other character that
/// could steer a terminal or turn text round is shown by its number.
#[must_use]
pub fn for_terminal(text: &str) -> String {
    shown(text, |c| c == '\n', true)
}

/// Text of a submitter in one line of a terminal.
#[must_use]
pub fn for_terminal_line(text: &str) -> String {
    shown(text, |_| false, true)
}

/// Text of a submitter for a page, where an element isolates it: directional marks, which Arabic and Hebrew
/// text uses, have no effect beyond their place and stay; overrides and embeddings are shown by their number.
#[must_use]
pub fn for_page(text: &str) -> String {
    shown(text, |c| c == '\n' || is_mark(c), false)
}

fn shown(text: &str, keep: impl Fn(char) -> bool, tabs_as_spaces: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' if tabs_as_spaces => out.push_str("    "),
            '\t' => out.push(c),
            c if keep(c) || !is_steering(c) => out.push(c),
            c => {
                // Writing into a string does not fail.
                let _ = write!(out, "[U+{:04X}]", u32::from(c));
            }
        }
    }
    out
}

/// Controls of terminals (C0, DEL, C1), of direction, of lines, annotations, tags, and the invisible separators.
/// ZWJ and ZWNJ stay: Persian and many Indic scripts need them.
fn is_steering(c: char) -> bool {
    c.is_control()
        || is_mark(c)
        || matches!(c,
            '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{206f}'
            | '\u{2028}' | '\u{2029}'
            | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{00ad}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}')
}

/// The way a submission came, in words.
#[must_use]
pub fn path(texts: &Texts, path: SealedBy) -> String {
    texts.get(match path {
        SealedBy::Browser => "console-path-browser",
        SealedBy::Server => "console-path-server",
        SealedBy::SealedFile => "console-path-sealed-file",
    })
}

/// The way a submission came, as in JSON.
#[must_use]
pub fn path_code(path: SealedBy) -> &'static str {
    match path {
        SealedBy::Browser => "browser",
        SealedBy::Server => "server",
        SealedBy::SealedFile => "sealed-file",
    }
}

/// Why a record is in quarantine, and what to do: a sentence each.
#[must_use]
pub fn reason(texts: &Texts, reason: Reason) -> (String, String) {
    let code = reason.code();
    (
        texts.get(&format!("console-reason-{code}")),
        texts.get(&format!("console-advice-{code}")),
    )
}

/// Why a follow-up does not count, and what to do.
#[must_use]
pub fn refused_follow_up(texts: &Texts, reason: RefusedFollowUp) -> String {
    texts.get(&format!("console-follow-up-{}", reason.code()))
}

/// A purpose of a permission, in words.
#[must_use]
pub fn purpose(texts: &Texts, purpose: Purpose) -> String {
    texts.get(&format!("console-purpose-{}", dashed(&purpose.to_string())))
}

/// A permission, in words.
#[must_use]
pub fn permission(texts: &Texts, permission: Permission) -> String {
    texts.get(&format!(
        "console-permission-{}",
        dashed(&permission.to_string())
    ))
}

/// What did not verify, in words.
#[must_use]
pub fn problem(texts: &Texts, problem: &Problem) -> String {
    let (id, part) = match problem {
        Problem::Damaged(part) => ("console-problem-damaged", part),
        Problem::Closed(part) => ("console-problem-closed", part),
        Problem::Foreign(part) => ("console-problem-foreign", part),
        Problem::NotAsInManifest(part) => ("console-problem-not-as-in-manifest", part),
        Problem::Extra(part) => ("console-problem-extra", part),
        Problem::Missing(part) => ("console-problem-missing", part),
        // `Unknown`, and what a later format may add.
        _ => return texts.get("console-problem-unknown"),
    };
    let part = match part {
        CompartmentName::Account => texts.get("console-part-account"),
        CompartmentName::Identity => texts.get("console-part-identity"),
        CompartmentName::Manifest => texts.get("console-part-manifest"),
        CompartmentName::Attachment(number) => texts.with(
            "console-part-attachment",
            &[("number", u64::from(*number).into())],
        ),
    };
    texts.with(id, &[("part", (&part).into())])
}

/// What changed in a case, in words; what has none yet by its name.
#[must_use]
pub fn change(texts: &Texts, code: &str) -> String {
    coded(texts, "change", code)
}

/// A word of one of the framework's lists, in words; one that has none yet by its code.
#[must_use]
pub fn coded(texts: &Texts, list: &str, code: &str) -> String {
    let id = format!(
        "console-{list}-{}",
        code.replace('_', "-").to_ascii_lowercase()
    );
    texts.find(&id, &[]).unwrap_or_else(|| code.to_owned())
}

/// A number of bytes: exact below one KiB, else rounded down in the largest unit.
#[must_use]
pub fn size(texts: &Texts, bytes: u64) -> String {
    let (id, unit) = match bytes {
        0..0x400 => ("console-size-bytes", 1),
        0x400..0x10_0000 => ("size-kb", 0x400),
        0x10_0000..0x4000_0000 => ("size-mb", 0x10_0000),
        _ => ("size-gb", 0x4000_0000),
    };
    texts.with(id, &[("number", (bytes / unit).into())])
}

/// A question in its words.
#[must_use]
pub fn question(texts: &Texts, question: &Question) -> String {
    texts.get(&format!("field-{}", dashed(question.id)))
}

/// A choice in its words; `None` for a value that the form does not offer: foreign text then.
#[must_use]
pub fn value(texts: &Texts, question: &Question, value: &str) -> Option<String> {
    let offered = question.values.contains(&value);
    offered.then(|| texts.get(&format!("value-{}-{}", dashed(question.id), dashed(value))))
}

/// A choice of the questionnaire in words, by the question's id; text that is none as it stands.
#[must_use]
pub fn choice(texts: &Texts, question: &str, code: &str) -> String {
    let asked = QUESTIONS.iter().find(|asked| asked.id == question);
    let words = asked.and_then(|asked| value(texts, asked, code));
    words.unwrap_or_else(|| code.to_owned())
}

fn dashed(id: &str) -> String {
    id.replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Escape sequences, bidirectional overrides and the invisible: what terminals and eyes are fooled with.
    const CORPUS: [&str; 12] = [
        "\u{1b}[31mred\u{1b}[0m",
        "\u{1b}]0;title\u{7}",
        "\u{1b}]52;c;Y2xpcGJvYXJk\u{7}",
        "\u{9b}2J",
        "back\u{8}\u{8}space\rover",
        "photo\u{202e}gpj.exe",
        "\u{2066}isolate\u{2069} \u{202a}x\u{202c}",
        "\u{200e}\u{200f}\u{61c}",
        "line\u{2028}separator\u{85}next",
        "zero\u{200b}width\u{feff}\u{2060}",
        "\u{e0041}\u{e0042} tags",
        "nul\0 del\u{7f}",
    ];

    /// Written from the Unicode lists (Bidi_Control, line breaks, default ignorables), not from the code above.
    fn steers(c: char) -> bool {
        const LISTED: &str = "\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
            \u{2060}\u{2061}\u{2062}\u{2063}\u{2064}\u{2066}\u{2067}\u{2068}\u{2069}\u{206a}\u{206f}\u{ad}\u{feff}\
            \u{fff9}\u{fffa}\u{fffb}\u{e0001}\u{e0041}\u{e007f}";
        let control = u32::from(c) < 0x20 || (0x7f..0xa0).contains(&u32::from(c));
        control || LISTED.contains(c)
    }

    #[test]
    fn nothing_that_steers_reaches_a_terminal_or_a_page() {
        let every: String = ('\0'..='\u{e0fff}').collect();
        for text in CORPUS.into_iter().chain([every.as_str()]) {
            let terminal = for_terminal(text);
            assert!(!terminal.chars().any(|c| c != '\n' && steers(c)));
            assert!(!for_terminal_line(text).chars().any(steers));
            let page = for_page(text);
            let allowed = |c| "\n\t\u{200e}\u{200f}\u{61c}".contains(c);
            assert!(!page.chars().any(|c| steers(c) && !allowed(c)));
        }
        assert_eq!(for_terminal("\u{1b}[31m"), "[U+001B][31m");
        assert_eq!(for_page("a\u{202e}b\u{200f}"), "a[U+202E]b\u{200f}");
        assert_eq!(for_terminal_line("a\nb"), "a[U+000A]b");
    }

    #[test]
    fn ordinary_text_of_every_script_stays_as_it_is() {
        for text in ["Привет السلام 威胁 می‌خواهم 👩‍👧 é\nb", ""] {
            assert_eq!(for_terminal(text), text);
            assert_eq!(for_page(text), text);
        }
    }

    #[test]
    fn every_question_value_reason_problem_and_path_has_words() {
        let texts = Texts::english();
        let mut all = Vec::new();
        for asked in &QUESTIONS {
            all.push(question(texts, asked));
            all.extend(asked.values.iter().filter_map(|v| value(texts, asked, v)));
            assert_eq!(value(texts, asked, "<b>no such value</b>"), None);
        }
        for why in Reason::ALL {
            let (what, advice) = reason(texts, why);
            all.extend([what, advice]);
        }
        let part = CompartmentName::Attachment(3);
        for met in [
            Problem::Damaged(part),
            Problem::Closed(CompartmentName::Identity),
            Problem::Foreign(CompartmentName::Account),
            Problem::NotAsInManifest(part),
            Problem::Extra(part),
            Problem::Unknown,
            Problem::Missing(CompartmentName::Manifest),
        ] {
            all.push(problem(texts, &met));
        }
        for why in RefusedFollowUp::ALL {
            all.push(refused_follow_up(texts, why));
        }
        for step in [
            Permission::No,
            Permission::AskFirst,
            Permission::WithoutIdentity,
            Permission::WithIdentity,
        ] {
            all.push(permission(texts, step));
        }
        for what in [
            Purpose::FocalPoint,
            Purpose::MandateHolders,
            Purpose::AsgHcHrcPresident,
            Purpose::UnFieldPresenceInCountry,
            Purpose::Government,
            Purpose::NonStateAddressee,
            Purpose::PublicCopyOfLetter,
            Purpose::PublicStatements,
            Purpose::SgReport,
            Purpose::OtherMechanisms,
        ] {
            all.push(purpose(texts, what));
        }
        for way in [SealedBy::Browser, SealedBy::Server, SealedBy::SealedFile] {
            all.push(path(texts, way));
        }
        for bytes in [0, 1, 1023, 1024, 1 << 20, 1 << 30] {
            all.push(size(texts, bytes));
        }
        for text in &all {
            assert!(!text.contains('⟦') && !text.trim().is_empty(), "{text}");
        }
    }
}
