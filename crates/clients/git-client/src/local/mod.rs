//! A clone on disk: what it has checked out, and the next commit on top of it. Its hooks, filters and the configuration of users and
//! machine are not looked at.

mod working_tree;

pub use working_tree::{Refusal, WorkingTree};

use git_model::Commit;
use std::path::{Path, PathBuf};

/// An operation on a clone failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} in '{}'", directory.display())]
pub struct LocalError {
    /// What was tried.
    pub operation: &'static str,
    /// The directory with the clone's data.
    pub directory: PathBuf,
    /// Why.
    #[source]
    pub source: AnyError,
}

/// Whatever gix says.
type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn failed(operation: &'static str, directory: &Path) -> impl FnOnce(AnyError) -> LocalError {
    move |source| LocalError { operation, directory: directory.to_owned(), source }
}

/// The commit that is checked out in the clone whose data, `.git` mostly, are in `directory`.
///
/// # Errors
/// When there is no clone, or none with a commit.
pub fn read_head(directory: &Path) -> Result<Commit, LocalError> {
    read(directory).map_err(failed("read the commit that is checked out", directory))
}

fn read(directory: &Path) -> Result<Commit, AnyError> {
    let repository = gix::open_opts(directory, gix::open::Options::isolated())?;
    let head = repository.head_commit()?;
    Ok(Commit::parse(crate::references::from_gix(head.id), &head.data)?)
}
