//! What the assessments of many objects mean for the one that waits for them.

use crate::kstatus::{Assessment, Status};

/// One object of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// `Kind/namespace/name`.
    pub subject: String,
    /// Its last assessment; `None` when there has been none.
    pub assessment: Option<Assessment>,
    /// Whether the object removes itself when finished, see [`crate::job::is_removed_when_finished`].
    pub removed_when_finished: bool,
}

/// When a failure ends the wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailFast {
    /// With the first failed object.
    AtOnce,
    /// When every object has failed or is current.
    WhenAllSettled,
}

/// Whether to go on waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All are current.
    Healthy,
    /// Some are not, and may become so.
    Waiting,
    /// Waiting longer is pointless; the message says why.
    Failed(String),
}

/// Judges a set while there is time. An empty set is healthy.
#[must_use]
pub fn judge(set: &[Checked], fail_fast: FailFast) -> Verdict {
    let statuses: Vec<Option<Status>> = set.iter().map(Checked::effective).collect();
    let all = |expected: fn(Option<Status>) -> bool| statuses.iter().all(|status| expected(*status));
    if all(|status| status == Some(Status::Current)) {
        return Verdict::Healthy;
    }
    let settled = all(|status| matches!(status, Some(Status::Current | Status::Failed)));
    let failed = statuses.contains(&Some(Status::Failed));
    if settled || (failed && fail_fast == FailFast::AtOnce) {
        let stalled = set.iter().filter(|checked| checked.effective().is_none_or(|status| status == Status::Failed));
        return Verdict::Failed(message("failed early due to stalled resources", stalled));
    }
    Verdict::Waiting
}

/// The message when time is up; `None` if all are current after all.
#[must_use]
pub fn timeout_message(set: &[Checked]) -> Option<String> {
    let late: Vec<&Checked> = set.iter().filter(|checked| checked.effective() != Some(Status::Current)).collect();
    (!late.is_empty()).then(|| message("timeout waiting for", late.into_iter()))
}

fn message<'set>(what: &str, set: impl Iterator<Item = &'set Checked>) -> String {
    let mut subjects: Vec<String> = set.map(Checked::describe).collect();
    // Flux prints them in no particular order; a stable one keeps status from changing.
    subjects.sort();
    format!("{what}: [{}]", subjects.join(", "))
}

impl Checked {
    fn effective(&self) -> Option<Status> {
        match self.assessment.as_ref().map(|assessment| assessment.status) {
            None | Some(Status::NotFound) if self.removed_when_finished => Some(Status::Current),
            status => status,
        }
    }

    fn describe(&self) -> String {
        let subject = &self.subject;
        match &self.assessment {
            None => format!("can't determine status for {subject}"),
            Some(Assessment { status, error: Some(error), .. }) => format!("{subject} status: '{status}': {error}"),
            Some(Assessment { status, .. }) => format!("{subject} status: '{status}'"),
        }
    }
}
