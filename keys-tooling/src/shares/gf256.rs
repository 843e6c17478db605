//! Arithmetic in GF(256) with the Rijndael polynomial, as SLIP-39 prescribes.
//!
//! Constant time: no branch and no table lookup depends on a value. The places `x` of shares are
//! public.

use core::hint::black_box;

use zeroize::Zeroizing;

/// The product of two elements.
pub(super) fn multiply(a: u8, b: u8) -> u8 {
    let mut product = 0;
    let mut shifted = a;
    for bit in 0..8 {
        product ^= shifted & mask(b >> bit & 1);
        shifted = (shifted << 1) ^ (REDUCTION & mask(shifted >> 7));
    }
    product
}

/// The multiplicative inverse; 0 for 0. It is the power 254, since the group has 255 elements.
pub(super) fn invert(a: u8) -> u8 {
    let mut power = a;
    for _ in 0..6 {
        power = multiply(multiply(power, power), a);
    }
    multiply(power, power)
}

/// The value at `x` of the lowest polynomial through `points`, byte by byte.
///
/// The places must differ and the values must have one length: both hold for every caller, which
/// reads them from one set.
pub(super) fn interpolate(points: &[(u8, &[u8])], x: u8) -> Zeroizing<Vec<u8>> {
    let length = points.first().map_or(0, |(_, value)| value.len());
    let mut result = Zeroizing::new(vec![0; length]);
    for (at, value) in points {
        let mut weight = 1;
        for (other, _) in points.iter().filter(|(other, _)| other != at) {
            // Subtraction is exclusive-or.
            weight = multiply(weight, multiply(x ^ other, invert(at ^ other)));
        }
        for (sum, byte) in result.iter_mut().zip(*value) {
            *sum ^= multiply(weight, *byte);
        }
    }
    result
}

/// All bits for 1, none for 0. Opaque to the optimiser, which could make a branch of it.
fn mask(bit: u8) -> u8 {
    0_u8.wrapping_sub(black_box(bit))
}

/// x^8 + x^4 + x^3 + x + 1 without its highest term.
const REDUCTION: u8 = 0x1b;

#[cfg(test)]
mod tests {
    use vsss_rs::Gf256;

    use super::*;

    #[test]
    fn every_product_and_inverse_is_that_of_another_implementation() {
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                assert_eq!(multiply(a, b), (Gf256(a) * Gf256(b)).0, "{a} * {b}");
            }
            if a != 0 {
                assert_eq!(invert(a), (Gf256(1) / Gf256(a)).0, "1 / {a}");
                assert_eq!(multiply(a, invert(a)), 1);
            }
        }
        assert_eq!(invert(0), 0);
        // The worked example of FIPS 197, section 4.2.
        assert_eq!(multiply(0x57, 0x83), 0xc1);
    }

    #[test]
    fn a_polynomial_is_found_again_at_every_place() {
        // 7 + 3x + 200x^2, by Horner's rule.
        let at = |x: u8| multiply(multiply(200, x) ^ 3, x) ^ 7;
        let values: Vec<[u8; 1]> = (0..3).map(|x| [at(x)]).collect();
        let points: Vec<(u8, &[u8])> = (0..3).zip(values.iter().map(|v| &v[..])).collect();
        for x in 0..=255 {
            assert_eq!(*interpolate(&points, x), [at(x)]);
        }
        assert!(interpolate(&[], 0).is_empty());
    }
}
