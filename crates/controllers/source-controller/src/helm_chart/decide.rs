//! From what was seen to what is built from where: pure, and every way to fail is a plan.

use super::observe::Origin;
use crate::helm_repository::{self, Way};
use crate::secrets::SecretRead;
use crate::source::{Failure, Seen};
use crate::verification::{self, Demand, Wanted};
use api::meta::{Artifact, ConditionType, Reason};
use api::source::{HelmChart, HelmChartSourceKind, ReconcileStrategy};
use cosign_signature::Signers;
use kube::{Resource, ResourceExt};
use std::sync::Arc;

/// The most characters of a source's revision in the version of a chart: it becomes part of labels, which are short.
const SHORT_REVISION: usize = 12;

/// What is built from where.
pub(super) struct Plan {
    /// From where.
    pub(super) route: Route,
    /// How.
    pub(super) wishes: Wishes,
    /// Which signature it has to have.
    pub(super) signature: Wanted,
}

/// Where a chart comes from.
pub(super) enum Route {
    /// A repository.
    Remote(Box<Way>),
    /// The content of another source.
    Local(Artifact),
}

/// How a chart is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wishes {
    /// What is marked in the version: of the source, of the object; nothing for a chart that stays as it is.
    pub(super) mark: String,
    /// The values files to merge.
    pub(super) values_files: Vec<String>,
    /// Whether those that are not there are passed over.
    pub(super) ignore_missing: bool,
    /// Whether the chart is built even if one of that name and version is stored.
    pub(super) force: bool,
}

/// What to build from where.
pub(super) fn decide(seen: &Seen<HelmChart>, origin: &Origin, root: Option<&Arc<[u8]>>) -> Result<Plan, Failure> {
    let spec = &seen.object.spec;
    let source = &spec.source_ref;
    let mut signature = Wanted::Nothing;
    let route = match origin {
        Origin::Missing => {
            let kind = format!("{}.{}", source.kind.as_str(), api::source::GROUP);
            let message = format!("failed to get source: {kind} \"{}\" not found", source.name);
            return Err(Failure::fetch(Reason::SourceUnavailable, message));
        }
        Origin::WithoutArtifact => {
            let message = format!("no artifact available for {} source '{}'", source.kind.as_str(), source.name);
            return Err(Failure::fetch(Reason::NoSourceArtifact, message).waiting());
        }
        Origin::Repository { repository, secrets, index, keys: secret } => {
            let way = helm_repository::way(repository, secrets)?;
            signature = self::signature(&seen.object, &way, secret, root)?;
            Route::Remote(Box::new(Way { index: index.clone(), ..way }))
        }
        Origin::Content(artifact) => Route::Local(artifact.clone()),
    };
    Ok(Plan { route, wishes: wishes(&seen.object, origin), signature })
}

fn wishes(object: &HelmChart, origin: &Origin) -> Wishes {
    let spec = &object.spec;
    let generation = object.meta().generation.unwrap_or_default();
    let values_files = chart_build::wanted_files(&spec.values_files).to_vec();
    let mut marks = Vec::new();
    if let Origin::Content(artifact) = origin
        && spec.reconcile_strategy == Some(ReconcileStrategy::Revision)
    {
        marks.push(short_revision(&artifact.revision, spec.source_ref.kind));
    }
    if !values_files.is_empty() {
        marks.push(generation.to_string());
    }
    Wishes {
        mark: marks.join("."),
        values_files,
        ignore_missing: spec.ignore_missing_values_files,
        force: generation != object.status.as_ref().map_or(0, |status| status.observed_generation),
    }
}

/// The begin of the hash in a revision.
fn short_revision(revision: &str, kind: HelmChartSourceKind) -> String {
    let hash = match kind {
        HelmChartSourceKind::GitRepository | HelmChartSourceKind::Bucket => {
            revision.rsplit_once(':').map_or(revision, |(_, hash)| hash)
        }
        HelmChartSourceKind::HelmRepository => revision,
    };
    hash.chars().take(SHORT_REVISION).collect()
}

/// Which signature the chart has to have.
fn signature(object: &HelmChart, way: &Way, secret: &SecretRead, root: Option<&Arc<[u8]>>) -> Result<Wanted, Failure> {
    let Some(wanted) = &object.spec.verification else { return Ok(Wanted::Nothing) };
    if !way.is_registry() {
        let message = "chart verification error: not implemented";
        return Err(Failure::fetch(Reason::ChartVerificationError, message).under(Some(ConditionType::BuildFailed)));
    }
    let demand = Demand::of_chart(wanted, &object.namespace().unwrap_or_default(), secret, root);
    let why = match verification::wanted(&demand) {
        Wanted::Cosign(Signers::Keys(keys)) if keys.is_empty() => format!("no public keys found in secret '{}'", demand.secret.1),
        Wanted::Refused(why) => why,
        signature => return Ok(signature),
    };
    let provider = verification::title(wanted.provider, wanted.secret_ref.is_some());
    let message = format!("failed to verify the signature using provider '{provider}': {why}");
    Err(Failure::fetch(Reason::VerificationError, message).under(Some(ConditionType::SourceVerified)))
}
