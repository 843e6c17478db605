//! Reading a share back: a holder types five words of the sheet, at places asked at random.
//!
//! A ceremony asks this of every holder before anything is signed, beside the scan of the sheet's
//! QR code, which is checked like typed words ([`super::Gathering`]).

use rand_core::{CryptoRng, RngCore};

use super::words::{self, ShareWords};

/// How many words are asked.
pub const WORDS_ASKED: usize = 5;

/// The places that are asked; says nothing of the words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadBack(Vec<usize>);

/// Why a sheet was not read back. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadBackError {
    /// Not as many words as were asked.
    #[error("These are {0} words, and five were asked. Type them once more, in the order asked.")]
    Count(usize),
    /// The word at this place of the sheet differs; counted from 1.
    #[error("Word {0} is not the one of this share. Compare the sheet with what was shown.")]
    Differs(usize),
}

impl ReadBack {
    /// Draws places in a share of `count` words, ascending. The first two words are left out, since
    /// all sheets of a set have these.
    pub fn ask(count: usize, rng: &mut (impl RngCore + CryptoRng)) -> Self {
        let mut places: Vec<usize> = (COMMON_WORDS + 1..=count).collect();
        while places.len() > WORDS_ASKED {
            let out = below(places.len(), rng);
            places.remove(out);
        }
        Self(places)
    }

    /// The places, from 1 as on the sheet.
    #[must_use]
    pub fn places(&self) -> &[usize] {
        &self.0
    }

    /// Compares the typed words with those of the share.
    ///
    /// # Errors
    /// Every [`ReadBackError`].
    pub fn check(&self, share: &ShareWords, typed: &str) -> Result<(), ReadBackError> {
        let typed: Vec<&str> = typed
            .split(|letter: char| !letter.is_alphabetic())
            .filter(|word| !word.is_empty())
            .collect();
        if typed.len() != self.0.len() {
            return Err(ReadBackError::Count(typed.len()));
        }
        let differs = |(place, typed): &(&usize, &str)| {
            let number = place.checked_sub(1).and_then(|at| share.numbers().get(at));
            number.is_none() || words::index(typed) != number.copied()
        };
        match self.0.iter().zip(typed).find(differs) {
            None => Ok(()),
            Some((place, _)) => Err(ReadBackError::Differs(*place)),
        }
    }
}

/// A uniform number below `limit`, which is small and not 0.
fn below(limit: usize, rng: &mut impl RngCore) -> usize {
    let limit = u32::try_from(limit).expect("a share has some tens of words");
    // What is above the last whole multiple would favour small numbers.
    let whole = u32::MAX - u32::MAX % limit;
    loop {
        let drawn = rng.next_u32();
        if drawn < whole {
            return usize::try_from(drawn % limit).expect("a number below some tens");
        }
    }
}

const COMMON_WORDS: usize = 2;

#[cfg(test)]
mod tests {
    use super::{super::testing::SeededRng, *};

    fn share() -> ShareWords {
        ShareWords::from_numbers(zeroize::Zeroizing::new((100..133).collect()))
    }

    fn word(place: usize) -> &'static str {
        share().iter().nth(place - 1).unwrap()
    }

    #[test]
    fn five_places_are_asked_and_every_one_in_its_turn() {
        let mut rng = SeededRng::new(31);
        let mut counts = [0_u32; 34];
        for _ in 0..6200 {
            let asked = ReadBack::ask(33, &mut rng);
            assert_eq!(asked.places().len(), WORDS_ASKED);
            assert!(asked.places().is_sorted_by(|a, b| a < b));
            asked.places().iter().for_each(|place| counts[*place] += 1);
        }
        // 31 places, each 1000 times on the average; 200 are more than six standard deviations.
        assert_eq!(counts[..3], [0; 3]);
        for count in &counts[3..] {
            assert!((800..1200).contains(count), "{counts:?}");
        }
    }

    #[test]
    fn the_words_of_the_sheet_pass_and_others_are_named() {
        let asked = ReadBack(vec![3, 8, 20, 21, 33]);
        let good: Vec<&str> = asked.places().iter().map(|place| word(*place)).collect();
        assert_eq!(asked.check(&share(), &good.join(" ")), Ok(()));
        let numbered = format!(
            "3 {} 8. {} 20 {},{}\n{}",
            good[0].to_uppercase(),
            &good[1][..4],
            good[2],
            good[3],
            good[4]
        );
        assert_eq!(asked.check(&share(), &numbered), Ok(()));
        assert_eq!(
            asked.check(&share(), &good[1..].join(" ")),
            Err(ReadBackError::Count(4))
        );
        for (at, place) in asked.places().iter().enumerate() {
            for wrong in [word(4), "nonsense"] {
                let mut typed = good.clone();
                typed[at] = wrong;
                let error = asked.check(&share(), &typed.join(" "));
                assert_eq!(error, Err(ReadBackError::Differs(*place)));
            }
        }
    }
}
