//! What install, upgrade and rollback have in common between the pending record and the last one: hooks, objects, wait, hooks.

use cluster_client::ObjectKey;
use helm_chart::manifests::HookEvent;
use helm_release::action::Step;
use helm_release::{Release, history};

use crate::apply::{Change, Occasion, Writer};
use crate::error::{ActionError, words};
use crate::helm::Helm;
use crate::hooks::{HookError, HookRun};
use crate::objects::{Object, build_served};
use crate::options::{Execution, Hooks, Method, WaitFor};
use crate::ownership::Owner;
use crate::wait::Awaited;

/// How an action goes through its stages.
pub(super) struct Stages<'a> {
    pub(super) helm: &'a Helm<'a>,
    pub(super) method: Method,
    pub(super) force: bool,
    pub(super) occasion: Occasion,
    pub(super) execution: &'a Execution,
    /// The hooks before the objects are written, and what Helm says where they fail.
    pub(super) before: (HookEvent, Option<&'static str>),
    /// The hooks after the objects are ready.
    pub(super) after: (HookEvent, Option<&'static str>),
}

/// An action that did not come to its end.
pub(super) struct Stopped {
    pub(super) step: Step,
    pub(super) error: ActionError,
    /// Objects that it has created.
    pub(super) created: Vec<ObjectKey>,
}

impl Stopped {
    /// The error as the record has it.
    pub(super) fn words(&self) -> String {
        words(&self.error)
    }
}

impl Stages<'_> {
    /// Runs all stages. The record is stored before each hook; what comes of it in the end is the caller's.
    pub(super) async fn run(&self, record: &mut Release, change: &Change<'_>) -> Result<(), Stopped> {
        self.hooks(record, self.before, Vec::new()).await?;
        let owner = Owner { name: &record.name, namespace: &record.namespace };
        let writer = Writer { helm: self.helm, owner, method: self.method, force: self.force, occasion: self.occasion };
        let written = writer.write(change).await;
        if let Some(error) = written.error {
            return Err(Stopped { step: Step::Apply, error: error.into(), created: written.created });
        }
        let awaited = match self.execution.wait {
            WaitFor::Hooks => None,
            WaitFor::Objects => Some(Awaited::Objects),
            WaitFor::ObjectsAndJobs => Some(Awaited::ObjectsAndJobs),
        };
        if let Some(awaited) = awaited
            && let Err(error) = self.helm.until_ready(change.target, &written.live, awaited, self.execution.timeout).await
        {
            return Err(Stopped { step: Step::Wait, error: error.into(), created: written.created });
        }
        self.hooks(record, self.after, written.created).await
    }

    async fn hooks(
        &self,
        record: &mut Release,
        (event, stage): (HookEvent, Option<&'static str>),
        created: Vec<ObjectKey>,
    ) -> Result<(), Stopped> {
        if self.execution.hooks == Hooks::Skip {
            return Ok(());
        }
        let run = HookRun { helm: self.helm, event, method: self.method, timeout: self.execution.timeout };
        let named = |source: HookError| match stage {
            Some(stage) => ActionError::Hooks { stage, source },
            None => ActionError::Hook(source),
        };
        run.run(record).await.map_err(|error| Stopped { step: Step::Wait, error: named(error), created })
    }
}

impl Helm<'_> {
    /// The objects of the deployed revision and of all after it, or of all revisions if none is deployed; but for the one that is `known`.
    /// Those after it have failed, and what they wrote before that is known to nobody else; Helm forgets it.
    pub(super) async fn leftovers(&self, records: &[Release], known: &Release) -> Vec<Object> {
        let deployed = history::deployed(records).map_or(0, |record| record.version);
        let mut objects = Vec::new();
        for record in records.iter().filter(|record| record.version >= deployed && record.version != known.version) {
            match build_served(self.cluster, &record.manifest, &record.namespace).await {
                Ok(built) => objects.extend(built),
                // It may be the very reason why the revision failed.
                Err(error) => {
                    tracing::debug!(release = record.name, revision = record.version, %error, "leftovers are not known")
                }
            }
        }
        objects
    }

    /// Deletes what a failed action has created; the action's error, or why that cannot be done.
    pub(super) async fn clean_up(&self, action: &'static str, stopped: Stopped) -> ActionError {
        let created: Vec<_> = stopped.created.into_iter().map(|key| (key, None)).collect();
        let failures = self.delete_all(&created, cluster_client::Propagation::Background).await;
        if failures.is_empty() {
            return stopped.error;
        }
        let failures: Vec<String> = failures.iter().map(ToString::to_string).collect();
        ActionError::Cleanup { action, original: words(&stopped.error), failures: failures.join(", ") }
    }
}
