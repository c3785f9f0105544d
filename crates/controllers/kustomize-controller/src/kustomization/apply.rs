//! From objects to a healthy cluster: apply, prune, wait.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use api::kustomize::{Kustomization, KustomizationStatus};
use api::meta::Reason;
use apply_plan::change::{apply_message, deletion_message, failed_apply_message};
use apply_plan::ignore::IgnoreRules;
use apply_plan::inventory::{self, Entry};
use apply_plan::stage::plan_stages;
use apply_plan::{Change, ObjectId, controls, failure, normalize};
use cluster_client::{Apply, ApplyFailure, Cluster, Journal, ObjectKey, Remembered, StageState};
use futures::future::BoxFuture;
use jiff::Timestamp;
use kube::ResourceExt;
use runtime::error_chain::error_chain;
use runtime::run::Run;
use serde_json::Value;

use super::act::{Failure, Progress};
use super::build::Built;
use super::decide::{Pruning, Work};
use super::health;
use super::target::{Target, owner};

/// Applies what was built, deletes what is no longer wanted, and waits for health.
pub(crate) async fn apply(
    work: &Work,
    target: &Target<'_>,
    built: &Built,
    progress: &mut Progress<'_>,
    remembered: &mut Remembered,
) -> Result<(), Failure> {
    let object = std::sync::Arc::clone(progress.run.object());
    let objects = prepare(work, built, &object)?;
    let expiring = health::expiring_jobs(&objects);
    let old = recorded_inventory(&object);
    let announcement = Announcement::new(&objects, &old, &target.cluster, progress).await;
    let changes = match apply_all(work, target, objects, &announcement, remembered).await {
        Ok(changes) => changes,
        Err(failed) => {
            progress.attempt.inventory = after_failure(&old, announcement.inventory, &failed);
            let message = failed_apply_message(&failed.message, &failed.changes);
            return Err(Failure::new(Reason::ReconciliationFailed, message));
        }
    };
    tracing::info!(revision = work.revisions.revision, objects = changes.len(), "server-side apply completed");
    let message = apply_message(&changes);
    let drifted = message.is_some();
    if let Some(message) = message {
        progress.emit(message);
    }
    let new = inventory::from_changes(&changes);
    let stale = inventory::stale(&old, &new);
    progress.attempt.inventory = Some(new);
    if work.pruning == Pruning::On && !stale.is_empty() {
        prune(&stale, target, progress).await?;
    }
    let checked = health::checked_objects(work, &changes, &object, &expiring);
    if checked.is_empty() {
        return Ok(());
    }
    health::check(&health::Check { work, target, drifted }, checked, progress, remembered).await
}

/// Records objects that are about to be created: dying right after that must not leave objects that nobody ever prunes.
struct Announcement<'a> {
    run: &'a Run<Kustomization>,
    /// The inventory with all that may be created.
    inventory: Vec<Entry>,
    status: KustomizationStatus,
    recorded: AtomicBool,
}

impl<'a> Announcement<'a> {
    async fn new(objects: &[Value], old: &[Entry], cluster: &Cluster, progress: &Progress<'a>) -> Self {
        let mut known: BTreeSet<ObjectId> = old.iter().map(|entry| entry.id.clone()).collect();
        let mut inventory = old.to_vec();
        for object in objects {
            // Kinds that this very apply defines are not served yet, so nobody knows whether they have namespaces. Their definition
            // is announced.
            if let Ok(key) = cluster.canonical(&ObjectKey::of(object)).await
                && known.insert(key.id())
            {
                inventory.push(Entry { id: key.id(), version: key.version });
            }
        }
        let status = progress.status_with(&inventory);
        Self { run: progress.run, inventory, status, recorded: AtomicBool::new(false) }
    }
}

impl Journal for Announcement<'_> {
    fn creating(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            if self.recorded.swap(true, Ordering::Relaxed) {
                return Ok(());
            }
            self.run.record(self.status.clone()).await.map_err(|error| format!("failed to update status: {error}"))
        })
    }
}

/// What may be there after an apply that failed. Flux keeps the inventory of the last success, and forgets what earlier stages created.
fn after_failure(old: &[Entry], announced: Vec<Entry>, failed: &ApplyFailure) -> Option<Vec<Entry>> {
    match failed.stage {
        StageState::PartlyWritten => Some(announced),
        StageState::Untouched if failed.changes.is_empty() => None,
        StageState::Untouched => {
            let mut known = old.to_vec();
            inventory::merge(&mut known, inventory::from_changes(&failed.changes));
            Some(known)
        }
    }
}

/// Flattens, labels and normalizes, in Flux's order; refuses what must not reach the cluster.
fn prepare(work: &Work, built: &Built, object: &Kustomization) -> Result<Vec<Value>, Failure> {
    let (name, namespace) = (object.name_any(), object.namespace().unwrap_or_default());
    let mut objects: Vec<Value> = built.objects.iter().flat_map(flattened).collect();
    for prepared in &mut objects {
        owner(&name, &namespace).label(prepared);
        normalize::normalize(prepared);
        work.common_metadata.set(prepared);
    }
    for prepared in &objects {
        if controls::is_encrypted_secret(prepared) {
            return Err(Failure::new(Reason::ReconciliationFailed, failure::encrypted_secret_failure(prepared)));
        }
        if object.spec.decryption.is_some() && !controls::decryption_is_disabled(prepared) && looks_encrypted(prepared) {
            let subject = ObjectKey::of(prepared);
            let message = format!("decryption failed for '{subject}': decryption with SOPS is not supported yet");
            return Err(Failure::new(Reason::BuildFailed, message));
        }
    }
    Ok(objects)
}

