//! Lists the bucket, fetches its objects where anything is new, stores them. How it is reached is decided elsewhere.

use super::Buckets;
use super::decide::Plan;
use crate::source::{self, Failure, Made, Reached, Seen, Verified};
use crate::storage::{Content, Storage};
use api::meta::{Artifact, Reason};
use api::source::{Bucket, BucketStatus};
use artifact::ignore::{IGNORE_FILE, IgnoreRules, Verdict};
use artifact::{Algorithm, ArtifactPath, Digest};
use bytes::Bytes;
use file_tree::{EntryKind, FileTree, TreePath};
use futures::{StreamExt, TryStreamExt};
use kube::ResourceExt;
use runtime::error_chain::error_chain;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many objects are fetched at a time.
const AT_A_TIME: usize = 32;
/// The most bytes of all objects together.
const MOST_BYTES: u64 = 1 << 30;

/// What is in a bucket: keys and what changes with their content.
type Index = BTreeMap<String, String>;

impl Buckets {
    pub(super) async fn act(&self, plan: Plan, seen: &Seen<Bucket>) -> Result<Made<BucketStatus>, Failure> {
        let options = self.identify(plan, seen).await?;
        let timeout = options.timeout;
        let bucket = self.stores.bucket(options);
        let bucket = bucket.map_err(|error| Failure::fetch(Reason::AuthenticationFailed, error_chain(&error)))?;
        let failed = |message: String| Failure::fetch(Reason::BucketOperationFailed, message);
        let late = || format!("timed out after {}s", timeout.as_secs_f64());
        let listed = tokio::time::timeout(timeout, list(&bucket, &seen.object)).await.unwrap_or_else(|_| Err(late()));
        let (ignore_file, mut index) = listed.map_err(failed)?;
        if let Some(artifact) = seen.artifact().filter(|artifact| is_made_of(artifact, &index)) {
            return Ok(made(seen, artifact, index.len(), false));
        }
        let fetched = tokio::time::timeout(timeout, fetch(&bucket, &mut index)).await.unwrap_or_else(|_| Err(late()));
        let name = &seen.object.spec.bucket_name;
        let files = fetched.map_err(|error| failed(format!("fetch from bucket '{name}' failed: {error}")))?;
        let files = files.into_iter().chain(ignore_file.map(|text| (IGNORE_FILE.to_owned(), text)));
        let tree = tree(files).map_err(|error| failed(format!("fetch from bucket '{name}' failed: {error}")))?;
        let revision = digest(&index, self.storage.algorithm());
        let (storage, object, now) = (Arc::clone(&self.storage), Arc::clone(&seen.object), seen.now);
        let reached =
            Reached::Storage((!seen.has_revision(&revision.to_string())).then(|| format!("new upstream revision '{revision}'")));
        let written = tokio::task::spawn_blocking(move || store(&storage, &object, &revision, (&tree, now))).await;
        let written = written.unwrap_or_else(|error| Err(Failure::storage(Reason::ArchiveOperationFailed, error.to_string())));
        Ok(made(seen, &written.map_err(|failure| failure.at(reached))?, index.len(), true))
    }
}

/// The file with the rules of the bucket, and what there is but for what these leave out.
async fn list(bucket: &bucket_client::Bucket, object: &Bucket) -> Result<(Option<Bytes>, Index), String> {
    let spec = &object.spec;
    let name = &spec.bucket_name;
    match bucket.exists().await {
        Ok(true) => {}
        Ok(false) => return Err(format!("bucket '{name}' not found")),
        Err(error) => return Err(format!("failed to confirm existence of '{name}' bucket: {}", error_chain(&error))),
    }
    let ignore_file = bucket.get(IGNORE_FILE).await;
    let ignore_file =
        ignore_file.map_err(|error| format!("failed to get Etag for '{IGNORE_FILE}' object: {}", error_chain(&error)))?;
    let ignore_file = ignore_file.map(|(text, _)| text);
    let text = ignore_file.as_deref().map(|text| (TreePath::root(), String::from_utf8_lossy(text).into_owned()));
    // As Flux: in a bucket nothing is left out by default.
    let rules = IgnoreRules::new(text.into_iter().collect(), spec.ignore.as_deref()).map(IgnoreRules::without_defaults);
    let rules = rules.map_err(|error| error_chain(&error))?;
    let objects = bucket.list(spec.prefix.as_deref().unwrap_or_default()).await;
    let objects = objects.map_err(|error| {
        let listing = format!("listing objects from bucket '{name}' failed: {}", error_chain(&error));
        format!("indexation of objects from bucket '{name}' failed: {listing}")
    })?;
    let wanted = objects.into_iter().filter(|object| {
        let file = EntryKind::File { executable: false };
        let is_file = !object.key.ends_with('/') && object.key != IGNORE_FILE;
        is_file && rules.judge(&TreePath::confined(&object.key), file) == Verdict::Keep
    });
    Ok((ignore_file, wanted.map(|object| (object.key, object.etag)).collect()))
}

