//! Random numbers that are the same in every run, for tests alone.

use rand_core::{CryptoRng, Error, RngCore};
use sha2::{Digest, Sha256};

/// SHA-256 of a seed and a counter.
pub(crate) struct SeededRng {
    seed: u64,
    counter: u64,
    block: Vec<u8>,
}

impl SeededRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: 0,
            block: Vec::new(),
        }
    }
}

impl RngCore for SeededRng {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.block.pop().unwrap_or_else(|| {
                let input = [self.seed.to_le_bytes(), self.counter.to_le_bytes()].concat();
                self.counter += 1;
                self.block = Sha256::digest(input).to_vec();
                self.block.pop().unwrap_or(0)
            });
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for SeededRng {}
