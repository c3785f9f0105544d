//! What holds where a HelmRelease says nothing.

use super::{
    ChartNameChangeStrategy, DriftDetectionMode, HelmRelease, HelmReleaseSpec, Install, Rollback, Test, Uninstall, Upgrade,
};
use crate::meta::GoDuration;
use kube::ResourceExt;
use std::borrow::Cow;

/// How many revisions are kept where the spec does not say.
pub const MAX_HISTORY: i64 = 5;

impl HelmReleaseSpec {
    /// The time that one operation may take.
    pub fn timeout(&self) -> GoDuration {
        self.timeout.clone().unwrap_or(GoDuration::from_seconds(300))
    }

    /// How many revisions Helm's storage keeps; all of them for 0.
    pub fn max_history(&self) -> i64 {
        self.max_history.unwrap_or(MAX_HISTORY)
    }

    /// How the release is installed.
    pub fn install(&self) -> Cow<'_, Install> {
        or_default(self.install.as_ref())
    }

    /// How the release is upgraded.
    pub fn upgrade(&self) -> Cow<'_, Upgrade> {
        or_default(self.upgrade.as_ref())
    }

    /// How the release is tested.
    pub fn test(&self) -> Cow<'_, Test> {
        or_default(self.test.as_ref())
    }

    /// How the release is rolled back.
    pub fn rollback(&self) -> Cow<'_, Rollback> {
        or_default(self.rollback.as_ref())
    }

    /// How the release is uninstalled.
    pub fn uninstall(&self) -> Cow<'_, Uninstall> {
        or_default(self.uninstall.as_ref())
    }

    /// What is done about changes of the released objects by others.
    pub fn drift_mode(&self) -> DriftDetectionMode {
        self.drift_detection.as_ref().and_then(|detection| detection.mode).unwrap_or_default()
    }

    /// What is done when the name of the chart changes.
    pub fn chart_name_change(&self) -> ChartNameChangeStrategy {
        self.upgrade.as_ref().and_then(|upgrade| upgrade.chart_name_change_strategy).unwrap_or_default()
    }
}

fn or_default<T: Clone + Default>(part: Option<&T>) -> Cow<'_, T> {
    part.map_or_else(|| Cow::Owned(T::default()), Cow::Borrowed)
}

impl HelmRelease {
    /// The namespace of the release's objects.
    pub fn release_namespace(&self) -> String {
        self.spec.target_namespace.clone().or_else(|| self.namespace()).unwrap_or_default()
    }

    /// The namespace of Helm's records.
    pub fn storage_namespace(&self) -> String {
        self.spec.storage_namespace.clone().or_else(|| self.namespace()).unwrap_or_default()
    }

    /// The name of the release as the spec gives it, which may be longer than Helm allows.
    pub fn full_release_name(&self) -> String {
        match (&self.spec.release_name, &self.spec.target_namespace) {
            (Some(name), _) => name.clone(),
            (None, Some(namespace)) => format!("{namespace}-{}", self.name_any()),
            (None, None) => self.name_any(),
        }
    }
}
