//! The legacy order: prerequisites first, webhooks last, then by group, version and kind.

use crate::identity::{Gvk, ObjectId};
use crate::kustomization::SortOptions;
use crate::object::Object;
use crate::schema::Schema;
use std::cmp::Ordering;

const FIRST: &[&str] = &[
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: &[&str] = &["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// The place of a kind: negative for those that come first, positive for those that come last.
fn place<T: AsRef<str>>(kind: &str, first: &[T], last: &[T]) -> isize {
    let position = |list: &[T]| list.iter().rposition(|known| known.as_ref() == kind).and_then(|at| isize::try_from(at).ok());
    let count = isize::try_from(first.len()).unwrap_or(isize::MAX);
    match (position(last), position(first)) {
        (Some(at), _) => 1 + at,
        (None, Some(at)) => at - count,
        (None, None) => 0,
    }
}

fn sort_text(gvk: &Gvk) -> String {
    let or = |text: &str, other: &'static str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
    format!("{}_{}_{}", or(&gvk.group, "~G"), or(&gvk.version, "~V"), or(&gvk.kind, "~K"))
}

/// The key by which field specifications are sorted.
pub(crate) fn gvk_key(gvk: &Gvk) -> (isize, String) {
    (place(&gvk.kind, FIRST, LAST), sort_text(gvk))
}

/// Sorts objects as `sortOptions` say, or in the default legacy order.
pub(crate) fn sort(objects: &mut [Object], options: Option<&SortOptions>, schema: &Schema) -> Result<(), String> {
    let order = options.map_or("legacy", |options| options.order.as_str());
    let legacy = options.and_then(|options| options.legacy.as_ref());
    match order {
        "legacy" => {}
        "fifo" if legacy.is_some() => {
            return Err("'legacySortOptions' is set but the order is 'fifo'; set 'order: legacy' or remove it".to_owned());
        }
        "fifo" => return Ok(()),
        other => return Err(format!("the order '{other}' is not one of legacy, fifo")),
    }
    let place_of = |kind: &str| match legacy {
        Some(options) => place(kind, &options.first, &options.last),
        None => place(kind, FIRST, LAST),
    };
    objects.sort_by_cached_key(|object| Key::new(&object.id(schema), place_of(object.kind())));
    Ok(())
}

#[derive(PartialEq, Eq)]
struct Key {
    place: isize,
    gvk: String,
    is_core_namespace: bool,
    is_namespace: bool,
    id: String,
}

impl Key {
    fn new(id: &ObjectId, place: isize) -> Self {
        let is_namespace = id.gvk.kind == "Namespace";
        let or = |text: &str, other: &'static str| if text.is_empty() { other.to_owned() } else { text.to_owned() };
        Self {
            place,
            gvk: sort_text(&id.gvk),
            is_namespace,
            is_core_namespace: is_namespace && id.gvk.group.is_empty(),
            id: format!("{}|{}|{}", id.gvk, or(&id.namespace, "~X"), or(&id.name, "~N")),
        }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let kinds = if self.is_namespace && other.is_namespace && (self.is_core_namespace || other.is_core_namespace) {
            // The core group sorts as `~G`, behind all others, and namespaces of it come first.
            other.gvk.cmp(&self.gvk)
        } else {
            self.gvk.cmp(&other.gvk)
        };
        self.place.cmp(&other.place).then(kinds).then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
