//! Repositories of charts, over HTTP or in a registry: which version is there, and its archive.

use super::HelmCharts;
use crate::helm_repository::{Target, Way};
use crate::verification::{self, Subject, Verdict, Wanted};
use ::helm_repository::{Index, SelectError, chart_address, index_address};
use api::source::HelmChart;
use bytes::Bytes;
use oci_client::{Credentials, Descriptor, OciClient, Reference, Registry, Repository};
use runtime::error_chain::error_chain;
use runtime::metrics::CacheEvent;
use std::sync::Arc;
use std::time::Instant;
use url::Url;
use version_select::{Constraint, Version};

/// The media types of a chart in a registry, today's and that of the first years.
const CHART_LAYERS: [&str; 2] = ["application/vnd.cncf.helm.chart.content.v1.tar+gzip", "application/tar+gzip"];

/// How much may be downloaded and loaded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// `--helm-index-max-size`: bytes of an index.
    pub(crate) index_bytes: u64,
    /// `--helm-chart-max-size`: bytes of an archive.
    pub(crate) chart_bytes: u64,
    /// `--helm-chart-file-max-size`: bytes of one file.
    pub(crate) file_bytes: u64,
}

/// A version of a chart in a repository.
#[derive(Debug)]
pub(super) struct Located {
    /// The name of the chart.
    pub(super) name: String,
    /// Its version.
    pub(super) version: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Below the repository or elsewhere; `None` where the index does not say.
    Address(Option<String>),
    /// Under the version as a tag, which stood for this digest when its signature was verified.
    Tag(Repository, Option<String>),
}

/// Why no version was found.
#[derive(Debug, thiserror::Error)]
pub(super) enum LocateError {
    /// The repository has none.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The repository cannot be asked; in words.
    #[error("{0}")]
    Repository(String),
}

impl HelmCharts {
    /// The way with who this process is to the registry of a cloud, where nothing else opens it; in words why not.
    pub(super) async fn identify(&self, mut way: Way, chart: &HelmChart) -> Result<Way, String> {
        if let Target::Registry { name, options, login: Some(provider) } = &mut way.target {
            let host = name.split('/').next().unwrap_or_default();
            let login = self.identification.of("HelmChart", chart).registry_login(*provider, host, None).await;
            let (username, password) = login
                .map_err(|error| format!("failed to get credential from '{}': {}", provider.as_str(), error_chain(&error)))?;
            options.credentials = Credentials::Basic { username, password };
        }
        Ok(way)
    }

    /// Which version of a chart `range` means.
    pub(super) async fn locate(&self, way: &Way, name: &str, range: &str) -> Result<Located, LocateError> {
        match &way.target {
            Target::Http { repository, options } => {
                let index = self.index(way, repository, options).await.map_err(LocateError::Repository)?;
                Ok(select(&index, name, range)?)
            }
            Target::Registry { name: registry, options, .. } => {
                let failed = |error: String| LocateError::Repository(error);
                let repository = Repository::parse(&format!("{registry}/{name}")).map_err(|error| failed(error.to_string()))?;
                let version = if Version::parse_three_segments(range).is_ok() {
                    range.to_owned()
                } else {
                    let registry = open(&self.registries, &repository, options).map_err(failed)?;
                    newest_tag(&registry, name, range).await.map_err(failed)?
                };
                let name = name.rsplit('/').next().unwrap_or(name).to_owned();
                Ok(Located { name, version, place: Place::Tag(repository, None) })
            }
        }
    }

    /// The archive of a chart that was located; in words why not.
    pub(super) async fn download(&self, way: &Way, located: &Located) -> Result<Bytes, String> {
        match (&way.target, &located.place) {
            (Target::Http { repository, options }, Place::Address(address)) => {
                let address = address.as_deref();
                let address = address.ok_or_else(|| format!("chart '{}' has no downloadable URLs", located.name))?;
                let address = chart_address(repository.as_str(), address).map_err(|error| error_chain(&error))?;
                let fetched = self.repositories.fetch(repository, &address, options, self.limits.chart_bytes).await;
                fetched.map_err(|error| error_chain(&error))
            }
            (Target::Registry { options, .. }, Place::Tag(repository, digest)) => {
                let registry = open(&self.registries, repository, options)?;
                let tag = located.version.replace('+', "_");
                let pulled = pull(&registry, (&tag, digest.as_deref()), self.limits.chart_bytes).await;
                pulled.map_err(|error| format!("failed to get 'oci://{repository}:{tag}': {error}"))
            }
            _ => Err("the chart is of another repository".to_owned()),
        }
    }

