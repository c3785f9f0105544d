//! A token bucket: bursts are allowed, the long-term rate is not exceeded. Pure: the caller says what time it is.

use std::time::{Duration, Instant};

/// A bucket that fills at a steady rate up to its size.
#[derive(Debug, Clone)]
pub(crate) struct TokenBucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
}

impl TokenBucket {
    /// A full bucket: `rate` tokens a second, at most `burst` of them.
    pub(crate) fn new(rate: f64, burst: f64, now: Instant) -> Self {
        Self { rate, burst, tokens: burst, at: now }
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.burst);
        self.at = self.at.max(now);
    }

    /// Takes a token if there is one.
    pub(crate) fn try_take(&mut self, now: Instant) -> bool {
        self.fill(now);
        let has = self.tokens >= 1.0;
        if has {
            self.tokens -= 1.0;
        }
        has
    }

    /// Takes a token in advance and says how long to wait until it is there.
    pub(crate) fn reserve(&mut self, now: Instant) -> Duration {
        self.fill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / self.rate) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(1.0 / 300.0, 25.0, start);
        assert_eq!((0..30).filter(|_| bucket.try_take(start)).count(), 25);
        assert!(!bucket.try_take(start + Duration::from_secs(299)));
        assert!(bucket.try_take(start + Duration::from_secs(300)));
        assert!(!bucket.try_take(start + Duration::from_secs(301)));
        // Never more than the burst, however long it was quiet.
        let late = start + Duration::from_secs(1_000_000);
        assert_eq!((0..30).filter(|_| bucket.try_take(late)).count(), 25);
    }

    #[test]
    fn reservations_queue_up_one_behind_the_other() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(50.0, 2.0, start);
        let waits: Vec<u128> = (0..4).map(|_| bucket.reserve(start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 20, 40]);
    }
}
