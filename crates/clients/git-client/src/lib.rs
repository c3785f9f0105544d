//! Git over HTTP(S) and SSH: list refs, fetch one commit, push a commit made from it.
//!
//! ```text
//! GitClient ─ operation ─┬─ http   gix's `Http` trait over pooled connections
//!   async    blocking    ├─ ssh    a russh channel as gix's reader and writer
//!                        ├─ pack   the received pack, bounded, into a temporary object store
//!                        ├─ Checkout   the commit, and its tree as `file_tree::Files`
//!                        └─ push   new objects and moved refs; `publish` makes them and tries again when others were faster
//! ```
//!
//! What this is not: a working copy (nothing is ever checked out; [`WorkingTree`] commits in one that is there), a chooser of revisions (`git-model` says which ref is wanted
//! and what a commit means), or a verifier of signatures. No program is run and no configuration, environment or home directory is
//! read, except the proxy variables for HTTP. All use of gix and russh stays inside; their types do not appear outside.

mod auth;
mod checkout;
mod client;
mod error;
mod http;
mod local;
mod operation;
mod pack;
mod protocol;
mod publish;
mod push;
mod references;
mod remote;
mod ssh;
mod survey;
mod wire;

pub use auth::{Auth, AuthError, SshKey};
pub use checkout::{Checkout, GitObject};
pub use client::{GitClient, Limits, Options};
pub use error::{Cause, Class, Error};
pub use http_client::{OptionError, Proxy, Secret, SecretData, Tls};
pub use local::{LocalError, Refusal, WorkingTree, read_head};
pub use publish::{Edit, Editor, Publication, PublishError, Published, Start};
pub use push::{Expected, Push, RefPush};
pub use references::{Listing, Wanted};
pub use remote::{DEFAULT_TIMEOUT, Remote};
pub use ssh::{HostKeyError, SshAlgorithms, UnknownAlgorithm};
pub use survey::Contents;
