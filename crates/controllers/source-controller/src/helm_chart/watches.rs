//! Wakes charts when the source that they come from has another revision.

use super::Stores;
use api::meta::Artifact;
use api::source::{Bucket, GitRepository, HelmChart, HelmChartSourceKind, HelmRepository};
use kube::{Resource, ResourceExt};
use runtime::queue::Queue;
use runtime::store::{Change, Store, key_of};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use tokio::task::JoinSet;

/// Starts to listen to all sources; ends when the set is dropped.
pub(crate) fn wake_by_sources(stores: &Stores, charts: &Store<HelmChart>, queue: &Queue) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(listen(stores.helm.clone(), HelmChartSourceKind::HelmRepository, helm, charts.clone(), queue.clone()));
    tasks.spawn(listen(stores.git.clone(), HelmChartSourceKind::GitRepository, git, charts.clone(), queue.clone()));
    tasks.spawn(listen(stores.buckets.clone(), HelmChartSourceKind::Bucket, bucket, charts.clone(), queue.clone()));
    tasks
}

fn helm(object: &HelmRepository) -> Option<&Artifact> {
    object.status.as_ref()?.artifact.as_ref()
}

fn git(object: &GitRepository) -> Option<&Artifact> {
    object.status.as_ref()?.artifact.as_ref()
}

fn bucket(object: &Bucket) -> Option<&Artifact> {
    object.status.as_ref()?.artifact.as_ref()
}

async fn listen<K>(
    sources: Store<K>,
    kind: HelmChartSourceKind,
    artifact: fn(&K) -> Option<&Artifact>,
    charts: Store<HelmChart>,
    queue: Queue,
) where
    K: Resource<DynamicType = ()> + DeserializeOwned + Clone + Debug + Send + Sync + 'static,
{
    let mut changes = sources.changes();
    while let Some(change) = changes.recv().await {
        let Change::Applied { before, now } = change else { continue };
        let Some(revision) = artifact(&now).map(|artifact| &artifact.revision) else { continue };
        if before.as_deref().and_then(artifact).is_some_and(|before| before.revision == *revision) {
            continue;
        }
        let (namespace, name) = (now.namespace(), now.name_any());
        for chart in charts.all() {
            let reference = &chart.spec.source_ref;
            let observed = chart.status.as_ref().and_then(|status| status.observed_source_artifact_revision.as_ref());
            if reference.kind == kind && reference.name == name && chart.namespace() == namespace && observed != Some(revision) {
                queue.add(key_of(chart.as_ref()));
            }
        }
    }
}
