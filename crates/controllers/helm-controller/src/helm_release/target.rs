//! Where a release lives: its name, its namespace, and the namespace of its records.

use std::fmt::Write as _;

use api::helm::{ChartNameChangeStrategy, HelmRelease};
use sha2::{Digest, Sha256};

/// The longest name that Helm accepts.
const LONGEST_NAME: usize = 53;
/// How much of its hash a shortened name ends in.
const HASH_LENGTH: usize = 12;

/// Where a release lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The name of the release, as Helm has it.
    pub(crate) name: String,
    /// The namespace of its objects.
    pub(crate) namespace: String,
    /// The namespace of its records.
    pub(crate) storage_namespace: String,
}

impl Target {
    /// What the spec asks for.
    pub(crate) fn of(object: &HelmRelease) -> Self {
        Self {
            name: shorten(object.full_release_name()),
            namespace: object.release_namespace(),
            storage_namespace: object.storage_namespace(),
        }
    }
}

/// Names that are too long keep their beginning and get a hash of the whole.
fn shorten(name: String) -> String {
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let mut hash = String::new();
    for byte in Sha256::digest(name.as_bytes()).iter().take(HASH_LENGTH / 2) {
        let _ = write!(hash, "{byte:02x}");
    }
    // Names are ASCII: the schema of names of objects and namespaces sees to it. A releaseName of the spec is short enough.
    let kept: String = name.chars().take(LONGEST_NAME - HASH_LENGTH - 1).collect();
    format!("{kept}-{hash}")
}

/// What moved, when the release that status knows is not the one that is wanted: it has to go first.
pub(crate) fn moved(object: &HelmRelease, wanted: &Target, chart: &str) -> Option<&'static str> {
    let status = object.status.as_ref()?;
    let recorded = status.storage_namespace.as_deref()?;
    let latest = status.history.latest()?;
    if wanted.storage_namespace != recorded {
        return Some("storage namespace");
    }
    if wanted.namespace != latest.namespace {
        return Some("release namespace");
    }
    if wanted.name != latest.name {
        return Some("release name");
    }
    let reinstalls = object.spec.chart_name_change() == ChartNameChangeStrategy::Reinstall;
    (chart != latest.chart_name && reinstalls).then_some("chart name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm_release::test_data::{object, snapshot};
    use serde_json::json;

    #[test]
    fn names_are_composed_and_shortened_as_flux_does() {
        let name = |spec| Target::of(&object(spec, json!({}))).name;
        assert_eq!(name(json!({})), "hr");
        assert_eq!(name(json!({"targetNamespace": "apps"})), "apps-hr");
        assert_eq!(name(json!({"targetNamespace": "apps", "releaseName": "own"})), "own");
        // From Flux's documentation of the rule: 40 characters, a hyphen, 12 hexadecimal digits of SHA-256.
        let long = "a-namespace-that-is-as-long-as-they-are-allowed-to-be-sixty-thr";
        let shortened = name(json!({ "targetNamespace": long }));
        assert_eq!(shortened.len(), 53);
        assert!(shortened.starts_with("a-namespace-that-is-as-long-as-they-are-"));
    }

    #[test]
    fn a_release_that_moved_is_noticed() {
        let status = json!({"storageNamespace": "ns", "history": [snapshot(1, "deployed")]});
        let what = |spec, chart: &str| {
            let object = object(spec, status.clone());
            moved(&object, &Target::of(&object), chart)
        };
        assert_eq!(what(json!({}), "app"), None);
        assert_eq!(what(json!({"storageNamespace": "other"}), "app"), Some("storage namespace"));
        assert_eq!(what(json!({"targetNamespace": "other"}), "app"), Some("release namespace"));
        assert_eq!(what(json!({"releaseName": "other"}), "app"), Some("release name"));
        assert_eq!(what(json!({}), "web"), Some("chart name"));
        assert_eq!(what(json!({"upgrade": {"chartNameChangeStrategy": "InPlaceUpdate"}}), "web"), None);
        let fresh = object(json!({"releaseName": "other"}), json!({}));
        assert_eq!(moved(&fresh, &Target::of(&fresh), "app"), None, "nothing was released yet");
    }
}
