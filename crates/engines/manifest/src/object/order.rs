//! The order in which objects are applied.

use std::cmp::Ordering;

use serde_json::Value;

use super::ObjectId;

/// Kinds that others refer to, in the order they are applied.
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

/// Kinds that may refuse others once they are there.
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Compares by kind's place, then group, kind, namespace and name.
pub fn apply_order(left: &ObjectId, right: &ObjectId) -> Ordering {
    place(&left.kind).cmp(&place(&right.kind)).then_with(|| left.cmp(right))
}

/// Sorts ids into apply order.
pub fn sort_ids(ids: &mut [ObjectId]) {
    ids.sort_by(apply_order);
}

/// Sorts objects into apply order; objects of the same id keep theirs.
pub fn sort_objects(objects: &mut Vec<Value>) {
    let mut keyed: Vec<(ObjectId, Value)> =
        std::mem::take(objects).into_iter().map(|object| (ObjectId::of(&object), object)).collect();
    keyed.sort_by(|(left, _), (right, _)| apply_order(left, right));
    objects.extend(keyed.into_iter().map(|(_, object)| object));
}

fn place(kind: &str) -> usize {
    let unlisted = FIRST.len();
    let last = LAST.iter().position(|&last| last == kind).map(|index| unlisted + 1 + index);
    FIRST.iter().position(|&first| first == kind).or(last).unwrap_or(unlisted)
}
