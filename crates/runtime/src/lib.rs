//! What every controller needs: start-up, queues, status, events, metrics, artifact fetching. It knows no single kind.

pub mod controller;
pub mod error_chain;
pub mod events;
pub mod jitter;
pub mod metrics;
pub mod queue;
pub mod reconciler;
pub mod run;
#[cfg(test)]
mod recordings;
pub mod status;
pub mod store;
