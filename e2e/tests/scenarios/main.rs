//! End-to-end scenarios: real API server, real Git, the controllers as processes.
//!
//! Those that disturb nobody share one world and have a namespace and a repository each; those that kill something have a world of
//! their own. A failing scenario prints the objects of its namespace.

mod deletion;
mod delivery;
mod disturbance;
mod failure;
mod kill;
mod metrics;
mod scenario;
mod story;
