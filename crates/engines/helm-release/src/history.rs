//! What the records of one release say together. Their order does not matter.

use crate::{HistoryError, Release, Status};

/// The newest revision.
#[must_use]
pub fn last(records: &[Release]) -> Option<&Release> {
    records.iter().max_by_key(|record| record.version)
}

/// The newest revision that is deployed. There should be one at most; after two writers at once there can be more.
#[must_use]
pub fn deployed(records: &[Release]) -> Option<&Release> {
    records.iter().filter(|record| record.status() == Status::Deployed).max_by_key(|record| record.version)
}

/// Revisions to delete before one more is created, the oldest first, so that `maximum` are left then. The deployed one stays. A maximum of 0
/// or less is none.
#[must_use]
pub fn to_prune(records: &[Release], maximum: i64) -> Vec<i64> {
    let Some(keep) = usize::try_from(maximum).ok().and_then(|maximum| maximum.checked_sub(1)) else {
        return Vec::new();
    };
    let deployed = deployed(records).map(|record| record.version);
    let mut versions: Vec<i64> = records.iter().map(|record| record.version).collect();
    versions.sort_unstable();
    let excess = versions.len().saturating_sub(keep);
    versions.into_iter().filter(|version| Some(*version) != deployed).take(excess).collect()
}

/// The revision of an install, if the name can be used: 1 without history; one more than the last if `replaces` and that was uninstalled or
/// failed.
///
/// # Errors
/// [`HistoryError::NameInUse`].
pub fn install_version(records: &[Release], replaces: bool) -> Result<i64, HistoryError> {
    match last(records) {
        None => Ok(1),
        Some(last) if replaces && matches!(last.status(), Status::Uninstalled | Status::Failed) => Ok(last.version + 1),
        Some(_) => Err(HistoryError::NameInUse),
    }
}

/// The records that an upgrade starts from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpgradeBase<'a> {
    /// The newest revision; the upgrade is the next.
    pub last: &'a Release,
    /// What is in the cluster, as far as is known: the deployed revision, or the last one if none is and that failed or was superseded.
    pub current: &'a Release,
}

/// What an upgrade starts from.
///
/// # Errors
/// The last action did not end, or there is nothing to upgrade.
pub fn upgrade_base<'a>(name: &str, records: &'a [Release]) -> Result<UpgradeBase<'a>, HistoryError> {
    let nothing = || HistoryError::NoDeployedReleases(name.to_owned());
    let last = last(records).ok_or_else(nothing)?;
    let status = last.status();
    if status.is_pending() {
        return Err(HistoryError::Pending);
    }
    let current = match deployed(records) {
        _ if status == Status::Deployed => last,
        Some(deployed) => deployed,
        None if matches!(status, Status::Failed | Status::Superseded) => last,
        None => return Err(nothing()),
    };
    Ok(UpgradeBase { last, current })
}

/// The records that a rollback starts from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RollbackBase<'a> {
    /// The newest revision; the rollback is the next.
    pub current: &'a Release,
    /// The revision to go back to.
    pub previous: &'a Release,
}

/// What a rollback to a version starts from; 0 is the version before the last.
///
/// # Errors
/// There is no record of the release or of that version.
pub fn rollback_base(records: &[Release], version: i64) -> Result<RollbackBase<'_>, HistoryError> {
    if version < 0 {
        return Err(HistoryError::InvalidRevision);
    }
    let current = last(records).ok_or(HistoryError::NotFound)?;
    let wanted = if version == 0 { current.version - 1 } else { version };
    let previous = records.iter().find(|record| record.version == wanted);
    previous.map(|previous| RollbackBase { current, previous }).ok_or(HistoryError::NoSuchVersion(wanted))
}

/// The newest revision that was deployed once: what a failed upgrade goes back to.
#[must_use]
pub fn last_successful(records: &[Release]) -> Option<&Release> {
    let was_deployed = |record: &&Release| matches!(record.status(), Status::Superseded | Status::Deployed);
    records.iter().filter(was_deployed).max_by_key(|record| record.version)
}
