//! CustomResourceDefinitions of a chart.

use cluster_client::{RequestError, WaitFailure};
use helm_chart::RenderError;

use crate::objects::ObjectsError;

/// Why definitions are not there.
#[derive(Debug, thiserror::Error)]
pub enum CrdError {
    /// The dependencies of the chart cannot be resolved.
    #[error("failed to process chart dependencies")]
    Dependencies(#[source] RenderError),
    /// A file is not YAML, or something in it is no object.
    #[error("failed to parse CustomResourceDefinitions from {path}")]
    Parse {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: ObjectsError,
    },
    /// One cannot be written.
    #[error("failed to {verb} CustomResourceDefinition {name}")]
    Write {
        /// What was tried: `create`, `get` or `update`.
        verb: &'static str,
        /// Its name.
        name: String,
        /// Why not.
        source: RequestError,
    },
    /// They are not established in time.
    #[error("failed to wait for CustomResourceDefinition(s)")]
    Wait(#[source] WaitFailure),
}
