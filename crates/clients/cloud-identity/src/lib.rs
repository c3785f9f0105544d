//! Who we are to Amazon, Google, Azure and GitHub: from keys, files and tokens to credentials that live for an hour.
//!
//! ```text
//!   environment, files ──┐                    ┌── aws, google, azure: credentials for a service of the cloud
//!   keys of a Secret ────┴─► Identities ──────┼── registry_login: user and password of a registry
//!                              │ Kept         └── git_login, github: user and password, or token, of a Git server
//!                              ▼
//!                 the token service of the cloud
//! ```
//!
//! What works is what needs files, variables and requests only. The metadata services of machines are not asked: such an identity is
//! [`Error::NotSupported`], in words that say what to use instead. What this is not: a reader of Kubernetes objects.

mod ask;
mod assertion;
mod aws;
mod azure;
mod credential;
mod error;
mod github;
mod google;
mod identities;
mod kept;
mod surroundings;

pub use aws::AwsWish;
pub use azure::{AzureClient, AzureProof, BLOB_SCOPE, DEVOPS_SCOPE};
pub use credential::{Credential, GitLogin, Provider};
pub use error::{AskError, Error};
pub use github::{GithubApp, GithubAppError};
pub use google::{CLOUD_SCOPES, STORAGE_SCOPE};
pub use http_client::{Proxy, Secret, SecretData, Tls};
pub use identities::{Identities, Looked};
pub use kept::Keeping;
pub use surroundings::{ProcessSurroundings, Surroundings};
