//! The file that holds an artifact: a gzip-compressed tar archive.
//!
//! Written archives are deterministic: directories and regular files in the order of a walk, no owners, no times, fixed modes.
//! Archives that are read are untrusted: every claim in them is checked against the bytes and against limits.

mod header;
mod pax;
mod read;
mod write;

pub use read::{Limits, ReadError, read};
pub use write::{WriteError, Written, write};

/// The size of the blocks that a tar archive consists of.
const BLOCK: usize = 512;

#[cfg(test)]
mod tests;
