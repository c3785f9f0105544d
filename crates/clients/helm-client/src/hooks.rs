//! Running the hooks of an event, one after the other.

use std::collections::BTreeMap;
use std::time::Duration;

use cluster_client::{ObjectKey, Propagation, RequestError, TerminationTimeout, WaitFailure};
use helm_chart::manifests::HookEvent;
use helm_release::{Hook, HookExecution, Release, Time};
use jiff::Timestamp;

use crate::apply::{ApplyError, Occasion, Writer};
use crate::helm::Helm;
use crate::objects::{Object, ObjectsError, build};
use crate::options::Method;
use crate::ownership::Owner;
use crate::wait::Awaited;

/// Why hooks failed.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// The document of a hook is no object that the cluster knows.
    #[error("unable to build kubernetes object for {event} hook {path}")]
    Objects {
        /// When it runs.
        event: &'static str,
        /// Where it comes from.
        path: String,
        /// What is wrong with it.
        source: ObjectsError,
    },
    /// A hook cannot be created.
    #[error("warning: Hook {event} {path} failed")]
    Create {
        /// When it runs.
        event: &'static str,
        /// Where it comes from.
        path: String,
        /// Why not.
        source: ApplyError,
    },
    /// A hook cannot be deleted.
    #[error(transparent)]
    Delete(RequestError),
    /// A deleted hook is still there.
    #[error(transparent)]
    Gone(#[from] TerminationTimeout),
    /// A hook failed, or did not end in time.
    #[error(transparent)]
    Wait(#[from] WaitFailure),
}

const BEFORE_CREATION: &str = "before-hook-creation";
const SUCCEEDED: &str = "hook-succeeded";
const FAILED: &str = "hook-failed";

/// Hooks that have run, to be cleaned up when nobody needs them any more.
#[must_use = "hooks that are not cleaned up stay"]
pub(crate) struct Finished {
    /// With the policy by which each may go, in the order in which they go.
    hooks: Vec<(Vec<Object>, Vec<String>, &'static str)>,
}

/// How the hooks of an event run.
#[derive(Clone, Copy)]
pub(crate) struct HookRun<'a> {
    pub(crate) helm: &'a Helm<'a>,
    pub(crate) event: HookEvent,
    pub(crate) method: Method,
    /// For each hook, and for each deletion.
    pub(crate) timeout: Duration,
}

impl HookRun<'_> {
    /// Runs the hooks of the event that `selected` lets through, and cleans up. The record tells of each before it begins, and of the last
    /// one afterwards in memory only: the caller stores it with what comes next.
    pub(crate) async fn run(&self, record: &mut Release) -> Result<(), HookError> {
        let (finished, result) = self.run_selected(record, |_| true).await;
        let cleaned = self.clean_up(finished).await;
        result.and(cleaned)
    }

    /// The same without cleaning up.
    pub(crate) async fn run_selected(
        &self,
        record: &mut Release,
        selected: impl Fn(&Hook) -> bool,
    ) -> (Finished, Result<(), HookError>) {
        let mut finished = Finished { hooks: Vec::new() };
        for place in self.order(record, selected) {
            let (objects, result) = self.run_one(record, place).await;
            let hook = &mut record.hooks[place];
            let policies = hook.delete_policies.clone();
            match result {
                Ok(()) => finished.hooks.push((objects, policies, SUCCEEDED)),
                Err(Stopped::Running(error)) => {
                    finished.hooks.insert(0, (objects, policies, FAILED));
                    return (finished, Err(error));
                }
                // Nothing that ran before goes, as with Helm.
                Err(Stopped::Before(error)) => return (Finished { hooks: Vec::new() }, Err(error)),
            }
        }
        finished.hooks.reverse();
        (finished, Ok(()))
    }

    /// The places of the hooks of the event, in the order in which they run: by weight, then by name, then as recorded.
    fn order(&self, record: &Release, selected: impl Fn(&Hook) -> bool) -> Vec<usize> {
        let is_due = |hook: &Hook| hook.events.iter().any(|word| HookEvent::from_word(word) == Some(self.event));
        let due = record.hooks.iter().enumerate().filter(|(_, hook)| is_due(hook) && selected(hook));
        let mut places: Vec<usize> = due.map(|(place, _)| place).collect();
        places.sort_by_key(|place| (record.hooks[*place].weight, record.hooks[*place].name.clone()));
        places
    }

    async fn run_one(&self, record: &mut Release, place: usize) -> (Vec<Object>, Result<(), Stopped>) {
        let event = self.event.as_str();
        let hook = &mut record.hooks[place];
        if hook.delete_policies.is_empty() {
            hook.delete_policies = vec![BEFORE_CREATION.to_owned()];
        }
        let path = hook.path.clone();
        let objects = match build(self.helm.cluster, &hook.manifest, &record.namespace).await {
            Ok(objects) => objects,
            Err(source) => return (Vec::new(), Err(Stopped::Before(HookError::Objects { event, path, source }))),
        };
        if let Err(error) = self.delete_by(BEFORE_CREATION, &record.hooks[place].delete_policies, &objects).await {
            return (objects, Err(Stopped::Before(error)));
        }
        record.hooks[place].last_run =
            HookExecution { started_at: now(), phase: "Running".to_owned(), ..HookExecution::default() };
        self.helm.record(record).await;
        let owner = Owner { name: &record.name, namespace: &record.namespace };
        let last_run = &mut record.hooks[place].last_run;
        let mut live = BTreeMap::new();
        let writer = Writer { helm: self.helm, owner, method: self.method, force: false, occasion: Occasion::Install };
        writer.log_creation(objects.len());
        for (place, object) in objects.iter().enumerate() {
            match writer.create_hook(object).await {
                Ok(answer) => live.insert(place, answer),
                Err(source) => {
                    end(last_run, "Failed");
                    return (objects, Err(Stopped::Before(HookError::Create { event, path, source })));
                }
            };
        }
        match self.helm.until_ready(&objects, &live, Awaited::Hook, self.timeout).await {
            Ok(()) => {
                end(last_run, "Succeeded");
                (objects, Ok(()))
            }
            Err(error) => {
                end(last_run, "Failed");
                (objects, Err(Stopped::Running(error.into())))
            }
        }
    }

    /// Deletes what may go now that it has run. Where the event failed, errors about the failed hook itself are only logged.
    pub(crate) async fn clean_up(&self, finished: Finished) -> Result<(), HookError> {
        for (objects, policies, reason) in finished.hooks {
            match self.delete_by(reason, &policies, &objects).await {
                Err(error) if reason == FAILED => tracing::warn!(%error, "a failed hook cannot be deleted"),
                result => result?,
            }
        }
        Ok(())
    }

    /// Deletes objects if `policy` is among `policies`, and waits until they are gone. Definitions stay, with all that hangs on them.
    async fn delete_by(&self, policy: &str, policies: &[String], objects: &[Object]) -> Result<(), HookError> {
        let is_definition = objects.iter().any(|object| object.key.kind == "CustomResourceDefinition");
        if is_definition || !policies.iter().any(|known| known == policy) {
            return Ok(());
        }
        for object in objects {
            self.helm.delete(&object.key, None, Propagation::Background).await.map_err(HookError::Delete)?;
        }
        let keys = objects.iter().map(|object| &object.key);
        Ok(self.helm.until_gone(keys.collect::<Vec<&ObjectKey>>().into_iter(), self.timeout).await?)
    }
}

/// Why hooks stop.
enum Stopped {
    /// One could not be begun.
    Before(HookError),
    /// One failed, or did not end.
    Running(HookError),
}

fn end(run: &mut HookExecution, phase: &str) {
    run.completed_at = now();
    phase.clone_into(&mut run.phase);
}

/// The time for a record.
pub(crate) fn now() -> Time {
    Time::new(Timestamp::now())
}
