//! What has to be done to one object: by what we remember if possible, else by a dry-run against the live object.

use std::time::Duration;

use apply_plan::Action;
use apply_plan::cleanup::{cleanup_patch, migration_patch};
use apply_plan::controls::{self, Skip};
use apply_plan::drift::{self, Drift};
use apply_plan::failure::{self, Step};
use apply_plan::undeclared::remove_undeclared_fields;
use serde_json::Value;

use super::{Apply, Item, Migration};
use crate::cluster::{Detail, Mode};
use crate::live_index::Lookup;
use crate::object_key::ObjectKey;
use crate::remembered::{DesiredDigest, Memory};
use crate::request_error::RequestError;

/// Unknown fields are removed as the API server names them, a few at a time.
const UNDECLARED_ROUNDS: usize = 20;
/// Between two looks at an object that must be gone before it is recreated.
const GONE_POLL: Duration = Duration::from_secs(2);

/// The outcome for one object.
pub(super) enum Examined {
    /// Nothing to write.
    Settled {
        action: Action,
        /// What to remember, with the live object that was seen.
        seen: Option<(Memory, Value)>,
    },
    /// To be written, as `payload`.
    Pending { action: Action, payload: Value, digest: DesiredDigest },
}

impl Examined {
    fn settled(action: Action) -> Self {
        Self::Settled { action, seen: None }
    }
}

