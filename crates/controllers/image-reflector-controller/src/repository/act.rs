//! Asks the registry and keeps what it says. What to ask is decided elsewhere.

use super::ImageRepositories;
use super::decide::{DEFAULT_EXCLUSION, Plan, Scan};
use super::observe::Observation;
use super::report::Outcome;
use api::image::ScanResult;
use api::meta::{Reason, Time};
use image_policy::{Exclusion, ExclusionError, Tags};
use jiff::Timestamp;
use runtime::error_chain::error_chain;
use runtime::queue::ObjectKey;
use std::sync::{Arc, OnceLock};

impl ImageRepositories {
    pub(super) async fn act(&self, plan: Plan, seen: &Observation) -> Outcome {
        match plan {
            Plan::Stall(reason, message) => Outcome::Stalled(reason, message),
            Plan::Fail(reason, message) => Outcome::Failed { reason, message, progress: None },
            Plan::Rest(rest) => Outcome::Rested(rest),
            Plan::Scan(scan) => match self.scan(&scan, seen.key.clone()).await {
                Ok(result) => Outcome::Scanned { result, exclusion: scan.exclusion },
                Err(error) => Outcome::Failed {
                    reason: Reason::ReadOperationFailed,
                    message: format!("scan failed: {error}"),
                    progress: Some(scan.progress()),
                },
            },
        }
    }

    async fn scan(&self, scan: &Scan, key: ObjectKey) -> Result<ScanResult, String> {
        let options = scan.access.log_in(&self.identities, &scan.repository).await?;
        let registry = self.registries.repository(&scan.repository, &options).map_err(|error| error_chain(&error))?;
        let listed = registry.list_tags().await.map_err(|error| error_chain(&error))?;
        let exclusion = compiled(&scan.exclusion).map_err(|error| error_chain(&error))?;
        let (store, image) = (Arc::clone(&self.tags), scan.repository.to_string());
        let kept = tokio::task::spawn_blocking(move || {
            let tags = Tags::new(listed, &exclusion);
            let written = store.write(&key, &image, &tags);
            written.map_err(|error| format!("failed to set tags for {image:?}: {}", error_chain(&error)))?;
            Ok(result(&tags, Timestamp::now()))
        });
        kept.await.map_err(|error| error.to_string())?
    }
}

/// The patterns, compiled; those that most objects have, once.
fn compiled(patterns: &[String]) -> Result<Arc<Exclusion>, ExclusionError> {
    static USUAL: OnceLock<Arc<Exclusion>> = OnceLock::new();
    let is_usual = patterns == [DEFAULT_EXCLUSION];
    if let Some(known) = USUAL.get().filter(|_| is_usual) {
        return Ok(Arc::clone(known));
    }
    let exclusion = Arc::new(Exclusion::compile(patterns.iter().map(String::as_str))?);
    if is_usual {
        // Somebody else may have been first.
        let _ = USUAL.set(Arc::clone(&exclusion));
    }
    Ok(exclusion)
}

fn result(tags: &Tags, now: Timestamp) -> ScanResult {
    ScanResult {
        revision: Some(tags.revision()),
        tag_count: i64::try_from(tags.len()).unwrap_or(i64::MAX),
        scan_time: Some(Time(Timestamp::from_second(now.as_second()).unwrap_or(now))),
        latest_tags: tags.latest(),
    }
}
