//! The checksum of a share's words: three more words, a Reed-Solomon code over GF(1024).
//!
//! It notices every change of up to three words, and knows the place of a single one: two good
//! sequences differ in at least four words, so at most one change of one word leads to a good one.

use zeroize::Zeroizing;

/// Words of a checksum.
pub(super) const CHECKSUM_WORDS: usize = 3;

/// What one slip would explain a wrong checksum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Slip {
    /// The word at this place is another one; counted from 0.
    Word(usize),
    /// This word and the next one changed places.
    Swap(usize),
}

/// Whether the last three of `words` are the checksum of those before.
pub(super) fn verify(words: &[u16]) -> bool {
    let (start, words) = (customization(words), words.iter().copied());
    words.fold(start, step) == 1
}

/// The three words that follow `words`.
pub(super) fn checksum(words: &[u16]) -> [u16; CHECKSUM_WORDS] {
    let (start, words) = (customization(words), words.iter().copied());
    let state = words.chain([0; CHECKSUM_WORDS]).fold(start, step) ^ 1;
    [state >> 20, state >> 10, state].map(|word| (word & LOW_TEN).try_into().unwrap_or(0))
}

/// The one slip that turns `words` into a good sequence, if there is exactly one.
pub(super) fn locate(words: &[u16]) -> Option<Slip> {
    let mut trial = Zeroizing::new(words.to_vec());
    let mut slips = (0..words.len())
        .filter(|place| repairs(&mut trial, *place))
        .map(Slip::Word)
        .collect::<Vec<_>>();
    for place in 0..words.len().saturating_sub(1) {
        trial.swap(place, place + 1);
        if words.get(place) != words.get(place + 1) && verify(&trial) {
            slips.push(Slip::Swap(place));
        }
        trial.swap(place, place + 1);
    }
    match slips.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Whether another word at `place` gives a good sequence; leaves `trial` as it was.
fn repairs(trial: &mut [u16], place: usize) -> bool {
    let Some(typed) = trial.get(place).copied() else {
        return false;
    };
    let found = (0..1024).filter(|word| *word != typed).any(|word| {
        if let Some(at) = trial.get_mut(place) {
            *at = word;
        }
        verify(trial)
    });
    if let Some(at) = trial.get_mut(place) {
        *at = typed;
    }
    found
}

/// The state after the customization string, which the second word chooses.
fn customization(words: &[u16]) -> u32 {
    let extendable = words.get(1).is_some_and(|word| word & EXTENDABLE_BIT != 0);
    let text: &[u8] = if extendable {
        b"shamir_extendable"
    } else {
        b"shamir"
    };
    text.iter().map(|byte| u16::from(*byte)).fold(1, step)
}

fn step(state: u32, word: u16) -> u32 {
    let high = state >> 20;
    let shifted = (state & 0xf_ffff) << 10 ^ u32::from(word);
    GENERATOR.iter().zip(0..).fold(shifted, |sum, (row, bit)| {
        // A mask and no branch: the words are secret.
        sum ^ (row & 0_u32.wrapping_sub(high >> bit & 1))
    })
}

/// The flag for extendable sets: one bit above the four of the iteration exponent.
const EXTENDABLE_BIT: u16 = 1 << 4;
const LOW_TEN: u32 = 0x3ff;
/// The rows of the code's generator, from the specification.
const GENERATOR: [u32; 10] = [
    0x00e0_e040,
    0x01c1_c080,
    0x0383_8100,
    0x0707_0200,
    0x0e0e_0009,
    0x1c0c_2412,
    0x3808_6c24,
    0x3090_fc48,
    0x21b1_f890,
    0x03f3_f120,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Vec<u16> {
        let mut words: Vec<u16> = (0..30).map(|n| n * 31 % 1024).collect();
        words.extend(checksum(&words));
        words
    }

    #[test]
    fn a_checksum_verifies_and_any_two_changed_words_do_not() {
        let words = good();
        assert!(verify(&words));
        for first in 0..words.len() {
            for second in first..words.len() {
                let mut altered = words.clone();
                altered[first] ^= 1;
                assert!(!verify(&altered));
                altered[second] ^= 0x155;
                assert!(!verify(&altered), "{first} {second}");
            }
        }
        assert!(!verify(&[]));
    }

    #[test]
    fn one_slip_is_located_and_two_are_not() {
        let words = good();
        for place in [0, 1, 2, 16, 29, 30, 32] {
            let mut altered = words.clone();
            altered[place] ^= 0x10;
            assert_eq!(locate(&altered), Some(Slip::Word(place)));
        }
        for place in [0, 1, 15, 29, 31] {
            let mut altered = words.clone();
            altered.swap(place, place + 1);
            assert_eq!(locate(&altered), Some(Slip::Swap(place)));
        }
        let mut altered = words.clone();
        altered[3] ^= 1;
        altered[20] ^= 1;
        assert_eq!(locate(&altered), None);
    }
}
