//! Waits until objects are ready: woken by the shared watch where it sees them, by polling where it does not.
//!
//! What was ready at the version that is still live needs no request at all.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use object_health::Assessment;
use object_health::kstatus::Status;
use object_health::summary::{Checked, FailFast, Verdict, judge, timeout_message};
use serde_json::Value;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::apply::Assess;
use crate::cluster::{Cluster, Detail};
use crate::live_index::{LiveIndex, Lookup};
use crate::object_key::ObjectKey;
use crate::remembered::{Remembered, version_of};

/// Between looks at objects that no watch shows.
const POLL: Duration = Duration::from_secs(2);
/// Between looks at objects that a watch shows: only insurance against a watch that has silently died.
const INSURANCE: Duration = Duration::from_secs(60);
/// Changes of one object come in bursts: one read for all of them.
const BURST: Duration = Duration::from_millis(30);
/// Reads at a time.
const CONCURRENCY: usize = 8;

/// How to wait.
pub struct Wait<'a> {
    /// Where, and as whom.
    pub cluster: &'a Cluster,
    /// Wakes us; `None` for clusters that are not watched.
    pub index: Option<&'a LiveIndex>,
    /// Judges a live object.
    pub assess: Assess<'a>,
    /// Whether the first failed object ends the wait.
    pub fail_fast: FailFast,
}

/// An object to wait for.
#[derive(Clone, Debug)]
pub struct Waited {
    /// Which one.
    pub key: ObjectKey,
    /// Whether it removes itself when finished: then its absence is success.
    pub removed_when_finished: bool,
}

/// Not all objects became ready.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct WaitFailure {
    /// Which ones and why, in Flux's words.
    pub message: String,
}

impl Wait<'_> {
    /// Returns when all of `set` are ready; remembers which versions were.
    ///
    /// # Errors
    /// When an object fails (see [`FailFast`]), or when `timeout` is over.
    pub async fn until_ready(&self, set: Vec<Waited>, timeout: Duration, remembered: &mut Remembered) -> Result<(), WaitFailure> {
        let deadline = Instant::now() + timeout;
        let set = self.canonical(set).await;
        let (wake, mut woken) = mpsc::unbounded_channel();
        let watched: Vec<bool> =
            set.iter().enumerate().map(|(token, waited)| self.subscribe(&waited.key, token, &wake)).collect();
        let mut checked: Vec<Checked> = set.iter().map(|waited| self.first_look(waited, remembered)).collect();
        let mut due: BTreeSet<usize> = (0..set.len()).filter(|token| checked[*token].assessment.is_none()).collect();
        let mut next_poll = Instant::now() + POLL;
        let mut next_insurance = Instant::now() + INSURANCE;
        loop {
            let now_due = std::mem::take(&mut due);
            let looks = self.look(&set, &now_due, remembered);
            match tokio::time::timeout_at(deadline, looks).await {
                Ok(looks) => looks.into_iter().for_each(|(token, assessment)| checked[token].assessment = Some(assessment)),
                Err(_) => return timed_out(&checked),
            }
            match judge(&checked, self.fail_fast) {
                Verdict::Healthy => return Ok(()),
                Verdict::Failed(message) => return Err(WaitFailure { message }),
                Verdict::Waiting => {}
            }
            let open = |token: &usize| !is_ready(&checked[*token]);
            let polls = (0..set.len()).any(|token| open(&token) && !watched[token]);
            tokio::select! {
                () = tokio::time::sleep_until(deadline) => return timed_out(&checked),
                Some(token) = woken.recv() => {
                    due.insert(token);
                    tokio::time::sleep(BURST).await;
                    while let Ok(token) = woken.try_recv() {
                        due.insert(token);
                    }
                }
                () = tokio::time::sleep_until(next_poll), if polls => {
                    due.extend((0..set.len()).filter(|token| open(token) && !watched[*token]));
                    next_poll = Instant::now() + POLL;
                }
                () = tokio::time::sleep_until(next_insurance) => {
                    due.extend((0..set.len()).filter(open));
                    next_insurance = Instant::now() + INSURANCE;
                }
            }
        }
    }

    /// The keys under which the API server has the objects. Those it does not know stay: reading them then says why.
    async fn canonical(&self, set: Vec<Waited>) -> Vec<Waited> {
        let mut canonical = Vec::with_capacity(set.len());
        for waited in set {
            let key = self.cluster.canonical(&waited.key).await.unwrap_or_else(|_| waited.key.clone());
            canonical.push(Waited { key, ..waited });
        }
        canonical
    }

    /// Whether the shared watch will wake us for `key`.
    fn subscribe(&self, key: &ObjectKey, token: usize, wake: &mpsc::UnboundedSender<usize>) -> bool {
        self.index.is_some_and(|index| matches!(index.lookup(key), Lookup::Live(_)) && index.notify(key, token, wake))
    }

    /// What can be said without a request.
    fn first_look(&self, waited: &Waited, remembered: &Remembered) -> Checked {
        let live = self.index.map(|index| index.lookup(&waited.key));
        let ready = matches!(live, Some(Lookup::Live(live)) if remembered.is_ready_at(&waited.key, live.resource_version));
        Checked {
            subject: waited.key.to_string(),
            assessment: ready.then(|| Assessment::new(Status::Current, "")),
            removed_when_finished: waited.removed_when_finished,
        }
    }

    async fn look(&self, set: &[Waited], due: &BTreeSet<usize>, remembered: &mut Remembered) -> Vec<(usize, Assessment)> {
        let reads: Vec<_> =
            due.iter().map(|token| async move { (*token, self.cluster.get(&set[*token].key, Detail::Full).await) }).collect();
        let reads: Vec<_> = futures::stream::iter(reads).buffer_unordered(CONCURRENCY).collect().await;
        let judged = reads.into_iter().map(|(token, read)| {
            let assessment = match read {
                Ok(Some(live)) => self.assess_and_remember(&set[token].key, &live, remembered),
                Ok(None) => Assessment::not_found(),
                Err(error) => Assessment::unknown(error.to_string()),
            };
            (token, assessment)
        });
        judged.collect()
    }

    fn assess_and_remember(&self, key: &ObjectKey, live: &Value, remembered: &mut Remembered) -> Assessment {
        let assessment = (self.assess)(live);
        remembered.ready(key, version_of(live).filter(|_| assessment.status == Status::Current));
        assessment
    }
}

fn is_ready(checked: &Checked) -> bool {
    checked.assessment.as_ref().is_some_and(|assessment| assessment.status == Status::Current)
}

fn timed_out(checked: &[Checked]) -> Result<(), WaitFailure> {
    timeout_message(checked).map_or(Ok(()), |message| Err(WaitFailure { message }))
}
