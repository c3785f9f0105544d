//! Helm's template engine as a pure library: sprig, Helm's own functions, and the rules by which the templates of a chart
//! are rendered as one set.
//!
//! What templates can reach outside of their data goes through [`Ports`]: the clock, randomness, the cluster, name lookup.
//!
//! Not here: the language itself (`go-template`), and what a chart is (`helm-chart`).

mod functions;
mod ports;

pub use functions::functions;
pub use ports::{Offline, Ports};
