//! Pairing: a server and an office compare, by twelve words read aloud, that each knows the keys of the other.
//!
//! Both sides compute the words over the same public keys: the server's, which signs bundles to the office, and
//! the office's, which sign replies and bundles to the server. Equal words mean equal keys on both sides.
//! `docs/FORMAT.md#pairing`.

use core::fmt;

use sha2::{Digest, Sha256};

use crate::{
    ids::InstanceId,
    signing::{Office, Transfer, VerifyingKey, framed},
    words::{WordList, words_of_bits},
};

/// Words that are read aloud.
pub const PAIRING_WORDS: usize = 12;

/// Twelve English words (132 bits) over instance, server key and office keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PairingWords(Vec<&'static str>);

/// Typed words are none of a pairing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a pairing has twelve words of the English list")]
pub struct BadPairingWords;

impl PairingWords {
    /// The words of these keys; the order of the office's keys does not matter.
    #[must_use]
    pub fn of(
        instance: InstanceId,
        server: &VerifyingKey<Transfer>,
        office: &[VerifyingKey<Office>],
    ) -> Self {
        let server = server.to_bytes();
        let mut keys: Vec<[u8; 32]> = office.iter().map(VerifyingKey::to_bytes).collect();
        keys.sort_unstable();
        let mut fields: Vec<&[u8]> = vec![&instance.0, &server];
        fields.extend(keys.iter().map(|key| key.as_slice()));
        let digest = Sha256::digest(&*framed("asylia/v1/pairing", &fields));
        Self(words_of_bits(&digest, PAIRING_WORDS))
    }

    /// Reads typed words, in any case and spacing, or by their first four letters.
    ///
    /// # Errors
    /// [`BadPairingWords`].
    pub fn parse(typed: &str) -> Result<Self, BadPairingWords> {
        let list = WordList::English;
        let words: Option<Vec<&'static str>> = typed
            .split(|c: char| c.is_whitespace() || c == '-')
            .filter(|word| !word.is_empty())
            .map(|word| list.index(word).and_then(|index| list.word(index)))
            .collect();
        words
            .filter(|words| words.len() == PAIRING_WORDS)
            .map(Self)
            .ok_or(BadPairingWords)
    }
}

impl fmt::Display for PairingWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::SigningKey;

    fn words(instance: u8, server: u8, office: &[u8]) -> PairingWords {
        let server = SigningKey::<Transfer>::from_seed(&[server; 32]).verifying_key();
        let office: Vec<_> = office
            .iter()
            .map(|seed| SigningKey::<Office>::from_seed(&[*seed; 32]).verifying_key())
            .collect();
        PairingWords::of(InstanceId([instance; 16]), &server, &office)
    }

    #[test]
    fn both_sides_say_the_same_words_only_for_the_same_keys() {
        let both = words(1, 2, &[3, 4]);
        assert_eq!(both, words(1, 2, &[4, 3]));
        for other in [
            words(9, 2, &[3, 4]),
            words(1, 9, &[3, 4]),
            words(1, 2, &[3, 9]),
            words(1, 2, &[3]),
            words(1, 2, &[3, 4, 5]),
        ] {
            assert_ne!(both, other);
        }
    }

    #[test]
    fn words_are_read_as_they_are_spoken() {
        let both = words(1, 2, &[3]);
        let said = both.to_string();
        assert_eq!(said.split(' ').count(), PAIRING_WORDS);
        let typed = said.to_uppercase().replace(' ', "  - ");
        assert_eq!(PairingWords::parse(&typed), Ok(both));
        let short = said.split(' ').take(11).collect::<Vec<_>>().join(" ");
        assert_eq!(PairingWords::parse(&short), Err(BadPairingWords));
        assert_eq!(
            PairingWords::parse(&format!("{short} qqqq")),
            Err(BadPairingWords)
        );
    }
}
