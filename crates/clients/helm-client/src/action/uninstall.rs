//! The end of a release.

use std::collections::BTreeSet;

use cluster_client::{Detail, ObjectKey};
use helm_chart::check_release_name;
use helm_chart::manifests::{HookEvent, UNINSTALL_ORDER, compare_kinds};
use helm_release::{HistoryError, Release, Status, action};
use serde_json::{Value, json};

use crate::apply::{KEEP, RESOURCE_POLICY};
use crate::error::{ActionError, Failure, words};
use crate::helm::Helm;
use crate::hooks::{HookRun, now};
use crate::objects::{Object, build_served};
use crate::options::{Hooks, Method, Uninstall, WaitFor};
use crate::ownership::Owner;

/// What is left of a release.
#[derive(Debug, Clone)]
pub struct Uninstalled {
    /// The last record; stored only if the history is kept.
    pub release: Release,
    /// Objects that were not deleted and why, for people; empty if there are none.
    pub kept: String,
}

impl Helm<'_> {
    /// Deletes the objects of a release, then its records unless they are kept. An uninstall that was interrupted goes on.
    ///
    /// # Errors
    /// [`HistoryError::NotFound`] and [`HistoryError::AlreadyDeleted`] in [`Failure::error`] when there is nothing to do. Errors of waiting
    /// and of hooks after the deletion come when all the rest is done.
    pub async fn uninstall(&self, options: &Uninstall) -> Result<Uninstalled, Failure> {
        check_release_name(&options.name).map_err(ActionError::Name)?;
        let mut records = self.storage.history(&options.name).await?;
        let mut release = records.pop().ok_or(HistoryError::NotFound)?;
        if release.status() == Status::Uninstalled {
            if options.keep_history {
                return Err(HistoryError::AlreadyDeleted(options.name.clone()).into());
            }
            self.purge(&records, &release).await?;
            return Ok(Uninstalled { release, kept: String::new() });
        }
        self.log.add("uninstall: deleting release", &json!({"name": options.name}));
        action::uninstall(&mut release, now());
        self.record(&release).await;
        if let Err(error) = self.delete_hooks(options, &mut release, HookEvent::PreDelete).await {
            return Err(self.failed(release, error).await);
        }
        let (deleted, kept) = match self.delete_objects(options, &release, &records).await {
            Ok(done) => done,
            Err(error) => return Err(self.failed(release, error).await),
        };

        let mut errors = Vec::new();
        if options.execution.wait != WaitFor::Hooks {
            let gone = self.until_gone(deleted.iter(), options.execution.timeout).await;
            errors.extend(gone.err().map(|error| error.to_string()));
        }
        let hooks = self.delete_hooks(options, &mut release, HookEvent::PostDelete).await;
        errors.extend(hooks.err().map(|error| words(&error)));
        action::finish_uninstall(&mut release, "");
        if options.keep_history {
            self.record(&release).await;
            for deployed in records.iter_mut().filter(|record| record.status() == Status::Deployed) {
                action::supersede(deployed);
                self.record(deployed).await;
            }
        } else if let Err(error) = self.purge(&records, &release).await {
            errors.push(format!("uninstall: Failed to purge the release: {}", words(&error)));
        }
        if errors.is_empty() {
            return Ok(Uninstalled { release, kept });
        }
        let error = ActionError::Uninstall { count: errors.len(), messages: errors.join("; ") };
        Err(Failure { record: Some(Box::new(release)), error })
    }

    /// Deletes all records, the newest last: while it is there, the release is known to be on its way out.
    async fn purge(&self, older: &[Release], newest: &Release) -> Result<(), ActionError> {
        for record in older.iter().chain([newest]) {
            self.storage.delete(&record.name, record.version).await?;
        }
        Ok(())
    }

    async fn delete_hooks(&self, options: &Uninstall, release: &mut Release, event: HookEvent) -> Result<(), ActionError> {
        if options.execution.hooks == Hooks::Skip {
            return Ok(());
        }
        let run = HookRun { helm: self, event, method: Method::ServerSide, timeout: options.execution.timeout };
        Ok(run.run(release).await?)
    }

    /// Deletes the objects that are the release's; those that go, and a text about those that stay.
    async fn delete_objects(
        &self,
        options: &Uninstall,
        release: &Release,
        older: &[Release],
    ) -> Result<(Vec<ObjectKey>, String), ActionError> {
        let built = build_served(self.cluster, &release.manifest, &release.namespace).await;
        let mut objects = built.map_err(|source| ActionError::Objects { what: "release manifest for delete", source })?;
        // Where the last revision failed, what is there may be that of the one before.
        objects.extend(self.leftovers(older, release).await);
        let mut seen = BTreeSet::new();
        objects.retain(|object| seen.insert(object.id()));
        objects.sort_by(|left, right| compare_kinds(&UNINSTALL_ORDER, &left.key.kind, &right.key.kind));
        let mut kept = Kept::default();
        let mut owned = Vec::new();
        for object in objects {
            match policy(&object) {
                // A word that nobody knows keeps an object as well, but nobody says so.
                Some(policy) if policy != KEEP => {}
                Some(_) => kept.by_policy.push(line(&object.key)),
                None => match self.examine(&object, release).await {
                    Examined::Owned { uid } => owned.push((object.key, uid)),
                    Examined::Foreign => kept.foreign.push(line(&object.key)),
                    Examined::Unknown(error) => kept.unknown.push(format!("{}: {error}", line(&object.key))),
                    Examined::Gone => {}
                },
            }
        }
        let failures = self.delete_all(&owned, options.propagation).await;
        if failures.is_empty() {
            return Ok((owned.into_iter().map(|(key, _)| key).collect(), kept.to_string()));
        }
        failures.iter().for_each(|error| tracing::warn!(release = options.name, %error, "an object cannot be deleted"));
        Err(ActionError::Delete(options.name.clone()))
    }

    /// Whether an object is there, and whose it is.
    async fn examine(&self, object: &Object, release: &Release) -> Examined {
        let owner = Owner { name: &release.name, namespace: &release.namespace };
        match self.cluster.get(&object.key, Detail::Metadata).await {
            Ok(None) => Examined::Gone,
            Ok(Some(live)) if owner.refusal(&live).is_some() => Examined::Foreign,
            Ok(Some(live)) => Examined::Owned { uid: live["metadata"]["uid"].as_str().map(str::to_owned) },
            Err(error) => Examined::Unknown(error.to_string()),
        }
    }
}

