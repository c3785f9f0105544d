//! What came of a run, as conditions, events and the next wake. Status is decided nowhere else.

use super::observe::Observation;
use api::image::{ImagePolicy, ImagePolicyStatus, ImageReference};
use api::meta::{GoDuration, Reason, Stamp};
use runtime::finishing::{Conclusion, Ending, conclude, start_message};
use runtime::reconciler::{Next, Report};
use std::time::Duration;

/// What came of a plan.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Only a change of the policy helps.
    Stalled(Reason, String),
    /// It did not work.
    Failed(Reason, String),
    /// Tags have to become known first.
    Waiting(String, Duration),
    /// The wanted image.
    Resolved(ImageReference),
}

/// Everything that a run leaves behind.
pub(crate) fn report(seen: &Observation, outcome: Outcome, stamp: &Stamp) -> Report<ImagePolicy> {
    let mut status = seen.object.status.clone().unwrap_or_default();
    let mut trace = String::new();
    let ending = match outcome {
        Outcome::Stalled(reason, message) => Ending::Stalled(reason, message),
        Outcome::Failed(reason, message) => Ending::Failed(reason, message),
        Outcome::Waiting(message, delay) => Ending::Waiting(Reason::DependencyNotReady, message, delay),
        Outcome::Resolved(image) => {
            let message = resolve(&mut status, image);
            trace.clone_from(&message);
            let interval = seen.object.spec.interval.as_ref().map(GoDuration::to_std);
            Ending::Succeeded { message, next: interval.map_or(Next::WhenChanged, Next::After) }
        }
    };
    let progress = start_message(&*seen.object);
    conclude(&*seen.object, status, Conclusion { ending, progress, news: None, trace }, stamp)
}

/// Puts the image into the status; returns what Ready says of it.
fn resolve(status: &mut ImagePolicyStatus, image: ImageReference) -> String {
    if status.latest_ref.as_ref() != Some(&image) {
        status.observed_previous_ref = status.latest_ref.replace(image.clone());
    }
    let mut message = format!("Latest image tag for {} resolved to {}", image.name, image.tag);
    if let Some(digest) = &image.digest {
        message.push_str(&format!(" with digest {digest}"));
    }
    if let Some(previous) = status.observed_previous_ref.as_ref().filter(|previous| **previous != image) {
        message.push_str(&format!(" (previously {previous})"));
    }
    message
}
