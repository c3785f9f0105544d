//! Requests by annotation: to force an action, and to forget failures. Each is acted on once.

use api::helm::{HelmRelease, HelmReleaseStatus};
use api::meta::annotations::{FORCE_REQUEST, RESET_REQUEST};
use api::meta::request::{Handled, is_due};
use kube::ResourceExt;

/// What annotations ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Requests {
    /// An install or upgrade in any case.
    pub(crate) force: bool,
    /// To forget failures.
    pub(crate) reset: bool,
}

impl Requests {
    /// What is asked for and was not handled yet.
    pub(crate) fn of(object: &HelmRelease) -> Self {
        let status = object.status.clone().unwrap_or_default();
        let due = |annotation, handled: &Option<String>| {
            let handled = Handled { reconcile: status.last_handled_reconcile_at.as_deref(), this: handled.as_deref() };
            is_due(object.annotations(), annotation, handled)
        };
        Self {
            force: due(FORCE_REQUEST, &status.last_handled_force_at),
            reset: due(RESET_REQUEST, &status.last_handled_reset_at),
        }
    }
}

/// Records that the request to force an action was looked at, whether or not it was due.
pub(crate) fn handle_force(object: &HelmRelease, status: &mut HelmReleaseStatus) {
    if let Some(value) = object.annotations().get(FORCE_REQUEST) {
        status.last_handled_force_at = Some(value.clone());
    }
}

/// Records that the request to forget failures was looked at, whether or not it was due.
pub(crate) fn handle_reset(object: &HelmRelease, status: &mut HelmReleaseStatus) {
    if let Some(value) = object.annotations().get(RESET_REQUEST) {
        status.last_handled_reset_at = Some(value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm_release::test_data::object;
    use serde_json::json;

    fn annotated(annotations: &[(&str, &str)], status: serde_json::Value) -> HelmRelease {
        let mut object = object(json!({}), status);
        let pairs = annotations.iter().map(|(key, value)| (format!("reconcile.fluxcd.io/{key}"), (*value).to_owned()));
        object.metadata.annotations = Some(pairs.collect());
        object
    }

    #[test]
    fn a_request_is_acted_on_once_and_together_with_a_reconcile() {
        let asked = |annotations: &[(&str, &str)], status| Requests::of(&annotated(annotations, status));
        let both = [("requestedAt", "1"), ("forceAt", "1"), ("resetAt", "1")];
        assert_eq!(asked(&both, json!({})), Requests { force: true, reset: true });
        assert_eq!(asked(&both, json!({"lastHandledReconcileAt": "1"})), Requests::default());
        assert_eq!(asked(&both, json!({"lastHandledForceAt": "1"})), Requests { force: false, reset: true });
        assert_eq!(asked(&[("requestedAt", "2"), ("forceAt", "1")], json!({})), Requests::default());
        assert_eq!(asked(&[("forceAt", "1")], json!({})), Requests::default());
    }

    #[test]
    fn what_was_not_due_counts_as_handled_too() {
        let object = annotated(&[("forceAt", "1"), ("resetAt", "2")], json!({}));
        let mut status = HelmReleaseStatus::default();
        handle_force(&object, &mut status);
        handle_reset(&object, &mut status);
        assert_eq!((status.last_handled_force_at.as_deref(), status.last_handled_reset_at.as_deref()), (Some("1"), Some("2")));
    }
}
