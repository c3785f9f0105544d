//! Charts that were downloaded: parsed once, and kept as long as there is room.
//!
//! Most runs need to know of a chart only what it is called: that is remembered apart, and costs almost nothing.

use std::sync::{Arc, Mutex};

use api::meta::Artifact;
use helm_chart::{Chart, Limits, LoadError, Prepared, load_archive};
use runtime::artifact_fetch::{ArtifactReference, ArtifactStore, FetchError};
use runtime::bounded::BoundedMap;
use runtime::error_chain::error_chain;

use crate::context::lock;

/// How much charts may take in memory, in bytes of their archives. Parsed they take about ten times as much.
const CAPACITY: u64 = 4 << 20;
/// How many charts are known by name.
const NAMES: u64 = 10_000;

/// What a chart is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChartInfo {
    /// `name` of `Chart.yaml`.
    pub(crate) name: String,
    /// `version`.
    pub(crate) version: String,
    /// `appVersion`.
    pub(crate) app_version: String,
}

impl ChartInfo {
    fn of(chart: &Chart) -> Self {
        let metadata = &chart.metadata;
        Self { name: metadata.name.clone(), version: metadata.version.clone(), app_version: metadata.app_version.clone() }
    }
}

/// Why there is no chart.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ChartError {
    /// It cannot be downloaded.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It is none.
    #[error(transparent)]
    Load(#[from] Arc<LoadError>),
    /// The process ends.
    #[error("loading the chart was given up")]
    GivenUp,
}

impl ChartError {
    /// Whether the source has yet to publish the artifact.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.is_not_found())
    }

    /// The message as Flux's loader of charts has it.
    pub(crate) fn in_flux_words(&self, artifact: &Artifact) -> String {
        match self {
            Self::Fetch(FetchError::Status { url, status }) => {
                format!("failed to download chart from '{url}' (status: {status})")
            }
            Self::Fetch(FetchError::DigestMismatch { expected }) => {
                format!("integrity failure: computed digest doesn't match '{expected}'")
            }
            Self::Fetch(FetchError::Digest { source, .. }) => {
                format!("failed to parse digest '{}': {}", artifact.digest, error_chain(source))
            }
            other => error_chain(other),
        }
    }
}

/// Charts by the digest of their artifact.
pub(crate) struct Charts {
    artifacts: ArtifactStore,
    names: Mutex<BoundedMap<String, ChartInfo>>,
    loaded: Mutex<BoundedMap<String, Loaded>>,
}

/// A chart as it was packed, and as it was last released: with a version that names the artifact's digest, where it does.
struct Loaded {
    chart: Chart,
    prepared: Option<Arc<Prepared>>,
}

impl Loaded {
    fn prepared(&mut self, version: &str) -> Arc<Prepared> {
        match &self.prepared {
            Some(prepared) if prepared.chart().metadata.version == version => Arc::clone(prepared),
            _ => {
                let mut chart = self.chart.clone();
                version.clone_into(&mut chart.metadata.version);
                Arc::clone(self.prepared.insert(Arc::new(Prepared::new(chart))))
            }
        }
    }
}

impl Charts {
    /// None yet.
    pub(crate) fn new(artifacts: ArtifactStore) -> Self {
        Self { artifacts, names: Mutex::new(BoundedMap::new(NAMES)), loaded: Mutex::new(BoundedMap::new(CAPACITY)) }
    }

    /// What the chart in an artifact is called.
    ///
    /// # Errors
    /// It cannot be downloaded, or is no chart.
    pub(crate) async fn describe(&self, artifact: &Artifact) -> Result<ChartInfo, ChartError> {
        if let Some(known) = lock(&self.names).get_mut(&artifact.digest) {
            return Ok(known.clone());
        }
        let (loaded, size) = self.load(artifact).await?;
        let info = ChartInfo::of(&loaded.chart);
        lock(&self.names).insert(artifact.digest.clone(), info.clone(), 1);
        // A chart that was not known is about to be released.
        lock(&self.loaded).insert(artifact.digest.clone(), loaded, size);
        Ok(info)
    }

    /// The chart in an artifact, with that version.
    ///
    /// # Errors
    /// As [`Charts::describe`].
    pub(crate) async fn chart(&self, artifact: &Artifact, version: &str) -> Result<Arc<Prepared>, ChartError> {
        if let Some(loaded) = lock(&self.loaded).get_mut(&artifact.digest) {
            return Ok(loaded.prepared(version));
        }
        let (mut loaded, size) = self.load(artifact).await?;
        let prepared = loaded.prepared(version);
        lock(&self.loaded).insert(artifact.digest.clone(), loaded, size);
        Ok(prepared)
    }

    async fn load(&self, artifact: &Artifact) -> Result<(Loaded, u64), ChartError> {
        let bytes = self.artifacts.fetch_bytes(&ArtifactReference::from(artifact)).await?;
        let size = bytes.len() as u64;
        let work = tokio::task::spawn_blocking(move || load_archive(&bytes, &Limits::default()));
        let chart = work.await.map_err(|_| ChartError::GivenUp)?.map_err(Arc::new)?;
        Ok((Loaded { chart, prepared: None }, size))
    }
}
