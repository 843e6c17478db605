//! The number of a case, such as `R-7KQ4-2M`: random, of the office alone, never shown outside.

use core::{fmt, str::FromStr};

use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};

/// Thirty random bits in six letters and digits that are not mistaken for each other when read aloud.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseNumber(u32);

/// A text is no number of a case.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a case number is written like R-7KQ4-2M")]
pub struct BadCaseNumber;

impl CaseNumber {
    /// Draws a number that is not `taken`.
    pub fn generate(
        rng: &mut (impl RngCore + CryptoRng + ?Sized),
        taken: impl Fn(Self) -> bool,
    ) -> Self {
        loop {
            let number = Self(rng.next_u32() & MASK);
            if !taken(number) {
                return number;
            }
        }
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("R-")?;
        for place in 0..SYMBOLS {
            if place == 4 {
                f.write_str("-")?;
            }
            let index = (self.0 >> (5 * (SYMBOLS - 1 - place))) & 31;
            let symbol = ALPHABET.get(index as usize).copied().unwrap_or(b'0');
            write!(f, "{}", char::from(symbol))?;
        }
        Ok(())
    }
}

impl FromStr for CaseNumber {
    type Err = BadCaseNumber;

    /// Any case, with or without dashes; O reads as 0, I and L as 1.
    fn from_str(text: &str) -> Result<Self, BadCaseNumber> {
        let text = text.trim();
        let rest = text.strip_prefix(['R', 'r']).ok_or(BadCaseNumber)?;
        let (mut number, mut count) = (0_u32, 0);
        for c in rest.chars().filter(|c| *c != '-') {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                c => c,
            };
            let value = ALPHABET.iter().position(|symbol| char::from(*symbol) == c);
            let value = value.and_then(|value| u32::try_from(value).ok());
            count += 1;
            if count > SYMBOLS {
                return Err(BadCaseNumber);
            }
            number = (number << 5) | value.ok_or(BadCaseNumber)?;
        }
        (count == SYMBOLS)
            .then_some(Self(number))
            .ok_or(BadCaseNumber)
    }
}

impl TryFrom<String> for CaseNumber {
    type Error = BadCaseNumber;
    fn try_from(text: String) -> Result<Self, BadCaseNumber> {
        text.parse()
    }
}

impl From<CaseNumber> for String {
    fn from(number: CaseNumber) -> Self {
        number.to_string()
    }
}

const SYMBOLS: u32 = 6;
const MASK: u32 = (1 << 30) - 1;
/// Crockford's 32 symbols.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn a_number_reads_back_however_it_is_typed_and_nothing_else_passes() {
        for _ in 0..50 {
            let number = CaseNumber::generate(&mut OsRng, |_| false);
            let text = number.to_string();
            assert_eq!(text.len(), 9);
            assert_eq!(text.parse(), Ok(number));
            let typed = text.to_lowercase().replace('-', "").replace('1', "l");
            assert_eq!(typed.parse(), Ok(number), "{typed}");
        }
        assert_eq!(CaseNumber(MASK).to_string(), "R-ZZZZ-ZZ");
        for wrong in ["", "R", "R-7KQ4", "R-7KQ4-2MX", "7KQ4-2M", "R-7KU4-2M"] {
            assert_eq!(wrong.parse::<CaseNumber>(), Err(BadCaseNumber), "{wrong}");
        }
    }

    #[test]
    fn a_number_that_is_taken_is_drawn_again() {
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..50 {
            let number = CaseNumber::generate(&mut OsRng, |number| seen.contains(&number));
            assert!(seen.insert(number));
        }
    }
}
