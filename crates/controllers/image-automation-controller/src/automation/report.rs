//! What came of a run, as conditions, events and the next wake. Status is decided nowhere else.

use super::observe::Observation;
use super::seconds;
use api::image::{ImageReference, ImageUpdateAutomation};
use api::meta::{Reason, Stamp};
use git_model::ObjectId;
use jiff::Timestamp;
use runtime::events::{Event, Severity};
use runtime::finishing::{Conclusion, Ending, conclude, start_message};
use runtime::reconciler::{Next, Report};
use std::collections::BTreeMap;
use yaml_setters::Problem;

/// What came of a plan.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Only a change of the automation helps.
    Stalled(Reason, String),
    /// It did not work.
    Failed(Reason, String),
    /// Nothing is new: neither the wanted images nor the repository.
    Settled,
    /// Nothing was to be changed.
    Unchanged {
        /// The revision that was looked at.
        revision: String,
        /// The images that were wanted, by policy.
        images: BTreeMap<String, ImageReference>,
        /// Markers that set nothing.
        problems: Vec<Problem>,
    },
    /// A commit was pushed.
    Pushed(Box<Pushed>),
}

/// A commit that was pushed.
#[derive(Debug)]
pub(crate) struct Pushed {
    /// The commit.
    pub(crate) commit: ObjectId,
    /// Its message.
    pub(crate) message: String,
    /// The branch.
    pub(crate) branch: String,
    /// Where it was pushed to besides.
    pub(crate) refspec: Option<String>,
    /// When.
    pub(crate) time: Timestamp,
    /// The revision that was looked at: the commit itself, unless it went to another branch.
    pub(crate) revision: String,
    /// The images that were wanted, by policy.
    pub(crate) images: BTreeMap<String, ImageReference>,
    /// Markers that set nothing.
    pub(crate) problems: Vec<Problem>,
}

/// What Ready says when all is well.
const UP_TO_DATE: &str = "repository up-to-date";
/// The reason of events about markers that set nothing. Flux says nothing of them.
const MARKER_IGNORED: &str = "MarkerIgnored";
/// The most markers that one run tells of.
const MOST_PROBLEMS: usize = 10;

/// Everything that a run leaves behind.
pub(crate) fn report(seen: &Observation, outcome: Outcome, stamp: &Stamp) -> Report<ImageUpdateAutomation> {
    let mut status = seen.object.status.clone().unwrap_or_default();
    status.last_automation_run_time = Some(seconds(seen.now));
    let (mut news, mut trace, mut problems) = (None, UP_TO_DATE, Vec::new());
    let next = Next::After(seen.object.spec.interval.to_std());
    let succeeded = Ending::Succeeded { message: UP_TO_DATE.to_owned(), next };
    let ending = match outcome {
        Outcome::Stalled(reason, message) => Ending::Stalled(reason, message),
        Outcome::Failed(reason, message) => Ending::Failed(reason, message),
        Outcome::Settled => {
            trace = "no change since last reconciliation";
            succeeded
        }
        Outcome::Unchanged { revision, images, problems: found } => {
            status.observed_source_revision = Some(revision);
            status.observed_policies = images;
            problems = found;
            succeeded
        }
        Outcome::Pushed(pushed) => {
            news = Some(summary(&pushed));
            status.last_push_commit = Some(pushed.commit.to_string());
            status.last_push_time = Some(seconds(pushed.time));
            status.observed_source_revision = Some(pushed.revision);
            status.observed_policies = pushed.images;
            problems = pushed.problems;
            succeeded
        }
    };
    let progress = start_message(&*seen.object);
    let conclusion = Conclusion { ending, progress, news, trace: trace.to_owned() };
    let mut report = conclude(&*seen.object, status, conclusion, stamp);
    report.events.extend(problems.iter().take(MOST_PROBLEMS).map(|problem| Event {
        severity: Severity::Trace,
        reason: MARKER_IGNORED.to_owned(),
        message: problem.to_string(),
        metadata: BTreeMap::new(),
    }));
    report
}

fn summary(pushed: &Pushed) -> String {
    let Pushed { commit, message, branch, refspec, .. } = pushed;
    let short: String = commit.as_str().chars().take(7).collect();
    let besides = refspec.as_ref().map(|refspec| format!(" and refspecs '{refspec}'")).unwrap_or_default();
    let message = if message.is_empty() { String::new() } else { format!("\n{message}") };
    format!("pushed commit '{short}' to branch '{branch}'{besides}{message}")
}
