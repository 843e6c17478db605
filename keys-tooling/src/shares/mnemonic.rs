//! One share as SLIP-39 lays it out: forty bits of where it belongs, its value, a checksum.
//!
//! ```text
//! identifier 15 │ extendable 1 │ exponent 4 │ group index 4 │ group threshold − 1  4 │ groups − 1  4
//! member index 4 │ member threshold − 1  4 │ zero bits, value │ checksum 30
//! ```

use zeroize::Zeroizing;

use super::{
    rs1024::{self, CHECKSUM_WORDS},
    words::ShareWords,
};

/// A share, read from its words or about to be written. No `Debug`; cleared when dropped.
#[derive(Clone)]
pub(super) struct Mnemonic {
    pub(super) common: Common,
    pub(super) group_index: u8,
    pub(super) member_index: u8,
    pub(super) member_threshold: u8,
    pub(super) value: Zeroizing<Vec<u8>>,
}

/// What all shares of one set have alike; public.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Common {
    pub(super) identifier: u16,
    pub(super) extendable: bool,
    pub(super) exponent: u8,
    pub(super) group_threshold: u8,
    pub(super) group_count: u8,
}

/// Why words are no share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BadMnemonic {
    /// No share has so many words.
    Length,
    /// A word was misread; the checksum does not verify.
    Checksum,
    /// The checksum verifies, and no tool of the standard would have written it.
    Content,
}

impl Common {
    /// The two words with which every share of the set begins.
    pub(super) fn first_words(self) -> [u16; 2] {
        let id = u32::from(self.identifier) << 5
            | u32::from(self.extendable) << 4
            | u32::from(self.exponent);
        [id >> WORD_BITS, id].map(|word| (word & LOW_TEN).try_into().unwrap_or(0))
    }
}

impl Mnemonic {
    /// The share's words, with their checksum.
    pub(super) fn to_words(&self) -> ShareWords {
        let mut bits = BitWriter::new(value_words(self.value.len()));
        bits.push(self.common.identifier.into(), 15);
        bits.push(self.common.extendable.into(), 1);
        bits.push(self.common.exponent.into(), 4);
        bits.push(self.group_index.into(), 4);
        bits.push(u32::from(self.common.group_threshold) - 1, 4);
        bits.push(u32::from(self.common.group_count) - 1, 4);
        bits.push(self.member_index.into(), 4);
        bits.push(u32::from(self.member_threshold) - 1, 4);
        bits.push(0, padding_bits(self.value.len()));
        for byte in self.value.iter() {
            bits.push((*byte).into(), 8);
        }
        let mut words = bits.words;
        let checksum = rs1024::checksum(&words);
        words.extend_from_slice(&checksum);
        ShareWords::from_numbers(words)
    }

    /// Reads a share's words.
    pub(super) fn from_words(words: &ShareWords) -> Result<Self, BadMnemonic> {
        let words = words.numbers();
        let value_words = words
            .len()
            .checked_sub(META_WORDS)
            .filter(|words| words * WORD_BITS >= LEAST_BYTES * 8)
            .ok_or(BadMnemonic::Length)?;
        // Values are whole pairs of bytes; what is over is padding, and eight bits would be a byte.
        let value_bytes = value_words * WORD_BITS / 16 * 2;
        if value_words * WORD_BITS - value_bytes * 8 > PADDING_MOST_BITS {
            return Err(BadMnemonic::Length);
        }
        if !rs1024::verify(words) {
            return Err(BadMnemonic::Checksum);
        }
        let mut bits = BitReader::new(words);
        let mut small = |count| u8::try_from(bits.take(count)).unwrap_or(0);
        let identifier = u16::from(small(7)) << 8 | u16::from(small(8));
        let extendable = small(1) == 1;
        let exponent = small(4);
        let group_index = small(4);
        let group_threshold = small(4) + 1;
        let group_count = small(4) + 1;
        let member_index = small(4);
        let member_threshold = small(4) + 1;
        let padding = small(padding_bits(value_bytes));
        let mut value = Zeroizing::new(Vec::with_capacity(value_bytes));
        value.extend((0..value_bytes).map(|_| small(8)));
        if padding != 0 || group_threshold > group_count {
            return Err(BadMnemonic::Content);
        }
        Ok(Self {
            common: Common {
                identifier,
                extendable,
                exponent,
                group_threshold,
                group_count,
            },
            group_index,
            member_index,
            member_threshold,
            value,
        })
    }
}

fn value_words(bytes: usize) -> usize {
    (bytes * 8).div_ceil(WORD_BITS)
}

fn padding_bits(bytes: usize) -> usize {
    value_words(bytes) * WORD_BITS - bytes * 8
}

/// Packs numbers into words of ten bits.
struct BitWriter {
    words: Zeroizing<Vec<u16>>,
    free: usize,
}

impl BitWriter {
    fn new(value_words: usize) -> Self {
        Self {
            words: Zeroizing::new(Vec::with_capacity(META_WORDS + value_words)),
            free: 0,
        }
    }

    fn push(&mut self, value: u32, count: usize) {
        for bit in (0..count).rev() {
            if self.free == 0 {
                self.words.push(0);
                self.free = WORD_BITS;
            }
            self.free -= 1;
            let bit = u16::from(value >> bit & 1 == 1);
            if let Some(word) = self.words.last_mut() {
                *word |= bit << self.free;
            }
        }
    }
}

/// Takes numbers out of words of ten bits.
struct BitReader<'a> {
    words: &'a [u16],
    at: usize,
}

impl<'a> BitReader<'a> {
    fn new(words: &'a [u16]) -> Self {
        Self { words, at: 0 }
    }

    /// The next `count` bits; zeros after the end.
    fn take(&mut self, count: usize) -> u32 {
        (0..count).fold(0, |value, _| {
            let word = self.words.get(self.at / WORD_BITS).copied().unwrap_or(0);
            let bit = word >> (WORD_BITS - 1 - self.at % WORD_BITS) & 1;
            self.at += 1;
            value << 1 | u32::from(bit)
        })
    }
}

const WORD_BITS: usize = 10;
const LOW_TEN: u32 = 0x3ff;
/// Four words of where it belongs, and the checksum.
const META_WORDS: usize = 4 + CHECKSUM_WORDS;
const LEAST_BYTES: usize = 16;
const PADDING_MOST_BITS: usize = 8;
