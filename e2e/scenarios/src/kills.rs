//! When a process is killed: at moments that are spread over what it does, and the same in every run of a test.

use anyhow::Context;
use std::time::Duration;

/// How often a scenario kills in each phase where nothing else is said: what a run of all tests has the time for.
const FEW: u32 = 8;

/// The step of the golden ratio: its multiples, without their whole parts, are spread evenly however many there are.
const STEP: f64 = 0.618_033_988_749_894_9;

/// How often to kill in each phase: `$WEIR_KILLS`, which `cargo xtask e2e --kills` sets, or a few times.
///
/// # Errors
/// `$WEIR_KILLS` is not a number.
pub fn count() -> anyhow::Result<u32> {
    match std::env::var("WEIR_KILLS") {
        Ok(text) => text.parse().with_context(|| format!("WEIR_KILLS is {text:?}")),
        Err(_) => Ok(FEW),
    }
}

/// The moment of the kill number `number` within a phase that lasts that long, or a little after it.
#[must_use]
pub fn moment(number: u32, length: Duration) -> Duration {
    length.mul_f64((f64::from(number) * STEP).fract() * 1.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_spread_over_the_phase() {
        let mut moments: Vec<u128> = (1..=100).map(|number| moment(number, Duration::from_secs(1)).as_millis()).collect();
        moments.sort_unstable();
        assert!(moments[0] < 50 && moments[99] > 1050);
        assert!(moments.windows(2).all(|pair| pair[1] - pair[0] < 30), "{moments:?}");
    }
}
