//! `status.history`: what is remembered of the records that our actions wrote, and which of it is kept.

use api::helm::{MAX_HISTORY, Snapshot, Snapshots, TestHookStatus};
use api::meta::Time;
use helm_release::observation::{Algorithm, Observation, config_digest, test_hooks};
use helm_release::{Release, Status, Values};

/// The way in which our snapshots are computed. Those of others are taken on trust.
const VERSION: &str = "v2";
/// Statuses of releases that one can go back to.
const GOOD: [&str; 2] = ["deployed", "superseded"];

/// What made a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Install,
    Upgrade,
    Rollback,
    Uninstall,
    UninstallRemediation,
}

impl Made {
    fn as_str(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Upgrade => "upgrade",
            Self::Rollback => "rollback",
            Self::Uninstall => "uninstall",
            Self::UninstallRemediation => "uninstall-remediation",
        }
    }
}

/// What is remembered of a record.
pub(crate) fn snapshot(release: &Release, oci_digest: Option<&str>, algorithm: Algorithm) -> Snapshot {
    let info = release.info.clone().unwrap_or_default();
    let metadata = release.chart.as_ref().and_then(|chart| chart.metadata.clone()).unwrap_or_default();
    Snapshot {
        api_version: Some(VERSION.to_owned()),
        digest: Observation::of(release, oci_digest.unwrap_or_default()).digest(algorithm),
        name: release.name.clone(),
        namespace: release.namespace.clone(),
        version: release.version,
        status: release.status().to_string(),
        chart_name: metadata.name,
        chart_version: metadata.version,
        app_version: text(metadata.app_version),
        config_digest: config_digest(&release.config.clone().unwrap_or_default(), algorithm),
        first_deployed: seconds(info.first_deployed).unwrap_or_else(zero),
        last_deployed: seconds(info.last_deployed).unwrap_or_else(zero),
        deleted: seconds(info.deleted),
        test_hooks: None,
        oci_digest: oci_digest.map(str::to_owned),
        action: None,
    }
}

/// Whether a record is the one that was remembered.
pub(crate) fn is_observed(snapshot: &Snapshot, release: &Release) -> bool {
    if snapshot.api_version.as_deref() != Some(VERSION) {
        return true;
    }
    let Some(algorithm) = algorithm_of(&snapshot.digest) else { return false };
    Observation::of(release, snapshot.oci_digest.as_deref().unwrap_or_default()).digest(algorithm) == snapshot.digest
}

/// Whether a good revision is the one that was remembered, or has been superseded since: by an action that did not live to say so.
pub(crate) fn is_good_still(snapshot: &Snapshot, release: &Release) -> bool {
    let as_remembered = || {
        let mut release = release.clone();
        release.info.get_or_insert_default().status = Status::from(snapshot.status.as_str());
        is_observed(snapshot, &release)
    };
    is_observed(snapshot, release) || (release.status() == Status::Superseded && as_remembered())
}

/// Whether values are those of a digest.
pub(crate) fn is_digest_of(digest: &str, values: &Values) -> bool {
    algorithm_of(digest).is_some_and(|algorithm| config_digest(values, algorithm) == digest)
}

fn algorithm_of(digest: &str) -> Option<Algorithm> {
    Algorithm::from_name(digest.split_once(':')?.0)
}

/// Takes in what an install or upgrade wrote, each revision as it was at the end: the newest one is new, and the next that is
/// known, which it took the place of, is brought up to date.
pub(crate) fn record_release(
    history: &mut Snapshots,
    written: &[Release],
    (made, oci_digest): (Made, Option<&str>),
    algorithm: Algorithm,
) {
    let mut written: Vec<&Release> = written.iter().collect();
    written.sort_by_key(|release| std::cmp::Reverse(release.version));
    let Some((newest, older)) = written.split_first() else { return };
    history.0.insert(0, Snapshot { action: Some(made.as_str().to_owned()), ..snapshot(newest, oci_digest, algorithm) });
    for release in older {
        if let Some(known) = find(history, release) {
            let renewed = snapshot(release, known.oci_digest.as_deref(), algorithm);
            *known = Snapshot { test_hooks: known.test_hooks.take(), ..renewed };
            return;
        }
    }
}

/// Takes in what a rollback wrote. Every revision that it touched counts as made by it, as in Flux.
pub(crate) fn record_rollback(history: &mut Snapshots, written: &[Release], algorithm: Algorithm) {
    for release in written {
        if !renew(history, release, Some(Made::Rollback), algorithm) {
            let action = Some(Made::Rollback.as_str().to_owned());
            history.0.insert(0, Snapshot { action, ..snapshot(release, None, algorithm) });
        }
    }
    sort(history);
}

/// Takes in what an uninstall wrote: of what is known only.
pub(crate) fn record_uninstall(history: &mut Snapshots, written: &[Release], made: Made, algorithm: Algorithm) {
    for release in written {
        renew(history, release, Some(made), algorithm);
    }
}

/// Takes in a record that was unlocked. Its tests have to run again.
pub(crate) fn record_unlock(history: &mut Snapshots, written: &Release, oci_digest: Option<&str>, algorithm: Algorithm) {
    adopt(history, written, oci_digest, algorithm);
    renew(history, written, None, algorithm);
    if let Some(known) = find(history, written) {
        known.test_hooks = None;
    }
}

