//! What is being built, and why it was not.

use super::decide::Wishes;
use crate::source::{Failure, Reached, Seen};
use api::meta::{ConditionType, Reason};
use api::source::HelmChart;
use bytes::Bytes;
use file_tree::FileTree;
use runtime::error_chain::error_chain;

/// A chart that was built, or found stored.
pub(super) struct Build {
    /// Which one.
    pub(super) chart: Known,
    /// The values files in it.
    pub(super) values_files: Vec<String>,
    /// What is to be stored.
    pub(super) content: Content,
    /// Whether it differs from what its author packaged.
    pub(super) packaged: bool,
}

/// The content of a chart that was built.
pub(super) enum Content {
    /// What is stored already.
    Stored,
    /// An archive as it came.
    Archive(Bytes),
    /// The files of a package.
    Files(FileTree),
}

/// Which chart it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Its name.
    pub(super) name: String,
    /// Its version, marked.
    pub(super) version: String,
}

impl Known {
    /// A chart with the mark in its version.
    pub(super) fn new(name: &str, version: &str, wishes: &Wishes) -> Result<Self, Fault> {
        let version = chart_build::with_metadata(version, &wishes.mark);
        let version = version.map_err(|error| Fault::of(Reason::MetadataPatchError, &error))?;
        Ok(Self { name: name.to_owned(), version })
    }

    /// Whether that chart is the stored one and need not be built again.
    pub(super) fn is_stored(&self, seen: &Seen<HelmChart>, wishes: &Wishes) -> bool {
        !wishes.force && self.is_observed(seen)
    }

    fn is_observed(&self, seen: &Seen<HelmChart>) -> bool {
        let name = seen.object.status.as_ref().and_then(|status| status.observed_chart_name.as_deref());
        name == Some(self.name.as_str()) && seen.has_revision(&self.version)
    }

    /// The stored chart.
    pub(super) fn stored(self, seen: &Seen<HelmChart>, wishes: &Wishes, packaged: bool) -> Build {
        let observed = seen.object.status.as_ref().map(|status| &status.observed_values_files);
        let values_files = observed.filter(|files| !files.is_empty()).unwrap_or(&wishes.values_files).clone();
        Build { chart: self, values_files, content: Content::Stored, packaged }
    }

    fn summary(&self, action: &str) -> String {
        format!("{action} '{}' chart with version '{}'", self.name, self.version)
    }
}

impl Build {
    /// In Flux's words.
    pub(super) fn summary(&self) -> String {
        let mut summary = self.chart.summary(if self.packaged { "packaged" } else { "pulled" });
        if !self.values_files.is_empty() {
            summary.push_str(&format!(" and merged values files [{}]", self.values_files.join(" ")));
        }
        summary
    }

    /// Why the artifact is there.
    pub(super) fn reason(&self) -> Reason {
        if self.packaged { Reason::ChartPackageSucceeded } else { Reason::ChartPullSucceeded }
    }

    /// How far a failure to store it came.
    pub(super) fn reached(&self, seen: &Seen<HelmChart>) -> Reached {
        Reached::Storage((!self.chart.is_observed(seen)).then(|| self.summary()))
    }
}

/// Why a chart was not built.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    reason: Reason,
    message: String,
    known: Option<Known>,
}

impl Fault {
    /// A fault with its causes.
    pub(super) fn of(reason: Reason, error: &(dyn std::error::Error + 'static)) -> Self {
        Self::new(reason, &error_chain(error))
    }

    /// A fault in words.
    pub(super) fn new(reason: Reason, message: &str) -> Self {
        let summary = match reason {
            Reason::InvalidChartReference => "invalid chart reference",
            Reason::ChartPullError => "chart pull error",
            Reason::MetadataPatchError => "chart metadata patch error",
            Reason::ValuesFilesError => "values files merge error",
            Reason::DependencyBuildError => "dependency build error",
            Reason::ChartPackageError => "chart package error",
            Reason::ChartVerificationError => "chart verification error",
            _ => "unknown build error",
        };
        Self { reason, message: format!("{summary}: {message}"), known: None }
    }

    /// The same, once the chart is known.
    #[must_use]
    pub(super) fn knowing(self, chart: &Known) -> Self {
        Self { known: Some(chart.clone()), ..self }
    }

    /// The same, if it is about credentials or certificates. As Flux, by what a server said; but a signature that does not count, whose
    /// reasons have such words too, is never taken for that.
    #[must_use]
    pub(super) fn or_of_authentication(self) -> Self {
        let words = ["401", "unauthorized", "authentication required", "tls", "unknown certificate authority", "certificate"];
        let is_of_signature = self.reason == Reason::ChartVerificationError;
        if is_of_signature || !words.iter().any(|word| self.message.to_ascii_lowercase().contains(word)) {
            return self;
        }
        let message = format!("failed to authenticate with the Helm repository: {}", self.message);
        Self { reason: Reason::AuthenticationFailed, message, known: self.known }
    }

    /// As a failure of the run.
    pub(super) fn into_failure(self, seen: &Seen<HelmChart>) -> Failure {
        let new = self.known.filter(|known| !known.is_observed(seen)).map(|known| Reached::New(known.summary("new")));
        let failure = match self.reason {
            Reason::InvalidChartReference | Reason::MetadataPatchError | Reason::ValuesFilesError => {
                Failure::stalled(self.reason, self.message)
            }
            reason => Failure::fetch(reason, self.message),
        };
        let is_of_build = matches!(
            self.reason,
            Reason::MetadataPatchError
                | Reason::ValuesFilesError
                | Reason::DependencyBuildError
                | Reason::ChartPackageError
                | Reason::ChartVerificationError
        );
        let condition = if is_of_build { ConditionType::BuildFailed } else { ConditionType::FetchFailed };
        failure.under(Some(condition)).at(new.unwrap_or(Reached::Origin))
    }
}
