//! Builds the chart and stores it. What is built, from where and how, is decided elsewhere.

use super::HelmCharts;
use super::build::{Build, Content as Built};
use super::decide::{Plan, Route};
use crate::source::{self, Failure, Made, Seen, Verified};
use crate::storage::{Content, Storage};
use crate::verification::Verdict;
use api::meta::{Artifact, Reason};
use api::source::{HelmChart, HelmChartStatus};
use artifact::ArtifactPath;
use artifact::ignore::IgnoreRules;
use kube::ResourceExt;
use std::sync::Arc;

impl HelmCharts {
    pub(super) async fn act(&self, plan: Plan, seen: &Seen<HelmChart>) -> Result<Made<HelmChartStatus>, Failure> {
        let Plan { route, wishes, signature } = plan;
        let (build, verdict, revision) = match route {
            Route::Remote(way) => {
                let way = self.identify(way.as_ref().clone(), &seen.object).await;
                let way = way.map_err(|error| Failure::fetch(Reason::AuthenticationFailed, error))?;
                let revision = way.index.as_ref().map(|index| index.revision.clone());
                let built = self.build_remote(&way, &wishes, &signature, seen).await;
                let (build, verdict) = built.map_err(|fault| fault.or_of_authentication().into_failure(seen))?;
                (build, verdict, revision)
            }
            Route::Local(artifact) => {
                let revision = Some(artifact.revision.clone());
                let built = self.build_local(artifact, &wishes, seen).await;
                (built.map_err(|fault| fault.into_failure(seen))?, Verdict::PassedOver, revision)
            }
        };
        let verified = match verdict {
            Verdict::Verified => Verified::Now(format!("verified signature of version {}", build.chart.version)),
            Verdict::PassedOver => Verified::NotWanted,
        };
        let made = self.store(build, revision, seen).await?;
        Ok(Made { verified, ..made })
    }

    async fn store(
        &self,
        build: Build,
        source_revision: Option<String>,
        seen: &Seen<HelmChart>,
    ) -> Result<Made<HelmChartStatus>, Failure> {
        let (summary, reason, reached) = (build.summary(), build.reason(), build.reached(seen));
        let chart = build.chart.clone();
        let observed_files = if seen.object.spec.ignore_missing_values_files { build.values_files.clone() } else { Vec::new() };
        let artifact = match build.content {
            Built::Stored => None,
            Built::Archive(_) | Built::Files(_) => {
                let (storage, object, now) = (Arc::clone(&self.storage), Arc::clone(&seen.object), seen.now);
                let written = tokio::task::spawn_blocking(move || write(&storage, &object, &build, now)).await;
                let written =
                    written.unwrap_or_else(|error| Err(Failure::storage(Reason::ArchiveOperationFailed, error.to_string())));
                Some(written.map_err(|failure| failure.at(reached))?)
            }
        };
        let is_new = artifact.is_some();
        Ok(Made {
            in_storage: (reason, summary.clone()),
            event_reason: reason,
            event: summary,
            unchanged: format!("artifact up-to-date with remote revision: '{}'", chart.version),
            verified: Verified::NotWanted,
            observe: Box::new(move |status: &mut HelmChartStatus| {
                if source_revision.is_some() {
                    status.observed_source_artifact_revision = source_revision;
                }
                if is_new {
                    status.observed_chart_name = Some(chart.name);
                    status.observed_values_files = observed_files;
                }
            }),
            artifact,
        })
    }
}

/// Runs on a blocking thread.
fn write(storage: &Storage, object: &HelmChart, build: &Build, now: jiff::Timestamp) -> Result<Artifact, Failure> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let file = format!("{}-{}.tgz", build.chart.name, build.chart.version);
    let path = ArtifactPath::new("HelmChart", &namespace, &name, &file)
        .map_err(|error| Failure::storage(Reason::ArchiveOperationFailed, error.to_string()))?;
    let keep_all = IgnoreRules::none();
    let content = match &build.content {
        Built::Archive(bytes) => Content::Bytes(bytes),
        Built::Files(files) => Content::Files(files, &keep_all),
        Built::Stored => return Err(Failure::storage(Reason::ArchiveOperationFailed, "there is nothing to store")),
    };
    let artifact = storage.write(&path, &build.chart.version, content, now).map_err(|error| Failure::of_storage(&error))?;
    source::link_latest::<HelmCharts>(storage, &artifact);
    Ok(artifact)
}
