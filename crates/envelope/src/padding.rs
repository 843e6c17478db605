//! Size classes: every length outside a seal is one of these.
//!
//! Padmé (Nikitin et al., PoPETs 2019, §4): lengths keep only as many leading bits as their exponent has
//! bits, so at most 12 % is added and few lengths exist. Above it, a floor hides all small ones.

use crate::prescan::HEADER_LIMIT_BYTES;

/// Smallest plaintext of a compartment, in bytes.
pub const COMPARTMENT_FLOOR_BYTES: u64 = 16 * 1024;
/// Smallest plaintext of a record, in bytes.
pub const RECORD_FLOOR_BYTES: u64 = 64 * 1024;
/// Most bytes of padding that sealing writes at a time where its caller stores as it goes.
pub const PADDING_STEP_BYTES: u64 = 256 * 1024;
/// Bytes before the ciphertext in a stored record: its length, big-endian.
pub const LENGTH_PREFIX_BYTES: u64 = 8;

/// The class of a plaintext: the least Padmé length that holds `length` bytes, at least `floor`.
///
/// Above 16 KiB every class is a multiple of 512, so that a tar stream can fill it.
#[must_use]
pub fn size_class(length: u64, floor: u64) -> u64 {
    padme(length.max(floor))
}

/// Bytes that age's payload takes for `plaintext` bytes: a nonce, and a tag for each chunk of 64 KiB.
#[must_use]
pub fn payload_bytes(plaintext: u64) -> u64 {
    let chunks = plaintext.div_ceil(AGE_CHUNK_BYTES).max(1);
    plaintext
        .saturating_add(AGE_NONCE_BYTES)
        .saturating_add(chunks.saturating_mul(AGE_TAG_BYTES))
}

/// Stored length of a record whose plaintext has the class `class`: the same whatever its header holds.
#[must_use]
pub fn stored_bytes(class: u64) -> u64 {
    LENGTH_PREFIX_BYTES
        .saturating_add(HEADER_LIMIT_BYTES as u64)
        .saturating_add(payload_bytes(class))
}

/// Whether a stored length is one that [`stored_bytes`] gives for some record.
#[must_use]
pub fn is_stored_length(stored: u64) -> bool {
    let overhead = LENGTH_PREFIX_BYTES + HEADER_LIMIT_BYTES as u64 + AGE_NONCE_BYTES;
    let Some(sealed) = stored.checked_sub(overhead) else {
        return false;
    };
    let chunks = sealed.div_ceil(AGE_CHUNK_BYTES + AGE_TAG_BYTES).max(1);
    let Some(class) = sealed.checked_sub(chunks * AGE_TAG_BYTES) else {
        return false;
    };
    size_class(class, RECORD_FLOOR_BYTES) == class && stored_bytes(class) == stored
}

fn padme(length: u64) -> u64 {
    if length < 2 {
        return length;
    }
    let exponent = u64::from(length.ilog2());
    let kept_bits = u64::from(exponent.max(1).ilog2()) + 1;
    let mask = (1_u64 << exponent.saturating_sub(kept_bits)) - 1;
    length.checked_add(mask).map_or(u64::MAX, |sum| sum & !mask)
}

const AGE_CHUNK_BYTES: u64 = 64 * 1024;
const AGE_NONCE_BYTES: u64 = 16;
const AGE_TAG_BYTES: u64 = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn classes_follow_padme_above_the_floor() {
        assert_eq!(size_class(0, COMPARTMENT_FLOOR_BYTES), 16_384);
        assert_eq!(size_class(16_385, COMPARTMENT_FLOOR_BYTES), 17_408);
        assert_eq!(size_class(65_537, RECORD_FLOOR_BYTES), 67_584);
        assert_eq!(size_class(1 << 30, RECORD_FLOOR_BYTES), 1 << 30);
        assert_eq!(padme(9), 10);
    }

    proptest! {
        #[test]
        fn a_class_holds_its_length_wastes_an_eighth_at_most_and_fills_whole_blocks(length in 0_u64..1 << 40) {
            let class = size_class(length, COMPARTMENT_FLOOR_BYTES);
            prop_assert!(class >= length);
            prop_assert!(class <= length.max(COMPARTMENT_FLOOR_BYTES) + length / 8);
            prop_assert_eq!(class % 512, 0);
            prop_assert_eq!(size_class(class, COMPARTMENT_FLOOR_BYTES), class);
            let record_class = size_class(length, RECORD_FLOOR_BYTES);
            prop_assert!(is_stored_length(stored_bytes(record_class)));
            prop_assert!(!is_stored_length(stored_bytes(record_class) + 1));
        }
    }
}
