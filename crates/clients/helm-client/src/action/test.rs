//! Test.

use helm_release::{HistoryError, Release};

use crate::error::Failure;
use crate::helm::Helm;
use crate::options::Test;

impl Helm<'_> {
    /// Carries the action out; the record it has written.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn test(&self, options: &Test) -> Result<Release, Failure> {
        let _ = options;
        Err(HistoryError::NotFound.into())
    }
}
