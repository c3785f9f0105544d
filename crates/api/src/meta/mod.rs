//! What all kinds have in common: conditions, references, durations, artifacts, annotations.

mod access;
pub mod annotations;
mod artifact;
mod condition;
mod conditions;
mod duration;
mod history;
mod inventory;
mod object;
mod reference;
pub mod request;
mod summary;
mod words;

pub use access::{AccessFrom, NamespaceSelector};
pub use artifact::Artifact;
pub use condition::{Condition, ConditionStatus, MESSAGE_LIMIT, limit_message};
pub use conditions::{Conditions, Stamp, Why};
pub use duration::{DurationError, GoDuration};
pub use history::{HISTORY_LIMIT, History, Snapshot};
pub use inventory::{ResourceInventory, ResourceRef};
pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
pub(crate) use object::reconciled_status;
pub use object::{ReconciledObject, ReconciledStatus};
pub use reference::{
    DependencyReference, KubeConfigReference, LocalObjectReference, NamespacedObjectKindReference, NamespacedObjectReference,
    SecretKeyReference,
};
pub use summary::SummaryRule;
pub use words::{ConditionType, Reason};
