//! Writes what was examined, and remembers what came of it.

use apply_plan::failure::{self, Step};
use apply_plan::{Action, Change, controls};
use futures::{StreamExt, TryStreamExt};
use object_health::kstatus::Status;
use serde_json::Value;

use super::examine::Examined;
use super::{Apply, Item, change};
use crate::cluster::Mode;
use crate::live_index::{LiveObject, Lookup};
use crate::object_key::ObjectKey;
use crate::remembered::{DesiredDigest, Memory, Remembered, version_of};

/// A write that went well.
struct Written {
    position: usize,
    memory: Memory,
    answer: Value,
}

impl Apply<'_> {
    /// Applies without dry-run the only object of a stage that differs from what we remember, if it is untouched since.
    ///
    /// `None` when there is no such object, or when it was refused in a way that only the long way can deal with.
    pub(super) async fn write_alone(&self, items: &[Item], remembered: &mut Remembered) -> Result<Option<Vec<Change>>, String> {
        let Some((changed, before)) = self.only_change(items, remembered) else { return Ok(None) };
        let item = &items[changed];
        let mut payload = item.object.clone();
        let writing = self.index.map(|index| index.writing(&item.key));
        let answer = match self.submit(&mut payload, Mode::Persist).await {
            Ok(answer) => answer,
            Err(error) if error.refusal().is_immutable() => return Ok(None),
            Err(error) => return Err(failure::dry_run_failure(&item.object, &error.refusal())),
        };
        if let Some(writing) = writing {
            writing.done(&answer);
        }
        let action = if version_of(&answer) == Some(before.resource_version) { Action::Unchanged } else { Action::Configured };
        let memory = Memory::new(item.digest, &answer, &self.ownership.field_manager);
        self.remember(&item.key, memory, &answer, remembered);
        let others = |position| if position == changed { action } else { Action::Unchanged };
        Ok(Some(items.iter().enumerate().map(|(position, item)| change(&item.key, others(position))).collect()))
    }

    /// The position of the only object that changed, and its live state, when everything about the stage is known.
    fn only_change(&self, items: &[Item], remembered: &Remembered) -> Option<(usize, LiveObject)> {
        if items.iter().any(|item| !self.ignore.pointers_for(&item.object).is_empty()) {
            return None;
        }
        let mut found = None;
        for (position, item) in items.iter().enumerate() {
            let Lookup::Live(live) = self.lookup(&item.key) else { return None };
            let memory = remembered.get(&item.key)?;
            let ours = memory.is_untouched(&live) && !live.excluded && live.owner == self.ownership.owner(&item.object);
            if !ours || controls::skip(&item.object, Some(&serde_json::json!({"metadata": {"uid": "present"}}))).is_some() {
                return None;
            }
            if memory.desired != item.digest {
                if found.is_some() {
                    return None;
                }
                found = Some((position, live));
            }
        }
        found
    }

    /// Writes all that is pending: kinds one after the other, because later ones may need earlier ones, objects of a kind in parallel.
    pub(super) async fn write_all(
        &self,
        items: &[Item],
        examined: Vec<Examined>,
        remembered: &mut Remembered,
    ) -> Result<Vec<Change>, String> {
        let mut changes = Vec::with_capacity(items.len());
        let mut pending: Vec<(usize, Value, DesiredDigest)> = Vec::new();
        for (position, (item, examined)) in items.iter().zip(examined).enumerate() {
            match examined {
                Examined::Settled { action, seen } => {
                    changes.push(change(&item.key, action));
                    if let Some((memory, live)) = seen {
                        self.remember(&item.key, memory, &live, remembered);
                    }
                }
                Examined::Pending { action, payload, digest } => {
                    changes.push(change(&item.key, action));
                    pending.push((position, payload, digest));
                }
            }
        }
        if pending.iter().any(|(position, ..)| changes[*position].action == Action::Created) {
            self.journal.creating().await?;
        }
        let mut pending = pending.into_iter().peekable();
        while let Some(first) = pending.next() {
            let kind = &items[first.0].key.kind;
            let mut batch = vec![first];
            while let Some(next) = pending.next_if(|(position, ..)| items[*position].key.kind == *kind) {
                batch.push(next);
            }
            let writes: Vec<_> = batch.into_iter().map(|write| self.write(items, write)).collect();
            let mut writes = futures::stream::iter(writes).buffered(self.concurrency.max(1));
            while let Some(written) = writes.try_next().await? {
                self.remember(&items[written.position].key, written.memory, &written.answer, remembered);
            }
        }
        Ok(changes)
    }

    async fn write(
        &self,
        items: &[Item],
        (position, mut payload, digest): (usize, Value, DesiredDigest),
    ) -> Result<Written, String> {
        let item = &items[position];
        let writing = self.index.map(|index| index.writing(&item.key));
        let answer = self.submit(&mut payload, Mode::Persist).await;
        let answer = answer.map_err(|error| failure::step_failure(&item.object, Step::Apply, &error.to_string()))?;
        if let Some(writing) = writing {
            writing.done(&answer);
        }
        Ok(Written { position, memory: Memory::new(digest, &answer, &self.ownership.field_manager), answer })
    }

    fn remember(&self, key: &ObjectKey, memory: Memory, live: &Value, remembered: &mut Remembered) {
        remembered.insert(key.clone(), memory);
        if (self.assess)(live).status == Status::Current {
            remembered.ready(key, version_of(live));
        }
    }
}
