//! What every controller needs: start-up, queues, status, events, metrics, artifact fetch.
//!
//! What is not here: anything about a single kind. A controller's `main` builds a [`flags::FlagSet`], starts the process with
//! [`process::run`] and runs a [`controller::Controller`] for each of its kinds.

pub mod artifact_fetch;
pub mod bounded;
pub mod client;
pub mod controller;
pub mod error_chain;
pub mod events;
pub mod finishing;
pub mod flags;
pub mod identity;
pub mod jitter;
pub mod leader;
mod lenient;
pub mod logging;
pub mod metrics;
pub mod process;
pub mod queue;
pub mod reconciler;
#[cfg(test)]
mod recordings;
pub mod run;
pub mod scratch;
pub mod secrets;
pub mod servers;
pub mod status;
pub mod store;
mod token_bucket;
