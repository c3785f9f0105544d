//! Where charts come from, as this controller sees it: a name, a state and an artifact. Whatever else sources hold belongs to others.

use std::borrow::Cow;
use std::fmt::Debug;
use std::marker::PhantomData;

use api::helm::ChartReferenceKind;
use api::meta::{Artifact, ConditionType, Conditions};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client, Resource};
use runtime::queue::ObjectKey;
use runtime::store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names one kind of source at compile time.
pub(crate) trait Kind: Clone + Debug + Send + Sync + 'static {
    /// The kind.
    const KIND: ChartReferenceKind;
    /// Its plural.
    const PLURAL: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident = $plural:literal as $kind:ident,)+) => {
        $($(#[$doc])+
        #[derive(Clone, Debug)]
        pub(crate) struct $name;

        impl Kind for $name {
            const KIND: ChartReferenceKind = ChartReferenceKind::$kind;
            const PLURAL: &'static str = $plural;
        })+
    };
}

kinds! {
    /// `HelmChart`.
    Chart = "helmcharts" as HelmChart,
    /// `OCIRepository`.
    Oci = "ocirepositories" as OciRepository,
    /// `ExternalArtifact`.
    External = "externalartifacts" as ExternalArtifact,
}

/// A source of the kind `K`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(bound = "")]
pub(crate) struct Source<K> {
    /// `metadata`.
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    status: Status,
    #[serde(skip)]
    kind: PhantomData<K>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    #[serde(default)]
    observed_generation: i64,
    #[serde(default)]
    conditions: Conditions,
    #[serde(default)]
    artifact: Option<Artifact>,
}

impl<K: Kind> Source<K> {
    /// What it offers now.
    pub(crate) fn artifact(&self) -> Option<&Artifact> {
        self.status.artifact.as_ref()
    }

    /// Whether it is ready and nobody works on it.
    pub(crate) fn is_ready(&self) -> bool {
        self.status.conditions.is_ready()
    }

    /// What matters of it.
    pub(crate) fn found(&self) -> Found {
        Found {
            kind: K::KIND,
            generation: self.metadata.generation.unwrap_or_default(),
            observed_generation: self.status.observed_generation,
            conditions: self.status.conditions.clone(),
            artifact: self.status.artifact.clone(),
        }
    }
}

impl<K: Kind> Resource for Source<K> {
    type DynamicType = ();
    type Scope = kube::core::NamespaceResourceScope;

    fn kind(&(): &()) -> Cow<'_, str> {
        K::KIND.as_str().into()
    }

    fn group(&(): &()) -> Cow<'_, str> {
        api::source::GROUP.into()
    }

    fn version(&(): &()) -> Cow<'_, str> {
        "v1".into()
    }

    fn plural(&(): &()) -> Cow<'_, str> {
        K::PLURAL.into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// A source that exists.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// Its kind.
    pub(crate) kind: ChartReferenceKind,
    /// The generation of its spec.
    pub(crate) generation: i64,
    /// The generation that its controller has seen.
    pub(crate) observed_generation: i64,
    /// Its conditions.
    pub(crate) conditions: Conditions,
    /// Its artifact; none before the first success.
    pub(crate) artifact: Option<Artifact>,
}

impl Found {
    /// The artifact, or why it cannot be used yet; worded as Flux.
    ///
    /// # Errors
    /// A message that names the source by `key`.
    pub(crate) fn ready(&self, key: &ObjectKey) -> Result<&Artifact, String> {
        let kind = self.kind.as_str();
        let not_ready = |why: &str| format!("{kind} '{key}' is not ready: {why}");
        if self.kind != ChartReferenceKind::ExternalArtifact {
            if self.generation != self.observed_generation {
                let is_failed = self.conditions.is_false(ConditionType::Ready);
                let message = self.conditions.message(ConditionType::Ready);
                return Err(not_ready(if is_failed { message } else { "latest generation of object has not been reconciled" }));
            }
            if self.conditions.is_true(ConditionType::Stalled) {
                return Err(not_ready(self.conditions.message(ConditionType::Stalled)));
            }
        }
        self.artifact.as_ref().ok_or_else(|| not_ready("does not have an artifact"))
    }
}

