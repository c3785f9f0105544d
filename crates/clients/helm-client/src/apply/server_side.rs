//! Server-side apply. Conflicts are forced, so that whether an object was there need not be known before: the answer says it.

use std::time::Duration;

use apply_plan::cleanup::Takeover;
use cluster_client::{Applied, Conflicts, Detail, Mode, ObjectKey, RequestError};

use super::{ApplyError, One, Unwritten, Writer};
use crate::FIELD_MANAGER;
use crate::objects::Object;

/// How often an apply is tried that collides with the bookkeeping of a ResourceQuota, and the pause before the next time; as Helm.
const QUOTA_ATTEMPTS: usize = 5;
const QUOTA_PAUSE: Duration = Duration::from_millis(10);

impl Writer<'_> {
    pub(super) async fn apply(&self, object: &Object) -> Result<One, Unwritten> {
        match self.apply_and_take_over(object).await {
            Ok(Applied { object, created }) => Ok(One { live: object, created }),
            Err(error) => {
                // Only now does it matter whether it was there.
                let live = self.helm.cluster.get(&object.key, Detail::Metadata).await;
                Err(Unwritten { message: message(&object.key, &error), creating: matches!(live, Ok(None)) })
            }
        }
    }

    /// An object that this field manager used to patch gets its fields as applied ones: otherwise those that are no longer wanted stay.
    async fn apply_and_take_over(&self, object: &Object) -> Result<Applied, RequestError> {
        let applied = self.submit(object, Conflicts::Force).await?;
        let Some(takeover) = Takeover::of_own_updates(FIELD_MANAGER).patch(&applied.object) else { return Ok(applied) };
        self.helm.cluster.json_patch(&object.key, &takeover, FIELD_MANAGER).await?;
        self.submit(object, Conflicts::Force).await
    }

    /// Creates an object that nobody else should have.
    pub(super) async fn apply_new(&self, object: &Object) -> Result<One, ApplyError> {
        match self.submit(object, Conflicts::Refuse).await {
            Ok(Applied { object, created }) => Ok(One { live: object, created }),
            Err(error) => Err(ApplyError { message: message(&object.key, &error) }),
        }
    }

    async fn submit(&self, object: &Object, conflicts: Conflicts) -> Result<Applied, RequestError> {
        for _ in 1..QUOTA_ATTEMPTS {
            match self.helm.cluster.apply_strictly(&object.value, FIELD_MANAGER, conflicts, Mode::Persist).await {
                Err(error) if is_quota_conflict(&error) => tokio::time::sleep(QUOTA_PAUSE).await,
                result => return result,
            }
        }
        self.helm.cluster.apply_strictly(&object.value, FIELD_MANAGER, conflicts, Mode::Persist).await
    }
}

fn is_quota_conflict(error: &RequestError) -> bool {
    let message = error.to_string();
    error.is_conflict()
        && message.contains("Operation cannot be fulfilled on resourcequotas")
        && message.contains("the object has been modified")
}

/// As Helm says it.
fn message(key: &ObjectKey, error: &RequestError) -> String {
    let what = if error.is_conflict() { "conflict occurred while applying" } else { "server-side apply failed for" };
    let ObjectKey { group, version, kind, namespace, name } = key;
    format!("{what} object {namespace}/{name} {group}/{version}, Kind={kind}: {error}")
}
