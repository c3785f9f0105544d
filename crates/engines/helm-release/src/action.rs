//! The records that actions write. What is done in the cluster between them is the caller's.
//!
//! ```text
//! install    pending-install  ─► deployed │ failed
//! upgrade    pending-upgrade  ─► deployed, the former one superseded │ failed
//! rollback   pending-rollback ─► deployed, all deployed ones superseded │ failed
//! uninstall  uninstalling     ─► uninstalled, or all records deleted
//! ```

use std::collections::BTreeMap;

use crate::history::{RollbackBase, UpgradeBase};
use crate::{ApplyMethod, Chart, Hook, Info, Release, Status, Time, Values};

/// What an install or upgrade rendered, and how it will be applied.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rendered {
    /// The chart.
    pub chart: Chart,
    /// The values that were given.
    pub config: Values,
    /// The objects as a stream of YAML.
    pub manifest: String,
    /// The hooks.
    pub hooks: Vec<Hook>,
    /// `NOTES.txt`.
    pub notes: String,
    /// How the objects will be applied.
    pub apply_method: ApplyMethod,
    /// Labels that were given.
    pub labels: BTreeMap<String, String>,
}

/// The first record of a release, or, when a name is used again, the first of the new one.
#[must_use]
pub fn install(name: &str, namespace: &str, version: i64, rendered: Rendered, now: Time) -> Release {
    let info = Info {
        first_deployed: now,
        last_deployed: now,
        description: "Initial install underway".to_owned(),
        status: Status::PendingInstall,
        ..Info::default()
    };
    record(name, namespace, version, rendered, info)
}

/// The record of an upgrade. Labels of the last revision stay; the value `null` removes one.
#[must_use]
pub fn upgrade(base: UpgradeBase<'_>, mut rendered: Rendered, now: Time) -> Release {
    let info = Info {
        first_deployed: base.current.info.as_ref().map(|info| info.first_deployed).unwrap_or_default(),
        last_deployed: now,
        description: "Preparing upgrade".to_owned(),
        status: Status::PendingUpgrade,
        ..Info::default()
    };
    let mut labels = base.last.labels.clone();
    labels.extend(std::mem::take(&mut rendered.labels));
    labels.retain(|_, value| value != "null");
    rendered.labels = labels;
    record(&base.last.name, &base.current.namespace, base.last.version + 1, rendered, info)
}

fn record(name: &str, namespace: &str, version: i64, rendered: Rendered, info: Info) -> Release {
    Release {
        name: name.to_owned(),
        info: Some(Info { notes: rendered.notes, ..info }),
        chart: Some(rendered.chart),
        config: Some(rendered.config),
        manifest: rendered.manifest,
        hooks: rendered.hooks,
        version,
        namespace: namespace.to_owned(),
        labels: rendered.labels,
        apply_method: rendered.apply_method,
    }
}

/// The record of a rollback: all that the earlier revision had. An empty description says where it goes to.
#[must_use]
pub fn rollback(base: RollbackBase<'_>, apply_method: ApplyMethod, description: &str, now: Time) -> Release {
    let to = base.previous.version;
    let (current, previous) = (base.current.info.clone().unwrap_or_default(), base.previous.info.clone().unwrap_or_default());
    let info = Info {
        first_deployed: current.first_deployed,
        last_deployed: now,
        description: if description.is_empty() { format!("Rollback to {to}") } else { description.to_owned() },
        status: Status::PendingRollback,
        rollback_revision: to,
        notes: previous.notes,
        ..Info::default()
    };
    Release {
        info: Some(info),
        version: base.current.version + 1,
        name: base.current.name.clone(),
        namespace: base.current.namespace.clone(),
        apply_method,
        ..base.previous.clone()
    }
}

/// What an action was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The first revision.
    Install,
    /// The next one.
    Upgrade,
    /// An earlier one again.
    Rollback,
}

/// The action came to its end. An empty description is Helm's; a rollback keeps what it says already.
pub fn succeed(release: &mut Release, action: Action, description: &str) {
    let said = release.info.as_ref().map(|info| info.description.clone()).unwrap_or_default();
    let description = match (action, description) {
        (Action::Rollback, _) => said,
        (_, given) if !given.is_empty() => given.to_owned(),
        (Action::Install, _) => "Install complete".to_owned(),
        (Action::Upgrade, _) => "Upgrade complete".to_owned(),
    };
    release.set_status(Status::Deployed, description);
}

/// Where an action failed; a rollback says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Applying the objects.
    Apply,
    /// Waiting for the objects.
    Wait,
}

/// The action failed.
pub fn fail(release: &mut Release, action: Action, step: Step, error: &str) {
    let what = match (action, step) {
        (Action::Install, _) | (Action::Rollback, Step::Wait) => "Release",
        (Action::Upgrade, _) => "Upgrade",
        (Action::Rollback, Step::Apply) => "Rollback",
    };
    let description = format!("{what} {:?} failed: {error}", release.name);
    release.set_status(Status::Failed, description);
}

/// Another revision is deployed in place of this one. What is said of it stays.
pub fn supersede(release: &mut Release) {
    release.info.get_or_insert_default().status = Status::Superseded;
}

/// An install used the name again. A failed record stays as it is.
pub fn supersede_by_install(last: &mut Release) {
    if last.status() != Status::Failed {
        last.set_status(Status::Superseded, "superseded by new release".to_owned());
    }
}

/// Deletion begins.
pub fn uninstall(release: &mut Release, now: Time) {
    release.set_status(Status::Uninstalling, "Deletion in progress (or silently failed)".to_owned());
    release.info.get_or_insert_default().deleted = now;
}

/// Everything is deleted, and the history is kept. An empty description is Helm's.
pub fn finish_uninstall(release: &mut Release, description: &str) {
    let description = if description.is_empty() { "Uninstallation complete" } else { description };
    release.set_status(Status::Uninstalled, description.to_owned());
}
