//! Where tags are between scans: one file an ImageRepository, replaced as a whole.
//!
//! The first line of a file is the canonical name of the image, each further one a tag. Whatever moment the process ends at, a file
//! is the one of before or the one of after; what a lost file held, the next scan finds again.

use image_policy::{Exclusion, LONGEST_TAG, Tags};
use runtime::queue::ObjectKey;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// The directory below `--storage-path`. Flux keeps files of other forms beside it.
const DIRECTORY: &str = "image-tags";
/// The most bytes of a file that are read: what the most tags of the greatest length take.
const MOST_BYTES: u64 = 256_000 * (LONGEST_TAG as u64 + 1);

/// The tags of all repositories.
#[derive(Debug)]
pub(crate) struct TagStore {
    root: PathBuf,
}

/// An operation on the files failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} '{}'", path.display())]
pub(crate) struct TagStoreError {
    operation: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

fn failed<'p>(operation: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> TagStoreError + use<'p> {
    move |source| TagStoreError { operation, path: path.to_owned(), source }
}

impl TagStore {
    /// Opens the store below `path` and removes what an earlier process left half-written.
    pub(crate) fn open(path: &Path) -> Result<Self, TagStoreError> {
        let root = path.join(DIRECTORY);
        fs::create_dir_all(&root).map_err(failed("create", &root))?;
        for (directory, name) in files(&root)? {
            if name.starts_with('.') {
                let path = directory.join(name);
                fs::remove_file(&path).map_err(failed("remove", &path))?;
            }
        }
        Ok(Self { root })
    }

    /// Where the tags of an object are. Names of objects hold no slash and do not begin with a point: the API server sees to that.
    fn file(&self, key: &ObjectKey) -> PathBuf {
        self.root.join(&*key.namespace).join(&*key.name)
    }

    /// Replaces the tags of an object, which are those of `image`. A file that holds them already stays: most scans find nothing new.
    pub(crate) fn write(&self, key: &ObjectKey, image: &str, tags: &Tags) -> Result<(), TagStoreError> {
        let path = self.file(key);
        let content = content(image, tags);
        if holds(&path, content.as_bytes()) {
            return Ok(());
        }
        let directory = self.root.join(&*key.namespace);
        fs::create_dir_all(&directory).map_err(failed("create", &directory))?;
        let mut file = tempfile::NamedTempFile::new_in(&directory).map_err(failed("create a file in", &directory))?;
        let written = file.as_file_mut().write_all(content.as_bytes());
        written.and_then(|()| file.as_file().sync_all()).map_err(failed("write", &path))?;
        file.persist(&path).map(drop).map_err(|error| failed("replace", &path)(error.error))
    }

    /// The tags of an object, if they are those of `image`; none where nothing is known.
    pub(crate) fn read(&self, key: &ObjectKey, image: &str) -> Result<Tags, TagStoreError> {
        let path = self.file(key);
        let Some(mut lines) = lines(&path)? else { return Ok(Tags::default()) };
        if lines.next().transpose().map_err(failed("read", &path))?.as_deref() != Some(image) {
            return Ok(Tags::default());
        }
        let tags: Vec<String> = lines.collect::<Result<_, _>>().map_err(failed("read", &path))?;
        Ok(Tags::new(tags, &Exclusion::default()))
    }

    /// Whether any tags of `image` are known for an object.
    pub(crate) fn has_tags(&self, key: &ObjectKey, image: &str) -> Result<bool, TagStoreError> {
        let path = self.file(key);
        let Some(mut lines) = lines(&path)? else { return Ok(false) };
        let first = lines.next().transpose().map_err(failed("read", &path))?;
        Ok(first.as_deref() == Some(image) && lines.next().is_some())
    }

