//! Which objects go together. A stage begins when the one before it is applied, and ready if it waits.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::group_kind::GroupKind;
use crate::object::{is_definition, text};
use manifest::object::{ObjectId, apply_order};

/// What a stage holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageKind {
    /// CustomResourceDefinitions, Namespaces, ClusterRoles.
    Definitions,
    /// Kinds that end in `Class`.
    Classes,
    /// Kinds the operator listed.
    Custom,
    /// The others.
    Rest,
}

impl StageKind {
    /// Whether the next stage needs this one to be ready, not only applied.
    #[must_use]
    pub fn waits_until_ready(self) -> bool {
        matches!(self, Self::Definitions | Self::Classes)
    }
}

/// Objects to apply together, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What it holds.
    pub kind: StageKind,
    /// The objects in apply order, never empty.
    pub objects: Vec<Value>,
}

/// Splits objects into stages, leaving out the empty ones. `custom` is the operator's list (`--custom-apply-stage-kinds`).
#[must_use]
pub fn plan_stages(objects: Vec<Value>, custom: &BTreeSet<GroupKind>) -> Vec<Stage> {
    let mut keyed: Vec<(StageKind, ObjectId, Value)> = objects
        .into_iter()
        .map(|object| {
            let id = ObjectId::of(&object);
            (stage_of(&object, &id, custom), id, object)
        })
        .collect();
    keyed.sort_by(|left, right| left.0.cmp(&right.0).then_with(|| apply_order(&left.1, &right.1)));
    let mut stages: Vec<Stage> = Vec::new();
    for (kind, _, object) in keyed {
        match stages.last_mut() {
            Some(stage) if stage.kind == kind => stage.objects.push(object),
            _ => stages.push(Stage { kind, objects: vec![object] }),
        }
    }
    stages
}

fn stage_of(object: &Value, id: &ObjectId, custom: &BTreeSet<GroupKind>) -> StageKind {
    let kind = id.kind.as_str();
    let is_namespace = kind.eq_ignore_ascii_case("Namespace") && text(object, "apiVersion") == "v1";
    let is_cluster_role =
        kind.eq_ignore_ascii_case("ClusterRole") && text(object, "apiVersion").starts_with("rbac.authorization.k8s.io/");
    if is_definition(object) || is_namespace || is_cluster_role {
        StageKind::Definitions
    } else if kind.ends_with("Class") {
        StageKind::Classes
    } else if custom.contains(&GroupKind { group: id.group.clone(), kind: id.kind.clone() }) {
        StageKind::Custom
    } else {
        StageKind::Rest
    }
}
