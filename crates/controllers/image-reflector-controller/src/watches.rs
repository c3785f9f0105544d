//! What happens because of other objects: new tags wake the policies over them, tags of objects that went unseen are removed.

use crate::tag_store::TagStore;
use api::image::{ImagePolicy, ImageRepository};
use api::meta::{ConditionType, Reason};
use kube::ResourceExt;
use runtime::error_chain::error_chain;
use runtime::queue::{ObjectKey, Queue};
use runtime::store::{Change, Store, key_of};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::mpsc::UnboundedReceiver;

/// The ImageRepository that a policy is over.
pub(crate) fn repository_of(policy: &ImagePolicy) -> ObjectKey {
    let reference = &policy.spec.image_repository_ref;
    let namespace = reference.namespace.clone().filter(|namespace| !namespace.is_empty());
    ObjectKey::new(namespace.or_else(|| policy.namespace()).unwrap_or_default(), reference.name.clone())
}

/// Wakes the policies over a repository whose tags changed, and those that wait for tags whenever there was a scan.
pub(crate) async fn wake_policies(
    mut changes: UnboundedReceiver<Change<ImageRepository>>,
    policies: Store<ImagePolicy>,
    queue: Queue,
) {
    while let Some(change) = changes.recv().await {
        let Change::Applied { before, now } = change else { continue };
        let Some(scan) = scan_of(&now) else { continue };
        let before = before.as_deref().and_then(scan_of);
        if before == Some(scan) {
            continue;
        }
        let same_tags = before.is_some_and(|before| before.0 == scan.0);
        let key = key_of(now.as_ref());
        for policy in policies.all() {
            if repository_of(&policy) == key && (!same_tags || is_waiting(&policy)) {
                queue.add(key_of(policy.as_ref()));
            }
        }
    }
}

/// The revision of the last scan, and what tells scans apart.
fn scan_of(repository: &ImageRepository) -> Option<(&str, Option<jiff::Timestamp>)> {
    let scan = repository.status.as_ref()?.last_scan_result.as_ref()?;
    Some((scan.revision.as_deref().unwrap_or_default(), scan.scan_time.as_ref().map(|time| time.0)))
}

fn is_waiting(policy: &ImagePolicy) -> bool {
    let conditions = policy.status.as_ref().map(|status| &status.conditions);
    conditions.is_some_and(|conditions| conditions.reason(ConditionType::Ready) == Reason::DependencyNotReady.as_str())
}

/// Removes the tags of objects that are not there any more, once all objects are known.
pub(crate) async fn sweep(tags: Arc<TagStore>, repositories: Store<ImageRepository>) {
    repositories.synced().await;
    let known: BTreeSet<ObjectKey> = repositories.all().iter().map(|object| key_of(object.as_ref())).collect();
    match tokio::task::spawn_blocking(move || tags.keep_only(&known)).await {
        Ok(Ok(0)) | Err(_) => {}
        Ok(Ok(removed)) => tracing::info!(removed, "removed tags of objects that are gone"),
        Ok(Err(error)) => tracing::warn!(error = error_chain(&error), "tags of objects that are gone could not be removed"),
    }
}
