//! Applies a planned set of objects, with as few requests as its safety allows.
//!
//! ```text
//! for each stage:  examine all (in parallel)  ──►  all fine?  ──►  write what differs (kind by kind)  ──►  wait until ready
//! ```
//!
//! - An object whose manifest is remembered and whose live state is untouched is unchanged: no request.
//! - Nothing of a stage is written before every dry-run of the stage has succeeded.
//! - A single object to write needs no dry-run of its own: applying it is one.
//!
//! Dying between any two requests leaves objects that the next run finds and continues with.

mod examine;
mod write;

use std::collections::BTreeSet;
use std::time::Duration;

use apply_plan::controls::Recreation;
use apply_plan::failure;
use apply_plan::ignore::IgnoreRules;
use apply_plan::stage::Stage;
use apply_plan::{Action, Change};
use futures::{StreamExt, TryStreamExt};
use object_health::Assessment;
use object_health::summary::FailFast;
use serde_json::Value;
use thiserror::Error;

use crate::cluster::Cluster;
use crate::journal::Journal;
use crate::live_index::LiveIndex;
use crate::object_key::{KindKey, ObjectKey};
use crate::ownership::Ownership;
use crate::remembered::{DesiredDigest, Remembered};
use crate::wait::{Wait, Waited};

/// How long definitions and classes may take to become ready; as Flux.
const STAGE_TIMEOUT: Duration = Duration::from_secs(60);

/// Judges a live object.
pub type Assess<'a> = &'a (dyn Fn(&Value) -> Assessment + Send + Sync);

/// How to apply.
pub struct Apply<'a> {
    /// Where, and as whom.
    pub cluster: &'a Cluster,
    /// What is known of live objects there; `None` for clusters that are not watched.
    pub index: Option<&'a LiveIndex>,
    /// How our objects are marked and written.
    pub ownership: &'a Ownership,
    /// Whether objects with changed immutable fields are recreated.
    pub recreation: Recreation,
    /// Fields that others may change.
    pub ignore: &'a IgnoreRules,
    /// Whether managed fields follow the applied API version (gate `MigrateAPIVersion`).
    pub migration: Migration,
    /// Anything else that an apply depends on, such as the source of `ignore`: when it changes, nothing counts as unchanged.
    pub settings: &'a str,
    /// Told before anything is created.
    pub journal: &'a dyn Journal,
    /// Requests at a time (`--concurrent-ssa`).
    pub concurrency: usize,
    /// Judges whether objects of the first stages are ready.
    pub assess: Assess<'a>,
}

/// Whether managed fields are moved to the applied API version first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migration {
    /// They stay.
    Off,
    /// They are moved.
    On,
}

/// An apply that stopped. Stages before the one that failed are applied; of that one nothing, or only a part, is.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct ApplyFailure {
    /// What failed, in Flux's words, with the object's identity and without values of Secrets.
    pub message: String,
    /// What the stages before did, in order.
    pub changes: Vec<Change>,
    /// Whether objects of the stage that failed may have been created.
    pub stage: StageState,
}

/// How far the stage that failed has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageState {
    /// No object of it was created.
    Untouched,
    /// Some may have been.
    PartlyWritten,
}

/// Why a stage failed.
struct StageFailure {
    message: String,
    state: StageState,
}

/// Failures before the first write of a stage.
impl From<String> for StageFailure {
    fn from(message: String) -> Self {
        Self { message, state: StageState::Untouched }
    }
}

/// One object of a stage on its way.
struct Item {
    key: ObjectKey,
    object: Value,
    /// Of the object and the settings it is applied with.
    digest: DesiredDigest,
}

