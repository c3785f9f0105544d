//! ImageUpdateAutomation: the images that policies want become a commit.
//!
//! observe → decide → act → report. `observe` reads the cluster, `decide` says what to do with which repository, `act` asks it,
//! and lets `editor` change the files of what it fetched until a commit is pushed or nothing is to be changed, `report` turns what
//! came of it into status and events.

mod act;
mod decide;
mod editor;
mod observe;
mod report;

use api::image::{ImagePolicy, ImageUpdateAutomation, ImageUpdateAutomationStatus};
use api::meta::{ConditionType, Reason, Time};
use cloud_identity::Identities;
use git_client::GitClient;
use jiff::Timestamp;
use kube::Client;
use runtime::finishing::{OWNED_CONDITIONS, in_progress, stamp, start_message};
use runtime::reconciler::{Finalized, Reconciler, Report};
use runtime::run::Run;
use runtime::store::Store;
use std::path::PathBuf;
use std::sync::Arc;

/// The ports that every reconcile needs.
pub(crate) struct Automations {
    /// The API server, for GitRepositories and Secrets.
    pub(crate) client: Client,
    /// The policies, as last seen.
    pub(crate) policies: Store<ImagePolicy>,
    /// Who this process is to clouds and forges.
    pub(crate) identities: Identities,
    /// Remote repositories.
    pub(crate) git: GitClient,
    /// Where what is fetched lies for a while.
    pub(crate) scratch: PathBuf,
    /// What the operator decided.
    pub(crate) rules: Rules,
}

/// What the operator decided for all automations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// `--no-cross-namespace-refs`.
    pub(crate) no_cross_namespace_refs: bool,
    /// Whether a push branch that exists is continued rather than made anew by force.
    pub(crate) keeps_push_branch: bool,
    /// Whether the gate ObjectLevelWorkloadIdentity is on.
    pub(crate) object_level_identity: bool,
}

impl Reconciler for Automations {
    type Kind = ImageUpdateAutomation;

    const OWNED_CONDITIONS: &'static [ConditionType] = OWNED_CONDITIONS;

    async fn reconcile(&self, run: Run<ImageUpdateAutomation>) -> Report<ImageUpdateAutomation> {
        let progress = in_progress(&**run.object(), &start_message(&**run.object()), &stamp(&run));
        run.progress(ImageUpdateAutomationStatus { last_automation_run_time: Some(seconds(run.started())), ..progress });
        let seen = Arc::new(self.observe(&run).await);
        let plan = tokio::task::spawn_blocking({
            // Opening a signing key takes its time.
            let seen = Arc::clone(&seen);
            move || decide::decide(&seen)
        });
        let outcome = match plan.await {
            Ok(plan) => self.act(plan).await,
            Err(error) => report::Outcome::Failed(Reason::Failed, error.to_string()),
        };
        report::report(&seen, outcome, &stamp(&run))
    }

    async fn finalize(&self, _run: Run<ImageUpdateAutomation>) -> Finalized {
        Finalized::Done { events: Vec::new() }
    }
}

/// A time as the API carries it: whole seconds.
fn seconds(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}

#[cfg(test)]
mod tests;
