//! Rollback.

use helm_release::{HistoryError, Release};

use crate::error::Failure;
use crate::helm::Helm;
use crate::options::Rollback;

impl Helm<'_> {
    /// Carries the action out; the record it has written.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn rollback(&self, options: &Rollback) -> Result<Release, Failure> {
        let _ = options;
        Err(HistoryError::NotFound.into())
    }
}
