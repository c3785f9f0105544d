//! Requests to reconcile, made by annotation.

use super::annotations::RECONCILE_REQUEST;
use std::collections::BTreeMap;

/// The value of the annotation that asks for a reconcile, if it is there.
pub fn requested_at(annotations: &BTreeMap<String, String>) -> Option<&str> {
    annotations.get(RECONCILE_REQUEST).map(String::as_str)
}

/// What status remembers of the requests that were handled.
#[derive(Debug, Clone, Copy, Default)]
pub struct Handled<'a> {
    /// `status.lastHandledReconcileAt`.
    pub reconcile: Option<&'a str>,
    /// The same for the other annotation, such as `status.lastHandledForceAt`.
    pub this: Option<&'a str>,
}

/// Whether the request in `annotation`, such as [`super::annotations::FORCE_REQUEST`], is to be acted on: it has the value of the
/// reconcile request, and neither was handled before.
pub fn is_due(annotations: &BTreeMap<String, String>, annotation: &str, handled: Handled<'_>) -> bool {
    let (Some(request), Some(reconcile)) = (annotations.get(annotation).map(String::as_str), requested_at(annotations)) else {
        return false;
    };
    request == reconcile && handled.reconcile.unwrap_or("") != reconcile && handled.this.unwrap_or("") != request
}
