//! What the console takes from the machine it runs on: threads, the time, randomness. Arguments all of them, so
//! that a test can say what day it is.

use std::sync::Arc;

use asylia_envelope::day::Day;
use rand_core::CryptoRngCore;
use tokio::runtime::Handle;

/// A random source of its own for each vault.
pub type Random = Box<dyn CryptoRngCore + Send>;

/// The machine; clones share it.
#[derive(Clone)]
pub struct Machine {
    /// Where the database's work runs.
    pub handle: Handle,
    /// Seconds since 1970, UTC, as the computer's clock has it.
    pub clock: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Makes a random source.
    pub random: Arc<dyn Fn() -> Random + Send + Sync>,
}

impl Machine {
    /// Seconds since 1970, UTC.
    #[must_use]
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// The day, UTC; the first of 1970 for a clock that tells nothing sensible.
    #[must_use]
    pub fn today(&self) -> Day {
        Day::from_unix_seconds(self.now())
            .or_else(|| Day::from_days_since_1970(0))
            .expect("1970 is a year of the calendar")
    }
}
