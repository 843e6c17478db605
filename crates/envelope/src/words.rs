//! Numbers as words of the BIP39 lists: return codes, proof words, fingerprints, acknowledgements.
//!
//! Only the word *lists* of BIP39 are used (2048 words, 11 bits each), not its checksums or derivation.

use std::sync::OnceLock;

use bip39::Language;
use rand_core::{CryptoRng, RngCore};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// A word list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WordList {
    /// English; also for languages without a list.
    English,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Simplified Chinese.
    Chinese,
}

impl WordList {
    /// The list for a page in `language` (BCP 47 primary tag).
    #[must_use]
    pub fn for_language(language: &str) -> Self {
        match language {
            "fr" => Self::French,
            "es" => Self::Spanish,
            "zh" => Self::Chinese,
            _ => Self::English,
        }
    }

    /// The word for a number below 2048; `None` above.
    #[must_use]
    pub fn word(self, index: u16) -> Option<&'static str> {
        self.words().get(usize::from(index)).copied()
    }

    /// The number of a typed word: in any case and normalisation, or by its first four letters alone.
    #[must_use]
    pub fn index(self, typed: &str) -> Option<u16> {
        let wanted = normal(typed);
        let words = self.normal_words();
        let whole = words.iter().position(|word| *word == *wanted);
        let found = whole.or_else(|| {
            // BIP39 chose its lists so that four letters tell the words apart.
            let prefix = |word: &String| word.chars().take(PREFIX_LETTERS).eq(wanted.chars());
            (wanted.chars().count() == PREFIX_LETTERS)
                .then(|| words.iter().position(prefix))
                .flatten()
        });
        found.and_then(|index| u16::try_from(index).ok())
    }

    /// Every list.
    pub const ALL: [Self; 4] = [Self::English, Self::French, Self::Spanish, Self::Chinese];

    /// The list in the form in which typed words are compared, made once.
    fn normal_words(self) -> &'static [String] {
        static LISTS: [OnceLock<Vec<String>>; 4] = [const { OnceLock::new() }; 4];
        let [english, french, spanish, chinese] = &LISTS;
        let list = match self {
            Self::English => english,
            Self::French => french,
            Self::Spanish => spanish,
            Self::Chinese => chinese,
        };
        list.get_or_init(|| {
            self.words()
                .iter()
                .map(|word| normal(word).to_string())
                .collect()
        })
    }

    fn words(self) -> &'static [&'static str; 2048] {
        match self {
            Self::English => Language::English,
            Self::French => Language::French,
            Self::Spanish => Language::Spanish,
            Self::Chinese => Language::SimplifiedChinese,
        }
        .word_list()
    }
}

/// Three random words, sealed in `account` and printed on the receipt; the office's first reply repeats them.
pub type ProofWords = [Zeroizing<String>; 3];

/// Draws proof words from `list`.
pub fn draw_proof_words(list: WordList, rng: &mut (impl RngCore + CryptoRng)) -> ProofWords {
    core::array::from_fn(|_| {
        // 2048 divides 2^32, so the low bits are uniform.
        let index = u16::try_from(rng.next_u32() % 2048).expect("a remainder below 2048");
        Zeroizing::new(
            list.word(index)
                .expect("every list has 2048 words")
                .to_owned(),
        )
    })
}

/// The first `count` groups of 11 bits of `bytes` as English words; fewer when the bytes end.
#[must_use]
pub fn words_of_bits(bytes: &[u8], count: usize) -> Vec<&'static str> {
    (0..count)
        .map_while(|word| {
            let mut index = 0_u16;
            for bit in word * 11..word * 11 + 11 {
                let byte = bytes.get(bit / 8)?;
                index = index << 1 | u16::from(byte >> (7 - bit % 8) & 1);
            }
            WordList::English.word(index)
        })
        .collect()
}

/// One form for comparison: NFKD, lower case, accents dropped (French and Spanish lists stay unambiguous).
fn normal(text: &str) -> Zeroizing<String> {
    let decomposed: Zeroizing<String> = Zeroizing::new(text.nfkd().collect());
    let plain = decomposed
        .chars()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    Zeroizing::new(plain.flat_map(char::to_lowercase).collect())
}

const PREFIX_LETTERS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_every_list_is_found_again_in_capitals_and_by_its_prefix() {
        for list in WordList::ALL {
            for index in (0..2048).step_by(17) {
                let word = list.word(index).unwrap();
                assert_eq!(list.index(&word.to_uppercase()), Some(index), "{word}");
                let prefix: String = word.nfc().take(4).collect();
                assert_eq!(list.index(&prefix), Some(index), "{prefix}");
            }
            assert_eq!(list.word(2048), None);
            assert_eq!(list.index("qqqqq"), None);
        }
    }

    #[test]
    fn bits_become_words_from_the_left() {
        assert_eq!(words_of_bits(&[0, 0, 0], 2), ["abandon", "abandon"]);
        assert_eq!(words_of_bits(&[0xff, 0xe0, 0], 1), ["zoo"]);
        assert_eq!(words_of_bits(&[0xff], 1), Vec::<&str>::new());
    }
}
