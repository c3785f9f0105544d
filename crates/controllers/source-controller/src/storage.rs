//! Artifacts on disk: written whole or not at all, checked before they are trusted, collected when old.
//!
//! Layout: `<root>/<kind>/<namespace>/<name>/<file>`. A file appears under its name only by a rename, so what a status names is
//! complete whenever the process ends.

use api::meta::{Artifact, Time};
use artifact::archive::{self, WriteError};
use artifact::ignore::IgnoreRules;
use artifact::retention::{FILE_LIMIT, Retention, StoredFile, garbage};
use artifact::{Algorithm, ArtifactPath, Digest};
use file_tree::Files;
use jiff::Timestamp;
use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// The longest a collection may take.
const COLLECT_FOR: Duration = Duration::from_secs(5);

/// The storage of one controller. Its methods block on the disk.
#[derive(Debug)]
pub(crate) struct Storage {
    root: PathBuf,
    host: String,
    algorithm: Algorithm,
    retention: Retention,
    verified: Mutex<HashMap<String, Seen>>,
}

/// A file whose digest was right when it looked like this.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    digest: String,
    size: u64,
    modified: Option<SystemTime>,
}

/// What became of an artifact that a status names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// The status names none.
    Nothing,
    /// It is there and its content is right.
    Present,
    /// It has gone.
    Missing,
    /// It was there with other content and has been removed.
    Corrupt(String),
}

/// What an artifact is made of.
pub(crate) enum Content<'c> {
    /// An archive of files, but those that the rules leave out.
    Files(&'c dyn Files, &'c IgnoreRules),
    /// Bytes as they are.
    Bytes(&'c [u8]),
}

