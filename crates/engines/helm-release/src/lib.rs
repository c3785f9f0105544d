//! Helm's release record: what Helm keeps of a release in the cluster, so that the next action, and the next tool, knows it.
//!
//! ```
//! use helm_release::{Release, Status, storage};
//!
//! let text = br#"{"name":"app","info":{"status":"deployed"},"version":3,"namespace":"default"}"#;
//! let release = Release::from_json(text)?;
//! assert_eq!(release.status(), Status::Deployed);
//! assert_eq!(release.to_json(), String::from_utf8_lossy(text));
//! assert_eq!(storage::key(&release.name, release.version), "sh.helm.release.v1.app.v3");
//! # Ok::<(), helm_release::DecodeError>(())
//! ```
//!
//! - [`Release`] and what is in it: the record and its JSON, byte for byte that of Helm 4;
//! - [`storage`]: Secrets and ConfigMaps that hold records;
//! - [`history`]: what the records of a release say: the last one, the deployed one, which ones to drop;
//! - [`action`]: the records that install, upgrade, rollback and uninstall write;
//! - [`observation`]: what Flux's helm-controller remembers of a record, and its digests.
//!
//! Records of Helm 3 are read, too; fields that Helm 4 does not know are dropped, as Helm 4 drops them. Not here: rendering, applying,
//! waiting and talking to the API server.

pub mod action;
mod chart;
mod error;
pub mod history;
mod hook;
mod info;
mod json;
pub mod observation;
mod record;
mod status;
pub mod storage;
mod time;

pub use chart::{Chart, Dependency, File, Lock, Maintainer, Metadata};
pub use error::{DecodeError, HistoryError};
pub use hook::{Hook, HookExecution};
pub use info::Info;
pub use record::{ApplyMethod, Release};
pub use status::Status;
pub use time::Time;

/// The members of a JSON object, as values and annotations have them.
pub type Values = serde_json::Map<String, serde_json::Value>;
