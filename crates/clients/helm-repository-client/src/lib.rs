//! Fetches files of Helm repositories over HTTP: the index, charts, and charts that the index says are elsewhere.
//!
//! Credentials and the client's certificate go to the repository's own host, and to others only where its owner says so; across a
//! redirect they stay with the same party. What this is not: a reader of indexes, which `helm-repository` is.

mod client;
mod error;

pub use client::{HelmRepositoryClient, Options};
pub use error::{Cause, Error};
pub use http_client::{OptionError, Secret, SecretData, Tls};
