//! A chart in the content of another source.

use super::HelmCharts;
use super::build::{Build, Content, Fault, Known};
use super::decide::Wishes;
use super::repository::Limits;
use crate::source::Seen;
use api::meta::{Artifact, Reason};
use api::source::HelmChart;
use artifact::archive;
use chart_build::MergedValues;
use file_tree::{EntryKind, FileTree, Files, TreePath};
use helm_chart::Chart;
use runtime::error_chain::error_chain;
use std::sync::Arc;

/// A chart found in a source.
struct Found {
    tree: Arc<FileTree>,
    place: TreePath,
    chart: Known,
    is_directory: bool,
}

/// A chart that is loaded, with its values merged.
pub(super) struct Loaded {
    /// The whole source.
    pub(super) tree: Arc<FileTree>,
    /// Where the chart is in it.
    pub(super) place: TreePath,
    /// The chart.
    pub(super) chart: Chart,
    values_files: Vec<String>,
}

/// What came of loading.
enum Step {
    /// Nothing is left to do.
    Done(Build),
    /// It has to be packaged; what it depends on may be missing.
    Package(Known, Box<Loaded>, bool),
}

impl HelmCharts {
    /// Builds the chart at `spec.chart` of the source's content, unless it is stored.
    pub(super) async fn build_local(&self, source: Artifact, wishes: &Wishes, seen: &Seen<HelmChart>) -> Result<Build, Fault> {
        let (storage, limits) = (Arc::clone(&self.storage), self.limits);
        let (path, own_wishes) = (seen.object.spec.chart.clone(), wishes.clone());
        let found = blocking(move || {
            let archive = storage
                .read(&source)
                .map_err(|error| Fault::new(Reason::ReadOperationFailed, &format!("failed to open source artifact: {error}")))?;
            find(&archive, &path, &own_wishes, limits)
        })
        .await?;
        let is_packaged = found.is_directory || !wishes.mark.is_empty() || !wishes.values_files.is_empty();
        if found.chart.is_stored(seen, wishes) {
            return Ok(found.chart.stored(seen, wishes, is_packaged));
        }
        let chart = found.chart.clone();
        let own_wishes = wishes.clone();
        let step = blocking(move || load(found, is_packaged, &own_wishes, limits)).await;
        match step.map_err(|fault| fault.knowing(&chart))? {
            Step::Done(build) => Ok(build),
            Step::Package(chart, mut loaded, is_directory) => {
                if is_directory {
                    self.add_dependencies(&mut loaded, seen).await.map_err(|fault| fault.knowing(&chart))?;
                }
                blocking(move || package(chart, *loaded)).await
            }
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Fault> + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Fault::new(Reason::Unknown, &error.to_string())))
}

fn find(source: &[u8], path: &str, wishes: &Wishes, limits: Limits) -> Result<Found, Fault> {
    let tree = archive::read(source, &archive::Limits::default())
        .map_err(|error| Fault::new(Reason::Unknown, &format!("artifact untar error: {}", error_chain(&error))))?;
    let unusable = |error: &(dyn std::error::Error + 'static)| Fault::of(Reason::InvalidChartReference, error);
    if path.is_empty() {
        return Err(Fault::new(Reason::InvalidChartReference, "no path set for local chart reference"));
    }
    if path.starts_with('/') {
        return Err(Fault::new(Reason::InvalidChartReference, "local chart reference path is expected to be relative"));
    }
    let place = TreePath::confined(path);
    let is_directory = !matches!(tree.kind(&place).map_err(|error| unusable(&error))?, Some(EntryKind::File { .. }));
    let metadata = if is_directory {
        chart_build::metadata_of_directory(&tree, &place, limits.file_bytes)
    } else {
        let archive = tree.read(&place).map_err(|error| unusable(&error))?;
        check_size(&place, archive.len() as u64, limits)?;
        chart_build::metadata_of_archive(&archive, limits.file_bytes, &helm_chart::Limits::default())
    };
    let metadata = metadata.map_err(|error| unusable(&error))?;
    let chart = Known::new(&metadata.name, &metadata.version, wishes)?;
    Ok(Found { tree: Arc::new(tree), place, chart, is_directory })
}

fn check_size(place: &TreePath, size: u64, limits: Limits) -> Result<(), Fault> {
    if size <= limits.chart_bytes {
        return Ok(());
    }
    let name = place.file_name().unwrap_or_default();
    let message = format!("size of chart '{name}' exceeds '{}' bytes limit", limits.chart_bytes);
    Err(Fault::new(Reason::InvalidChartReference, &message))
}

fn load(found: Found, is_packaged: bool, wishes: &Wishes, limits: Limits) -> Result<Step, Fault> {
    let Found { tree, place, chart: known, is_directory } = found;
    let unreadable = |error: &(dyn std::error::Error + 'static)| Fault::of(Reason::ChartPackageError, error);
    if !is_packaged {
        let archive = tree.read(&place).map_err(|error| Fault::of(Reason::ChartPullError, &error))?;
        let content = Content::Archive(archive);
        return Ok(Step::Done(Build { chart: known, values_files: Vec::new(), content, packaged: false }));
    }
    let merged = if wishes.values_files.is_empty() {
        None
    } else {
        let merged = chart_build::merge_from_tree(&*tree, &wishes.values_files, wishes.ignore_missing);
        Some(merged.map_err(|error| Fault::of(Reason::ValuesFilesError, &error))?)
    };
    let mut chart = if is_directory {
        chart_build::load_directory(&*tree, &place, limits.file_bytes, &helm_chart::Limits::default())
            .map_err(|error| unreadable(&error))?
    } else {
        let archive = tree.read(&place).map_err(|error| unreadable(&error))?;
        helm_chart::load_archive(&archive, &helm_chart::Limits::default()).map_err(|error| unreadable(&error))?
    };
    chart.metadata.version.clone_from(&known.version);
    let values_files = replace_values(&mut chart, merged)?;
    Ok(Step::Package(known, Box::new(Loaded { tree, place, chart, values_files }), is_directory))
}

/// The values files that the chart's values now are.
fn replace_values(chart: &mut Chart, merged: Option<MergedValues>) -> Result<Vec<String>, Fault> {
    let Some(merged) = merged else { return Ok(Vec::new()) };
    let replaced = chart_build::replace_values(chart, &merged).map_err(|error| Fault::of(Reason::ValuesFilesError, &error))?;
    Ok(if replaced { merged.files } else { Vec::new() })
}

fn package(chart: Known, loaded: Loaded) -> Result<Build, Fault> {
    let files =
        chart_build::files_of(&loaded.chart).map_err(|error| Fault::of(Reason::ChartPackageError, &error).knowing(&chart))?;
    Ok(Build { chart, values_files: loaded.values_files, content: Content::Files(files), packaged: true })
}
