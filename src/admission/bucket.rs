//! A budget that fills again with time.

use tokio::time::Instant;

/// How much there is at most, and how fast it comes back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    pub(super) burst: f64,
    pub(super) per_second: f64,
}

/// One budget. It may go below nothing: what is under way is not cut for it.
pub(super) struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn full(rate: &Rate, now: Instant) -> Self {
        Self {
            left: rate.burst,
            at: now,
        }
    }

    /// What is left now.
    pub(super) fn left(&mut self, rate: &Rate, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * rate.per_second).min(rate.burst);
        self.at = self.at.max(now);
        self.left
    }

    /// Takes `amount` if `kept` stays behind it.
    pub(super) fn take(&mut self, rate: &Rate, amount: f64, kept: f64, now: Instant) -> bool {
        let enough = self.left(rate, now) >= amount + kept;
        if enough {
            self.left -= amount;
        }
        enough
    }

    /// Takes `amount`, whatever is left.
    pub(super) fn charge(&mut self, rate: &Rate, amount: f64, now: Instant) {
        self.left(rate, now);
        self.left -= amount;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_fills_again_up_to_its_burst_and_pays_debts_first() {
        let rate = Rate {
            burst: 10.0,
            per_second: 2.0,
        };
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut bucket = Bucket::full(&rate, begin);
        assert!(bucket.take(&rate, 9.0, 1.0, begin));
        assert!(!bucket.take(&rate, 1.0, 1.0, begin), "one is kept");
        assert!(bucket.take(&rate, 1.0, 0.0, begin));
        bucket.charge(&rate, 4.0, begin);
        assert!(!bucket.take(&rate, 1.0, 0.0, after(2)), "a debt of four");
        assert!(bucket.take(&rate, 2.0, 0.0, after(3)));
        assert!((bucket.left(&rate, after(1000)) - 10.0).abs() < f64::EPSILON);
    }
}
