//! What an apply has to do: desired objects, live objects and an inventory to stages, patches, changes and deletions.
//!
//! Everything here is a pure function over `serde_json::Value`; who calls the API server is `cluster-client`. The rules are those of
//! kustomize-controller and `github.com/fluxcd/pkg/ssa`, and apply to any owner.
//!
//! ```text
//! built objects ─► normalize ─► ownership ─► stages ─► per object: controls, (dry-run), drift, cleanup ─► change
//! old inventory ─► inventory::stale ─► per object: controls::deletion ─► change
//! ```

pub mod change;
pub mod cleanup;
pub mod controls;
pub mod difference;
pub mod drift;
pub mod failure;
mod field_set;
mod group_kind;
pub mod ignore;
pub mod inventory;
pub mod mask;
pub mod normalize;
mod object;
pub mod ownership;
mod pointer;
pub mod selector;
pub mod stage;
pub mod three_way;
pub mod undeclared;

pub use change::{Action, Change};
pub use group_kind::GroupKind;
pub use manifest::ObjectId;

/// The API group whose labels and annotations steer an apply.
pub const CONTROL_GROUP: &str = "kustomize.toolkit.fluxcd.io";