    /// Removes the tags of an object.
    pub(crate) fn remove(&self, key: &ObjectKey) -> Result<(), TagStoreError> {
        let path = self.file(key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path)(error)),
            _ => {
                // The directory of the namespace goes with the last file; with others in it, it stays.
                let _ = fs::remove_dir(self.root.join(&*key.namespace));
                Ok(())
            }
        }
    }

    /// Removes the tags of all objects but these; returns of how many.
    pub(crate) fn keep_only(&self, keys: &BTreeSet<ObjectKey>) -> Result<usize, TagStoreError> {
        let mut removed = 0;
        for (directory, name) in files(&self.root)? {
            let namespace = directory.file_name().and_then(|namespace| namespace.to_str()).unwrap_or_default().to_owned();
            let key = ObjectKey::new(namespace, name);
            if !key.name.starts_with('.') && !keys.contains(&key) {
                self.remove(&key)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// What a file with these tags holds.
fn content(image: &str, tags: &Tags) -> String {
    let length = tags.iter().map(|tag| tag.len() + 1).sum::<usize>() + image.len() + 1;
    let mut content = String::with_capacity(length);
    for line in std::iter::once(image).chain(tags.iter()) {
        content.push_str(line);
        content.push('\n');
    }
    content
}

/// Whether a file is there and holds this and no more. What cannot be read is written anew.
fn holds(path: &Path, content: &[u8]) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.len() == content.len() as u64)
        && fs::read(path).is_ok_and(|held| held == content)
}

fn lines(path: &Path) -> Result<Option<impl Iterator<Item = io::Result<String>>>, TagStoreError> {
    match File::open(path) {
        Ok(file) => Ok(Some(BufReader::new(file.take(MOST_BYTES)).lines())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("open", path)(error)),
    }
}

/// The files two levels below `root`, by directory and name.
fn files(root: &Path) -> Result<Vec<(PathBuf, String)>, TagStoreError> {
    let mut found = Vec::new();
    for directory in fs::read_dir(root).map_err(failed("list", root))? {
        let directory = directory.map_err(failed("list", root))?.path();
        if !directory.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&directory).map_err(failed("list", &directory))? {
            let entry = entry.map_err(failed("list", &directory))?;
            if let Ok(name) = entry.file_name().into_string() {
                found.push((directory.clone(), name));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn tags(listed: &[&str]) -> Tags {
        Tags::new(listed.iter().map(|tag| (*tag).to_owned()), &Exclusion::default())
    }

    #[test]
    fn tags_are_those_of_the_last_write_and_of_that_image_only() {
        let directory = tempfile::tempdir().expect("a directory");
        let store = TagStore::open(directory.path()).expect("opens");
        let key = ObjectKey::new("ns", "app");
        assert_eq!(store.read(&key, "ghcr.io/a/b").expect("reads"), Tags::default());
        assert!(!store.has_tags(&key, "ghcr.io/a/b").expect("reads"));
        store.write(&key, "ghcr.io/a/b", &tags(&["1", "2"])).expect("writes");
        store.write(&key, "ghcr.io/a/b", &tags(&["2", "3"])).expect("writes");
        let again = TagStore::open(directory.path()).expect("opens again");
        assert_eq!(again.read(&key, "ghcr.io/a/b").expect("reads"), tags(&["3", "2"]));
        assert!(again.has_tags(&key, "ghcr.io/a/b").expect("reads"));
        assert!(again.read(&key, "ghcr.io/a/c").expect("reads").is_empty(), "another image has other tags");
        store.write(&key, "ghcr.io/a/b", &tags(&[])).expect("writes");
        assert!(!store.has_tags(&key, "ghcr.io/a/b").expect("reads"));
        store.remove(&key).expect("removes");
        store.remove(&key).expect("is gone anyway");
        assert_eq!(fs::read_dir(directory.path().join(DIRECTORY)).expect("lists").count(), 0, "nothing is left");
    }

    #[test]
    fn a_file_is_replaced_only_by_other_tags() {
        let directory = tempfile::tempdir().expect("a directory");
        let store = TagStore::open(directory.path()).expect("opens");
        let key = ObjectKey::new("ns", "app");
        let write = |image: &str, listed: &[&str]| {
            store.write(&key, image, &tags(listed)).expect("writes");
            // A replaced file is another one, and the one before is still there while it is held.
            (fs::File::open(store.file(&key)).expect("opens"), fs::metadata(store.file(&key)).expect("is there").ino())
        };
        let (_held, first) = write("a/b", &["1", "2"]);
        assert_eq!(write("a/b", &["2", "1"]).1, first);
        let (_held, second) = write("a/b", &["1", "3"]);
        assert_ne!(second, first);
        assert_ne!(write("a/c", &["1", "3"]).1, second);
    }

    #[test]
    fn what_was_half_written_or_belongs_to_nobody_is_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let store = TagStore::open(directory.path()).expect("opens");
        let (kept, gone) = (ObjectKey::new("ns", "kept"), ObjectKey::new("ns", "gone"));
        for key in [&kept, &gone] {
            store.write(key, "a/b", &tags(&["1"])).expect("writes");
        }
        let half = directory.path().join(DIRECTORY).join("ns/.tmp1");
        fs::write(&half, "a/b\n1").expect("writes");
        let store = TagStore::open(directory.path()).expect("opens again");
        assert!(!half.exists());
        assert_eq!(store.keep_only(&BTreeSet::from([kept.clone()])).expect("sweeps"), 1);
        assert!(store.has_tags(&kept, "a/b").expect("reads") && !store.has_tags(&gone, "a/b").expect("reads"));
    }
}
