//! What asks for a new run of a release while an action of the present one waits (gate `CancelHealthCheckOnNewRevision`).

use std::time::Duration;

use api::helm::HelmRelease;
use api::meta::annotations::RECONCILE_REQUEST;
use kube::ResourceExt;

use super::act::Work;
use super::decide::source_of;

/// Between two looks at what the watches know, which costs no request.
const LOOK: Duration = Duration::from_secs(1);

/// Waits until the object is changed, asked to reconcile, or its chart has a new artifact; which of them, as `Kind/namespace/name`.
pub(super) async fn superseded(work: &Work<'_>) -> String {
    let (object, key) = (work.run.object(), work.run.key());
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(now) = work.context.objects.get(key) else { continue };
        if wants_run(object, &now) {
            return format!("HelmRelease/{key}");
        }
        let Some((kind, source)) = source_of(&now) else { continue };
        let offered = work.context.sources.artifact(kind, &source);
        if offered.is_some_and(|artifact| !artifact.same_content(&work.wanted.artifact)) {
            return format!("{}/{source}", kind.as_str());
        }
    }
}

/// Whether the object has been changed, or asked to reconcile, since the run began.
fn wants_run(then: &HelmRelease, now: &HelmRelease) -> bool {
    let requested = |object: &HelmRelease| object.annotations().get(RECONCILE_REQUEST).cloned();
    then.metadata.generation != now.metadata.generation || requested(then) != requested(now)
}
