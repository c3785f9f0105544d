//! What every controller needs: start-up, queues, status, events, metrics, artifact fetch.
//!
//! What is not here: anything about a single kind. A controller's `main` builds a [`flags::FlagSet`], calls
//! [`process::run`] and starts its controllers on what that gives it.

pub mod error_chain;
pub mod flags;
pub mod identity;
pub mod logging;
pub mod metrics;
#[cfg(test)]
mod recordings;

