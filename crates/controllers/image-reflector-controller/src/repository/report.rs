//! What came of a run, as conditions, events and the next wake. Status is decided nowhere else.

use super::observe::Observation;
use api::image::{ImageRepository, ImageRepositoryStatus, ScanResult};
use api::meta::{GoDuration, Reason, Stamp};
use runtime::finishing::{Conclusion, Ending, conclude, start_message};
use runtime::reconciler::{Next, Report};
use std::time::Duration;

/// What came of a plan.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Only a change of the object helps.
    Stalled(Reason, String),
    /// It did not work.
    Failed {
        /// Why, in a word.
        reason: Reason,
        /// Why.
        message: String,
        /// How far it came; `None` for the beginning.
        progress: Option<String>,
    },
    /// The next scan is due after this time.
    Rested(Duration),
    /// The registry told its tags.
    Scanned {
        /// What it told.
        result: ScanResult,
        /// Patterns of tags that did not count.
        exclusion: Vec<String>,
    },
}

/// Everything that a run leaves behind.
pub(crate) fn report(seen: &Observation, outcome: Outcome, stamp: &Stamp) -> Report<ImageRepository> {
    let mut status = seen.object.status.clone().unwrap_or_default();
    let mut progress = start_message(&*seen.object);
    let interval = seen.object.spec.interval.to_std();
    let (ending, trace) = match outcome {
        Outcome::Stalled(reason, message) => (Ending::Stalled(reason, message), String::new()),
        Outcome::Failed { reason, message, progress: reached } => {
            progress = reached.unwrap_or(progress);
            (Ending::Failed(reason, message), String::new())
        }
        Outcome::Rested(rest) => {
            let trace = format!("no change in repository configuration since last scan, next scan in {}", go(rest));
            (succeeded(&status, rest), trace)
        }
        Outcome::Scanned { result, exclusion } => {
            let same = status.last_scan_result.as_ref().is_some_and(|last| last.revision == result.revision);
            let found = if same { "tags did not change" } else { "successful scan" };
            status.last_scan_result = Some(result);
            status.observed_exclusion_list = exclusion;
            status.canonical_image_name = seen.repository.as_ref().ok().map(ToString::to_string);
            (succeeded(&status, interval), format!("{found}, next scan in {}", go(interval)))
        }
    };
    conclude(&*seen.object, status, Conclusion { ending, progress, news: None, trace }, stamp)
}

fn succeeded(status: &ImageRepositoryStatus, next: Duration) -> Ending {
    let last = status.last_scan_result.as_ref();
    let (count, revision) = last.map_or((0, ""), |last| (last.tag_count, last.revision.as_deref().unwrap_or_default()));
    let message = format!("successful scan: found {count} tags with checksum {revision}");
    Ending::Succeeded { message, next: Next::After(next) }
}

fn go(duration: Duration) -> GoDuration {
    GoDuration::from(duration)
}
