//! Helm's actions on a cluster, as helm-controller carries them out: install, upgrade, roll back, test, uninstall; and drift.
//!
//! ```text
//!  Source (helm-chart) ──render──► record (helm-release) ──► Storage: pending
//!                                      │                        │
//!                          hooks, objects, wait (cluster-client)│
//!                                      └──────────────────────► Storage: deployed │ failed
//! ```
//!
//! [`Helm`] is where to act; its methods are the actions, each with a struct of options. They return the record they have written, or a
//! [`Failure`], which has the record if one was stored. Every prefix of their writes is a state that the next action can go on from; to
//! drop the future of one is as a crash at that point ([decision 0010](../../../docs/decisions/0010-helm-actions.md)).
//!
//! What is not here: which action comes next, and anything of the custom resource; see helm-controller.

mod action;
mod apply;
mod crds;
mod drift;
mod error;
mod helm;
mod hooks;
mod log;
mod objects;
mod options;
mod ownership;
mod ports;
mod render;
mod storage;
mod wait;

pub use action::Uninstalled;
pub use apply::ApplyError;
pub use cluster_client::Propagation;
pub use crds::CrdError;
pub use drift::{Correction, Difference, Drift, DriftError, DriftRules, Drifts};
pub use error::{ActionError, Failure};
pub use helm::Helm;
pub use hooks::HookError;
pub use log::ActionLog;
pub use objects::ObjectsError;
pub use options::{
    Adoption, CrdPolicy, Crds, Dns, Execution, Hooks, Install, Method, MethodChoice, Rollback, Source, Test, Uninstall, Upgrade,
    WaitFor, Waiter,
};
pub use ownership::OwnershipError;
pub use storage::{Fingerprint, Storage, StorageError};

/// The field manager of everything that is written.
pub const FIELD_MANAGER: &str = "helm-controller";
