//! `cargo fuzz run template_execute`. What it finds is kept in the crate's `tests/data/fuzz`, where a test replays it.

#![no_main]

#[expect(dead_code, reason = "the other target uses the rest")]
#[path = "../../crates/engines/go-template/tests/hostile/mod.rs"]
mod hostile;

libfuzzer_sys::fuzz_target!(|text: &[u8]| hostile::execute(text));
