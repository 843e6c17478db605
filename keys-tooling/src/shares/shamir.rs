//! Shamir's scheme as SLIP-39 has it: points of a polynomial, with a digest of the secret as one.
//!
//! The secret stands at 255, its digest at 254, shares at 0 to 15. With threshold k, k − 2 shares
//! are random; these, digest and secret determine the polynomial. The digest notices a wrong share.

use hmac::{Hmac, Mac};
use rand_core::{CryptoRng, RngCore};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::gf256::interpolate;

/// The digest does not fit: at least one share is not of this split.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadDigest;

/// The values of `count` shares, of which `threshold` recover `secret`; the place is the index.
///
/// The scheme was checked before: 1 ≤ `threshold` ≤ `count` ≤ 16, and a secret of 16 bytes or more.
pub(super) fn split(
    threshold: u8,
    count: u8,
    secret: &[u8],
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<Zeroizing<Vec<u8>>> {
    if threshold == 1 {
        return (0..count)
            .map(|_| Zeroizing::new(secret.to_vec()))
            .collect();
    }
    let random = |length: usize, rng: &mut dyn RngCore| {
        let mut bytes = Zeroizing::new(vec![0; length]);
        rng.fill_bytes(&mut bytes);
        bytes
    };
    let mut shares: Vec<_> = (0..threshold - 2)
        .map(|_| random(secret.len(), rng))
        .collect();
    let tail = random(secret.len().saturating_sub(DIGEST_BYTES), rng);
    let mut digest_share = Zeroizing::new(Vec::with_capacity(secret.len()));
    digest_share.extend_from_slice(&*digest(secret, &tail));
    digest_share.extend_from_slice(&tail);

    let drawn: Vec<_> = shares.clone();
    let mut points: Vec<(u8, &[u8])> = (0..).zip(drawn.iter().map(|share| &share[..])).collect();
    points.push((DIGEST_PLACE, &digest_share));
    points.push((SECRET_PLACE, secret));
    shares.extend((threshold - 2..count).map(|x| interpolate(&points, x)));
    shares
}

/// The secret of exactly as many points as the threshold.
pub(super) fn recover(points: &[(u8, &[u8])]) -> Result<Zeroizing<Vec<u8>>, BadDigest> {
    if let [(_, only)] = points {
        return Ok(Zeroizing::new(only.to_vec()));
    }
    let secret = interpolate(points, SECRET_PLACE);
    let digest_share = interpolate(points, DIGEST_PLACE);
    let (found, tail) = digest_share
        .split_at_checked(DIGEST_BYTES)
        .ok_or(BadDigest)?;
    if bool::from(digest(&secret, tail).ct_eq(found)) {
        Ok(secret)
    } else {
        Err(BadDigest)
    }
}

/// The first four bytes of HMAC-SHA-256 over the secret, keyed by the random rest of the share.
fn digest(secret: &[u8], tail: &[u8]) -> Zeroizing<[u8; DIGEST_BYTES]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(tail).expect("HMAC takes a key of any length");
    mac.update(secret);
    let whole = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
    let mut digest = Zeroizing::new([0; DIGEST_BYTES]);
    digest
        .iter_mut()
        .zip(whole.iter())
        .for_each(|(to, from)| *to = *from);
    digest
}

const DIGEST_BYTES: usize = 4;
const DIGEST_PLACE: u8 = 254;
const SECRET_PLACE: u8 = 255;

#[cfg(test)]
#[path = "shamir/tests.rs"]
mod tests;
