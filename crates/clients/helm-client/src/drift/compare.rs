//! Finding drift: for each object of a record its live state, and what applying the record would make of it.

use apply_plan::cleanup::Takeover;
use apply_plan::difference::drift_patch;
use apply_plan::failure::dry_run_failure;
use apply_plan::mask::mask_secret_values;
use apply_plan::normalize::normalize;
use cluster_client::{Conflicts, Detail, Mode, ObjectKey, RequestError, Scope};
use futures::StreamExt;
use helm_release::Release;
use manifest::object::split;
use manifest::yaml::Limits;
use serde_json::{Value, json};

use super::{Difference, Drift, DriftError, DriftRules, Drifts};
use crate::FIELD_MANAGER;
use crate::error::ActionError;
use crate::helm::Helm;
use crate::ownership::Owner;

impl Helm<'_> {
    /// Compares the objects of a record, but for its hooks, with those of the cluster. It writes nothing, but for the fields that are taken
    /// over from other managers.
    ///
    /// # Errors
    /// [`ActionError::Objects`] when the manifest of the record cannot be read. What concerns single objects is in [`Drifts::errors`].
    pub async fn drift(&self, release: &Release, rules: &DriftRules<'_>) -> Result<Drifts, ActionError> {
        let objects = split(&release.manifest, &Limits::default());
        let objects = objects.map_err(|source| ActionError::Objects { what: "release manifest", source: source.into() })?;
        let owner = Owner { name: &release.name, namespace: &release.namespace };
        let comparisons: Vec<_> = objects.into_iter().map(|object| self.compare(object, owner, rules)).collect();
        let compared: Vec<_> = futures::stream::iter(comparisons).buffered(self.concurrency.max(1)).collect().await;
        let mut drifts = Drifts::default();
        for compared in compared {
            match compared {
                Ok(drift) => drifts.objects.extend(drift),
                Err(message) => drifts.errors.push(DriftError { message }),
            }
        }
        Ok(drifts)
    }

    async fn compare(&self, mut desired: Value, owner: Owner<'_>, rules: &DriftRules<'_>) -> Result<Option<Drift>, String> {
        normalize(&mut desired);
        owner.mark(&mut desired);
        let key = self.place(&mut desired, owner.namespace).await?;
        if rules.excludes(&desired) || rules.ignore.pointers_for(&desired).contains(&"") {
            return Ok(None);
        }
        let refused = |error: &RequestError| mask_secret_values(&error.to_string(), &desired);
        let live = self.cluster.get(&key, Detail::Full).await.map_err(|error| refused(&error))?.unwrap_or_default();
        if rules.excludes(&live) {
            return Ok(None);
        }
        if let Some(patch) = Takeover::from_managers(FIELD_MANAGER, rules.overridden).patch(&live) {
            let taken = self.cluster.json_patch(&key, &patch, FIELD_MANAGER).await;
            taken.map_err(|error| format!("failed to clean-up disallowed field managers: {}", refused(&error)))?;
        }
        let dry_run = self.cluster.apply_strictly(&desired, FIELD_MANAGER, Conflicts::Force, Mode::DryRun).await;
        let dry_run = dry_run.map_err(|error| dry_run_failure(&desired, &error.refusal()))?.object;
        if live.is_null() || dry_run["metadata"]["resourceVersion"].as_str().is_none_or(str::is_empty) {
            return Ok(Some(Drift { key, desired, difference: Difference::Missing }));
        }
        let patch = drift_patch(&desired, &live, &dry_run, rules.ignore);
        Ok((!patch.is_empty()).then_some(Drift { key, desired, difference: Difference::Changed { patch } }))
    }

    /// Gives an object without namespace the release's, if its kind has one.
    async fn place(&self, object: &mut Value, namespace: &str) -> Result<ObjectKey, String> {
        let mut key = ObjectKey::of(object);
        let resource = self.cluster.resource(&key.kind_key()).await;
        let resource = resource.map_err(|error| format!("failed to determine if {} is namespace scoped: {error}", key.kind))?;
        if resource.scope == Scope::Cluster {
            key.namespace.clear();
        } else if key.namespace.is_empty() {
            namespace.clone_into(&mut key.namespace);
            object["metadata"]["namespace"] = json!(namespace);
        }
        Ok(key)
    }
}

impl DriftRules<'_> {
    /// Whether an object says by a label or an annotation that it may drift.
    fn excludes(&self, object: &Value) -> bool {
        let (key, value) = self.exclusion;
        let metadata = &object["metadata"];
        ["labels", "annotations"].iter().any(|field| metadata[field][key] == value)
    }
}
