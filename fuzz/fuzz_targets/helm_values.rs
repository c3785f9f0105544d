//! `cargo fuzz run helm_values`. What it finds is kept in helm-chart's `tests/data/fuzz`, where a test replays it.

#![no_main]

#[expect(dead_code, reason = "the other target uses the rest")]
#[path = "../../crates/engines/helm-chart/tests/hostile/mod.rs"]
mod hostile;

libfuzzer_sys::fuzz_target!(|input: &[u8]| hostile::values(input));
