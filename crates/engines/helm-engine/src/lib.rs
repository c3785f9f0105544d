//! Helm's template engine as a pure library: sprig, Helm's own functions, and the rules by which the templates of a chart
//! are rendered as one set.
//!
//! What templates can reach outside of their data goes through [`Ports`]: the clock, randomness, the cluster, name lookup.
//!
//! Not here: the language itself (`go-template`), and what a chart is (`helm-chart`).

mod engine;
mod fixed_random;
mod functions;
mod go;
mod ports;
mod values;

pub use engine::{Engine, RenderError, Rendered, Scope, TemplateSet};
pub use fixed_random::fixed_random;
pub use functions::{functions, hermetic_functions};
pub use go_template::{Functions, Limits, Map, Text, Value};
pub use ports::{Offline, Ports};
pub use values::VALUES;
