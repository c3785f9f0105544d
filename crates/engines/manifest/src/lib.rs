//! Kubernetes objects as values: YAML as Go reads and prints it, JSON as Go prints it, identity and order.
//!
//! - [`yaml`]: parse and print as `sigs.k8s.io/yaml` and `go.yaml.in/yaml/v3` do;
//! - [`json`]: print as `encoding/json` does;
//! - [`object`]: what an object is called, where it goes in an apply, and how a stream is split into objects.
//!
//! A value is a [`serde_json::Value`] whose maps are sorted. What this is not: a schema, a merge, or anything that talks.

pub mod json;
mod number;
pub mod object;
pub mod yaml;

pub use object::ObjectId;
