//! What every controller needs: start-up, queues, status, events, metrics, artifact fetch.
//!
//! What is not here: anything about a single kind. A controller's `main` builds a [`flags::FlagSet`], calls
//! [`process::run`] and starts its controllers on what that gives it.

pub mod artifact_fetch;
mod bounded;
pub mod client;
pub mod error_chain;
pub mod events;
pub mod flags;
pub mod identity;
pub mod leader;
pub mod logging;
pub mod metrics;
pub mod process;
#[cfg(test)]
mod recordings;
pub mod servers;
mod token_bucket;
