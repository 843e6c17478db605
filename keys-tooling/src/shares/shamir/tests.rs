//! Cross-checks with another implementation, and what fewer shares than the threshold tell.

use vsss_rs::Gf256;

use super::super::testing::SeededRng;
use super::*;

fn points(shares: &[Zeroizing<Vec<u8>>], places: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let value = |place: &u8| (*place, shares[usize::from(*place)].to_vec());
    places.iter().map(value).collect()
}

fn recover_of(points: &[(u8, Vec<u8>)]) -> Result<Zeroizing<Vec<u8>>, BadDigest> {
    let borrowed: Vec<(u8, &[u8])> = points.iter().map(|(x, value)| (*x, &value[..])).collect();
    recover(&borrowed)
}

/// `vsss-rs` finds the value at 0; moving every place by 255 moves our secret there.
fn recovered_by_another(points: &[(u8, Vec<u8>)], place: u8) -> Vec<u8> {
    let shares: Vec<Vec<u8>> = points
        .iter()
        .map(|(x, value)| [&[x ^ place][..], value].concat())
        .collect();
    Gf256::combine_bytes(&shares).expect("the shares are well formed")
}

#[test]
fn another_implementation_finds_the_same_secret_and_digest() {
    let mut rng = SeededRng::new(11);
    let secret: Vec<u8> = (100..132).collect();
    for (threshold, count, places) in [
        (2, 3, &[0, 2][..]),
        (3, 5, &[4, 1, 3]),
        (5, 9, &[8, 0, 3, 6, 5]),
        (
            16,
            16,
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        ),
    ] {
        let shares = split(threshold, count, &secret, &mut rng);
        let points = points(&shares, places);
        assert_eq!(*recover_of(&points).unwrap(), *secret);
        assert_eq!(recovered_by_another(&points, SECRET_PLACE), secret);
        let digest_share = recovered_by_another(&points, DIGEST_PLACE);
        assert_eq!(digest_share[..4], digest(&secret, &digest_share[4..])[..]);
    }
}

#[test]
fn any_flipped_bit_is_noticed() {
    let mut rng = SeededRng::new(12);
    let shares = split(3, 5, &[9; 16], &mut rng);
    let good = points(&shares, &[0, 2, 4]);
    for share in 0..3 {
        for bit in 0..128 {
            let mut altered = good.clone();
            altered[share].1[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(recover_of(&altered).err(), Some(BadDigest), "{share} {bit}");
        }
    }
}

/// Chi-squared of byte counts against the uniform distribution, 255 degrees of freedom.
fn chi_squared(counts: &[u32; 256]) -> f64 {
    let expected = f64::from(counts.iter().sum::<u32>()) / 256.0;
    let square = |count: &u32| (f64::from(*count) - expected).powi(2) / expected;
    counts.iter().map(square).sum()
}

/// 255 ± 6 standard deviations. The seeds are fixed, so a run that passes once always passes; that
/// an honest change of the random numbers falls outside is less likely than 1 in 10^6.
const UNIFORM: core::ops::Range<f64> = 119.0..391.0;

/// Counts over many splits what an attacker with `places` sees: each share's bytes, and the
/// secret's difference from the lowest polynomial through them. A threshold scheme that draws a
/// coefficient unevenly (never zero, or odd only) shows in the second.
fn seen_by_fewer(
    secret: &[u8],
    places: &[u8],
    splits: u32,
    split: impl Fn(&mut SeededRng) -> Vec<Zeroizing<Vec<u8>>>,
) -> Vec<f64> {
    let mut rng = SeededRng::new(u64::from(secret[0]));
    let mut counts = vec![[0_u32; 256]; places.len() + 1];
    for _ in 0..splits {
        let shares = split(&mut rng);
        let points: Vec<(u8, &[u8])> = places
            .iter()
            .map(|place| (*place, &shares[usize::from(*place)][..]))
            .collect();
        let guessed = interpolate(&points, SECRET_PLACE);
        let mut count = |row: usize, byte: u8| counts[row][usize::from(byte)] += 1;
        for (row, (_, value)) in points.iter().enumerate() {
            value.iter().for_each(|byte| count(row, *byte));
        }
        for (guess, byte) in guessed.iter().zip(secret) {
            count(places.len(), guess ^ byte);
        }
    }
    counts.iter().map(chi_squared).collect()
}

#[test]
fn fewer_shares_than_the_threshold_look_alike_for_every_secret() {
    for (threshold, count, places) in [
        (2, 3, &[1][..]),
        (3, 5, &[0, 4]),
        (3, 5, &[2, 3]),
        (5, 9, &[0, 3, 5, 8]),
    ] {
        for secret in [
            [0; 32],
            [0xff; 32],
            core::array::from_fn(|n| 3 + n as u8 * 5),
        ] {
            let statistics = seen_by_fewer(&secret, places, 20_000, |rng| {
                split(threshold, count, &secret, rng)
            });
            for statistic in statistics {
                assert!(
                    UNIFORM.contains(&statistic),
                    "{threshold} of {count}, {places:?}: {statistic}"
                );
            }
        }
    }
}

/// Negative control: the defect of the crates `sharks` and `gf256`, a highest coefficient that is
/// never zero, is far outside the bound.
#[test]
fn a_biased_split_is_seen_by_the_same_statistic() {
    let secret = [7; 32];
    let statistics = seen_by_fewer(&secret, &[1], 20_000, |rng| {
        let at = |x: u8, slope: u8, byte: u8| {
            super::super::gf256::multiply(x ^ SECRET_PLACE, slope) ^ byte
        };
        let slopes: Vec<u8> = secret
            .iter()
            .map(|_| u8::try_from(rng.next_u32() % 255 + 1).expect("at most 255"))
            .collect();
        (0..2)
            .map(|x| {
                let value = slopes.iter().zip(&secret);
                Zeroizing::new(value.map(|(slope, byte)| at(x, *slope, *byte)).collect())
            })
            .collect()
    });
    assert!(statistics.iter().any(|statistic| *statistic > 2000.0));
}
