//! Artifacts of sources: downloaded once, verified, unpacked once and shared.
//!
//! An [`ArtifactStore`] gives a [`FileTree`] for what `status.artifact` of a source says. The digest decides: it is mandatory,
//! it is checked before anything is unpacked, and it is the key of the cache. What is not here: reading the source object, and
//! writing artifacts.

mod download;
mod flight;

use crate::bounded::BoundedMap;
use artifact::archive::{self, Limits};
use artifact::{Algorithm, Digest, DigestError};
use bytes::Bytes;
use download::Downloader;
use file_tree::FileTree;
use flight::Flights;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Which artifact is wanted, from `status.artifact`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactReference {
    /// Where it is.
    pub url: String,
    /// What it must hash to, `sha256:<hex>`.
    pub digest: String,
    /// Its revision, for messages.
    pub revision: String,
}

impl From<&api::meta::Artifact> for ArtifactReference {
    fn from(artifact: &api::meta::Artifact) -> Self {
        Self { url: artifact.url.clone(), digest: artifact.digest.clone(), revision: artifact.revision.clone() }
    }
}

/// Why there is no tree. Callers that waited for the same download get the same error.
#[derive(Debug, Clone, thiserror::Error)]
pub enum FetchError {
    /// The server has no such artifact (404): the source will publish a new one.
    #[error("file not found: {url}")]
    NotFound {
        /// Without query and user information.
        url: String,
    },
    /// The reference has no digest, or one that is no digest of a strong algorithm.
    #[error("failed to verify archive: failed to parse digest '{digest}'")]
    Digest {
        /// The text.
        digest: String,
        /// What is wrong with it.
        #[source]
        source: DigestError,
    },
    /// The artifact is not the one that the source published.
    #[error("failed to verify archive: computed digest doesn't match provided '{expected}'")]
    DigestMismatch {
        /// What the source says.
        expected: String,
    },
    /// The URL cannot be read, or is not http or https.
    #[error("artifact URL {0:?} is not valid")]
    Url(String),
    /// The server answers with an error.
    #[error("failed to download archive from {url} (status: {status})")]
    Status {
        /// Without query and user information.
        url: String,
        /// Such as `503 Service Unavailable`.
        status: String,
    },
    /// The download failed on the way.
    #[error("failed to download archive from {url}")]
    Download {
        /// Without query and user information.
        url: String,
        /// What the HTTP client says.
        #[source]
        source: Arc<reqwest::Error>,
    },
    /// The artifact is larger than what is accepted.
    #[error("archive {url} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// Without query and user information.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// The archive cannot be unpacked.
    #[error("failed to extract archive")]
    Unpack(#[source] Arc<archive::ReadError>),
    /// The work was aborted because the process ends.
    #[error("the download was cancelled")]
    Cancelled,
}

impl FetchError {
    /// Whether the source has yet to publish the artifact, so that a look at it later is enough.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

/// Numbers of the store. The defaults are Flux's where Flux has them.
#[derive(Debug, Clone)]
pub struct ArtifactStoreOptions {
    /// `--http-retry`: tries after the first.
    pub retries: usize,
    /// The pause before the second try; it doubles from there.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long one try may take in all.
    pub total_timeout: Duration,
    /// How long one try may go without a byte.
    pub idle_timeout: Duration,
    /// What an archive may hold.
    pub limits: Limits,
    /// How much unpacked artifacts may take in memory, in bytes. Trees in use do not count once they were dropped from here.
    pub cache_bytes: u64,
    /// Replaces host and port of every URL: SOURCE_CONTROLLER_LOCALHOST, for debugging on a laptop.
    pub host_override: Option<String>,
}

impl Default for ArtifactStoreOptions {
    fn default() -> Self {
        Self {
            retries: 9,
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(30),
            total_timeout: Duration::from_secs(600),
            idle_timeout: Duration::from_secs(30),
            limits: Limits::default(),
            cache_bytes: 64 << 20,
            host_override: None,
        }
    }
}

impl ArtifactStoreOptions {
    /// The defaults with `--http-retry` and the environment of this process.
    pub fn from_environment(retries: usize) -> Self {
        let host = std::env::var("SOURCE_CONTROLLER_LOCALHOST").ok().filter(|host| !host.is_empty());
        Self { retries, host_override: host, ..Self::default() }
    }
}

/// What an entry costs beyond the bytes of its files.
const ENTRY_OVERHEAD: u64 = 4096;

/// Fetches artifacts and keeps the recent ones. Clones share the cache.
#[derive(Clone)]
pub struct ArtifactStore {
    shared: Arc<Shared>,
}

struct Shared {
    downloader: Downloader,
    limits: Limits,
    cache: Mutex<BoundedMap<Digest, Arc<FileTree>>>,
    flights: Flights<Result<Arc<FileTree>, FetchError>>,
}

impl ArtifactStore {
    /// An empty store.
    ///
    /// # Errors
    /// The HTTP client cannot be made.
    pub fn new(options: ArtifactStoreOptions) -> Result<Self, reqwest::Error> {
        let shared = Shared {
            limits: options.limits,
            cache: Mutex::new(BoundedMap::new(options.cache_bytes)),
            flights: Flights::default(),
            downloader: Downloader::new(options)?,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The files of an artifact. Callers that want the same one at the same time share one download and one unpacking;
    /// dropping the future takes a caller out of it, the others go on.
    ///
    /// # Errors
    /// See [`FetchError`]. Connection errors, 5xx and 429 were retried before.
    pub async fn fetch(&self, reference: &ArtifactReference) -> Result<Arc<FileTree>, FetchError> {
        let digest = parse_digest(&reference.digest)?;
        if let Some(tree) = self.cached(&digest) {
            return Ok(tree);
        }
        let key = format!("{digest} {}", reference.url);
        let work = || async {
            // Another flight may have landed between the look above and this one's start.
            match self.cached(&digest) {
                Some(tree) => Ok(tree),
                None => self.load(reference, &digest).await,
            }
        };
        self.shared.flights.join(key, work).await
    }

    /// The bytes of an artifact that is not a tree, such as a packed chart. They are not kept.
    ///
    /// # Errors
    /// As [`ArtifactStore::fetch`].
    pub async fn fetch_bytes(&self, reference: &ArtifactReference) -> Result<Bytes, FetchError> {
        let digest = parse_digest(&reference.digest)?;
        let bytes = self.shared.downloader.download(&reference.url).await?;
        let work = tokio::task::spawn_blocking(move || match digest.verify(&bytes) {
            Ok(()) => Ok(bytes),
            Err(_) => Err(FetchError::DigestMismatch { expected: digest.to_string() }),
        });
        work.await.map_err(|_| FetchError::Cancelled)?
    }

    fn cached(&self, digest: &Digest) -> Option<Arc<FileTree>> {
        self.shared.cache.lock().ok()?.get_mut(digest).map(|tree| Arc::clone(tree))
    }

    async fn load(&self, reference: &ArtifactReference, digest: &Digest) -> Result<Arc<FileTree>, FetchError> {
        let bytes = self.shared.downloader.download(&reference.url).await?;
        let (expected, limits) = (digest.clone(), self.shared.limits);
        // Hashing and unpacking take milliseconds to seconds of CPU, which other tasks should not wait for.
        let work = tokio::task::spawn_blocking(move || {
            expected.verify(&bytes).map_err(|_| FetchError::DigestMismatch { expected: expected.to_string() })?;
            archive::read(&bytes, &limits).map_err(|error| FetchError::Unpack(Arc::new(error)))
        });
        let tree = Arc::new(work.await.map_err(|_| FetchError::Cancelled)??);
        if let Ok(mut cache) = self.shared.cache.lock() {
            cache.insert(digest.clone(), Arc::clone(&tree), tree.size() + ENTRY_OVERHEAD);
        }
        Ok(tree)
    }
}

/// Reads `<algorithm>:<hex>`; a bare value is SHA-256, as Flux reads it. SHA-1 can be forged and is refused.
fn parse_digest(text: &str) -> Result<Digest, FetchError> {
    let full = if text.contains(':') { text.to_owned() } else { format!("sha256:{text}") };
    let parsed = full.parse::<Digest>().and_then(|digest| match digest.algorithm() {
        Algorithm::Sha1 => Err(DigestError::Unsupported(Algorithm::Sha1.as_str().to_owned())),
        _ => Ok(digest),
    });
    parsed.map_err(|source| FetchError::Digest { digest: text.to_owned(), source })
}

#[cfg(test)]
mod tests;