enum Examined {
    Gone,
    Owned { uid: Option<String> },
    Foreign,
    Unknown(String),
}

/// What the manifest says of the object's life.
fn policy(object: &Object) -> Option<String> {
    let policy = object.value.pointer("/metadata/annotations")?.get(RESOURCE_POLICY).and_then(Value::as_str)?;
    Some(policy.trim().to_lowercase())
}

fn line(key: &ObjectKey) -> String {
    format!("[{}] {}", key.kind, key.name)
}

/// Objects that stay, as Helm tells about them.
#[derive(Default)]
struct Kept {
    by_policy: Vec<String>,
    foreign: Vec<String>,
    unknown: Vec<String>,
}

impl std::fmt::Display for Kept {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = |objects: &[String], why: &str| format!("{} resource(s) were not deleted because {why}:", objects.len());
        let parts = [
            (&self.by_policy, "These resources were kept due to the resource policy:".to_owned()),
            (&self.foreign, count(&self.foreign, "they are not owned by this release")),
            (&self.unknown, count(&self.unknown, "their ownership could not be verified")),
        ];
        let parts = parts.into_iter().filter(|(objects, _)| !objects.is_empty());
        let parts: Vec<String> = parts.map(|(objects, title)| format!("{title}\n{}\n", objects.join("\n"))).collect();
        formatter.write_str(&parts.join("\n"))
    }
}
