//! A chart of a repository.

use super::HelmCharts;
use super::build::{Build, Content, Fault, Known};
use super::decide::Wishes;
use super::repository::{Limits, LocateError};
use crate::helm_repository::Way;
use crate::source::Seen;
use crate::verification::{Verdict, Wanted};
use api::meta::Reason;
use api::source::HelmChart;
use bytes::Bytes;
use runtime::error_chain::error_chain;

impl HelmCharts {
    /// Finds the chart in its repository, downloads it unless it is stored, and merges values into it where that is wished.
    pub(super) async fn build_remote(
        &self,
        way: &Way,
        wishes: &Wishes,
        signature: &Wanted,
        seen: &Seen<HelmChart>,
    ) -> Result<(Build, Verdict), Fault> {
        let spec = &seen.object.spec;
        check_name(&spec.chart)?;
        let mut located = self.locate(way, &spec.chart, spec.version()).await.map_err(|error| {
            let reason = match error {
                LocateError::Select(_) => Reason::InvalidChartReference,
                LocateError::Repository(_) => Reason::ChartPullError,
            };
            Fault::new(reason, &format!("failed to get chart version for remote reference: {}", error_chain(&error)))
        })?;
        let verdict = self.verify(way, &mut located, signature, seen.now).await;
        let verdict = verdict.map_err(|why| Fault::new(Reason::ChartVerificationError, &why))?;
        let chart = Known::new(&located.name, &located.version, wishes)?;
        if chart.is_stored(seen, wishes) {
            return Ok((chart.stored(seen, wishes, !wishes.mark.is_empty()), verdict));
        }
        let archive = self.download(way, &located).await.map_err(|error| {
            Fault::new(Reason::ChartPullError, &format!("failed to download chart for remote reference: {error}")).knowing(&chart)
        })?;
        let (wishes, limits) = (wishes.clone(), self.limits);
        let work = move || {
            let built =
                if wishes.mark.is_empty() { pulled(archive, &chart, limits) } else { packaged(&archive, &chart, &wishes) };
            built.map_err(|fault| fault.knowing(&chart))
        };
        let built = tokio::task::spawn_blocking(work).await;
        let built = built.unwrap_or_else(|error| Err(Fault::new(Reason::Unknown, &error.to_string())));
        built.map(|build| (build, verdict))
    }
}

/// The archive as it came, if it is one of a chart.
fn pulled(archive: Bytes, chart: &Known, limits: Limits) -> Result<Build, Fault> {
    chart_build::metadata_of_archive(&archive, limits.file_bytes, &helm_chart::Limits::default()).map_err(|error| {
        let message = format!("failed to load chart metadata from written chart: {}", error_chain(&error));
        Fault::new(Reason::ChartPullError, &message)
    })?;
    Ok(Build { chart: chart.clone(), values_files: Vec::new(), content: Content::Archive(archive), packaged: false })
}

/// The chart with other values.
fn packaged(archive: &[u8], known: &Known, wishes: &Wishes) -> Result<Build, Fault> {
    let mut chart = helm_chart::load_archive(archive, &helm_chart::Limits::default()).map_err(|error| {
        Fault::new(Reason::ChartPackageError, &format!("failed to load downloaded chart: {}", error_chain(&error)))
    })?;
    chart.metadata.version.clone_from(&known.version);
    let merged = chart_build::merge_from_chart(&chart, &wishes.values_files, wishes.ignore_missing).map_err(|error| {
        Fault::new(Reason::ValuesFilesError, &format!("failed to merge chart values: {}", error_chain(&error)))
    })?;
    let replaced =
        chart_build::replace_values(&mut chart, &merged).map_err(|error| Fault::of(Reason::ValuesFilesError, &error))?;
    let files = chart_build::files_of(&chart).map_err(|error| Fault::of(Reason::ChartPackageError, &error))?;
    let values_files = if replaced { merged.files } else { Vec::new() };
    Ok(Build { chart: known.clone(), values_files, content: Content::Files(files), packaged: true })
}

/// Whether a name may be asked for: parts of small letters, digits and dashes, between slashes or dots.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() {
        return Err(Fault::new(Reason::InvalidChartReference, "no name set for remote chart reference"));
    }
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'/' | b'.');
    // As Flux's pattern: a slash or a dot follows a part, a dot may follow a slash, a slash may not follow a dot.
    let odd = |pair: &str| name.contains(pair);
    if name.bytes().all(known) && !name.starts_with(['/', '.']) && !["//", "..", "./"].into_iter().any(odd) {
        return Ok(());
    }
    let message = format!(
        "invalid chart name '{name}': a valid name must be lower case letters and numbers and MAY be separated with dashes (-), \
         slashes (/) or periods (.)"
    );
    Err(Fault::new(Reason::InvalidChartReference, &message))
}
