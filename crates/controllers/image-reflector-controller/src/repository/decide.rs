//! From what was seen to what is to be done: pure, total, and every way to fail is a plan.

use super::observe::Observation;
use crate::registry::{self, Access};
use api::image::{ImageRepository, ImageRepositoryStatus};
use api::meta::Reason;
use oci_client::Repository;
use std::collections::BTreeSet;
use std::time::Duration;

/// Tags that are left out where the object does not say: signatures of cosign.
pub(super) const DEFAULT_EXCLUSION: &str = "^.*\\.sig$";
/// What is due within this time is due now.
const SOON: Duration = Duration::from_secs(1);

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Only a change of the object helps.
    Stall(Reason, String),
    /// Nothing can be done now.
    Fail(Reason, String),
    /// The next scan is due after this time.
    Rest(Duration),
    /// The registry is to be asked.
    Scan(Box<Scan>),
}

/// What to ask of which registry.
#[derive(Debug)]
pub(crate) struct Scan {
    /// Why, in Flux's words.
    pub(crate) why: &'static str,
    /// The repository.
    pub(crate) repository: Repository,
    /// How it is reached.
    pub(crate) access: Access,
    /// Patterns of tags that do not count.
    pub(crate) exclusion: Vec<String>,
}

impl Scan {
    /// What a run says of itself meanwhile.
    pub(crate) fn progress(&self) -> String {
        format!("scanning: {}", self.why)
    }
}

/// Whether to ask, and what.
pub(crate) fn decide(seen: &Observation) -> Plan {
    if registry::wants_identity(&seen.object) && !seen.object_level_identity {
        let message = "to use spec.serviceAccountName for provider authentication please enable the \
                       ObjectLevelWorkloadIdentity feature gate in the controller";
        return Plan::Stall(Reason::FeatureGateDisabled, message.to_owned());
    }
    let repository = match &seen.repository {
        Ok(repository) => repository.clone(),
        Err(error) => return Plan::Stall(Reason::ImageUrlInvalid, error.clone()),
    };
    let access = match registry::access(&seen.object, &repository, &seen.secrets) {
        Ok(access) => access,
        Err(error) => {
            let message = format!("failed to configure authentication options: {error}");
            return Plan::Fail(Reason::AuthenticationFailed, message);
        }
    };
    match due(seen, &repository) {
        Ok(Due::Now(why)) => Plan::Scan(Box::new(Scan { why, repository, access, exclusion: exclusion(&seen.object) })),
        Ok(Due::After(rest)) => Plan::Rest(rest),
        Err(error) => Plan::Fail(Reason::Failure, format!("failed to determine if it's scan time: {error}")),
    }
}

/// The patterns of tags that do not count.
pub(crate) fn exclusion(object: &ImageRepository) -> Vec<String> {
    object.spec.exclusion_list.clone().unwrap_or_else(|| vec![DEFAULT_EXCLUSION.to_owned()])
}

/// When the next scan is due.
enum Due {
    /// Now, and why.
    Now(&'static str),
    /// After this time.
    After(Duration),
}

fn due(seen: &Observation, repository: &Repository) -> Result<Due, String> {
    let none = ImageRepositoryStatus::default();
    let status = seen.object.status.as_ref().unwrap_or(&none);
    let Some(last) = &status.last_scan_result else { return Ok(Due::Now("first scan")) };
    if seen.requested_at.is_some() && seen.requested_at != status.last_handled_reconcile_at {
        return Ok(Due::Now("reconcile requested"));
    }
    if status.canonical_image_name.as_deref() != Some(&*repository.to_string()) {
        return Ok(Due::Now("new image name"));
    }
    let exclusion = exclusion(&seen.object);
    if exclusion.iter().collect::<BTreeSet<_>>() != status.observed_exclusion_list.iter().collect() {
        return Ok(Due::Now("updated exclusion list"));
    }
    if !seen.has_tags.clone()? {
        return Ok(Due::Now("no tags in database"));
    }
    let since = last.scan_time.as_ref().and_then(|time| Duration::try_from(seen.now.duration_since(time.0)).ok());
    let rest = seen.object.spec.interval.to_std().saturating_sub(since.unwrap_or_default());
    Ok(if rest < SOON { Due::Now("triggered by interval") } else { Due::After(rest) })
}
