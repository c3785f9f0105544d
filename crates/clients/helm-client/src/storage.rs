//! Records of releases as Secrets of one namespace, as Helm's `secrets` driver keeps them.

use cluster_client::{Cluster, Detail, KindKey, ObjectKey, RequestError, Selection};
use helm_release::storage::{self, Stamp};
use helm_release::{DecodeError, Release, history};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::FIELD_MANAGER;

/// The most bytes of JSON that the history of one release may have. A Secret holds 1 MiB, 1.4 MiB as JSON.
const MAX_HISTORY_BYTES: usize = 256 << 20;

/// Why records cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There is a record of that revision already: another writer was faster. Nothing was written. The revision as `name.vN`.
    #[error("release: already exists")]
    Exists(String),
    /// There is no record of that revision; `name.vN`.
    #[error("release: not found")]
    NotFound(String),
    /// The API server refuses.
    #[error("{operation}")]
    Request {
        /// What was tried, in the words of Helm's driver.
        operation: &'static str,
        /// Why it failed.
        source: RequestError,
    },
    /// A record is none.
    #[error("get: failed to decode data {name:?}")]
    Decode {
        /// The name of the Secret.
        name: String,
        /// Why it is none.
        source: DecodeError,
    },
}

/// The records in one namespace.
///
/// Every method is at most a few requests; nothing is remembered between them.
#[derive(Clone)]
pub struct Storage {
    cluster: Cluster,
    namespace: String,
}

/// What tells two states of the records of a release apart without reading them: name and resourceVersion of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fingerprint(Vec<(String, String)>);

impl Storage {
    /// The records in `namespace` of `cluster`.
    #[must_use]
    pub fn new(cluster: Cluster, namespace: &str) -> Self {
        Self { cluster, namespace: namespace.to_owned() }
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// All records of a release, the oldest first; none if there is no release. Secrets that hold no record are left out, as Helm does. The
    /// labels of a record are all labels of its Secret; see [`storage::read`].
    ///
    /// # Errors
    /// [`StorageError::Request`].
    pub async fn history(&self, release: &str) -> Result<Vec<Release>, StorageError> {
        let secrets = self.secrets(release, Detail::Full).await?;
        let mut records: Vec<Release> = secrets
            .iter()
            .filter_map(|secret| {
                let read = storage::read(secret);
                if let Err(error) = &read {
                    tracing::debug!(secret = name(secret), %error, "a Secret holds no record");
                }
                read.ok()
            })
            .collect();
        records.sort_by_key(|record| record.version);
        Ok(records)
    }

    /// The newest record of a release; `None` if there is no release.
    ///
    /// # Errors
    /// As [`Storage::history`].
    pub async fn last(&self, release: &str) -> Result<Option<Release>, StorageError> {
        Ok(self.history(release).await?.pop())
    }

    /// The record of a revision, with its custom labels only.
    ///
    /// # Errors
    /// [`StorageError::Request`] and [`StorageError::Decode`].
    pub async fn get(&self, release: &str, version: i64) -> Result<Option<Release>, StorageError> {
        let key = self.key(release, version);
        let failed = |source| StorageError::Request { operation: "get: failed to get", source };
        let Some(secret) = self.cluster.get(&key, Detail::Full).await.map_err(failed)? else { return Ok(None) };
        let mut record = storage::read(&secret).map_err(|source| StorageError::Decode { name: key.name, source })?;
        record.labels = storage::custom_labels(&record.labels);
        Ok(Some(record))
    }

    /// What changes with every write to the records of a release. Costs a list of metadata: much less than to read them.
    ///
    /// # Errors
    /// [`StorageError::Request`].
    pub async fn fingerprint(&self, release: &str) -> Result<Fingerprint, StorageError> {
        let secrets = self.secrets(release, Detail::Metadata).await?;
        let version = |secret: &Value| secret["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
        let mut versions: Vec<_> = secrets.iter().map(|secret| (name(secret).to_owned(), version(secret))).collect();
        versions.sort();
        Ok(Fingerprint(versions))
    }

    /// Stores the record of a new revision.
    ///
    /// # Errors
    /// [`StorageError::Exists`] when there is one of that revision, which is left as it is; [`StorageError::Request`].
    pub async fn create(&self, record: &Release) -> Result<(), StorageError> {
        let secret = self.secret(record, Stamp::Created(Timestamp::now()));
        match self.cluster.create(&secret, FIELD_MANAGER).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_already_exists() => Err(StorageError::Exists(revision(record))),
            Err(source) => Err(StorageError::Request { operation: "create: failed to create", source }),
        }
    }

    /// Stores a record again.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] when it is gone meanwhile, and then it stays so; [`StorageError::Request`].
    pub async fn update(&self, record: &Release) -> Result<(), StorageError> {
        let secret = self.secret(record, Stamp::Modified(Timestamp::now()));
        match self.cluster.replace(&secret, FIELD_MANAGER).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Err(StorageError::NotFound(revision(record))),
            Err(source) => Err(StorageError::Request { operation: "update: failed to update", source }),
        }
    }

    /// Deletes the record of a revision; that there is none is fine.
    ///
    /// # Errors
    /// [`StorageError::Request`].
    pub async fn delete(&self, release: &str, version: i64) -> Result<(), StorageError> {
        match self.cluster.delete(&self.key(release, version), None).await {
            Err(error) if !error.is_not_found() => {
                Err(StorageError::Request { operation: "delete: failed to delete", source: error })
            }
            _ => Ok(()),
        }
    }

    /// Deletes the oldest of `records`, so that one more makes `maximum`. The deployed one stays. A maximum of 0 or less is none.
    ///
    /// # Errors
    /// [`StorageError::Request`], for the first that cannot be deleted.
    pub async fn prune(&self, release: &str, records: &[Release], maximum: i64) -> Result<(), StorageError> {
        for version in history::to_prune(records, maximum) {
            self.delete(release, version).await?;
        }
        Ok(())
    }

    async fn secrets(&self, release: &str, detail: Detail) -> Result<Vec<Value>, StorageError> {
        let kind = KindKey { group: String::new(), version: "v1".to_owned(), kind: "Secret".to_owned() };
        let labels = format!("name={release},owner=helm");
        let selection = Selection { namespace: &self.namespace, labels: &labels, detail, max_bytes: MAX_HISTORY_BYTES };
        let failed = |source| StorageError::Request { operation: "query: failed to query with labels", source };
        Ok(self.cluster.list(&kind, &selection).await.map_err(failed)?.items)
    }

    fn secret(&self, record: &Release, stamp: Stamp) -> Value {
        let mut secret = storage::secret(record, stamp);
        secret["metadata"]["namespace"] = json!(self.namespace);
        secret
    }

    fn key(&self, release: &str, version: i64) -> ObjectKey {
        ObjectKey {
            group: String::new(),
            version: "v1".to_owned(),
            kind: "Secret".to_owned(),
            namespace: self.namespace.clone(),
            name: storage::key(release, version),
        }
    }
}

fn name(secret: &Value) -> &str {
    secret["metadata"]["name"].as_str().unwrap_or_default()
}

fn revision(record: &Release) -> String {
    format!("{}.v{}", record.name, record.version)
}
