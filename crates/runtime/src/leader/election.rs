//! The loop around the steps: reads and writes the Lease, and says who leads.

use super::step::{Asking, Observed, Record, Step, released, step};
use crate::error_chain::error_chain;
use crate::flags::LeaderElectionFlags;
use crate::metrics::{Leads, Metrics};
use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::api::{Api, PostParams};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Why the process does not lead any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ElectionError {
    /// The Lease could not be renewed in time: another replica may lead now, so this process must end at once.
    #[error("leader election lost")]
    Lost,
}

/// One that wants to lead.
pub struct Candidate {
    /// Access to the Leases of one namespace.
    pub leases: Api<Lease>,
    /// The name of the Lease, see [`super::lease_name`].
    pub name: String,
    /// `<host name>_<uuid>`, which nobody else has.
    pub identity: String,
    /// The times.
    pub flags: LeaderElectionFlags,
    /// Where leading is shown.
    pub metrics: Arc<Metrics>,
}

/// A Lease that is held.
pub struct Leadership {
    candidate: Candidate,
    observed: Observed,
}

impl Candidate {
    /// Waits until this process leads, or `shutdown` is cancelled, which gives `None`.
    pub async fn acquire(self, shutdown: &CancellationToken) -> Option<Leadership> {
        self.metrics.leading(&self.name, Leads::No);
        tracing::info!(logger = "leader", lease = self.name, "attempting to acquire leader lease");
        let mut observed = None;
        loop {
            match self.attempt(observed.take()).await {
                (Some(held), true) => {
                    tracing::info!(logger = "leader", lease = self.name, "became leader");
                    self.metrics.leading(&self.name, Leads::Yes);
                    return Some(Leadership { candidate: self, observed: held });
                }
                (seen, _) => observed = seen,
            }
            // Spread over 1.0 to 2.2 periods as client-go does, so that replicas do not move in step.
            let pause = self.flags.retry_period.mul_f64(1.0 + rand::random::<f64>() * 1.2);
            tokio::select! {
                () = sleep(pause) => {}
                () = shutdown.cancelled() => return None,
            }
        }
    }

    /// Reads the Lease and writes it where that is our turn. Gives what the Lease is now and whether it is ours; a failed
    /// request is logged and leaves what was known.
    async fn attempt(&self, known: Option<Observed>) -> (Option<Observed>, bool) {
        match timeout(self.flags.renew_deadline, self.read_and_write(known.clone())).await {
            Ok(Ok(result)) => result,
            Ok(Err(error)) => {
                tracing::error!(logger = "leader", lease = self.name, error = error_chain(&error), "error on the leader lease");
                (known, false)
            }
            Err(_) => {
                tracing::error!(logger = "leader", lease = self.name, "timeout on the leader lease");
                (known, false)
            }
        }
    }

    async fn read_and_write(&self, known: Option<Observed>) -> Result<(Option<Observed>, bool), kube::Error> {
        let found = self.leases.get_opt(&self.name).await?;
        let now = Instant::now().into_std();
        let observed = found.as_ref().map(|lease| Observed::update(known, record(lease), version(lease), now));
        match step(observed.as_ref(), self.asking(now)) {
            Step::Wait => Ok((observed, false)),
            Step::Create(new) => {
                let lease = self.leases.create(&PostParams::default(), &self.lease(None, &new, None)).await?;
                Ok((Some(Observed { record: new, version: version(&lease), since: now }), true))
            }
            Step::Replace(new, version) => self.replace(found.as_ref(), new, version).await.map(|held| (Some(held), true)),
        }
    }

    async fn replace(&self, found: Option<&Lease>, new: Record, over: String) -> Result<Observed, kube::Error> {
        // The age counts from before the request: the server may have had it long before we hear of it.
        let since = Instant::now().into_std();
        let body = self.lease(found, &new, Some(over));
        let lease = self.leases.replace(&self.name, &PostParams::default(), &body).await?;
        Ok(Observed { record: new, version: version(&lease), since })
    }

