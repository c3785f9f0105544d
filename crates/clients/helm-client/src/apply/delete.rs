//! Deleting objects of a release, each by the uid that was looked at: what somebody has created anew meanwhile stays.

use std::collections::BTreeSet;

use apply_plan::mask::mask_secret_values;
use cluster_client::{Detail, ObjectKey, Propagation, RequestError};
use futures::StreamExt;
use manifest::ObjectId;
use serde_json::Value;

use super::log::{named, with_error};
use super::{ApplyError, Change, Writer};
use crate::helm::Helm;
use crate::objects::Object;
use crate::options::Method;

/// The annotation with which an object says that it outlives its release, and its value.
pub(crate) const RESOURCE_POLICY: &str = "helm.sh/resource-policy";
pub(crate) const KEEP: &str = "keep";

impl Writer<'_> {
    /// Creates the object of a hook. By server-side apply it may exist, as long as nobody else has set its fields to something else.
    pub(crate) async fn create_hook(&self, object: &Object) -> Result<Value, ApplyError> {
        let writing = self.helm.index.map(|index| index.writing(&object.key));
        let one = match self.method {
            Method::ServerSide => self.apply_new(object).await,
            Method::ClientSide => self.create(object).await,
        };
        let one = one.map_err(|error| ApplyError { message: mask_secret_values(&error.message, &object.value) })?;
        if let Some(writing) = writing {
            writing.done(&one.live);
        }
        Ok(one.live)
    }

    /// Deletes what should not be there any more, but for what wants to be kept; what fails, in Helm's words. Leftovers go only if they are
    /// marked as the release's: the action that should have written them may not have come so far.
    pub(super) async fn delete_dropped(&self, change: &Change<'_>) -> Vec<String> {
        let mut known: BTreeSet<ObjectId> = change.target.iter().map(Object::id).collect();
        let original = change.original.iter().map(|object| (object, false));
        let dropped = original.chain(change.leftovers.iter().map(|object| (object, true)));
        let dropped = dropped.filter(|(object, _)| known.insert(object.id()));
        let deletions: Vec<_> = dropped.map(|(object, if_marked)| self.delete_one_dropped(&object.key, if_marked)).collect();
        let failures = futures::stream::iter(deletions).buffered(self.helm.concurrency.max(1));
        failures.filter_map(std::future::ready).collect().await
    }

    async fn delete_one_dropped(&self, key: &ObjectKey, if_marked: bool) -> Option<String> {
        self.helm.log.add("deleting resource", &named(key));
        // One that cannot be read stays, as with Helm.
        let live = self.helm.cluster.get(key, Detail::Metadata).await.ok().flatten()?;
        let is_kept = live["metadata"]["annotations"][RESOURCE_POLICY] == KEEP;
        if is_kept || (if_marked && self.owner.refusal(&live).is_some()) {
            return None;
        }
        let error = self.helm.delete(key, live["metadata"]["uid"].as_str(), Propagation::Background).await.err()?;
        self.helm.log.add("failed to delete resource", &with_error(named(key)));
        let ObjectKey { namespace, name, kind, .. } = key;
        Some(format!("failed to delete resource namespace={namespace}, name={name}, kind={kind}: {error}"))
    }
}

impl Helm<'_> {
    /// Deletes an object; that it is gone, or its kind, is fine, and that the one of that `uid` is.
    pub(crate) async fn delete(&self, key: &ObjectKey, uid: Option<&str>, propagation: Propagation) -> Result<(), RequestError> {
        if let Some(index) = self.index {
            index.deletes(key);
        }
        match self.cluster.delete_with(key, uid, propagation).await {
            Ok(()) | Err(RequestError::NoMatch { .. }) => Ok(()),
            Err(error) if error.is_not_found() || (uid.is_some() && error.is_conflict()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes objects, kind after kind; all are tried.
    pub(crate) async fn delete_all(&self, keys: &[(ObjectKey, Option<String>)], propagation: Propagation) -> Vec<RequestError> {
        let mut failures = Vec::new();
        for batch in keys.chunk_by(|left, right| left.0.kind == right.0.kind) {
            batch.iter().for_each(|(key, _)| self.log.add("starting delete resource", &named(key)));
            let deletions: Vec<_> = batch.iter().map(|(key, uid)| self.delete(key, uid.as_deref(), propagation)).collect();
            let results: Vec<_> = futures::stream::iter(deletions).buffered(self.concurrency.max(1)).collect().await;
            for ((key, _), error) in batch.iter().zip(results).filter_map(|(one, result)| Some((one, result.err()?))) {
                self.log.add("deletion error", &with_error(named(key)));
                failures.push(error);
            }
        }
        failures
    }
}