impl Apply<'_> {
    /// Decides about one object; writes nothing but what must precede a dry-run (clean-up, deletion to recreate).
    pub(super) async fn examine(&self, item: &Item, memory: Option<&Memory>) -> Result<Examined, String> {
        let Item { key, object, digest } = item;
        let digest = *digest;
        if controls::skip(object, None).is_some() {
            return Ok(Examined::settled(Action::Skipped));
        }
        let lookup = self.lookup(key);
        if let Some(action) = self.by_memory(object, digest, &lookup, memory) {
            return Ok(Examined::settled(action));
        }
        let creates_only = controls::skip(object, Some(&present())) == Some(Skip::Present);
        let mut live = if lookup == Lookup::Unowned && !creates_only { None } else { self.read(key).await };
        if skips(object, live.as_ref()) {
            return Ok(Examined::settled(Action::Skipped));
        }
        self.migrate(object, key, &mut live).await?;
        let mut payload = object.clone();
        let mut dry_run = self.dry_run(&mut payload).await;
        if live.is_none() && lookup == Lookup::Unowned && !dry_run.as_ref().is_ok_and(|dry_run| version(dry_run).is_none()) {
            // It exists without our label, or the API server refuses it: now the live object matters.
            live = self.read(key).await;
            if skips(object, live.as_ref()) {
                return Ok(Examined::settled(Action::Skipped));
            }
        }
        if let (Err(error), Some(seen)) = (&dry_run, &live)
            && error.refusal().is_immutable()
            && controls::may_recreate(object, seen, self.recreation)
        {
            self.make_room(object, key).await?;
            live = None;
            dry_run = self.dry_run(&mut payload).await;
        }
        let dry_run = dry_run.map_err(|error| failure::dry_run_failure(object, &error.refusal()))?;
        let cleaned = self.clean_up(object, key, &mut live).await?;
        Ok(self.judge(item, payload, &dry_run, live, cleaned, digest))
    }

    /// The action, when what we remember and the index suffice.
    fn by_memory(&self, object: &Value, digest: DesiredDigest, lookup: &Lookup, memory: Option<&Memory>) -> Option<Action> {
        let Lookup::Live(live) = lookup else { return None };
        if live.excluded || controls::skip(object, Some(&present())) == Some(Skip::Present) {
            return Some(Action::Skipped);
        }
        let memory = memory?;
        let untouched = memory.desired == digest && memory.is_untouched(live) && live.owner == self.ownership.owner(object);
        untouched.then_some(Action::Unchanged)
    }

    pub(super) fn lookup(&self, key: &ObjectKey) -> Lookup {
        self.index.map_or(Lookup::Unknown, |index| index.lookup(key))
    }

    /// The live object. One that cannot be read is as good as none: the dry-run tells the truth about what is allowed.
    async fn read(&self, key: &ObjectKey) -> Option<Value> {
        self.cluster.get(key, Detail::Full).await.ok().flatten()
    }

    /// Dry-run of `payload`, without the fields that the API server turns out not to know.
    pub(super) async fn dry_run(&self, payload: &mut Value) -> Result<Value, RequestError> {
        self.submit(payload, Mode::DryRun).await
    }

    /// Applies `payload`, without the fields that the API server turns out not to know.
    pub(super) async fn submit(&self, payload: &mut Value, mode: Mode) -> Result<Value, RequestError> {
        for _ in 0..UNDECLARED_ROUNDS {
            match self.cluster.apply(payload, &self.ownership.field_manager, mode).await {
                Err(error) if remove_undeclared_fields(payload, &error.to_string()) => {}
                result => return result,
            }
        }
        self.cluster.apply(payload, &self.ownership.field_manager, mode).await
    }

    async fn migrate(&self, object: &Value, key: &ObjectKey, live: &mut Option<Value>) -> Result<(), String> {
        if self.migration == Migration::Off {
            return Ok(());
        }
        let patch = live.as_ref().and_then(|live| migration_patch(live, &key.api_version()));
        self.patch(object, key, live, patch, Step::Migrate).await.map(|_| ())
    }

    /// Removes what earlier tools left. Whether there was anything.
    async fn clean_up(&self, object: &Value, key: &ObjectKey, live: &mut Option<Value>) -> Result<bool, String> {
        let patch = live.as_ref().and_then(|live| cleanup_patch(object, live, &self.ownership.takeover));
        self.patch(object, key, live, patch, Step::Cleanup).await
    }

    async fn patch(
        &self,
        object: &Value,
        key: &ObjectKey,
        live: &mut Option<Value>,
        patch: Option<Value>,
        step: Step,
    ) -> Result<bool, String> {
        let Some(patch) = patch else { return Ok(false) };
        let writing = self.index.map(|index| index.writing(key));
        let answer = self.cluster.json_patch(key, &patch, &self.ownership.field_manager).await;
        let answer = answer.map_err(|error| failure::step_failure(object, step, &error.to_string()))?;
        if let Some(writing) = writing {
            writing.done(&answer);
        }
        *live = Some(answer);
        Ok(true)
    }

    /// Deletes an object whose fields cannot be changed, and waits until it is gone.
    async fn make_room(&self, object: &Value, key: &ObjectKey) -> Result<(), String> {
        if let Some(index) = self.index {
            index.deletes(key);
        }
        match self.cluster.delete(key, None).await {
            Err(error) if !error.is_not_found() => {
                return Err(failure::step_failure(object, Step::DeleteImmutable, &error.to_string()));
            }
            _ => {}
        }
        loop {
            match self.cluster.get(key, Detail::Metadata).await {
                Ok(None) => return Ok(()),
                Ok(Some(_)) => tokio::time::sleep(GONE_POLL).await,
                Err(error) => return Err(failure::step_failure(object, Step::AwaitImmutable, &error.to_string())),
            }
        }
    }

    fn judge(
        &self,
        item: &Item,
        payload: Value,
        dry_run: &Value,
        live: Option<Value>,
        cleaned: bool,
        digest: DesiredDigest,
    ) -> Examined {
        let live = live.unwrap_or_default();
        match drift::compare(&live, dry_run, self.ignore) {
            Drift::Missing => Examined::Pending { action: Action::Created, payload, digest },
            Drift::None if !cleaned => {
                let memory = Memory::new(digest, &live, &self.ownership.field_manager);
                Examined::Settled { action: Action::Unchanged, seen: Some((memory, live)) }
            }
            Drift::Changed | Drift::None => {
                let payload = if live.is_null() {
                    payload
                } else {
                    self.ignore.payload(&payload, &live, dry_run, &self.ownership.field_manager)
                };
                debug_assert_eq!(item.key.name, payload["metadata"]["name"].as_str().unwrap_or_default());
                Examined::Pending { action: Action::Configured, payload, digest }
            }
        }
    }
}

fn skips(object: &Value, live: Option<&Value>) -> bool {
    live.is_some() && controls::skip(object, live).is_some()
}

fn version(object: &Value) -> Option<&str> {
    object.pointer("/metadata/resourceVersion").and_then(Value::as_str).filter(|version| !version.is_empty())
}

/// Stands for a live object of which only the existence matters.
fn present() -> Value {
    serde_json::json!({"metadata": {"uid": "present"}})
}
