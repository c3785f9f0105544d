//! Client-side apply: what Helm 3 did, and what releases of it go on with.

use apply_plan::difference::merge_patch;
use apply_plan::three_way::{Lists, merge};
use apply_plan::undeclared::is_built_in;
use cluster_client::{Detail, RequestError};
use serde_json::{Value, json};

use super::{ApplyError, One, Unwritten, Writer};
use crate::FIELD_MANAGER;
use crate::objects::Object;

/// How often a patch is computed anew because somebody else wrote in between.
const ATTEMPTS: usize = 5;

impl Writer<'_> {
    pub(super) async fn patch(&self, object: &Object, original: Option<&Value>) -> Result<One, Unwritten> {
        let mut attempt = 1;
        loop {
            let live = self.helm.cluster.get(&object.key, Detail::Full).await.map_err(|error| Unwritten {
                message: format!("could not get information about the resource: {error}"),
                creating: false,
            })?;
            let Some(live) = live else {
                let created = self.create(object).await;
                return created.map_err(|error| Unwritten { message: error.message, creating: true });
            };
            let written = if self.force { self.replace(object, &live).await } else { self.change(object, original, live).await };
            match written {
                Ok(live) => return Ok(One { live, created: false }),
                Err(error) if error.is_conflict() && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(Unwritten { message: self.message(object, &error), creating: false }),
            }
        }
    }

    /// Creates an object that is not there.
    pub(super) async fn create(&self, object: &Object) -> Result<One, ApplyError> {
        let created = self.helm.cluster.create(&object.value, FIELD_MANAGER).await;
        created.map(|live| One { live, created: true }).map_err(|error| ApplyError { message: error.to_string() })
    }

    async fn replace(&self, object: &Object, live: &Value) -> Result<Value, RequestError> {
        let mut value = object.value.clone();
        value["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
        self.helm.cluster.replace(&value, FIELD_MANAGER).await
    }

    /// Custom resources are patched from manifest to manifest, without regard to what is there, unless there was no manifest before.
    async fn change(&self, object: &Object, original: Option<&Value>, live: Value) -> Result<Value, RequestError> {
        let target = &object.value;
        let mut patch = match original {
            _ if is_built_in(target) || target["kind"] == "CustomResourceDefinition" => {
                merge_patch(&live, &merge(original.unwrap_or(target), target, &live, Lists::Keyed))
            }
            Some(original) => merge_patch(original, target),
            None => merge_patch(&live, &merge(target, target, &live, Lists::Whole)),
        };
        if patch.as_object().is_none_or(serde_json::Map::is_empty) {
            return Ok(live);
        }
        if !patch["metadata"].is_object() {
            patch["metadata"] = json!({});
        }
        patch["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
        self.helm.cluster.merge_patch(&object.key, &patch, FIELD_MANAGER).await
    }

    /// As Helm says it.
    fn message(&self, object: &Object, error: &RequestError) -> String {
        if self.force {
            return format!("failed to replace object: {error}");
        }
        format!("cannot patch {:?} with kind {}: {error}", object.key.name, object.key.kind)
    }
}
