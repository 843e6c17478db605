//! The official vectors, and every small scheme there and back.

use serde_json::Value;

use super::super::{testing::SeededRng, words::ShareWords};
use super::*;

/// What a tool of the standard says to some mnemonics under the vectors' passphrase.
fn recover(texts: &[&str]) -> Option<Zeroizing<Vec<u8>>> {
    let shares: Option<Vec<Mnemonic>> = texts
        .iter()
        .map(|text| Mnemonic::from_words(&ShareWords::parse(text).ok()?).ok())
        .collect();
    let shares = shares?;
    combine(&shares.iter().collect::<Vec<_>>(), b"TREZOR").ok()
}

#[test]
fn the_official_vectors_recover_or_are_refused() {
    let vectors = include_str!("../../../testdata/slip39-vectors.json");
    let vectors: Value = serde_json::from_str(vectors).unwrap();
    let (mut good, mut bad) = (0, 0);
    for vector in vectors.as_array().unwrap() {
        let name = vector[0].as_str().unwrap();
        let texts: Vec<&str> = vector[1]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap())
            .collect();
        let found = recover(&texts).map_or_else(String::new, |secret| hex::encode(&*secret));
        assert_eq!(found, vector[2].as_str().unwrap(), "{name}");
        if found.is_empty() {
            bad += 1;
        } else {
            good += 1;
            // Good mnemonics are written again as they were.
            for text in texts {
                let share = Mnemonic::from_words(&ShareWords::parse(text).unwrap()).ok();
                assert_eq!(*share.unwrap().to_words().to_text(), *text, "{name}");
            }
        }
    }
    assert_eq!((good, bad), (15, 30));
}

fn parameters(identifier: u16, extendable: bool) -> Parameters<'static> {
    Parameters {
        passphrase: b"",
        exponent: 0,
        identifier,
        extendable,
    }
}

/// Every choice of `count` numbers below `of`, as bits.
fn choices(of: u8, count: u8) -> impl Iterator<Item = u16> {
    (0..1_u16 << of).filter(move |bits| bits.count_ones() == u32::from(count))
}

fn chosen<T>(all: &[T], bits: u16) -> Vec<&T> {
    all.iter()
        .enumerate()
        .filter(|(place, _)| bits >> place & 1 == 1)
        .map(|(_, share)| share)
        .collect()
}

#[test]
fn every_threshold_up_to_five_of_nine_comes_back_and_one_fewer_does_not() {
    let secret = [0x5a; 32];
    let mut rng = SeededRng::new(1);
    for count in 2..=9 {
        for threshold in 2..=count.min(5) {
            let scheme = Scheme::single(threshold, count).unwrap();
            let extendable = count % 2 == 0;
            let shares = split(&scheme, &secret, parameters(7, extendable), &mut rng);
            assert_eq!(shares.len(), usize::from(count));
            // All choices of a few holders; of many holders every seventh, the figure being 126.
            for bits in choices(count, threshold).step_by(if count > 6 { 7 } else { 1 }) {
                let combined = combine(&chosen(&shares, bits), b"").unwrap();
                assert_eq!(*combined, secret, "{threshold} of {count}, {bits:b}");
            }
            for bits in choices(count, threshold - 1) {
                let refused = combine(&chosen(&shares, bits), b"").err();
                assert_eq!(refused, Some(BadShares::Number));
            }
        }
    }
}

#[test]
fn groups_come_together_as_their_scheme_says() {
    let group = |threshold, count| Group { threshold, count };
    let secret = [0xc3; 16];
    let mut rng = SeededRng::new(2);
    for (group_threshold, groups) in [
        (1, vec![group(2, 3), group(3, 5)]),
        (2, vec![group(2, 3), group(1, 1), group(3, 5)]),
        (3, vec![group(2, 2), group(2, 3), group(1, 1), group(4, 4)]),
    ] {
        let scheme = Scheme::of_groups(group_threshold, groups.clone()).unwrap();
        let shares = split(&scheme, &secret, parameters(32767, false), &mut rng);
        let count = u8::try_from(groups.len()).unwrap();
        let enough = |groups_bits: u16| -> Vec<&Mnemonic> {
            let of_group = |share: &&Mnemonic| {
                groups_bits >> share.group_index & 1 == 1
                    // The last ones of each group.
                    && share.member_index + share.member_threshold
                        >= groups[usize::from(share.group_index)].count
            };
            shares.iter().filter(of_group).collect()
        };
        for bits in choices(count, group_threshold) {
            let chosen = enough(bits);
            assert_eq!(*combine(&chosen, b"").unwrap(), secret);
            assert_eq!(combine(&chosen[1..], b"").err(), Some(BadShares::Number));
            let twice: Vec<_> = chosen.iter().chain(&chosen[..1]).copied().collect();
            assert_eq!(combine(&twice, b"").err(), Some(BadShares::Duplicate));
        }
        for bits in choices(count, group_threshold - 1) {
            assert_eq!(combine(&enough(bits), b"").err(), Some(BadShares::Number));
        }
    }
}

#[test]
fn shares_that_do_not_belong_together_are_refused() {
    let scheme = Scheme::single(2, 3).unwrap();
    let mut rng = SeededRng::new(3);
    let one = split(&scheme, &[1; 32], parameters(9, false), &mut rng);
    let same_name = split(&scheme, &[1; 32], parameters(9, false), &mut rng);
    let other = split(&scheme, &[1; 32], parameters(10, false), &mut rng);
    let error = |a: &Mnemonic, b: &Mnemonic| combine(&[a, b], b"").err();
    assert_eq!(error(&one[0], &other[1]), Some(BadShares::Mixed));
    assert_eq!(error(&one[0], &same_name[1]), Some(BadShares::Digest));
    assert_eq!(combine(&[], b"").err(), Some(BadShares::Number));
    // Another passphrase is another secret: why Asylia's sets have none.
    assert_ne!(*combine(&[&one[0], &one[1]], b"x").unwrap(), [1; 32]);
}
