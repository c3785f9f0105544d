//! The Kubernetes API server as kustomize- and helm-controller need it: apply a set of objects, know what is live, prune, wait.
//!
//! Knows the protocol and nothing of our custom resources: what to apply, in which stages and for whom is the caller's plan. Clients are made
//! by `runtime`.

mod cluster;
mod discovery;
mod live_index;
mod managed_fields;
mod ownership;
mod impersonation;
mod object_key;
mod request_error;

pub use cluster::{Cluster, Detail, Mode};
pub use discovery::{Discovery, Resource, Scope};
pub use live_index::{Drift, LiveIndex, LiveObject, Lookup};
pub use ownership::{Owner, Ownership};
pub use impersonation::{Identity, IdentityError, impersonate};
pub use object_key::{KindKey, ObjectKey};
pub use request_error::RequestError;