/// Items of lists instead of the lists; nothing for kustomize's own configuration and for what is no object.
fn flattened(object: &Value) -> Vec<Value> {
    if let (true, Some(items)) = (manifest::object::kind(object).ends_with("List"), object["items"].as_array()) {
        return items.iter().flat_map(flattened).collect();
    }
    let is_object = ["apiVersion", "kind"].iter().all(|field| object[*field].as_str().is_some_and(|text| !text.is_empty()))
        && !manifest::object::name(object).is_empty();
    let is_configuration = manifest::object::api_version(object).starts_with("kustomize.config.k8s.io/")
        && manifest::object::kind(object) == "Kustomization";
    if is_object && !is_configuration { vec![object.clone()] } else { Vec::new() }
}

/// Whether SOPS has left its mark: on the object, or within a value of a Secret.
fn looks_encrypted(object: &Value) -> bool {
    use base64::Engine as _;
    const MARKS: [&str; 4] = ["mac: ENC[", "\"mac\": \"ENC[", "sops_mac=ENC[", "[sops]"];
    if object["sops"]["mac"].as_str().is_some_and(|mac| !mac.is_empty()) {
        return true;
    }
    let values = object["data"].as_object().into_iter().flatten().filter_map(|(_, value)| value.as_str());
    manifest::object::kind(object) == "Secret"
        && values
            .filter_map(|value| base64::engine::general_purpose::STANDARD.decode(value).ok())
            .any(|bytes| MARKS.iter().any(|mark| String::from_utf8_lossy(&bytes).contains(mark)))
}

async fn apply_all(
    work: &Work,
    target: &Target<'_>,
    objects: Vec<Value>,
    journal: &dyn Journal,
    remembered: &mut Remembered,
) -> Result<Vec<Change>, ApplyFailure> {
    let ignore = IgnoreRules::compile(&work.ignore).map_err(|error| ApplyFailure {
        message: format!("failed to create ignore rule selector: {}", error_chain(&error)),
        changes: Vec::new(),
        stage: StageState::Untouched,
    })?;
    let settings = format!("{:?}\0{:?}\0{:?}", work.ignore, work.service_account, work.recreation);
    let apply = Apply {
        cluster: &target.cluster,
        index: target.index,
        ownership: &target.context.ownership,
        recreation: work.recreation,
        ignore: &ignore,
        migration: target.context.policy.migration,
        settings: &settings,
        journal,
        concurrency: target.context.policy.concurrent_ssa,
        assess: &|object| work.health.assess(object, Timestamp::now()),
    };
    apply.run(plan_stages(objects, &target.context.policy.custom_stage_kinds), remembered).await
}

async fn prune(stale: &[Entry], target: &Target<'_>, progress: &mut Progress<'_>) -> Result<(), Failure> {
    let (name, namespace) = (progress.run.object().name_any(), progress.run.object().namespace().unwrap_or_default());
    let prune = target.prune(&name, &namespace);
    match prune.delete(stale).await {
        Ok(changes) => {
            if let Some(message) = deletion_message(&changes) {
                progress.emit(message);
            }
            Ok(())
        }
        Err(failed) => {
            if let Some(inventory) = &mut progress.attempt.inventory {
                inventory::merge(inventory, inventory::survivors(stale, &failed.changes));
            }
            Err(Failure::new(Reason::PruneFailed, failed.message))
        }
    }
}

/// The inventory in status. Entries that cannot be read are dropped, as there is no object they could name.
pub(crate) fn recorded_inventory(object: &Kustomization) -> Vec<Entry> {
    let recorded = object.status.iter().filter_map(|status| status.inventory.as_ref());
    recorded.flat_map(|inventory| &inventory.entries).filter_map(|entry| Entry::parse(&entry.id, &entry.version).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use serde_json::json;

    #[test]
    fn lists_are_replaced_by_their_items_and_configuration_vanishes() {
        let item = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        let list = json!({"apiVersion": "v1", "kind": "List", "items": [item, null, {}]});
        assert_eq!(flattened(&list), [item]);
        let configuration =
            json!({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "metadata": {"name": "a"}});
        assert!(flattened(&configuration).is_empty());
    }

    #[test]
    fn sec_f4_encrypted_objects_and_secret_values_are_recognised() {
        let encoded =
            base64::engine::general_purpose::STANDARD.encode("a: ENC[AES256_GCM,data:x]\nsops:\n  mac: ENC[AES256_GCM,data:y]\n");
        let nested = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"values.yaml": encoded}});
        let whole = json!({"apiVersion": "example.com/v1", "kind": "Thing", "sops": {"mac": "ENC[x]"}});
        let plain = json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "aGk="}});
        assert!(looks_encrypted(&nested) && looks_encrypted(&whole) && !looks_encrypted(&plain));
    }
}
