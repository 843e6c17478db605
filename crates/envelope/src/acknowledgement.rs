//! How the office says that a bundle has arrived: a token that only its intake identity can open, spoken
//! back as twelve words.
//!
//! The server keeps a hash of the token, so whoever copies its disk cannot acknowledge (and so purge)
//! anything; and the words name no bundle, so a mistyped one is a slip and never another bundle.
//! `docs/FORMAT.md#acknowledgement`.

use std::io::{self, Read};

use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha256};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    hybrid::HybridRecipient,
    seal::{OpenError, OpensSubmissions, open, seal},
    signing::framed,
    words::{WordList, words_of_bits},
};

/// Words of a token: 128 bits and 4 check bits.
pub const TOKEN_WORDS: usize = 12;

/// 128 random bits that acknowledge one transfer bundle. No `Debug`; cleared when dropped.
#[derive(ZeroizeOnDrop)]
pub struct AcknowledgementToken([u8; TOKEN_BYTES]);

/// Why typed words are no token.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadToken {
    /// Not twelve words.
    #[error("an acknowledgement has twelve words")]
    Length,
    /// The word at this place (from 1) is not in the list.
    #[error("word {0} is not in the word list")]
    Word(usize),
    /// The check bits do not fit.
    #[error("a word was mistyped, or two were exchanged")]
    Check,
}

impl AcknowledgementToken {
    /// Draws a token from `rng`.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut bytes = [0; TOKEN_BYTES];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// What the server keeps: a digest under a context of its own.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&*framed("asylia/v1/transfer/token", &[&self.0])).into()
    }

    /// Seals it for the note of its bundle.
    ///
    /// # Errors
    /// A recipient with a low-order X25519 key.
    pub fn seal(&self, intake: &HybridRecipient) -> io::Result<Vec<u8>> {
        seal(intake, &self.0)
    }

    /// Opens the token of a note.
    ///
    /// # Errors
    /// [`OpenError`] when it is not for this identity, or no token.
    pub fn open(sealed: &[u8], intake: &dyn OpensSubmissions) -> Result<Self, OpenError> {
        let identities = core::iter::once(intake.age_identity());
        let mut stream = open(io::Cursor::new(sealed), identities)?;
        let mut token = Self([0; TOKEN_BYTES]);
        stream.read_exact(&mut token.0).map_err(|_| OpenError)?;
        match stream.read(&mut [0]) {
            Ok(0) => Ok(token),
            _ => Err(OpenError),
        }
    }

    /// The token as twelve English words, separated by spaces.
    #[must_use]
    pub fn to_words(&self) -> Zeroizing<String> {
        let mut bits = Zeroizing::new([0; TOKEN_BYTES + 1]);
        let (token, check) = bits.split_at_mut(TOKEN_BYTES);
        token.copy_from_slice(&self.0);
        check.copy_from_slice(&[self.check_bits()]);
        Zeroizing::new(words_of_bits(&*bits, TOKEN_WORDS).join(" "))
    }

    /// The words in capitals, for a QR code: its alphanumeric mode has no small letters.
    ///
    /// What a scanner reads is typed words like any others ([`Self::parse`]).
    #[must_use]
    pub fn to_qr_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.to_words().to_ascii_uppercase())
    }

    /// Reads typed words: any case, spacing and dashes, four-letter prefixes.
    ///
    /// # Errors
    /// See [`BadToken`].
    pub fn parse(typed: &str) -> Result<Self, BadToken> {
        let words: Vec<&str> = typed
            .split(|c: char| c.is_whitespace() || c == '-')
            .filter(|word| !word.is_empty())
            .collect();
        if words.len() != TOKEN_WORDS {
            return Err(BadToken::Length);
        }
        // 132 bits: the first eleven words fill 121 of them, the last gives 7 and the 4 check bits.
        let mut number = 0_u128;
        let mut last = 0;
        for (place, word) in (1..).zip(words) {
            let index = WordList::English.index(word).ok_or(BadToken::Word(place))?;
            last = index;
            let bits = if place == TOKEN_WORDS { 7 } else { 11 };
            number = number << bits | u128::from(index >> (11 - bits));
        }
        let token = Self(number.to_be_bytes());
        if u16::from(token.check_bits() >> 4) == last & 0xf {
            Ok(token)
        } else {
            Err(BadToken::Check)
        }
    }

    /// Four check bits in the high half of a byte.
    fn check_bits(&self) -> u8 {
        let digest: [u8; 32] =
            Sha256::digest(&*framed("asylia/v1/transfer/token-check", &[&self.0])).into();
        let [first, ..] = digest;
        first & 0xf0
    }
}

const TOKEN_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;
    use crate::hybrid::HybridIdentity;

    struct Intake(HybridIdentity);

    impl OpensSubmissions for Intake {
        fn age_identity(&self) -> &dyn age::Identity {
            &self.0
        }
    }

    #[test]
    fn the_office_opens_it_and_its_words_come_back() {
        let intake = Intake(HybridIdentity::from_seed(&[1; 32]));
        for _ in 0..50 {
            let token = AcknowledgementToken::generate(&mut OsRng);
            let sealed = token.seal(&intake.0.to_recipient()).unwrap();
            let opened = AcknowledgementToken::open(&sealed, &intake).unwrap();
            let words = opened.to_words();
            assert_eq!(words.split(' ').count(), TOKEN_WORDS);
            let shouted = words.to_uppercase().replace(' ', " - ");
            let read = AcknowledgementToken::parse(&shouted).ok().unwrap();
            assert_eq!(read.hash(), token.hash());
            let scanned = AcknowledgementToken::parse(&format!("{}\n", &*opened.to_qr_text()));
            assert_eq!(scanned.ok().unwrap().hash(), token.hash());
        }
        let other = Intake(HybridIdentity::from_seed(&[2; 32]));
        let sealed = AcknowledgementToken([0; 16])
            .seal(&intake.0.to_recipient())
            .unwrap();
        assert!(AcknowledgementToken::open(&sealed, &other).is_err());
        let long = seal(&intake.0.to_recipient(), &[0; 17]).unwrap();
        assert!(AcknowledgementToken::open(&long, &intake).is_err());
        let short = seal(&intake.0.to_recipient(), &[0; 15]).unwrap();
        assert!(AcknowledgementToken::open(&short, &intake).is_err());
    }

    #[test]
    fn slips_are_named() {
        let words = AcknowledgementToken([0x5a; 16]).to_words().to_string();
        let error = |typed: &str| AcknowledgementToken::parse(typed).err();
        assert_eq!(error(&words), None);
        assert_eq!(error(""), Some(BadToken::Length));
        assert_eq!(error(&format!("{words} {words}")), Some(BadToken::Length));
        let mut list: Vec<&str> = words.split(' ').collect();
        list[4] = "qqqq";
        assert_eq!(error(&list.join(" ")), Some(BadToken::Word(5)));
        // Four check bits catch fifteen of sixteen other words at each place.
        let caught = (0..2048)
            .filter(|index| {
                list[4] = WordList::English.word(*index).unwrap();
                error(&list.join(" ")) == Some(BadToken::Check)
            })
            .count();
        assert!((1800..2000).contains(&caught), "{caught}");
    }
}
