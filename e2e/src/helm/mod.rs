//! Helm itself and our engine for it, as two programs that answer the same requests.

mod ours;
mod server;

pub use ours::serve;
pub use server::{Render, Server, Signature, command_line};

use serde_json::{Value, json};
use std::fmt;
use std::path::PathBuf;

/// The release that charts are rendered for.
pub const RELEASE: &str = "release-name";

/// Its namespace.
const NAMESPACE: &str = "default";

/// The cluster's version.
pub const KUBE_VERSION: &str = "1.33.0";

/// A chart to render.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Where it is.
    pub directory: PathBuf,
    /// A file of values, besides the chart's own.
    pub values: Option<PathBuf>,
}

/// What is wanted of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// What is printed.
    Output,
    /// How long rendering takes.
    Times,
    /// How long it takes with a chart that is read once.
    TimesAgain,
    /// How long parsing its templates takes.
    ParsingTime,
}

impl Chart {
    fn request(&self, wanted: Wanted) -> Value {
        json!({
            "path": self.directory,
            "values": Vec::from_iter(&self.values),
            "release": RELEASE,
            "namespace": NAMESPACE,
            "kubeVersion": KUBE_VERSION,
            "fixedRandom": true,
            "quiet": wanted != Wanted::Output,
            "again": wanted == Wanted::TimesAgain,
            "parseOnly": wanted == Wanted::ParsingTime,
        })
    }
}

/// What came of a chart or a template: what is printed, or why nothing is.
pub type Outcome = Result<Vec<u8>, Failure>;

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The work was refused, with a message for its author.
    Refused(String),
    /// The program ended, or panicked, where it should have answered.
    Crashed(String),
    /// There was no answer in time.
    TimedOut,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(message) => formatter.write_str(message),
            Self::Crashed(message) => write!(formatter, "crashed: {message}"),
            Self::TimedOut => formatter.write_str("no answer in time"),
        }
    }
}
