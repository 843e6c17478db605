//! The return code: 102 secret bits and 8 check bits, shown as 10 words or 34 digits.
//!
//! Derivations take the bits, never the words, so every form of a code is the same code. No slow KDF: see
//! `docs/FORMAT.md#return-code`. The server keeps nothing of a code; what it derives it forgets.

use hkdf::Hkdf;
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{
    hybrid::HybridIdentity,
    ids::{InstanceId, LookupId, PageNumber},
    signing::{Mailbox, SigningKey, framed},
    words::WordList,
};

/// The code that a submitter keeps. No `Debug`, no `Clone`; cleared when dropped.
#[derive(ZeroizeOnDrop)]
pub struct ReturnCode {
    /// 102 bits in the low end of 128.
    secret: u128,
}

/// Why typed text is no code.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadCode {
    /// Neither ten words nor 34 digits.
    #[error("a return code has ten words or 34 digits")]
    Length,
    /// The word at this place (from 1) stands in no list.
    #[error("word {0} is not in the word list")]
    Word(usize),
    /// The check bits do not fit: a slip of the pen, not a wrong code.
    #[error("a word or digit was mistyped")]
    Check,
}

/// What a code derives: where replies lie, what opens them, what signs follow-ups.
pub struct MailboxKeys {
    /// 32 bytes that the server hashes to find a mailbox.
    pub lookup_token: Zeroizing<[u8; 32]>,
    /// Opens replies.
    pub identity: HybridIdentity,
    /// Signs follow-ups.
    pub signing_key: SigningKey<Mailbox>,
}

impl ReturnCode {
    /// Draws a fresh code from `rng`.
    pub fn generate(rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut bytes = Zeroizing::new([0; 16]);
        rng.fill_bytes(&mut *bytes);
        Self {
            secret: u128::from_be_bytes(*bytes) & SECRET_MASK,
        }
    }

    /// Derives the code that takes the place of this one where a server seals: a page that is posted twice gives the
    /// same one twice, since the first may be stored while its answer is lost.
    #[must_use]
    pub fn derive_new_code(&self, instance: InstanceId, page: PageNumber) -> Self {
        let bits = self.secret_bytes();
        let hkdf = Hkdf::<Sha512>::new(Some(NEW_CODE_CONTEXT.as_bytes()), &*bits);
        let mut bytes = Zeroizing::new([0; 16]);
        hkdf.expand(
            &framed(NEW_CODE_CONTEXT, &[&instance.0, &page.0]),
            &mut *bytes,
        )
        .expect("HKDF-SHA-512 gives up to 16320 bytes");
        Self {
            secret: u128::from_be_bytes(*bytes) & SECRET_MASK,
        }
    }

    /// The code as ten words of `list`, separated by spaces.
    #[must_use]
    pub fn to_words(&self, list: WordList) -> Zeroizing<String> {
        let number = self.with_check();
        let word = |place: u32| {
            let index = number >> (11 * (9 - place)) & 0x7ff;
            list.word(u16::try_from(index).expect("eleven bits"))
                .expect("every list has 2048 words")
        };
        let mut words = Zeroizing::new(String::with_capacity(WORDS_LIMIT_BYTES));
        for place in 0..10 {
            if place > 0 {
                words.push(' ');
            }
            words.push_str(word(place));
        }
        words
    }

    /// The code as 34 decimal digits, without groups.
    #[must_use]
    pub fn to_digits(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{:034}", self.with_check()))
    }

    /// Reads a code in either form: any list, case, spacing, dashes, four-letter prefixes, digits of other scripts.
    ///
    /// # Errors
    /// See [`BadCode`]; a mistyped code is told from a well-formed one before any work is done.
    pub fn parse(typed: &str) -> Result<Self, BadCode> {
        let normal: Zeroizing<String> = Zeroizing::new(typed.nfkc().collect());
        let parts: Zeroizing<Vec<String>> = Zeroizing::new(
            normal
                .split(is_separator)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect(),
        );
        let digits: Option<Zeroizing<Vec<u8>>> = parts
            .iter()
            .flat_map(|part| part.chars())
            .map(digit)
            .collect::<Option<Vec<u8>>>()
            .map(Zeroizing::new);
        if let Some(digits) = digits.filter(|digits| !digits.is_empty()) {
            return Self::from_digits(&digits);
        }
        let parts = match parts.as_slice() {
            // Chinese words are one character each and may be typed without spaces.
            [one] if one.chars().count() == WORDS => {
                Zeroizing::new(one.chars().map(String::from).collect::<Vec<_>>())
            }
            _ => parts,
        };
        Self::from_words(&parts)
    }

