//! The order in which objects are applied; deletion goes backwards.

use std::cmp::Ordering;

use crate::identity::ObjectId;

/// Kinds that others need, in the order they are needed.
const FIRST: [&str; 23] = [
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ClusterClass",
    "RuntimeClass",
    "PriorityClass",
    "StorageClass",
    "VolumeSnapshotClass",
    "IngressClass",
    "GatewayClass",
    "ClusterRoleBinding",
    "ResourceQuota",
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "Service",
    "LimitRange",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// Kinds that could refuse others.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Compares by kind's rank, then group, kind, namespace and name.
#[must_use]
pub fn apply_order(left: &ObjectId, right: &ObjectId) -> Ordering {
    let key = |id: &ObjectId| rank(&id.group_kind.kind);
    key(left)
        .cmp(&key(right))
        .then_with(|| left.group_kind.cmp(&right.group_kind))
        .then_with(|| left.namespace.cmp(&right.namespace))
        .then_with(|| left.name.cmp(&right.name))
}

/// The reverse of [`apply_order`].
#[must_use]
pub fn deletion_order(left: &ObjectId, right: &ObjectId) -> Ordering {
    apply_order(right, left)
}

fn rank(kind: &str) -> usize {
    let middle = FIRST.len();
    let last = || LAST.iter().position(|known| *known == kind).map(|position| middle + 1 + position);
    FIRST.iter().position(|known| *known == kind).or_else(last).unwrap_or(middle)
}
