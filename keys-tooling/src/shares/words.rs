//! The words of a share: what stands on the sheet, and what a person types.
//!
//! 1024 English words of SLIP-39, told apart by their first four letters. Typed words may have any
//! case, any separators and the sheet's numbers between them.

use std::sync::OnceLock;

use zeroize::Zeroizing;

/// The words of one share, in order. No `Debug`; cleared when dropped.
pub struct ShareWords(Zeroizing<Vec<u16>>);

/// A typed word is not on the list; its place counts from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAWord(pub usize);

impl ShareWords {
    /// Reads typed words: anything but letters separates, so the sheet's numbers may be typed too.
    ///
    /// # Errors
    /// [`NotAWord`], for the first one.
    pub fn parse(typed: &str) -> Result<Self, NotAWord> {
        // Room for the longest share, so that the buffer does not move while it grows.
        let mut words = Zeroizing::new(Vec::with_capacity(WORDS_ROOM));
        let typed = typed.split(|letter: char| !letter.is_alphabetic());
        for (word, place) in typed.filter(|word| !word.is_empty()).zip(1..) {
            words.push(index(word).ok_or(NotAWord(place))?);
        }
        Ok(Self(words))
    }

    pub(super) fn from_numbers(numbers: Zeroizing<Vec<u16>>) -> Self {
        Self(numbers)
    }

    pub(super) fn numbers(&self) -> &[u16] {
        &self.0
    }

    /// How many words there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The words, from the first to the last.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|number| word(*number))
    }

    /// The one text of these words: lower case, single spaces.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len() * (LETTERS_MOST + 1)));
        for word in self.iter() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }
}

/// The number of a typed word: whole, or its first four letters, in any case.
pub(super) fn index(typed: &str) -> Option<u16> {
    let whole = |word: &str| word.eq_ignore_ascii_case(typed);
    let prefix = |word: &str| {
        typed.len() == PREFIX_LETTERS
            && word
                .get(..PREFIX_LETTERS)
                .is_some_and(|start| start.eq_ignore_ascii_case(typed))
    };
    let place = list()
        .iter()
        .position(|word| whole(word))
        .or_else(|| list().iter().position(|word| prefix(word)))?;
    u16::try_from(place).ok()
}

/// The word of a number below 1024.
pub(super) fn word(number: u16) -> &'static str {
    list()
        .get(usize::from(number))
        .expect("numbers of words are ten bits, and the list has 1024")
}

fn list() -> &'static [&'static str] {
    static LIST: OnceLock<Vec<&'static str>> = OnceLock::new();
    LIST.get_or_init(|| include_str!("words.txt").lines().collect())
}

const PREFIX_LETTERS: usize = 4;
const LETTERS_MOST: usize = 8;
/// A share of a 32-byte secret has 33 words.
const WORDS_ROOM: usize = 64;

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_list_is_the_standards() {
        let list = list();
        assert_eq!(list.len(), 1024);
        assert!(list.is_sorted());
        assert!(
            list.iter()
                .all(|word| (4..=LETTERS_MOST).contains(&word.len()))
        );
        let prefixes: std::collections::BTreeSet<&str> =
            list.iter().map(|word| &word[..4]).collect();
        assert_eq!(prefixes.len(), 1024);
        // Of the file in the reference implementation 0.3.0.
        let digest = Sha256::digest(include_str!("words.txt"));
        assert_eq!(hex::encode(digest), WORDS_SHA256);
    }

    #[test]
    fn words_are_read_as_people_type_them() {
        let read = |typed: &str| ShareWords::parse(typed).map(|words| words.to_text().to_string());
        let text = Ok("academic zero mule".to_owned());
        assert_eq!(read("academic zero mule"), text);
        assert_eq!(read(" 1. Academic, 2. ZERO\n3. mule\r\n"), text);
        assert_eq!(read("acad-ZERO mule"), text);
        assert_eq!(read("academic zer mule"), Err(NotAWord(2)));
        assert_eq!(read("academic zeros mule"), Err(NotAWord(2)));
        assert_eq!(read("académic"), Err(NotAWord(1)));
        assert_eq!(ShareWords::parse("  12 ").map(|words| words.count()), Ok(0));
    }

    const WORDS_SHA256: &str = "bcc4555340332d169718aed8bf31dd9d5248cb7da6e5d355140ef4f1e601eec3";
}
