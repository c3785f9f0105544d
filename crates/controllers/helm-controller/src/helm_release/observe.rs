//! Reads what a release needs, step by step: what one step finds in the way keeps the next from being taken.

use api::helm::{HelmRelease, ValuesKind, ValuesReference};
use api::meta::{Artifact, Reason};
use helm_chart::{Values, use_floats};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, Client, ResourceExt};
use runtime::error_chain::error_chain;
use runtime::queue::ObjectKey;
use serde_json::Value;

use super::chart_version::with_digest;
use super::decide::{DependencySeen, Obstacle, artifact_gone, check_access, check_dependencies, source_not_ready, source_of};
use super::ledger::Ledger;
use super::values::{Found, compose};
use crate::charts::{ChartError, ChartInfo};
use crate::context::{Context, Policy};
use crate::source::{Found as Source, Freshness};

/// The chart and values to release.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// What has the chart.
    pub(crate) artifact: Artifact,
    /// What the chart is called; its version may name the artifact's digest.
    pub(crate) chart: ChartInfo,
    /// The digest of the artifact, for sources that have one.
    pub(crate) digest: Option<String>,
    /// The values.
    pub(crate) values: Values,
}

/// Observes on behalf of one run. `changed` is the source, where this run has changed it. What was in the way in an earlier run, and is not any
/// more, is taken back in the ledger.
pub(crate) async fn observe(
    object: &HelmRelease,
    changed: Option<Source>,
    ledger: &mut Ledger<'_>,
    context: &Context,
) -> Result<Wanted, Obstacle> {
    let policy = &context.policy;
    if !object.spec.depends_on.is_empty() {
        check_dependencies(object, &dependencies(object, context).await, policy)?;
    }
    ledger.clear_obstacle(&[Reason::DependencyNotReady]);
    let artifact = artifact(object, changed, ledger, context).await?;
    let values = values(object, &context.client).await.map_err(|message| Obstacle::failure(Reason::ValuesError, message))?;
    ledger.clear_obstacle(&[Reason::ValuesError]);
    let described = context.charts.describe(&artifact).await;
    let chart = described.map_err(|error| not_loaded(&error, &artifact, policy))?;
    ledger.clear_obstacle(&[Reason::ArtifactFailed]);
    let (chart, digest) = versioned(object, chart, &artifact, policy)?;
    Ok(Wanted { artifact, chart, digest, values })
}

/// Reads the API server and not the watch: an old copy could look ready for a spec that it has not seen.
async fn dependencies(object: &HelmRelease, context: &Context) -> Vec<DependencySeen> {
    let own = object.namespace().unwrap_or_default();
    let mut seen = Vec::new();
    for reference in &object.spec.depends_on {
        let key = ObjectKey::new(reference.namespace.clone().unwrap_or_else(|| own.clone()), reference.name.clone());
        let api: Api<HelmRelease> = Api::namespaced(context.client.clone(), &key.namespace);
        let object = api.get(&key.name).await.map(Box::new).map_err(|error| answer(&error));
        let value = object.as_ref().ok().and_then(|object| serde_json::to_value(object).ok()).unwrap_or_default();
        seen.push(DependencySeen { key, object, value });
    }
    seen
}

async fn artifact(
    object: &HelmRelease,
    changed: Option<Source>,
    ledger: &mut Ledger<'_>,
    context: &Context,
) -> Result<Artifact, Obstacle> {
    let policy = &context.policy;
    // The HelmChart is recorded in the run that is going on.
    let recorded = HelmRelease { status: Some(ledger.status.clone()), ..object.clone() };
    let unreadable = |error: String| Obstacle::quiet(Reason::ArtifactFailed, format!("could not get Source object: {error}"));
    let (kind, key) = source_of(&recorded).ok_or_else(|| unreadable("there is none".to_owned()))?;
    check_access(object, kind, &key, policy)?;
    let freshness = if policy.direct_source_fetch { Freshness::Direct } else { Freshness::Watched };
    let found = match changed {
        Some(found) => found,
        None => {
            let found = context.sources.read(&context.client, kind, &key, freshness).await;
            found.map_err(|error| unreadable(answer(&error)))?
        }
    };
    ledger.clear_obstacle(&[Reason::AccessDenied, Reason::ArtifactFailed]);
    let artifact = found.ready(&key).map_err(|message| source_not_ready(message, policy))?;
    ledger.clear_obstacle(&[Reason::SourceNotReady]);
    Ok(artifact.clone())
}

