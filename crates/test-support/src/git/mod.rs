//! Git repositories with fixed content, and the servers that offer them.

mod backend;
mod command;
mod log;
mod repository;
mod server;
mod ssh;

pub use command::CommandError;
pub use log::{Exchange, GitRequest};
pub use repository::{Commit, Repository};
pub use server::{GitServer, GitServerBuilder, GitServerError};
pub(crate) use ssh::generate_key;
pub use ssh::{ClientKey, KeyType, SshServer};
