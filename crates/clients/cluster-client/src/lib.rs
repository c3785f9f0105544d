//! The Kubernetes API server as kustomize- and helm-controller need it: apply a set of objects, know what is live, prune, wait.
//!
//! Knows the protocol and nothing of our custom resources: what to apply, in which stages and for whom is the caller's plan, made with
//! `apply-plan` and judged with `object-health`. Connections are made by `runtime`.
//!
//! ```text
//!  Apply ──┐                        ┌── LiveIndex: one metadata watch a kind ──► drift, wake-ups
//!  Prune ──┼──► Cluster (identity) ─┤
//!  Wait  ──┘                        └── Discovery: which resource serves a kind
//! ```

mod apply;
mod cluster;
mod discovery;
mod impersonation;
mod journal;
mod kubeconfig;
mod live_index;
mod managed_fields;
mod object_key;
mod ownership;
mod prune;
mod remembered;
mod remote;
mod request_error;
mod requests;
mod wait;

pub use apply::{Apply, ApplyFailure, Assess, Migration, StageState};
pub use cluster::{Cluster, Detail, Mode};
pub use discovery::{Discovery, Resource, Scope};
pub use impersonation::{Identity, IdentityError, impersonate};
pub use journal::{Journal, NoJournal};
pub use kubeconfig::{Allowed, KubeconfigError, KubeconfigPolicy};
pub use live_index::{Drift, LiveIndex, LiveObject, Lookup, Writing};
pub use object_key::{KindKey, ObjectKey};
pub use ownership::{Owner, Ownership};
pub use prune::{Prune, PruneFailure, TerminationTimeout};
pub use remembered::Remembered;
pub use remote::{AccountError, Connect, ParametersError, RemoteClusters, RemoteError, RemotePolicy};
pub use request_error::RequestError;
pub use requests::{Applied, Conflicts, List, Propagation, Selection};
pub use wait::{Wait, WaitFailure, Waited};
