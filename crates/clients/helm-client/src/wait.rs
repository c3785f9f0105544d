//! Waiting for objects to be ready, or to be gone.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cluster_client::{Detail, ObjectKey, Remembered, RequestError, TerminationTimeout, Wait, WaitFailure, Waited};
use jiff::Timestamp;
use object_health::kstatus::Status;
use object_health::summary::FailFast;
use object_health::{Assessment, hook, job, kstatus, legacy};
use serde_json::Value;
use tokio::time::Instant;

use crate::helm::Helm;
use crate::objects::Object;
use crate::options::Waiter;

/// Pauses between looks at an object that is being deleted: soon at first, because most are gone at once.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LAST_LOOK: Duration = Duration::from_secs(2);

/// What is waited for, which decides by which rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// The objects of a release; a Job that has started is ready.
    Objects,
    /// The same, but Jobs must complete.
    ObjectsAndJobs,
    /// A hook. It is never given up early: it may be a migration that succeeds at its second attempt.
    Hook,
}

impl Helm<'_> {
    /// Waits until objects are ready. `live` has what is known of them, by their places.
    pub(crate) async fn until_ready(
        &self,
        objects: &[Object],
        live: &BTreeMap<usize, Value>,
        awaited: Awaited,
        timeout: Duration,
    ) -> Result<(), WaitFailure> {
        let assess = |live: &Value| self.assess(live, awaited);
        let is_ready = |place: usize| live.get(&place).is_some_and(|live| assess(live).status == Status::Current);
        let open = objects.iter().enumerate().filter(|(place, object)| !is_paused(&object.value) && !is_ready(*place));
        let open: Vec<Waited> = open.map(|(_, object)| waited(object)).collect();
        if open.is_empty() {
            return Ok(());
        }
        if let Some(index) = self.index {
            let kinds: BTreeSet<_> = open.iter().map(|waited| waited.key.kind_key()).collect();
            futures::future::join_all(kinds.iter().map(|kind| index.ensure(kind))).await;
        }
        let patient = awaited == Awaited::Hook && self.waiter == Waiter::Poller;
        let fail_fast = if patient { FailFast::WhenAllSettled } else { FailFast::AtOnce };
        let failed = Mutex::new(None);
        let watched = |live: &Value| {
            let assessment = assess(live);
            if assessment.status == Status::Failed {
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(assessment.message.clone());
            }
            assessment
        };
        let wait = Wait { cluster: self.cluster, index: self.index, assess: &watched, fail_fast };
        let mut remembered = Remembered::default();
        let ready = async {
            let ready = wait.until_ready(open, timeout, &mut remembered).await;
            ready.map_err(|failure| self.in_words(failure, awaited, &failed))
        };
        if awaited == Awaited::Hook {
            return ready.await;
        }
        tokio::select! {
            ready = ready => ready,
            () = self.interrupt.cancelled() => Err(WaitFailure { message: "context canceled".to_owned() }),
        }
    }

    /// The waiter of Helm 3 speaks of the object that failed, or of none.
    fn in_words(&self, failure: WaitFailure, awaited: Awaited, failed: &Mutex<Option<String>>) -> WaitFailure {
        if self.waiter == Waiter::Poller {
            return failure;
        }
        let late = if awaited == Awaited::Hook { "timed out waiting for the condition" } else { "context deadline exceeded" };
        let failed = failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        WaitFailure { message: failed.unwrap_or_else(|| late.to_owned()) }
    }

    fn assess(&self, live: &Value, awaited: Awaited) -> Assessment {
        if self.waiter == Waiter::Legacy {
            return match awaited {
                Awaited::Hook => legacy::assess_hook(live),
                Awaited::Objects if job::is_job(live) => Assessment::new(Status::Current, ""),
                Awaited::Objects | Awaited::ObjectsAndJobs => legacy::assess(live),
            };
        }
        if let Some(assessment) = self.health.assess_by_rule(live) {
            return assessment;
        }
        let assessed = match awaited {
            Awaited::Hook => return hook::assess(live),
            Awaited::ObjectsAndJobs if job::is_job(live) => job::compute(live),
            Awaited::Objects | Awaited::ObjectsAndJobs => kstatus::compute(live, Timestamp::now()),
        };
        assessed.unwrap_or_else(|error| Assessment::unknown(error.to_string()))
    }

    /// Waits until objects are gone.
    pub(crate) async fn until_gone(
        &self,
        keys: impl Iterator<Item = &ObjectKey>,
        timeout: Duration,
    ) -> Result<(), TerminationTimeout> {
        let deadline = Instant::now() + timeout;
        for key in keys {
            let late = |_| TerminationTimeout { subject: key.to_string() };
            tokio::time::timeout_at(deadline, self.until_one_gone(key)).await.map_err(late)?;
        }
        Ok(())
    }

    async fn until_one_gone(&self, key: &ObjectKey) {
        let mut pause = FIRST_LOOK;
        while !matches!(self.cluster.get(key, Detail::Metadata).await, Ok(None) | Err(RequestError::NoMatch { .. })) {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_LOOK);
        }
    }
}

fn waited(object: &Object) -> Waited {
    Waited { key: object.key.clone(), removed_when_finished: job::is_removed_when_finished(&object.value) }
}

/// Paused Deployments do not get ready.
fn is_paused(object: &Value) -> bool {
    object["apiVersion"] == "apps/v1" && object["kind"] == "Deployment" && object["spec"]["paused"] == true
}
