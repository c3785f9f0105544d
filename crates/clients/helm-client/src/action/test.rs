//! The tests of a release.

use helm_chart::check_release_name;
use helm_chart::manifests::HookEvent;
use helm_release::{HistoryError, Release};

use crate::error::{ActionError, Failure};
use crate::helm::Helm;
use crate::hooks::HookRun;
use crate::options::{Method, Test};

impl Helm<'_> {
    /// Runs the hooks for tests of the last revision; its record, which says of each hook how it went.
    ///
    /// # Errors
    /// [`Failure`]; with a record when a hook failed.
    pub async fn test(&self, options: &Test) -> Result<Release, Failure> {
        check_release_name(&options.name).map_err(ActionError::Name)?;
        let mut record = self.storage.last(&options.name).await?.ok_or(HistoryError::NotFound)?;
        let method = Method::of(&record.apply_method);
        let run = HookRun { helm: self, event: HookEvent::Test, method, timeout: options.timeout };
        let (finished, result) = run
            .run_selected(&mut record, |hook| {
                let is_included = options.include.is_empty() || options.include.contains(&hook.name);
                is_included && !options.exclude.contains(&hook.name)
            })
            .await;
        let stored = self.storage.update(&record).await;
        if let Err(error) = run.clean_up(finished).await {
            tracing::warn!(release = record.name, %error, "hooks of tests cannot be deleted");
        }
        match (result, stored) {
            (Ok(()), Ok(())) => Ok(record),
            (Err(error), _) => Err(Failure { record: Some(Box::new(record)), error: error.into() }),
            (Ok(()), Err(error)) => Err(Failure { record: Some(Box::new(record)), error: error.into() }),
        }
    }
}