    /// Whether a chart that was located is signed as wanted; in words why not. What is downloaded then is what was verified.
    pub(super) async fn verify(
        &self,
        way: &Way,
        located: &mut Located,
        wanted: &Wanted,
        now: jiff::Timestamp,
    ) -> Result<Verdict, String> {
        if matches!(wanted, Wanted::Nothing) {
            return Ok(Verdict::PassedOver);
        }
        let (Target::Registry { options, .. }, Place::Tag(repository, digest)) = (&way.target, &mut located.place) else {
            return Err("not implemented".to_owned());
        };
        let registry = open(&self.registries, repository, options)?;
        let tag = located.version.replace('+', "_");
        let resolved = resolve(&registry, &tag).await?;
        let subject = Subject { repository, digest: &resolved, name: format!("{repository}:{tag}"), now };
        let verdict = verification::verify(&registry, &subject, wanted).await?;
        *digest = Some(resolved);
        Ok(verdict)
    }

    /// An index: the stored one, else the repository's; in words why not.
    async fn index(&self, way: &Way, repository: &Url, options: &helm_repository_client::Options) -> Result<Arc<Index>, String> {
        let Some(artifact) = way.index.clone() else {
            let failed = |error: String| format!("failed to cache index: failed to cache index to temporary file: {error}");
            let address = index_address(repository.as_str()).map_err(|error| failed(error.to_string()))?;
            let fetched = self.repositories.fetch(repository, &address, options, self.limits.index_bytes).await;
            let text = fetched.map_err(|error| failed(error_chain(&error)))?;
            let _turn = self.indexes.turn().await;
            return blocking(move || read_index(&text)).await;
        };
        let found = self.indexes.get(&artifact.digest, Instant::now());
        if self.indexes.is_wanted() {
            let event = if found.is_some() { CacheEvent::Hit } else { CacheEvent::Miss };
            self.identification.metrics.index_cache_event(event, &way.owner.name, &way.owner.namespace);
        }
        if let Some(index) = found {
            return Ok(index);
        }
        let _turn = self.indexes.turn().await;
        if let Some(index) = self.indexes.get(&artifact.digest, Instant::now()) {
            return Ok(index);
        }
        let (storage, digest) = (Arc::clone(&self.storage), artifact.digest.clone());
        let (bytes, index) = blocking(move || {
            let text = storage.read(&artifact).map_err(|error| format!("failed to load index: {error}"))?;
            Ok((text.len(), read_index(&text)?))
        })
        .await?;
        self.indexes.keep(digest, bytes, Arc::clone(&index), Instant::now());
        Ok(index)
    }
}

/// Indexes are large: they are not read on the threads that serve everybody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}

fn read_index(text: &[u8]) -> Result<Arc<Index>, String> {
    Index::parse(text).map(Arc::new).map_err(|error| format!("failed to load index: {}", error_chain(&error)))
}

fn select(index: &Index, name: &str, range: &str) -> Result<Located, SelectError> {
    let chosen = index.select(name, range)?;
    let address = chosen.urls.iter().flatten().next().cloned();
    Ok(Located { name: chosen.name.clone(), version: chosen.version.clone(), place: Place::Address(address) })
}

fn open(registries: &OciClient, repository: &Repository, options: &oci_client::Options) -> Result<Registry, String> {
    registries.repository(repository, options).map_err(|error| error_chain(&error))
}

/// The tag that a range means, as a version: exactly that one where it is there, else the highest in the range.
async fn newest_tag(registry: &Registry, name: &str, range: &str) -> Result<String, String> {
    let tags = registry.list_tags().await;
    let tags =
        tags.map_err(|error| format!("could not get tags for \"{name}\": could not fetch tags: {}", error_chain(&error)))?;
    if tags.is_empty() {
        return Err(format!("unable to locate any tags in provided repository: {name}"));
    }
    let versions: Vec<String> = tags.iter().map(|tag| tag.replace('_', "+")).collect();
    if let Some(exact) = versions.iter().find(|version| *version == range) {
        return Ok(exact.clone());
    }
    let constraint: Constraint = if range.is_empty() { "*" } else { range }.parse().map_err(|error| format!("{error}"))?;
    let highest = version_select::highest(&constraint, versions.iter().map(String::as_str));
    highest.map(str::to_owned).ok_or_else(|| format!("could not locate a version matching provided version string {range}"))
}

/// What a tag stands for now.
async fn resolve(registry: &Registry, tag: &str) -> Result<String, String> {
    let tag = Reference::tag(tag).map_err(|error| error.to_string())?;
    Ok(registry.resolve(&tag).await.map_err(|error| error_chain(&error))?.digest)
}

/// The chart under a tag, checked against what the tag stands for now.
async fn pull(registry: &Registry, (tag, digest): (&str, Option<&str>), limit: u64) -> Result<Bytes, String> {
    let digest = match digest {
        Some(digest) => digest.to_owned(),
        None => resolve(registry, tag).await?,
    };
    let manifest = registry.manifest(&Reference::Digest(digest)).await.map_err(|error| error_chain(&error))?;
    let layer = CHART_LAYERS.iter().find_map(|wanted| manifest.layers.iter().find(|layer| layer.media_type == *wanted));
    let layer: &Descriptor =
        layer.ok_or_else(|| format!("manifest does not contain a layer with mediatype {}", CHART_LAYERS[0]))?;
    registry.blob(layer, limit).await.map_err(|error| error_chain(&error))
}
