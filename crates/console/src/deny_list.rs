//! The deny-list: names and words of a case that must not stand in what leaves the office. Looked for in every
//! outgoing byte, after both sides were made alike; it answers which entries were found and shows nothing else.
//!
//! It finds what is written, in any case, form, spacing or hyphenation. It does not find a translation, another
//! transliteration, or what only an insider would understand: whoever sends reads the text as well.

use asylia_envelope::{answers::Answers, questionnaire::Class};
use zeroize::Zeroizing;

use crate::search::alike;

/// Names and words that must not leave. No `Debug`; cleared when dropped.
#[derive(Default)]
pub struct DenyList(Vec<Entry>);

struct Entry {
    /// As it was given, for whoever may see it.
    given: Zeroizing<String>,
    /// Made alike.
    alike: Zeroizing<String>,
    /// Letters and digits alone: finds it across hyphens, apostrophes and line ends.
    squeezed: Zeroizing<String>,
}

impl DenyList {
    /// Adds one entry, to be found as a whole.
    pub fn add(&mut self, entry: &str) {
        let form = alike(entry);
        let squeezed = squeezed(&form);
        // Without a letter or digit it would be found in everything.
        let known = self.0.iter().any(|known| known.alike == form);
        if !squeezed.is_empty() && !known {
            self.0.push(Entry {
                given: Zeroizing::new(entry.trim().to_owned()),
                alike: form,
                squeezed,
            });
        }
    }

    /// Adds what a person wrote as names: each line and each part between commas as a whole, and each of its words
    /// that is long enough to be a name of somebody.
    pub fn add_names(&mut self, text: &str) {
        for name in text.split(BETWEEN_NAMES) {
            self.add(name);
            let words = name.split(char::is_whitespace);
            for word in words.filter(|word| word.chars().count() >= WORD_CHARS) {
                self.add(word);
            }
        }
    }

    /// Adds the names and addresses of an identity part.
    pub fn add_identity(&mut self, answers: &Answers) {
        for (question, answer) in answers.iter() {
            let asylia_envelope::answers::Answer::Text(Some(text)) = answer else {
                continue;
            };
            if question.class != Class::Identity || !question.values.is_empty() {
                continue;
            }
            match NAMES.contains(&question.id) {
                true => self.add_names(text),
                false => text.split('\n').for_each(|line| self.add(line)),
            }
        }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The entries that stand in `outgoing`, as they were given. Bytes that are no text do not end the search.
    #[must_use]
    pub fn found_in(&self, outgoing: &[u8]) -> Vec<&str> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let text = alike(&String::from_utf8_lossy(outgoing));
        let whole = squeezed(&text);
        let entries = self.0.iter();
        entries
            .filter(|entry| entry.stands_in(&text, &whole))
            .map(|entry| entry.given.as_str())
            .collect()
    }
}

impl Entry {
    fn stands_in(&self, text: &str, whole: &str) -> bool {
        // Short Latin words are parts of too many others; in scripts that join words nothing is.
        let short = self.squeezed.chars().count() < JOINED_CHARS && self.squeezed.is_ascii();
        match short {
            true => stands_alone(text, &self.alike),
            false => text.contains(self.alike.as_str()) || whole.contains(self.squeezed.as_str()),
        }
    }
}

/// Whether `word` stands in `text` with neither a letter nor a digit beside it.
fn stands_alone(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + found.len()..);
        let after = after.and_then(|text| text.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

fn squeezed(alike: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(alike.len()));
    out.extend(alike.chars().filter(|c| c.is_alphanumeric()));
    out
}

/// Questions of the identity part whose answers are names.
const NAMES: [&str; 2] = ["person_names", "name_to_use"];
const BETWEEN_NAMES: [char; 7] = ['\n', ',', ';', '،', '؛', '、', '，'];
/// Fewest letters of a name's word that is looked for by itself.
const WORD_CHARS: usize = 3;
/// Fewest letters of an entry that is found within another word.
const JOINED_CHARS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> DenyList {
        let mut list = DenyList::default();
        entries.iter().for_each(|entry| list.add(entry));
        list
    }

    #[test]
    fn a_name_is_found_in_every_form_in_which_it_may_be_written() {
        for (name, text) in [
            ("Al-Hajjar", "we wrote to AL HAJJAR yesterday"),
            ("Al-Hajjar", "alhajjar"),
            ("Maren Osei-Lind", "Dear maren\nosei lind,"),
            ("Salma", "Ｓａｌｍａ said so"),
            ("Délia", "DE\u{301}LIA"),
            ("سلمى", "كتبنا لسَلْمَى أمس"),
            ("Нина", "ответ: НИНА."),
            ("李明", "我们写信给李明了"),
            ("555-0100", "call 5550100"),
            ("press@example.invalid", "PRESS@EXAMPLE.INVALID"),
            ("Ana", "(Ana)"),
            ("Salma", "Sal\u{200b}ma"),
        ] {
            assert_eq!(list(&[name]).found_in(text.as_bytes()), [name], "{text}");
        }
    }

    #[test]
    fn what_is_not_named_is_not_found() {
        for (name, text) in [
            ("Ana", "an analysis of the panama case"),
            ("Lin", "online"),
            ("Robert", "Rupert"),
            ("- --", "- -- anything"),
            ("", "anything"),
        ] {
            assert!(list(&[name]).found_in(text.as_bytes()).is_empty(), "{name}");
        }
        assert!(list(&["", " \n", "--"]).is_empty());
    }

    #[test]
    fn names_are_looked_for_whole_and_word_by_word() {
        let mut names = DenyList::default();
        names.add_names("Maren Osei-Lind, Jo Wu\nسلمى الحجار");
        for text in ["Maren", "osei lind", "jo wu", "الحجار"] {
            assert!(!names.found_in(text.as_bytes()).is_empty(), "{text}");
        }
        assert!(
            names.found_in(b"wu").is_empty(),
            "two letters alone are no name"
        );
    }

    #[test]
    fn an_identity_part_gives_its_names_and_addresses_and_no_choices() {
        let mut answers = Answers::default();
        answers.add("person_names", "Maren Osei-Lind");
        answers.add("safe_contact", "press@example.invalid\n+1-555-0100");
        answers.add("gender", "woman");
        answers.add("story", "a story that is no name");
        let mut found = DenyList::default();
        found.add_identity(&answers);
        for text in ["Maren", "15550100", "press@example.invalid"] {
            assert!(!found.found_in(text.as_bytes()).is_empty(), "{text}");
        }
        assert!(found.found_in(b"a woman told a story").is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_do_not_hide_a_name() {
        let outgoing = [b"\xff\xfe\x00 ", "Salma".as_bytes(), b"\xc3"].concat();
        assert_eq!(list(&["Salma"]).found_in(&outgoing), ["Salma"]);
    }
}