    fn asking(&self, now: std::time::Instant) -> Asking<'_> {
        Asking { identity: &self.identity, duration: self.flags.lease_duration, now, stamp: Timestamp::now() }
    }

    /// The object to write; labels, annotations and newer fields of the one that was found stay.
    fn lease(&self, found: Option<&Lease>, record: &Record, version: Option<String>) -> Lease {
        let found = found.cloned().unwrap_or_default();
        let spec = LeaseSpec {
            holder_identity: Some(record.holder.clone()),
            lease_duration_seconds: Some(record.duration_seconds),
            acquire_time: record.acquired.map(MicroTime),
            renew_time: record.renewed.map(MicroTime),
            lease_transitions: Some(record.transitions),
            ..found.spec.unwrap_or_default()
        };
        let metadata = ObjectMeta { name: Some(self.name.clone()), resource_version: version, ..found.metadata };
        Lease { metadata, spec: Some(spec) }
    }
}

impl Leadership {
    /// Renews the Lease until `shutdown` is cancelled.
    ///
    /// # Errors
    /// The Lease was lost. What runs must stop at once.
    pub async fn keep(&mut self, shutdown: &CancellationToken) -> Result<(), ElectionError> {
        let mut renewed = Instant::now();
        loop {
            let retry = self.candidate.flags.retry_period;
            tokio::select! {
                () = sleep(retry) => {}
                () = shutdown.cancelled() => return Ok(()),
            }
            let left = self.candidate.flags.renew_deadline.saturating_sub(renewed.elapsed());
            let known = Some(self.observed.clone());
            let started = Instant::now();
            match timeout(left.max(Duration::from_millis(1)), self.candidate.attempt(known)).await {
                Ok((Some(held), true)) => {
                    self.observed = held;
                    renewed = started;
                }
                // Another one holds it: it must have expired without our noticing.
                Ok((Some(seen), false)) if seen.record.holder != self.candidate.identity => return Err(self.lost()),
                _ => {}
            }
            if renewed.elapsed() >= self.candidate.flags.renew_deadline {
                return Err(self.lost());
            }
        }
    }

    fn lost(&self) -> ElectionError {
        self.candidate.metrics.leading(&self.candidate.name, Leads::No);
        tracing::error!(logger = "leader", lease = self.candidate.name, "failed to renew leader lease");
        ElectionError::Lost
    }

    /// Gives the Lease up so that the next replica need not wait. Call this when nothing runs any more.
    pub async fn release(self) {
        self.candidate.metrics.leading(&self.candidate.name, Leads::No);
        if !self.candidate.flags.release_on_cancel {
            return;
        }
        let work = async {
            let found = self.candidate.leases.get(&self.candidate.name).await?;
            if record(&found).holder != self.candidate.identity {
                return Ok(());
            }
            let over = version(&found);
            let given_up = released(&record(&found), Timestamp::now());
            self.candidate.replace(Some(&found), given_up, over).await.map(drop)
        };
        let result: Result<Result<(), kube::Error>, _> = timeout(Duration::from_secs(5), work).await;
        match result {
            Ok(Ok(())) => tracing::info!(logger = "leader", lease = self.candidate.name, "released leader lease"),
            Ok(Err(error)) => {
                tracing::error!(logger = "leader", error = error_chain(&error), "failed to release leader lease");
            }
            Err(_) => tracing::error!(logger = "leader", "timeout while releasing leader lease"),
        }
    }
}

fn record(lease: &Lease) -> Record {
    let spec = lease.spec.clone().unwrap_or_default();
    Record {
        holder: spec.holder_identity.unwrap_or_default(),
        duration_seconds: spec.lease_duration_seconds.unwrap_or_default(),
        acquired: spec.acquire_time.map(|time| time.0),
        renewed: spec.renew_time.map(|time| time.0),
        transitions: spec.lease_transitions.unwrap_or_default(),
    }
}

fn version(lease: &Lease) -> String {
    lease.metadata.resource_version.clone().unwrap_or_default()
}

#[cfg(test)]
mod tests;
