//! Whose objects these are and how manifests steer what happens to them: owner labels, field manager, control annotations.

use serde_json::Value;

/// The owner of applied objects, as seen on the objects themselves.
#[derive(Clone, Debug)]
pub struct Ownership {
    /// Prefix of labels and annotations: `kustomize.toolkit.fluxcd.io`.
    pub group: String,
    /// Field manager of server-side apply: `kustomize-controller`.
    pub field_manager: String,
    /// Further field managers whose fields are taken over (`--override-manager`).
    pub override_managers: Vec<String>,
}

/// Name and namespace of the custom resource that applies a set of objects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// `metadata.namespace`.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
}

/// What a manifest or a live object asks us to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    /// `reconcile: disabled` or `ssa: Ignore`: neither apply nor delete.
    Excluded,
    /// `ssa: IfNotPresent`: create only.
    IfNotPresent,
    /// `ssa: Merge`: leave fields of others alone.
    Merge,
    /// `force: enabled`: recreate when a field is immutable.
    Force,
    /// `prune: disabled`: do not delete.
    KeepOnPrune,
}

impl Ownership {
    /// Label with the owner's name.
    #[must_use]
    pub fn name_label(&self) -> String {
        format!("{}/name", self.group)
    }

    /// Label with the owner's namespace.
    #[must_use]
    pub fn namespace_label(&self) -> String {
        format!("{}/namespace", self.group)
    }

    /// Whether labels or annotations in `metadata` set `control`. Values compare without case, as in Flux.
    pub(crate) fn has(&self, metadata: &Value, control: Control) -> bool {
        control.settings().iter().any(|(key, wanted)| {
            let key = format!("{}/{key}", self.group);
            ["labels", "annotations"].iter().any(|place| metadata[place][&key].as_str().is_some_and(|value| value.eq_ignore_ascii_case(wanted)))
        })
    }

    /// Whether the owner labels in `metadata` name `owner`.
    pub(crate) fn is_owned_by(&self, metadata: &Value, owner: &Owner) -> bool {
        self.owner(metadata).is_some_and(|found| found == *owner)
    }

    /// The owner that the labels name.
    pub(crate) fn owner(&self, metadata: &Value) -> Option<Owner> {
        let label = |key: &str| metadata["labels"][key].as_str().map(str::to_owned);
        Some(Owner { namespace: label(&self.namespace_label())?, name: label(&self.name_label())? })
    }
}

impl Control {
    fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Excluded => &[("reconcile", "disabled"), ("ssa", "Ignore")],
            Self::IfNotPresent => &[("ssa", "IfNotPresent")],
            Self::Merge => &[("ssa", "Merge")],
            Self::Force => &[("force", "enabled")],
            Self::KeepOnPrune => &[("prune", "disabled")],
        }
    }
}

#[cfg(test)]
pub(crate) fn flux() -> Ownership {
    Ownership { group: "kustomize.toolkit.fluxcd.io".into(), field_manager: "kustomize-controller".into(), override_managers: vec![] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn controls_are_read_from_labels_and_annotations_without_case() {
        let cases = [
            (json!({"labels": {"kustomize.toolkit.fluxcd.io/reconcile": "Disabled"}}), Control::Excluded, true),
            (json!({"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "ignore"}}), Control::Excluded, true),
            (json!({"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "merge"}}), Control::Merge, true),
            (json!({"annotations": {"kustomize.toolkit.fluxcd.io/ssa": "Override"}}), Control::Merge, false),
            (json!({"annotations": {"kustomize.toolkit.fluxcd.io/force": "true"}}), Control::Force, false),
            (json!({"annotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"}}), Control::KeepOnPrune, true),
            (json!({"annotations": {"ssa": "Ignore"}}), Control::Excluded, false),
            (json!(null), Control::Excluded, false),
        ];
        for (metadata, control, expected) in cases {
            assert_eq!(flux().has(&metadata, control), expected, "{metadata} {control:?}");
        }
    }
}
