//! GitRepository: a commit of a remote repository becomes an artifact.
//!
//! observe → decide → act → report. `observe` reads the cluster and the storage, `decide` says whether there is anything to ask
//! the remote at all and what, `act` talks to it and writes the artifact, `report` turns what came of it into status and events.

mod act;
mod decide;
mod mounts;
mod observe;
mod report;
mod verification;

use crate::identity::Identification;
use crate::storage::Storage;
use api::meta::{ConditionType, Stamp};
use api::source::{GitRepository, GitRepositoryStatus};
use git_client::GitClient;
use kube::{Client, Resource};
use runtime::events::{Event, Severity};
use runtime::reconciler::{Finalized, Reconciler, Report};
use runtime::run::Run;
use runtime::store::Store;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The ports and names that every reconcile needs.
pub(crate) struct GitRepositories {
    /// The API server, for Secrets.
    pub(crate) client: Client,
    /// The other GitRepositories, for includes.
    pub(crate) repositories: Store<GitRepository>,
    /// Remote repositories.
    pub(crate) git: GitClient,
    /// Where artifacts lie.
    pub(crate) storage: Arc<Storage>,
    /// Where checkouts are made.
    pub(crate) scratch: PathBuf,
    /// How long to wait for an include: `--requeue-dependency`.
    pub(crate) requeue_dependency: Duration,
    /// Who the controller is to clouds.
    pub(crate) identification: Identification,
    /// Whether the gate ObjectLevelWorkloadIdentity is on.
    pub(crate) object_level_identity: bool,
}

impl Reconciler for GitRepositories {
    type Kind = GitRepository;

    const OWNED_CONDITIONS: &'static [ConditionType] = &[
        ConditionType::SourceVerified,
        ConditionType::FetchFailed,
        ConditionType::IncludeUnavailable,
        ConditionType::ArtifactOutdated,
        ConditionType::ArtifactInStorage,
        ConditionType::StorageOperationFailed,
        ConditionType::Ready,
        ConditionType::Reconciling,
        ConditionType::Stalled,
    ];

    async fn reconcile(&self, run: Run<GitRepository>) -> Report<GitRepository> {
        run.progress(report::in_progress(run.object(), &stamp(&run)));
        let seen = self.observe(&run).await;
        let plan = decide::decide(&seen);
        let outcome = self.act(plan, &seen).await;
        report::report(&seen, outcome, &stamp(&run))
    }

    async fn finalize(&self, run: Run<GitRepository>) -> Finalized {
        let key = run.key().clone();
        let storage = Arc::clone(&self.storage);
        let removed = tokio::task::spawn_blocking(move || storage.remove_all("GitRepository", &key.namespace, &key.name)).await;
        match removed {
            Ok(Ok(was_stored)) => Finalized::Done { events: was_stored.then(crate::source::collected).into_iter().collect() },
            Ok(Err(error)) => {
                let error = runtime::error_chain::error_chain(&error);
                let message = format!("garbage collection for deleted resource failed: {error}");
                Finalized::Retry {
                    events: vec![event(Severity::Error, "GarbageCollectionFailed", message.clone())],
                    error: message,
                }
            }
            Err(error) => Finalized::Retry { events: Vec::new(), error: error.to_string() },
        }
    }

    fn suspended(&self, object: &GitRepository) -> GitRepositoryStatus {
        let mut status = object.status.clone().unwrap_or_default();
        if !status.conditions.is_empty() {
            status.observed_generation = object.metadata.generation.unwrap_or_default();
        }
        status
    }
}

fn stamp(run: &Run<GitRepository>) -> Stamp {
    Stamp { generation: run.object().meta().generation.unwrap_or_default(), now: run.started() }
}

#[cfg(test)]
mod tests;

fn event(severity: Severity, reason: impl AsRef<str>, message: impl Into<String>) -> Event {
    Event { severity, reason: reason.as_ref().to_owned(), message: message.into(), metadata: BTreeMap::new() }
}