/// Why storage did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The directory of the artifact cannot be made.
    #[error("failed to create artifact directory: create {path}")]
    CreateDirectory {
        /// The directory below the root.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The lock file cannot be locked.
    #[error("failed to acquire lock for artifact: {path}")]
    Lock {
        /// The lock file below the root.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("unable to archive artifact to storage: write {path}")]
    Write {
        /// The file below the root.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The files cannot be archived.
    #[error("unable to archive artifact to storage")]
    Archive(#[source] WriteError),
    /// Files cannot be removed.
    #[error("failed to remove {path}")]
    Remove {
        /// The file or directory below the root.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Storage {
    /// Opens the storage at `root`, which is made where it is missing; `host` is where its server is reached, with a scheme or
    /// without.
    pub(crate) fn open(root: &Path, host: String, algorithm: Algorithm, retention: Retention) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(root)?;
        let root = root.canonicalize()?;
        Ok(Self { root, host, algorithm, retention, verified: Mutex::default() })
    }

    /// The directory that is served.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The algorithm of the digests that are made here.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The address of a file of the storage.
    pub(crate) fn url(&self, path: &str) -> String {
        let path = path.trim_start_matches('/');
        if self.host.contains("://") { format!("{}/{path}", self.host) } else { format!("http://{}/{path}", self.host) }
    }

    /// Whether an artifact is there with the right content. One that is not what its digest says is removed.
    pub(crate) fn check(&self, artifact: &Artifact) -> Stored {
        let Some(path) = self.local(&artifact.path) else { return Stored::Missing };
        let Ok(metadata) = fs::symlink_metadata(&path) else { return Stored::Missing };
        if !metadata.is_file() {
            return Stored::Missing;
        }
        let seen = Seen { digest: artifact.digest.clone(), size: metadata.len(), modified: metadata.modified().ok() };
        if self.verified().get(&artifact.path) == Some(&seen) {
            return Stored::Present;
        }
        match verify(&path, &artifact.digest) {
            Ok(()) => {
                self.verified().insert(artifact.path.clone(), seen);
                Stored::Present
            }
            Err(reason) => match fs::remove_file(&path) {
                Ok(()) => Stored::Corrupt(reason),
                Err(error) => Stored::Corrupt(format!("{reason}; it cannot be removed: {error}")),
            },
        }
    }

    /// Reads an artifact whole.
    pub(crate) fn read(&self, artifact: &Artifact) -> io::Result<Vec<u8>> {
        let path = self.local(&artifact.path).ok_or(io::ErrorKind::InvalidInput)?;
        fs::read(path)
    }

    /// Writes an artifact, and gives it as it goes into status.
    pub(crate) fn write(
        &self,
        path: &ArtifactPath,
        revision: &str,
        content: Content<'_>,
        now: Timestamp,
    ) -> Result<Artifact, StorageError> {
        let directory = self.root.join(path.directory());
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|source| StorageError::CreateDirectory { path: path.directory().to_owned(), source })?;
        let name = path.to_string();
        let _lock = lock(&directory.join(format!("{}.lock", path.file())))
            .map_err(|source| StorageError::Lock { path: format!("{name}.lock"), source })?;
        let failed = |source| StorageError::Write { path: name.clone(), source };
        let temporary = directory.join(format!(".{}.{}.tmp", path.file(), std::process::id()));
        let _removed_on_failure = Temporary(&temporary);
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary).map_err(failed)?;
        let mut out = BufWriter::new(file);
        let (digest, size) = match content {
            Content::Files(files, rules) => {
                let written = archive::write(files, rules, self.algorithm, &mut out).map_err(StorageError::Archive)?;
                (written.digest, written.size)
            }
            Content::Bytes(bytes) => {
                out.write_all(bytes).map_err(failed)?;
                (self.algorithm.digest(bytes), bytes.len() as u64)
            }
        };
        out.flush().map_err(failed)?;
        let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_data().map_err(failed)?;
        fs::rename(&temporary, directory.join(path.file())).map_err(failed)?;
        Ok(Artifact {
            url: self.url(&name),
            path: name,
            revision: revision.to_owned(),
            digest: digest.to_string(),
            last_update_time: Time(now),
            size: i64::try_from(size).ok(),
            metadata: std::collections::BTreeMap::new(),
        })
    }

    /// Makes the file `latest` beside an artifact lead to it.
    pub(crate) fn link(&self, artifact: &Artifact, latest: &str) -> Result<(), StorageError> {
        let failed = |source| StorageError::Write { path: format!("{} as {latest}", artifact.path), source };
        let target = self.local(&artifact.path).ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
        let (Some(directory), Some(file)) = (target.parent(), target.file_name()) else {
            return Err(failed(io::ErrorKind::InvalidInput.into()));
        };
        let temporary = directory.join(format!(".{latest}.{}.tmp", std::process::id()));
        let _removed_on_failure = Temporary(&temporary);
        // What a process that was killed left behind.
        let _ = fs::remove_file(&temporary);
        std::os::unix::fs::symlink(file, &temporary).map_err(failed)?;
        fs::rename(&temporary, directory.join(latest)).map_err(failed)
    }

    /// Removes old files beside the current artifact, as Flux's retention says; gives their names.
    pub(crate) fn collect(&self, artifact: &Artifact, now: SystemTime) -> Result<Vec<String>, StorageError> {
        let Some((directory, current)) = artifact.path.rsplit_once('/') else { return Ok(Vec::new()) };
        let Some(folder) = self.local(directory) else { return Ok(Vec::new()) };
        let deadline = Instant::now() + COLLECT_FOR;
        let failed = |path: &str, source| StorageError::Remove { path: format!("{directory}/{path}"), source };
        let files = match stored_files(&folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("", error)),
        };
        let mut removed = Vec::new();
        for name in garbage(&files, current, &self.retention, now) {
            if Instant::now() > deadline {
                break;
            }
            fs::remove_file(folder.join(&name)).map_err(|source| failed(&name, source))?;
            self.verified().remove(&format!("{directory}/{name}"));
            if !name.ends_with(".lock") {
                removed.push(name);
            }
        }
        Ok(removed)
    }

    /// Removes all that is stored for one object; whether there was anything.
    pub(crate) fn remove_all(&self, kind: &str, namespace: &str, name: &str) -> Result<bool, StorageError> {
        let directory = format!("{}/{namespace}/{name}", kind.to_ascii_lowercase());
        let Some(path) = self.local(&directory) else { return Ok(false) };
        let prefix = format!("{directory}/");
        self.verified().retain(|path, _| !path.starts_with(&prefix));
        match fs::remove_dir_all(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(StorageError::Remove { path: directory, source }),
        }
    }

    /// The place of a relative path; `None` where it would lead elsewhere.
    fn local(&self, path: &str) -> Option<PathBuf> {
        let inside = file_tree::TreePath::parse(path).ok().filter(|path| !path.is_root())?;
        Some(self.root.join(inside.as_str()))
    }

    fn verified(&self) -> std::sync::MutexGuard<'_, HashMap<String, Seen>> {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a temporary file that was not renamed.
struct Temporary<'a>(&'a Path);

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        // After the rename there is nothing under this name, which is what was wanted.
        let _ = fs::remove_file(self.0);
    }
}

fn lock(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.lock()?;
    Ok(file)
}

fn verify(path: &Path, digest: &str) -> Result<(), String> {
    let expected: Digest = digest.parse().map_err(|error: artifact::DigestError| error.to_string())?;
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let mut hasher = expected.algorithm().hasher();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match io::Read::read(&mut file, &mut buffer) {
            Ok(0) => break,
            Ok(read) => hasher.update(&buffer[..read]),
            Err(error) => return Err(error.to_string()),
        }
    }
    expected.verify_computed(hasher.finish()).map_err(|error| error.to_string())
}

/// The regular files of a directory, up to the number that one collection looks at.
fn stored_files(directory: &Path) -> io::Result<Vec<StoredFile>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)?.take(2 * FILE_LIMIT) {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if metadata.is_file() {
            files.push(StoredFile { name, modified: metadata.modified()?, size: metadata.len() });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
