//! What a clone on disk has checked out. Its hooks, filters and the configuration of users and machine are not looked at.

use git_model::Commit;
use std::path::{Path, PathBuf};

/// The commit that is checked out cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("read the commit that is checked out in '{}'", directory.display())]
pub struct LocalError {
    /// The directory with the clone's data.
    pub directory: PathBuf,
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// The commit that is checked out in the clone whose data, `.git` mostly, are in `directory`.
///
/// # Errors
/// When there is no clone, or none with a commit.
pub fn read_head(directory: &Path) -> Result<Commit, LocalError> {
    read(directory).map_err(|source| LocalError { directory: directory.to_owned(), source })
}

fn read(directory: &Path) -> Result<Commit, Box<dyn std::error::Error + Send + Sync>> {
    let repository = gix::open_opts(directory, gix::open::Options::isolated())?;
    let head = repository.head_commit()?;
    Ok(Commit::parse(crate::references::from_gix(head.id), &head.data)?)
}
