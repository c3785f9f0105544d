//! The order in which kinds are installed and uninstalled.

use std::cmp::Ordering;

/// Kinds in the order in which they are installed.
pub const INSTALL_ORDER: [&str; 38] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Kinds in the order in which they are uninstalled: the reverse, but that services go early.
pub const UNINSTALL_ORDER: [&str; 38] = uninstall_order();

const fn uninstall_order() -> [&'static str; 38] {
    const SERVICE: usize = 23;
    const CRON_JOB: usize = 32;
    let mut order = [""; 38];
    let (mut from, mut to) = (INSTALL_ORDER.len(), 0);
    while from > 0 {
        from -= 1;
        if from == CRON_JOB {
            order[to] = INSTALL_ORDER[SERVICE];
            to += 1;
        }
        if from != SERVICE {
            order[to] = INSTALL_ORDER[from];
            to += 1;
        }
    }
    order
}

/// Compares two kinds by their places in an order. Unknown ones come last, by name. Sorting must be stable.
pub fn compare_kinds(order: &[&str], left: &str, right: &str) -> Ordering {
    place_of_kind(order, left).cmp(&place_of_kind(order, right))
}

/// Where a kind stands in an order. Unknown ones come last, by name.
pub(super) fn place_of_kind(order: &[&str], kind: &str) -> (usize, String) {
    match order.iter().position(|known| *known == kind) {
        Some(place) => (place, String::new()),
        None => (order.len(), kind.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UninstallOrder` of Helm 4.3.
    #[test]
    fn services_are_uninstalled_early() {
        let place = |kind: &str| UNINSTALL_ORDER.iter().position(|known| *known == kind);
        assert_eq!(
            UNINSTALL_ORDER[..7],
            [
                "ValidatingWebhookConfiguration",
                "MutatingWebhookConfiguration",
                "APIService",
                "Ingress",
                "IngressClass",
                "Service",
                "CronJob",
            ]
        );
        assert_eq!(UNINSTALL_ORDER[37], "PriorityClass");
        assert!(INSTALL_ORDER.iter().all(|kind| place(kind).is_some()));
    }
}