/// Takes in a revision that is newer than what is known: an action wrote it that did not live to say so.
pub(crate) fn adopt(history: &mut Snapshots, release: &Release, oci_digest: Option<&str>, algorithm: Algorithm) {
    let is_newest = history.0.iter().all(|known| known.version < release.version);
    if is_newest {
        history.0.insert(0, snapshot(release, oci_digest, algorithm));
    }
}

/// Takes in the results of tests that `selected` lets through, if they are of the latest revision.
pub(crate) fn record_test(history: &mut Snapshots, written: &Release, selected: impl Fn(&str) -> bool, algorithm: Algorithm) {
    sort(history);
    let Some(latest) = history.0.first_mut().filter(|latest| targets(latest, written)) else { return };
    let status = |hook: &helm_release::Hook| TestHookStatus {
        last_started: seconds(hook.last_run.started_at),
        last_completed: seconds(hook.last_run.completed_at),
        phase: text(hook.last_run.phase.clone()),
    };
    let hooks = test_hooks(written).into_iter().filter(|(name, _)| selected(name));
    let hooks = hooks.map(|(name, hook)| (name.to_owned(), status(hook))).collect();
    let tested = snapshot(written, latest.oci_digest.as_deref(), algorithm);
    *latest = Snapshot { test_hooks: Some(hooks), action: latest.action.take(), ..tested };
}

/// Brings a known revision up to date; `made` replaces what made it.
fn renew(history: &mut Snapshots, release: &Release, made: Option<Made>, algorithm: Algorithm) -> bool {
    let Some(known) = find(history, release) else { return false };
    let renewed = snapshot(release, known.oci_digest.as_deref(), algorithm);
    let action = made.map(|made| made.as_str().to_owned()).or_else(|| known.action.take());
    *known = Snapshot { test_hooks: known.test_hooks.take(), action, ..renewed };
    true
}

fn find<'h>(history: &'h mut Snapshots, release: &Release) -> Option<&'h mut Snapshot> {
    history.0.iter_mut().find(|known| targets(known, release))
}

/// Whether a snapshot is of that revision.
pub(crate) fn targets(snapshot: &Snapshot, release: &Release) -> bool {
    snapshot.name == release.name && snapshot.namespace == release.namespace && snapshot.version == release.version
}

fn sort(history: &mut Snapshots) {
    history.0.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.version));
}

/// Whether tests ran, or there are none to run.
pub(crate) fn is_tested(snapshot: &Snapshot) -> bool {
    let Some(hooks) = &snapshot.test_hooks else { return false };
    has_failed_test(snapshot) || hooks.values().all(|hook| hook.phase.as_deref() == Some("Succeeded"))
}

/// Whether a test failed.
pub(crate) fn has_failed_test(snapshot: &Snapshot) -> bool {
    snapshot.test_hooks.iter().flat_map(|hooks| hooks.values()).any(|hook| hook.phase.as_deref() == Some("Failed"))
}

/// Which tests count for whether a revision was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailedTests {
    /// They make it bad.
    Count,
    /// They do not matter.
    Ignored,
}

impl FailedTests {
    /// From a flag of the spec.
    pub(crate) fn ignored_if(ignored: bool) -> Self {
        if ignored { Self::Ignored } else { Self::Count }
    }
}

/// The last good revision before the latest one: what a rollback goes back to.
pub(crate) fn previous(history: &Snapshots, tests: FailedTests) -> Option<&Snapshot> {
    history.0.get(previous_index(history, tests)?)
}

fn previous_index(history: &Snapshots, tests: FailedTests) -> Option<usize> {
    let is_good = |snapshot: &Snapshot| {
        GOOD.contains(&snapshot.status.as_str()) && (tests == FailedTests::Ignored || !has_failed_test(snapshot))
    };
    history.0.iter().skip(1).position(is_good).map(|position| position + 1)
}

/// What of the history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of it.
    All,
    /// Nothing.
    Nothing,
    /// The newest ones.
    Newest,
    /// Everything back to the last good revision before the latest one; the newest ones if there is none.
    ToPrevious(FailedTests),
}

/// Drops what is not kept.
pub(crate) fn trim(history: &mut Snapshots, keep: Keep) {
    let newest = usize::try_from(MAX_HISTORY).unwrap_or_default();
    sort(history);
    match keep {
        Keep::All => {}
        Keep::Nothing => history.0.clear(),
        Keep::Newest => history.0.truncate(newest),
        Keep::ToPrevious(tests) => {
            let count = previous_index(history, tests).map_or(newest, |index| index + 1);
            history.0.truncate(count);
        }
    }
}

fn text(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// A time as the API has it: whole seconds. Go's zero time is none.
fn seconds(time: helm_release::Time) -> Option<Time> {
    let whole = jiff::Timestamp::from_second(time.instant().as_second()).ok()?;
    (!time.is_zero()).then_some(Time(whole))
}

/// A record without times; Flux has null there, which the schema refuses.
fn zero() -> Time {
    Time(jiff::Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
