//! Spreads intervals, so that objects of one interval do not all run at once.

use std::time::Duration;

/// By how many percent an interval may be longer or shorter: Flux's `--interval-jitter-percentage`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Jitter {
    percentage: u8,
}

impl Jitter {
    /// The jitter of a flag that was checked to be 0 to 99.
    pub fn of_flag(percentage: u8) -> Self {
        Self { percentage: percentage.min(99) }
    }

    /// The interval, longer or shorter by a random part.
    pub fn spread(&self, interval: Duration) -> Duration {
        self.spread_by(interval, rand::random())
    }

    /// `interval × (1 + p × (2 random − 1))`, with `random` in `0..1`.
    fn spread_by(&self, interval: Duration, random: f64) -> Duration {
        let part = f64::from(self.percentage) / 100.0;
        interval.mul_f64(1.0 + part * (2.0 * random - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_moves_by_the_percentage_at_most() {
        let jitter = Jitter::of_flag(5);
        let minute = Duration::from_secs(60);
        assert_eq!(jitter.spread_by(minute, 0.0), Duration::from_secs(57));
        assert_eq!(jitter.spread_by(minute, 0.5), minute);
        assert_eq!(Jitter::default().spread_by(minute, 0.9), minute);
    }
}