impl Apply<'_> {
    /// Applies `stages`, which must be normalized and labelled, and says what was done to each object, in their order.
    ///
    /// # Errors
    /// The first failure, and what had been done before it.
    pub async fn run(&self, stages: Vec<Stage>, remembered: &mut Remembered) -> Result<Vec<Change>, ApplyFailure> {
        let mut changes = Vec::new();
        let mut definitions = BTreeSet::new();
        for stage in stages {
            match self.stage(&stage, remembered, &definitions).await {
                Ok(done) => changes.extend(done),
                Err(StageFailure { message, state }) => return Err(ApplyFailure { message, changes, stage: state }),
            }
            let new_definitions = stage.objects.iter().filter_map(defined_kind);
            let before = definitions.len();
            definitions.extend(new_definitions);
            if definitions.len() > before && changes.iter().any(|change| is_definition(change) && change.action.is_change()) {
                self.cluster.invalidate_discovery().await;
            }
        }
        let applied: BTreeSet<ObjectKey> =
            changes.iter().map(|change| ObjectKey { version: String::new(), ..key_of(change) }).collect();
        remembered.retain(|key| applied.contains(&ObjectKey { version: String::new(), ..key.clone() }));
        Ok(changes)
    }

    async fn stage(
        &self,
        stage: &Stage,
        remembered: &mut Remembered,
        definitions: &BTreeSet<(String, String)>,
    ) -> Result<Vec<Change>, StageFailure> {
        let partly = |message| StageFailure { message, state: StageState::PartlyWritten };
        let items = self.resolve(stage, definitions).await?;
        self.watch_kinds(&items).await;
        let changes = match self.write_alone(&items, remembered).await? {
            Some(changes) => changes,
            None => {
                let examinations: Vec<_> = items.iter().map(|item| self.examine(item, remembered.get(&item.key))).collect();
                let examined = futures::stream::iter(examinations).buffered(self.concurrency.max(1)).try_collect().await?;
                self.write_all(&items, examined, remembered).await.map_err(partly)?
            }
        };
        if stage.kind.waits_until_ready() {
            self.await_ready(&items, remembered).await.map_err(partly)?;
        }
        Ok(changes)
    }

    /// Gives every object the key under which the API server has it.
    async fn resolve(&self, stage: &Stage, definitions: &BTreeSet<(String, String)>) -> Result<Vec<Item>, String> {
        let mut items = Vec::with_capacity(stage.objects.len());
        for object in &stage.objects {
            let key = ObjectKey::of(object);
            let mut result = self.cluster.canonical(&key).await;
            if definitions.contains(&(key.group.clone(), key.kind.clone())) {
                // Discovery follows a definition that has just been established within moments.
                for _ in 0..25 {
                    if !matches!(result, Err(crate::RequestError::NoMatch { .. })) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    self.cluster.invalidate_discovery().await;
                    result = self.cluster.canonical(&key).await;
                }
            }
            let key = result.map_err(|error| failure::dry_run_failure(object, &error.refusal()))?;
            items.push(Item { key, object: object.clone(), digest: DesiredDigest::of(object, self.settings) });
        }
        Ok(items)
    }

    async fn watch_kinds(&self, items: &[Item]) {
        if let Some(index) = self.index {
            let kinds: BTreeSet<KindKey> = items.iter().map(|item| item.key.kind_key()).collect();
            futures::future::join_all(kinds.iter().map(|kind| index.ensure(kind))).await;
        }
    }

    async fn await_ready(&self, items: &[Item], remembered: &mut Remembered) -> Result<(), String> {
        let waited = items.iter().map(|item| Waited { key: item.key.clone(), removed_when_finished: false }).collect();
        let wait = Wait { cluster: self.cluster, index: self.index, assess: self.assess, fail_fast: FailFast::WhenAllSettled };
        wait.until_ready(waited, STAGE_TIMEOUT, remembered).await.map_err(|failure| failure.message)
    }
}

/// Group and kind that a CustomResourceDefinition defines.
fn defined_kind(object: &Value) -> Option<(String, String)> {
    if object["kind"] != "CustomResourceDefinition" {
        return None;
    }
    Some((object.pointer("/spec/group")?.as_str()?.to_owned(), object.pointer("/spec/names/kind")?.as_str()?.to_owned()))
}

fn is_definition(change: &Change) -> bool {
    change.id.kind == "CustomResourceDefinition"
}

fn key_of(change: &Change) -> ObjectKey {
    ObjectKey {
        group: change.id.group.clone(),
        version: change.version.clone(),
        kind: change.id.kind.clone(),
        namespace: change.id.namespace.clone(),
        name: change.id.name.clone(),
    }
}

fn change(key: &ObjectKey, action: Action) -> Change {
    Change { id: key.id(), version: key.version.clone(), action }
}
