//! Search for words: a plain scan for substrings over texts that were made alike first, so that it finds Chinese
//! without knowing its words and Arabic behind its prefixes.
//!
//! What it looks through is in memory for as long as the vault is open and is cleared with it: the account's
//! answers, the names of files and the numbers of records. Never the identity compartment, not even for those
//! who hold its key: a look there is one at a time and written down.

use std::collections::HashMap;

use asylia_envelope::{
    answers::Answer, follow_up::FollowUp, ids::RecordId, questionnaire::Class, submission::Account,
};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};
use zeroize::Zeroizing;

use crate::{
    opening::Refused,
    report::read_document,
    vault::{
        Vault, VaultError,
        audit::{Act, AuditItem},
        item::{RecordItem, RecordState},
    },
};

/// The texts of the reports, made alike. No `Debug`; cleared when dropped.
#[derive(Default)]
pub struct Index {
    /// By the number of the event that brought the record; `None` for one whose bytes are damaged.
    texts: HashMap<u64, Option<Zeroizing<String>>>,
}

/// What a search found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Reports in which every word occurs, newest first.
    pub records: Vec<RecordId>,
    /// How many reports could be looked through.
    pub searched: usize,
    /// How many could not, because their bytes are damaged.
    pub unreadable: usize,
}

/// The reports in which every word of `query` occurs, anywhere within a word too. That there was a search is
/// written down, with how much it found, before anything is given; the words are not.
///
/// # Errors
/// Those of the database.
pub fn search(vault: &mut Vault, query: &str) -> Result<Found, VaultError> {
    vault.refresh()?;
    while prepare(vault, usize::MAX)? {}
    let query = alike(query);
    let words: Vec<&str> = query.split(' ').filter(|word| !word.is_empty()).collect();
    let texts = &vault.search.texts;
    let matches = |sequence: &u64| {
        let text = texts.get(sequence).and_then(Option::as_ref);
        text.is_some_and(|text| words.iter().all(|word| text.contains(word)))
    };
    let mut found: Vec<&RecordItem> = vault
        .contents()
        .records
        .iter()
        .filter(|row| !words.is_empty() && matches(&row.sequence))
        .map(|row| &row.item)
        .collect();
    found.sort_by_cached_key(|record| {
        let day = record.imported().map(|imported| imported.received_day);
        (std::cmp::Reverse(day), record.record_id)
    });
    let found = Found {
        records: found.into_iter().map(|record| record.record_id).collect(),
        searched: texts.values().flatten().count(),
        unreadable: texts.values().filter(|text| text.is_none()).count(),
    };
    let entry = AuditItem::of(Act::Searched).with_number(found.records.len() as u64);
    vault.log(entry)?;
    Ok(found)
}

/// Reads up to `limit` more reports into memory; returns whether there are still more. A search does it for all
/// that are missing; done beforehand, the first search is as quick as the next.
///
/// # Errors
/// Those of the file.
pub fn prepare(vault: &mut Vault, limit: usize) -> Result<bool, VaultError> {
    let mut index = std::mem::take(&mut vault.search);
    let missing: Vec<(u64, RecordItem)> = vault
        .contents()
        .records
        .iter()
        .filter(|row| row.item.imported().is_some() && !index.texts.contains_key(&row.sequence))
        .take(limit)
        .map(|row| (row.sequence, row.item.clone()))
        .collect();
    let more = missing.len() == limit;
    let read = |index: &mut Index, vault: &mut Vault| {
        for (sequence, record) in missing {
            let text = text_of(vault, &record)?;
            index.texts.insert(sequence, text);
        }
        Ok(())
    };
    let read = read(&mut index, vault);
    // An entry that replaced another one has another number.
    let records = &vault.contents().records;
    if index.texts.len() > records.len() {
        let there: std::collections::HashSet<u64> =
            records.iter().map(|row| row.sequence).collect();
        index.texts.retain(|sequence, _| there.contains(sequence));
    }
    vault.search = index;
    read.map(|()| more)
}

