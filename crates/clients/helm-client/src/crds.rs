//! CustomResourceDefinitions of a chart: written before its templates are rendered, which may ask for the kinds.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_client::{Conflicts, Detail, KindKey, Mode, ObjectKey, RequestError, WaitFailure};
use helm_chart::{Prepared, RenderError, Values};
use manifest::object::{SplitError, split};
use manifest::yaml::Limits;
use serde_json::{Value, json};

use crate::FIELD_MANAGER;
use crate::helm::Helm;
use crate::objects::Object;
use crate::options::{CrdPolicy, Crds, Method};
use crate::ownership::add;
use crate::wait::Awaited;

/// How long definitions may take to be established; as Helm.
const ESTABLISHED_WITHIN: Duration = Duration::from_secs(60);
/// How often discovery is asked for a kind that was just established, and the pause before the next time.
const DISCOVERY_ATTEMPTS: usize = 25;
const DISCOVERY_PAUSE: Duration = Duration::from_millis(200);

/// Why definitions are not there.
#[derive(Debug, thiserror::Error)]
pub enum CrdError {
    /// The dependencies of the chart cannot be resolved.
    #[error("failed to process chart dependencies")]
    Dependencies(#[source] RenderError),
    /// A file is not YAML, or something in it is no object.
    #[error("failed to parse CustomResourceDefinitions from {path}")]
    Parse {
        /// The file.
        path: String,
        /// What is wrong with it.
        source: SplitError,
    },
    /// One cannot be read or written.
    #[error("failed to {verb} CustomResourceDefinition {name}")]
    Request {
        /// What was tried: `get`, `create` or `update`.
        verb: &'static str,
        /// Its name.
        name: String,
        /// Why not.
        source: RequestError,
    },
    /// They are not established in time.
    #[error("failed to wait for CustomResourceDefinition(s)")]
    Wait(#[from] WaitFailure),
}

impl Helm<'_> {
    /// Writes the definitions of a chart by its policy, and waits until their kinds are served. None is ever deleted.
    pub(crate) async fn write_crds(
        &self,
        chart: &Prepared,
        values: &Values,
        crds: &Crds,
        method: Method,
    ) -> Result<(), CrdError> {
        if crds.policy == CrdPolicy::Skip {
            return Ok(());
        }
        let mut written = Vec::new();
        let mut live = BTreeMap::new();
        for object in definitions(chart, values, crds)? {
            if let Some(answer) = self.write_crd(&object, crds.policy, method).await? {
                live.insert(written.len(), answer);
                written.push(object);
            }
        }
        if written.is_empty() {
            return Ok(());
        }
        self.until_ready(&written, &live, Awaited::Objects, ESTABLISHED_WITHIN).await?;
        self.cluster.invalidate_discovery().await;
        for kind in written.iter().flat_map(|definition| served_kinds(&definition.value)) {
            self.until_discovered(&kind).await;
        }
        Ok(())
    }

    /// Writes one; the live object, or `None` when there was nothing to write.
    async fn write_crd(&self, object: &Object, policy: CrdPolicy, method: Method) -> Result<Option<Value>, CrdError> {
        let failed = |verb| {
            let name = object.key.name.clone();
            move |source| CrdError::Request { verb, name, source }
        };
        let existing = self.cluster.get(&object.key, Detail::Metadata).await.map_err(failed("get"))?;
        if existing.is_some() && policy == CrdPolicy::Create {
            return Ok(None);
        }
        let verb = if existing.is_some() { "update" } else { "create" };
        let answer = match (method, existing) {
            (Method::ServerSide, _) => {
                let applied = self.cluster.apply_strictly(&object.value, FIELD_MANAGER, Conflicts::Force, Mode::Persist).await;
                applied.map(|applied| applied.object)
            }
            (Method::ClientSide, None) => self.cluster.create(&object.value, FIELD_MANAGER).await,
            (Method::ClientSide, Some(existing)) => {
                let mut value = object.value.clone();
                value["metadata"]["resourceVersion"] = existing["metadata"]["resourceVersion"].clone();
                self.cluster.replace(&value, FIELD_MANAGER).await
            }
        };
        answer.map(Some).map_err(failed(verb))
    }

    /// Discovery follows a definition that is established within moments. What it does not show after all is the next step's error.
    async fn until_discovered(&self, kind: &KindKey) {
        for _ in 0..DISCOVERY_ATTEMPTS {
            if !matches!(self.cluster.resource(kind).await, Err(RequestError::NoMatch { .. })) {
                return;
            }
            tokio::time::sleep(DISCOVERY_PAUSE).await;
            self.cluster.invalidate_discovery().await;
        }
    }
}

/// The definitions in `crds/` of all charts that take part, labelled. Anything else there is left out, as helm-controller does.
fn definitions(chart: &Prepared, values: &Values, crds: &Crds) -> Result<Vec<Object>, CrdError> {
    let mut definitions = Vec::new();
    for file in chart.crds(values).map_err(CrdError::Dependencies)? {
        let objects = split(&file.data, &Limits::default());
        for mut value in objects.map_err(|source| CrdError::Parse { path: file.path.clone(), source })? {
            let key = ObjectKey { namespace: String::new(), ..ObjectKey::of(&value) };
            if (key.group.as_str(), key.kind.as_str()) != ("apiextensions.k8s.io", "CustomResourceDefinition") {
                tracing::warn!(path = file.path, object = %key, "crds/ of a chart is for CustomResourceDefinitions only; this is left out");
                continue;
            }
            add(&mut value, "labels", crds.labels.iter().map(|(label, value)| (label.as_str(), value.as_str())));
            definitions.push(Object { key, value });
        }
    }
    Ok(definitions)
}

/// The kinds, in all versions, that a definition serves.
fn served_kinds(definition: &Value) -> Vec<KindKey> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let versions = spec["versions"].as_array().into_iter().flatten();
    let served = versions.filter(|version| version["served"] == json!(true));
    served
        .map(|version| KindKey {
            group: text(&spec["group"]),
            version: text(&version["name"]),
            kind: text(&spec["names"]["kind"]),
        })
        .collect()
}