    /// Derives the mailbox of this code at one instance.
    #[must_use]
    pub fn derive_mailbox(&self, instance: InstanceId) -> MailboxKeys {
        let bits = self.secret_bytes();
        let hkdf = Hkdf::<Sha512>::new(Some(MAILBOX_CONTEXT.as_bytes()), &*bits);
        let derive = |label: &str| {
            let mut out = Zeroizing::new([0; 32]);
            hkdf.expand(&framed(label, &[&instance.0]), &mut *out)
                .expect("HKDF-SHA-512 gives up to 16320 bytes");
            out
        };
        MailboxKeys {
            lookup_token: derive("asylia/v1/mailbox/lookup-token"),
            identity: HybridIdentity::from_seed(&derive("asylia/v1/mailbox/identity")),
            signing_key: SigningKey::from_seed(&derive("asylia/v1/mailbox/signing-key")),
        }
    }

    fn from_digits(digits: &[u8]) -> Result<Self, BadCode> {
        if digits.len() != DIGITS {
            return Err(BadCode::Length);
        }
        // 10^34 < 2^113, so this cannot overflow.
        Self::checked(
            digits
                .iter()
                .fold(0, |number, digit| number * 10 + u128::from(*digit)),
        )
    }

    fn from_words(words: &[String]) -> Result<Self, BadCode> {
        if words.len() != WORDS {
            return Err(BadCode::Length);
        }
        let mut outcome = None;
        for list in WordList::ALL {
            match Self::from_list(list, words) {
                Ok(code) => return Ok(code),
                // The list that knows most of the words tells best which one is wrong.
                Err(error) => {
                    outcome = Some(match outcome.take() {
                        Some(kept) => better(kept, error),
                        None => error,
                    });
                }
            }
        }
        Err(outcome.unwrap_or(BadCode::Length))
    }

    fn from_list(list: WordList, words: &[String]) -> Result<Self, BadCode> {
        let mut number = 0_u128;
        for (place, word) in words.iter().enumerate() {
            let index = list.index(word).ok_or(BadCode::Word(place + 1))?;
            number = number << 11 | u128::from(index);
        }
        Self::checked(number)
    }

    fn checked(number: u128) -> Result<Self, BadCode> {
        let code = Self {
            secret: number >> CHECK_BITS & SECRET_MASK,
        };
        let same = code.with_check().to_be_bytes().ct_eq(&number.to_be_bytes());
        if bool::from(same) {
            Ok(code)
        } else {
            Err(BadCode::Check)
        }
    }

    /// The 102 bits as 13 bytes, big-endian.
    fn secret_bytes(&self) -> Zeroizing<[u8; 13]> {
        let all = Zeroizing::new(self.secret.to_be_bytes());
        let mut bits = Zeroizing::new([0; 13]);
        bits.iter_mut()
            .zip(all.iter().skip(SKIPPED_BYTES))
            .for_each(|(to, from)| *to = *from);
        bits
    }

    /// 110 bits: the secret, then the first byte of a digest of it.
    fn with_check(&self) -> u128 {
        let digest: [u8; 32] =
            Sha256::digest(&*framed(CHECK_CONTEXT, &[&*self.secret_bytes()])).into();
        let [check, ..] = digest;
        self.secret << CHECK_BITS | u128::from(check)
    }
}

impl MailboxKeys {
    /// Where the server files replies: a digest of the lookup token, under a context of its own.
    #[must_use]
    pub fn lookup_id(&self) -> LookupId {
        lookup_id(&self.lookup_token)
    }
}

/// Where the server files the replies of whoever shows this token.
#[must_use]
pub fn lookup_id(lookup_token: &[u8; 32]) -> LookupId {
    let framed = framed("asylia/v1/mailbox/lookup-id", &[lookup_token]);
    LookupId(Sha256::digest(&*framed).into())
}

fn better(kept: BadCode, new: BadCode) -> BadCode {
    match (&kept, &new) {
        (BadCode::Word(a), BadCode::Word(b)) if b > a => new,
        (BadCode::Word(_), BadCode::Check) => new,
        _ => kept,
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '-' | '‐'..='―' | ',' | '.' | '·' | '،')
}

/// ASCII digits, and after NFKC those of Arabic-Indic and Persian keyboards.
fn digit(c: char) -> Option<u8> {
    let value = match c {
        '0'..='9' => u32::from(c) - u32::from('0'),
        '٠'..='٩' => u32::from(c) - u32::from('٠'),
        '۰'..='۹' => u32::from(c) - u32::from('۰'),
        _ => return None,
    };
    u8::try_from(value).ok()
}

const WORDS: usize = 10;
/// Ten words of at most 12 characters of at most 4 bytes, with room to spare: the text never moves.
const WORDS_LIMIT_BYTES: usize = 512;
const DIGITS: usize = 34;
const CHECK_BITS: u32 = 8;
const SECRET_MASK: u128 = (1 << 102) - 1;
/// 102 bits take the last 13 of 16 bytes.
const SKIPPED_BYTES: usize = 3;
const CHECK_CONTEXT: &str = "asylia/v1/return-code/check";
const NEW_CODE_CONTEXT: &str = "asylia/v1/new-code";
const MAILBOX_CONTEXT: &str = "asylia/v1/mailbox";

#[cfg(test)]
#[path = "return_code/tests.rs"]
mod tests;
