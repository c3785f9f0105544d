//! What wakes an automation besides itself: a policy of its namespace that wants another image, and its repository's configuration.
//! New commits do not: they are seen at the interval.

use api::image::{ImagePolicy, ImageReference, ImageUpdateAutomation};
use api::source::GitRepository;
use futures::{Stream, StreamExt};
use kube::ResourceExt;
use runtime::queue::{ObjectKey, Queue};
use runtime::store::{Change, Store, key_of};

/// Whom to wake, and how.
#[derive(Clone)]
pub(crate) struct Wake {
    /// The automations, as last seen.
    pub(crate) automations: Store<ImageUpdateAutomation>,
    /// Their queue.
    pub(crate) queue: Queue,
}

impl Wake {
    fn all(&self, wanted: impl Fn(&ImageUpdateAutomation) -> bool) {
        for automation in self.automations.all() {
            if wanted(&automation) {
                self.queue.add(key_of(automation.as_ref()));
            }
        }
    }
}

/// The GitRepository that an automation writes to.
pub(crate) fn repository_of(automation: &ImageUpdateAutomation) -> ObjectKey {
    let reference = &automation.spec.source_ref;
    let namespace = reference.namespace.clone().filter(|namespace| !namespace.is_empty());
    ObjectKey::new(namespace.or_else(|| automation.namespace()).unwrap_or_default(), reference.name.clone())
}

fn image_of(policy: &ImagePolicy) -> Option<&ImageReference> {
    policy.status.as_ref()?.latest_ref.as_ref()
}

/// Wakes all automations of a namespace in which a policy wants another image: any of them may have a marker for it.
pub(crate) async fn policies(changes: impl Stream<Item = Change<ImagePolicy>> + Send, wake: Wake) {
    let mut changes = std::pin::pin!(changes);
    while let Some(change) = changes.next().await {
        let Change::Applied { before: Some(before), now } = change else { continue };
        if image_of(&now).is_some() && image_of(&before) != image_of(&now) {
            wake.all(|automation| automation.namespace() == now.namespace());
        }
    }
}

/// Wakes the automations of a repository whose configuration changed.
pub(crate) async fn repositories(changes: impl Stream<Item = Change<GitRepository>> + Send, wake: Wake) {
    let mut changes = std::pin::pin!(changes);
    while let Some(change) = changes.next().await {
        let Change::Applied { before: Some(before), now } = change else { continue };
        if before.metadata.generation != now.metadata.generation {
            let key = key_of(now.as_ref());
            wake.all(|automation| repository_of(automation) == key);
        }
    }
}