/// What is looked through of one report; `None` when its bytes are damaged.
fn text_of(
    vault: &mut Vault,
    record: &RecordItem,
) -> Result<Option<Zeroizing<String>>, VaultError> {
    let RecordState::Imported(imported) = &record.state else {
        return Ok(None);
    };
    let mut text = Zeroizing::new(String::new());
    if let Some(blob) = &imported.account {
        let json = match read_document(vault, blob) {
            Ok(json) => json,
            Err(Refused::Record(_)) => return Ok(None),
            Err(Refused::Io(kind)) => return Err(VaultError::Io(kind.into())),
        };
        let told = match imported.follow_up {
            None => Account::parse(&json).map(|account| account.answers),
            Some(_) => FollowUp::parse(&json).map(|follow_up| follow_up.answers),
        };
        let Ok(answers) = told else {
            return Ok(None);
        };
        // The buffer's size from the start, so that growing leaves no copies behind.
        text.reserve(json.len() + 256);
        for (question, answer) in answers.iter() {
            let searched = SEARCHED.contains(&question.class) && question.values.is_empty();
            if let Answer::Text(Some(answer)) = answer
                && searched
            {
                push(&mut text, answer);
            }
        }
    }
    for file in &imported.files {
        push(&mut text, &file.name);
    }
    push(&mut text, &record.record_id.to_string());
    Ok(Some(text))
}

/// A line of its own, so that nothing is found across two answers.
fn push(text: &mut String, part: &str) {
    text.push_str(&alike(part));
    text.push('\n');
}

/// A text as it is compared: compatibility forms, case, harakat and tatweel, and the forms of alef, ya and ta
/// marbuta made one; characters that cannot be seen dropped; white space a single space.
#[must_use]
pub fn alike(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len() + text.len() / 8 + 8));
    let mut space = false;
    let mut push = |c: char| {
        if c.is_whitespace() {
            space = true;
        } else {
            if space && !out.is_empty() {
                out.push(' ');
            }
            space = false;
            out.push(c);
        }
    };
    let mut fold = |c: char| {
        if c.is_ascii() {
            push(c.to_ascii_lowercase());
            return;
        }
        for c in c.to_lowercase().filter_map(one_form) {
            match c {
                'ß' => "ss".chars().for_each(&mut push),
                c => push(c),
            }
        }
    };
    // Most texts are in that form already, and the look is many times quicker than the making.
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => text.chars().for_each(&mut fold),
        _ => text.nfkc().for_each(&mut fold),
    }
    out
}

/// `None` for what is dropped.
fn one_form(c: char) -> Option<char> {
    match c {
        // Harakat, Quranic marks, superscript alef, tatweel.
        '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6dc}' => None,
        '\u{6df}'..='\u{6e8}' | '\u{6ea}'..='\u{6ed}' | '\u{640}' => None,
        // What steers or cannot be seen.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' => {
            None
        }
        '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => None,
        'آ' | 'أ' | 'إ' | 'ٱ' => Some('ا'),
        'ى' | 'ی' => Some('ي'),
        'ة' => Some('ه'),
        'ک' => Some('ك'),
        'ς' => Some('σ'),
        '٠'..='٩' => digit(c, '٠'),
        '۰'..='۹' => digit(c, '۰'),
        c => Some(c),
    }
}

fn digit(c: char, zero: char) -> Option<char> {
    char::from_digit(u32::from(c) - u32::from(zero), 10)
}

/// The account's classes; that of identities is not among them.
const SEARCHED: &[Class] = &[Class::Story, Class::Sensitive, Class::Permission];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_alike_is_alike() {
        for (a, b) in [
            ("ＡＢＣ", "abc"),
            ("Straße", "STRASSE"),
            ("ﬁle", "FILE"),
            ("Café", "CAFE\u{301}"),
            ("ΟΔΟΣ", "οδος"),
            ("МОСКВА", "москва"),
            ("مُحَمَّد", "محمد"),
            ("محـــمد", "محمد"),
            ("أحمد", "احمد"),
            ("إيمان", "ایمان"),
            ("مدرسة", "مدرسه"),
            ("على", "علي"),
            ("کتاب", "كتاب"),
            ("٢٠٢٦", "2026"),
            ("۲۰۲۶", "2026"),
            ("a\u{200b}b\u{202e}c", "abc"),
            ("  two\n\t words ", "two words"),
            ("第３号", "第3号"),
        ] {
            assert_eq!(*alike(a), *alike(b), "{a} {b}");
        }
        assert_ne!(
            *alike("resume"),
            *alike("résumé"),
            "letters of other words stay apart"
        );
        assert_eq!(*alike("بالمدرسة"), "بالمدرسه");
    }
}
