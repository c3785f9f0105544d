//! Says what is being done and how long it took.

use std::time::{Duration, Instant};

/// Runs one step between a line before and a line after it.
pub(crate) fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    println!("==> {name}");
    let start = Instant::now();
    let result = work();
    let took = format_duration(start.elapsed());
    match &result {
        Ok(_) => println!("==> {name}: done in {took}"),
        Err(_) => println!("==> {name}: FAILED after {took}"),
    }
    result
}

/// `1.2 s`, `3 min 4 s`.
pub(crate) fn format_duration(duration: Duration) -> String {
    if duration < Duration::from_secs(60) {
        return format!("{:.1} s", duration.as_secs_f64());
    }
    format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60)
}
