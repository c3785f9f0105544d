//! Writing the objects of a release: kind after kind in their order, the objects of a kind in parallel.

mod client_side;
mod delete;
mod log;
mod server_side;

pub(crate) use delete::{KEEP, RESOURCE_POLICY};

use std::collections::BTreeMap;

use apply_plan::mask::mask_secret_values;
use cluster_client::ObjectKey;
use futures::StreamExt;
use manifest::ObjectId;
use serde_json::Value;

use crate::helm::Helm;
use crate::objects::Object;
use crate::options::Method;
use crate::ownership::Owner;

/// Objects could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ApplyError {
    /// What failed, in Helm's words, without values of Secrets.
    pub message: String,
}

/// On which occasion objects are written. Helm tries all of an install, and words what fails in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    Install,
    Update,
}

/// Which objects are there, as far as is known, and which should be.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    /// What was deployed.
    pub(crate) original: &'a [Object],
    /// What actions that failed later may have left.
    pub(crate) leftovers: &'a [Object],
    /// What should be there.
    pub(crate) target: &'a [Object],
}

/// How objects are written.
#[derive(Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) helm: &'a Helm<'a>,
    pub(crate) owner: Owner<'a>,
    pub(crate) method: Method,
    /// Objects that exist are replaced; on client-side apply only.
    pub(crate) force: bool,
    pub(crate) occasion: Occasion,
}

/// What became of a set of objects.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Objects that were not there before, also those that could not be created.
    pub(crate) created: Vec<ObjectKey>,
    /// The live objects that the API server answered with, by the places of the manifests.
    pub(crate) live: BTreeMap<usize, Value>,
    /// What failed.
    pub(crate) error: Option<ApplyError>,
}

/// An object that was written.
struct One {
    live: Value,
    created: bool,
}

/// An object that could not be written.
struct Unwritten {
    message: String,
    /// Whether it was to be created.
    creating: bool,
}

impl Writer<'_> {
    /// Writes what should be there, then deletes what should not. After a failure nothing is deleted.
    pub(crate) async fn write(&self, change: &Change<'_>) -> Written {
        match self.occasion {
            Occasion::Install => self.log_creation(change.target.len()),
            Occasion::Update => self.log_update(change.target.len()),
        }
        let baseline: BTreeMap<ObjectId, &Value> = change.original.iter().map(|object| (object.id(), &object.value)).collect();
        let (mut written, mut failures) = (Written::default(), Vec::new());
        let mut place = 0;
        for batch in change.target.chunk_by(|left, right| left.key.kind == right.key.kind) {
            let writes: Vec<_> = batch.iter().map(|object| self.write_one(object, baseline.get(&object.id()).copied())).collect();
            let results: Vec<_> = futures::stream::iter(writes).buffered(self.helm.concurrency.max(1)).collect().await;
            let mut given_up = false;
            for (object, result) in batch.iter().zip(results) {
                self.log_result(object, result.as_ref());
                match result {
                    Ok(one) => {
                        written.created.extend(one.created.then(|| object.key.clone()));
                        written.live.insert(place, one.live);
                    }
                    Err(Unwritten { message, creating }) => {
                        written.created.extend(creating.then(|| object.key.clone()));
                        given_up |= creating && self.occasion == Occasion::Update;
                        failures.push((creating, mask_secret_values(&message, &object.value)));
                    }
                }
                place += 1;
            }
            if given_up {
                break;
            }
        }
        if failures.is_empty() {
            let failures = self.delete_dropped(change).await;
            written.error = (!failures.is_empty()).then(|| ApplyError { message: failures.join(" && ") });
        } else {
            written.error = Some(self.failure(&failures, written.created.len() == written.live.len() + failures.len()));
        }
        written
    }

    async fn write_one(&self, object: &Object, original: Option<&Value>) -> Result<One, Unwritten> {
        let writing = self.helm.index.map(|index| index.writing(&object.key));
        let one = match self.method {
            Method::ServerSide => self.apply(object).await?,
            Method::ClientSide => self.patch(object, original).await?,
        };
        if let Some(writing) = writing {
            writing.done(&one.live);
        }
        Ok(one)
    }

    /// An install into an empty place only creates; everything else is an update to Helm, of which the first creation that fails counts.
    fn failure(&self, failures: &[(bool, String)], only_creates: bool) -> ApplyError {
        let messages = |failures: &[(bool, String)]| failures.iter().map(|(_, message)| message.clone()).collect::<Vec<_>>();
        let message = if self.occasion == Occasion::Install && only_creates {
            messages(failures).join("\n")
        } else if let Some((_, message)) = failures.iter().find(|(creating, _)| *creating) {
            format!("failed to create resource: {message}")
        } else {
            messages(failures).join(" && ")
        };
        ApplyError { message }
    }
}
