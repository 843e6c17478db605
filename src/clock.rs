//! Time and randomness as arguments: the only callers of the system clock and the system random
//! source. Each has a fixed form, so a test can say what day it is and which bytes come next. Both
//! are cheap to clone and are handed out through [`crate::app::AppState`].

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use rand_core::{CryptoRng, Error, OsRng, RngCore, impls};
use sha2::{Digest, Sha256};

/// Where the server takes the time from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The system's clock.
    System,
    /// Always this many seconds since 1970-01-01T00:00:00Z; for tests.
    Fixed(u64),
}

impl Clock {
    /// Seconds since 1970-01-01T00:00:00Z. A system clock before that day reads as 0.
    pub fn now_unix_s(&self) -> u64 {
        match self {
            Self::System => system_unix_s(),
            Self::Fixed(seconds) => *seconds,
        }
    }

    /// The UTC day as whole days since 1970-01-01: the finest time that is ever stored about a
    /// submission.
    pub fn today(&self) -> u32 {
        u32::try_from(self.now_unix_s() / SECONDS_PER_DAY).unwrap_or(u32::MAX)
    }
}

/// Where the server takes random bytes from.
#[derive(Clone)]
pub enum Rng {
    /// The system's random source.
    System,
    /// A repeatable sequence, shared by all clones; see [`Rng::seeded_for_tests`].
    Seeded(Arc<Mutex<SeededBytes>>),
}

impl Rng {
    /// A repeatable sequence that anybody can compute: for tests only, never for a server that
    /// takes reports.
    pub fn seeded_for_tests(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(SeededBytes { seed, counter: 0 })))
    }
}

impl RngCore for Rng {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        match self {
            Self::System => OsRng.fill_bytes(dest),
            // The state is two integers and is whole even if another test thread panicked.
            Self::Seeded(state) => state
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .fill(dest),
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Error> {
        match self {
            Self::System => OsRng.try_fill_bytes(dest),
            Self::Seeded(_) => {
                self.fill_bytes(dest);
                Ok(())
            }
        }
    }
}

impl CryptoRng for Rng {}

/// State of the repeatable sequence: SHA-256 over seed and block number.
pub struct SeededBytes {
    seed: u64,
    counter: u64,
}

impl SeededBytes {
    fn fill(&mut self, dest: &mut [u8]) {
        for block in dest.chunks_mut(32) {
            let digest = Sha256::new()
                .chain_update(self.seed.to_le_bytes())
                .chain_update(self.counter.to_le_bytes())
                .finalize();
            self.counter += 1;
            for (byte, fresh) in block.iter_mut().zip(digest) {
                *byte = fresh;
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one adapter that every Clock::System goes through"
)]
fn system_unix_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_change_at_midnight_utc() {
        assert_eq!(Clock::Fixed(0).today(), 0);
        assert_eq!(Clock::Fixed(86_399).today(), 0);
        assert_eq!(Clock::Fixed(86_400).today(), 1);
    }

    #[test]
    fn system_clock_is_past_the_year_2020() {
        assert!(Clock::System.now_unix_s() > 1_577_836_800);
    }

    #[test]
    fn seeded_bytes_repeat_and_depend_on_the_seed() {
        let draw = |seed: u64| {
            let mut bytes = [0_u8; 100];
            Rng::seeded_for_tests(seed).fill_bytes(&mut bytes);
            bytes
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let mut shared = Rng::seeded_for_tests(7);
        assert_ne!(
            shared.clone().next_u64(),
            shared.next_u64(),
            "clones share one sequence"
        );
    }

    #[test]
    fn system_source_does_not_repeat() {
        let mut rng = Rng::System;
        assert_ne!(rng.next_u64(), rng.next_u64());
    }
}
