//! What scenarios stand on: the stage that those of one binary share, a scene for each, controllers of a scene's own.
//!
//! `tests/scenarios` holds scenarios that leave the controllers alone; `tests/faults` those that kill them or the API server. Every
//! scenario has a namespace of its own. When one fails, the objects of its namespace and the controllers' log about it are printed.

pub mod archive;
pub mod artifact;
pub mod chart_server;
pub mod cosign;
pub mod event_sink;
pub mod helm;
pub mod images;
pub mod kills;
pub mod own;
pub mod remote;
pub mod scene;
pub mod signatures;
pub mod stage;

pub use chart_server::ChartServer;
pub use own::Own;
pub use scene::Scene;
pub use stage::{Stage, play};

use e2e::objects::Kind;

pub use images::play_with_images;

/// The definition of a kind.
pub const DEFINITION: Kind =
    Kind { api_version: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", plural: "customresourcedefinitions" };
