//! The demo, and what kills or counts: whole stories with a world of their own. Scenarios by feature are in `e2e/scenarios`.

mod disturbance;
mod documents;
mod kill;
mod metrics;
mod scenario;
mod story;
mod tenancy;