/// The sources of all kinds, as last seen.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    /// Charts.
    pub(crate) charts: Store<Source<Chart>>,
    /// OCI repositories.
    pub(crate) oci: Store<Source<Oci>>,
    /// External artifacts; watched only behind the gate.
    pub(crate) external: Store<Source<External>>,
}

/// How to read a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// From the watch; from the API server where the watch does not know it.
    Watched,
    /// From the API server (gate `DirectSourceFetch`).
    Direct,
}

impl Sources {
    /// Reads a source.
    ///
    /// # Errors
    /// The API server does not know it, or does not answer.
    pub(crate) async fn read(
        &self,
        client: &Client,
        kind: ChartReferenceKind,
        key: &ObjectKey,
        freshness: Freshness,
    ) -> Result<Found, kube::Error> {
        match kind {
            ChartReferenceKind::HelmChart => read(&self.charts, client, key, freshness).await,
            ChartReferenceKind::OciRepository => read(&self.oci, client, key, freshness).await,
            ChartReferenceKind::ExternalArtifact => read(&self.external, client, key, freshness).await,
        }
    }

    /// A HelmChart as the API server gave it in an answer.
    pub(crate) fn decode_chart(object: Value) -> Option<Source<Chart>> {
        serde_json::from_value(object).ok()
    }
}

async fn read<K: Kind>(
    store: &Store<Source<K>>,
    client: &Client,
    key: &ObjectKey,
    freshness: Freshness,
) -> Result<Found, kube::Error> {
    if freshness == Freshness::Watched
        && let Some(source) = store.get(key)
    {
        return Ok(source.found());
    }
    // A watch may not have come that far, or may not be allowed to see that namespace.
    let api: Api<Source<K>> = Api::namespaced(client.clone(), &key.namespace);
    Ok(api.get(&key.name).await?.found())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(status: Value) -> Found {
        let object = json!({"metadata": {"name": "c", "namespace": "ns", "generation": 1}, "status": status});
        Sources::decode_chart(object).expect("because the literal is valid").found()
    }

    fn condition(kind: &str, status: &str, message: &str) -> Value {
        json!({"type": kind, "status": status, "reason": "R", "message": message, "lastTransitionTime": "2026-01-01T00:00:00Z"})
    }

    /// The cases of `Test_isReady` of Flux.
    #[test]
    fn a_source_is_usable_when_its_spec_was_seen_and_it_has_an_artifact() {
        let key = ObjectKey::new("ns", "c");
        let artifact =
            json!({"path": "", "url": "", "revision": "1.0.0", "digest": "sha256:00", "lastUpdateTime": "2026-01-01T00:00:00Z"});
        let why = |status: Value| found(status).ready(&key).map(|artifact| artifact.revision.clone());
        assert_eq!(why(json!({"observedGeneration": 1, "artifact": artifact})), Ok("1.0.0".to_owned()));
        let failing = json!({"observedGeneration": 1, "artifact": artifact, "conditions": [condition("Ready", "False", "no")]});
        assert_eq!(why(failing), Ok("1.0.0".to_owned()), "an old artifact is better than none");
        let message = |text: &str| Err(format!("HelmChart 'ns/c' is not ready: {text}"));
        assert_eq!(
            why(json!({"observedGeneration": -1, "artifact": artifact})),
            message("latest generation of object has not been reconciled")
        );
        let failed = json!({"observedGeneration": -1, "conditions": [condition("Ready", "False", "failed to get source")]});
        assert_eq!(why(failed), message("failed to get source"));
        let stalled = json!({"observedGeneration": 1, "artifact": artifact, "conditions": [condition("Stalled", "True", "bad")]});
        assert_eq!(why(stalled), message("bad"));
        assert_eq!(why(json!({"observedGeneration": 1})), message("does not have an artifact"));
    }
}