/// What the API server says, or why it does not.
pub(crate) fn answer(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => status.message.clone(),
        error => error_chain(error),
    }
}

fn not_loaded(error: &ChartError, artifact: &Artifact, policy: &Policy) -> Obstacle {
    if error.is_not_found() {
        return artifact_gone(policy);
    }
    let error = error.in_flux_words(artifact);
    let failure = Obstacle::failure(Reason::ArtifactFailed, error.clone());
    Obstacle { message: format!("Could not load chart: {error}"), ..failure }
}

/// The version that is released, and the digest of the artifact where the source has one.
fn versioned(
    object: &HelmRelease,
    chart: ChartInfo,
    artifact: &Artifact,
    policy: &Policy,
) -> Result<(ChartInfo, Option<String>), Obstacle> {
    use api::helm::ChartReferenceKind::{ExternalArtifact, OciRepository};
    let kind = object.spec.chart_ref.as_ref().map(|reference| reference.kind);
    let revision = artifact.revision.as_str();
    if !(kind == Some(OciRepository) || (kind == Some(ExternalArtifact) && revision.contains(':'))) {
        return Ok((chart, None));
    }
    let mutated = with_digest(&chart.version, revision);
    let (version, digest) = mutated.map_err(|error| Obstacle::quiet(Reason::ChartMutateError, error.to_string()))?;
    let version = if policy.tracks_digests { version } else { chart.version.clone() };
    Ok((ChartInfo { version, ..chart }, Some(digest)))
}

/// The values of the spec and of its references. Each object is read once.
async fn values(object: &HelmRelease, client: &Client) -> Result<Values, String> {
    let mut inline = object.spec.values.clone().unwrap_or_default();
    // Go reads every number of JSON as a float.
    use_floats(&mut inline);
    let inline = if let Value::Object(inline) = inline { inline } else { Values::new() };
    let namespace = object.namespace().unwrap_or_default();
    let mut read: Vec<((ValuesKind, &str), Data)> = Vec::new();
    let mut found = Vec::new();
    for reference in &object.spec.values_from {
        let key = (reference.kind, reference.name.as_str());
        let index = match read.iter().position(|(known, _)| *known == key) {
            Some(index) => index,
            None => {
                read.push((key, data(reference, &namespace, client).await?));
                read.len() - 1
            }
        };
        found.push((reference.clone(), read[index].1.under(reference.values_key())));
    }
    let (values, missing) = compose(&namespace, inline, &found).map_err(|error| error.to_string())?;
    missing.iter().for_each(|message| tracing::info!("{message}"));
    Ok(values)
}

/// The content of a ConfigMap or Secret.
enum Data {
    Missing(String),
    Texts(std::collections::BTreeMap<String, Vec<u8>>),
}

impl Data {
    fn under(&self, key: &str) -> Found {
        match self {
            Self::Missing(message) => Found::NoObject(message.clone()),
            Self::Texts(texts) => texts.get(key).cloned().map_or(Found::NoKey, Found::Text),
        }
    }
}

async fn data(reference: &ValuesReference, namespace: &str, client: &Client) -> Result<Data, String> {
    let texts = match reference.kind {
        ValuesKind::ConfigMap => {
            let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
            let texts = api.get(&reference.name).await.map(|found| found.data.unwrap_or_default());
            texts.map(|texts| texts.into_iter().map(|(key, text)| (key, text.into_bytes())).collect())
        }
        ValuesKind::Secret => {
            let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
            let texts = api.get(&reference.name).await.map(|found| found.data.unwrap_or_default());
            texts.map(|texts| texts.into_iter().map(|(key, text)| (key, text.0)).collect())
        }
    };
    match texts {
        Ok(texts) => Ok(Data::Texts(texts)),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(Data::Missing(status.message.clone())),
        Err(error) => Err(answer(&error)),
    }
}