/// The content of all objects. Those that have gone meanwhile leave the index; those that have changed change it.
async fn fetch(bucket: &bucket_client::Bucket, index: &mut Index) -> Result<Vec<(String, Bytes)>, String> {
    let keys: Vec<String> = index.keys().cloned().collect();
    let fetching = futures::stream::iter(keys.into_iter().map(|key| async {
        let got = bucket.get(&key).await;
        let got = got.map_err(|error| format!("failed to get '{key}' object: {}", error_chain(&error)))?;
        Ok::<_, String>((key, got))
    }));
    let mut fetching = std::pin::pin!(fetching.buffer_unordered(AT_A_TIME));
    let (mut files, mut bytes) = (Vec::new(), 0_u64);
    while let Some((key, got)) = fetching.try_next().await? {
        let Some((content, etag)) = got else {
            index.remove(&key);
            continue;
        };
        bytes += content.len() as u64;
        if bytes > MOST_BYTES {
            return Err(format!("the objects have more than {MOST_BYTES} bytes"));
        }
        index.insert(key.clone(), etag);
        files.push((key, content));
    }
    Ok(files)
}

fn tree(files: impl Iterator<Item = (String, Bytes)>) -> Result<FileTree, String> {
    let mut tree = FileTree::new();
    for (key, content) in files {
        let kind = EntryKind::File { executable: false };
        let inserted = tree.insert_file(&TreePath::confined(&key), content, kind);
        inserted.map_err(|error| format!("failed to resolve path for '{key}' object: {error}"))?;
    }
    Ok(tree)
}

fn digest(index: &Index, algorithm: Algorithm) -> Digest {
    let lines: String = index.iter().map(|(key, etag)| format!("{key} {etag}\n")).collect();
    algorithm.digest(lines.as_bytes())
}

/// Whether an artifact was made of that index, whatever the algorithm of its digest.
fn is_made_of(artifact: &Artifact, index: &Index) -> bool {
    artifact.revision.parse().is_ok_and(|revision: Digest| digest(index, revision.algorithm()) == revision)
}

/// Runs on a blocking thread.
fn store(
    storage: &Storage,
    object: &Bucket,
    revision: &Digest,
    (tree, now): (&FileTree, jiff::Timestamp),
) -> Result<Artifact, Failure> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let path = ArtifactPath::new("Bucket", &namespace, &name, &format!("{}.tar.gz", revision.hex()))
        .map_err(|error| Failure::storage(Reason::ArchiveOperationFailed, error.to_string()))?;
    let written = storage.write(&path, &revision.to_string(), Content::Files(tree, &IgnoreRules::none()), now);
    let artifact = written.map_err(|error| Failure::of_storage(&error))?;
    source::link_latest::<Buckets>(storage, &artifact);
    Ok(artifact)
}

fn made(seen: &Seen<Bucket>, artifact: &Artifact, files: usize, is_new: bool) -> Made<BucketStatus> {
    let ignore = seen.object.spec.ignore.clone();
    Made {
        artifact: is_new.then(|| artifact.clone()),
        in_storage: (Reason::Succeeded, format!("stored artifact: revision '{}'", artifact.revision)),
        event_reason: Reason::NewArtifact,
        event: format!("stored artifact with {files} fetched files from '{}' bucket", seen.object.spec.bucket_name),
        unchanged: format!("artifact up-to-date with remote revision: '{}'", artifact.revision),
        verified: Verified::NotWanted,
        observe: Box::new(move |status| {
            if is_new {
                status.observed_ignore = ignore;
            }
        }),
    }
}
