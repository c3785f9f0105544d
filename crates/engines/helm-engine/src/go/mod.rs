//! What Helm's functions use of Go's standard library: its runes, numbers, reflection.

/// How deeply nested a value may be for a function that walks through all of it.
pub(crate) const MAX_DEPTH: usize = 1_000;

/// Goes a level deeper into a value, with stack enough for it.
pub(crate) fn nested<T>(body: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(64 << 10, 1 << 20, body)
}

pub(crate) mod json;
pub(crate) mod letter;
pub(crate) mod number;
pub(crate) mod reflect;
pub(crate) mod runes;
pub(crate) mod toml;
pub(crate) mod url;
