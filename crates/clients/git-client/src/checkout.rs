//! One fetched commit: its objects as received, and its tree as files.

use crate::{
    Cause, Contents, Limits,
    pack::Store,
    references::{from_gix, to_gix},
    survey,
};
use bytes::Bytes;
use file_tree::{Entry, EntryKind, Files, ReadError, TreePath};
use git_model::ObjectId;
use gix::objs::{CommitRefIter, FindExt, Kind, TagRefIter, tree};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// An object as the server sent it, checked against its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitObject {
    /// The id.
    pub id: ObjectId,
    /// The content without Git's `<kind> <size>\0` in front: what `git cat-file` prints, and what signatures are made over.
    pub bytes: Bytes,
}

/// One commit with its tree: of a fetch, in a temporary directory that goes away with it, or of a clone. Reading is lazy: what is not asked for is never
/// unpacked, so reading some directories only costs those.
pub struct Checkout {
    /// The commit.
    pub commit: GitObject,
    /// The tag object that the ref named, when the ref was asked for by its plain name and is an annotated tag.
    pub tag: Option<GitObject>,
    /// What the whole tree holds.
    pub contents: Contents,
    root: gix::ObjectId,
    reader: Mutex<Reader>,
}

struct Reader {
    store: Store,
    directories: BTreeMap<gix::ObjectId, Arc<Directory>>,
}

type Directory = BTreeMap<String, (gix::ObjectId, EntryKind)>;

/// Where a fetch ended.
pub(crate) struct Found {
    pub(crate) id: gix::ObjectId,
    pub(crate) wants_tag: bool,
    pub(crate) asked_for: String,
}

/// Tags that point to tags, at most.
const MOST_TAGS: usize = 10;

impl Checkout {
    /// Follows tags from `found` to a commit and looks over its tree.
    pub(crate) fn open(store: Store, found: &Found, limits: &Limits) -> Result<Self, Cause> {
        let mut tag = None;
        let mut id = found.id;
        for _ in 0..=MOST_TAGS {
            let mut buffer = Vec::new();
            let kind = match gix::objs::Find::try_find(&store.objects, &id, &mut buffer) {
                Ok(Some(object)) => object.kind,
                Ok(None) => return Err(Cause::CommitNotFound(id.to_string())),
                Err(error) => return Err(survey::content(&error)),
            };
            match kind {
                Kind::Tag => {
                    let target =
                        TagRefIter::from_bytes(&buffer, id.kind()).target_id().map_err(|error| survey::content(&error))?;
                    tag.get_or_insert(GitObject { id: from_gix(id), bytes: buffer.into() });
                    id = target;
                }
                Kind::Commit => {
                    let root =
                        CommitRefIter::from_bytes(&buffer, id.kind()).tree_id().map_err(|error| survey::content(&error))?;
                    let contents = survey::survey(&store.objects, root, limits)?;
                    let commit = GitObject { id: from_gix(id), bytes: buffer.into() };
                    let reader = Mutex::new(Reader { store, directories: BTreeMap::new() });
                    return Ok(Self { commit, tag: tag.filter(|_| found.wants_tag), contents, root, reader });
                }
                Kind::Tree | Kind::Blob => break,
            }
        }
        Err(Cause::NotACommit(found.asked_for.clone()))
    }

    /// The tree of the commit.
    pub(crate) fn root(&self) -> ObjectId {
        from_gix(self.root)
    }

    /// The bytes of one of its trees.
    pub(crate) fn tree_bytes(&self, id: &ObjectId) -> Result<Bytes, Cause> {
        let id = to_gix(id).ok_or_else(|| Cause::Content(format!("'{id}' is not an object id")))?;
        let mut buffer = Vec::new();
        self.reader().store.objects.find_tree(&id, &mut buffer).map(drop).map_err(|error| survey::content(&error))?;
        Ok(buffer.into())
    }

    /// The name of the file at `path`; `None` where none is.
    pub(crate) fn file_id(&self, path: &TreePath) -> Result<Option<gix::ObjectId>, ReadError> {
        let node = self.node(&mut self.reader(), path)?;
        Ok(node.filter(|(_, kind)| matches!(kind, EntryKind::File { .. })).map(|(id, _)| id))
    }

    fn reader(&self) -> MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is at `path`; `None` where nothing is.
    fn node(&self, reader: &mut Reader, path: &TreePath) -> Result<Option<(gix::ObjectId, EntryKind)>, ReadError> {
        let mut here = (self.root, EntryKind::Directory);
        for component in path.components() {
            if here.1 != EntryKind::Directory {
                return Ok(None);
            }
            let directory = reader.directory(here.0).map_err(|cause| source(path, cause))?;
            match directory.get(component) {
                Some(next) => here = *next,
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }
}

impl Reader {
    fn directory(&mut self, id: gix::ObjectId) -> Result<Arc<Directory>, Cause> {
        if let Some(known) = self.directories.get(&id) {
            return Ok(Arc::clone(known));
        }
        let mut buffer = Vec::new();
        let tree = self.store.objects.find_tree_iter(&id, &mut buffer).map_err(|error| survey::content(&error))?;
        let mut directory = Directory::new();
        for entry in tree {
            let entry = entry.map_err(|error| survey::content(&error))?;
            let kind = match entry.mode.kind() {
                tree::EntryKind::Tree => EntryKind::Directory,
                tree::EntryKind::Blob => EntryKind::File { executable: false },
                tree::EntryKind::BlobExecutable => EntryKind::File { executable: true },
                tree::EntryKind::Link | tree::EntryKind::Commit => continue,
            };
            if let Ok(name) = std::str::from_utf8(entry.filename) {
                directory.insert(name.to_owned(), (entry.oid.to_owned(), kind));
            }
        }
        let directory = Arc::new(directory);
        self.directories.insert(id, Arc::clone(&directory));
        Ok(directory)
    }
}

impl Files for Checkout {
    fn kind(&self, path: &TreePath) -> Result<Option<EntryKind>, ReadError> {
        Ok(self.node(&mut self.reader(), path)?.map(|(_, kind)| kind))
    }

    fn list(&self, directory: &TreePath) -> Result<Vec<Entry>, ReadError> {
        let mut reader = self.reader();
        match self.node(&mut reader, directory)? {
            None => Err(ReadError::NotFound(directory.clone())),
            Some((_, EntryKind::File { .. })) => Err(ReadError::NotDirectory(directory.clone())),
            Some((id, EntryKind::Directory)) => {
                let found = reader.directory(id).map_err(|cause| source(directory, cause))?;
                Ok(found.iter().map(|(name, (_, kind))| Entry { name: name.clone(), kind: *kind }).collect())
            }
        }
    }

    fn read(&self, path: &TreePath) -> Result<Bytes, ReadError> {
        let mut reader = self.reader();
        match self.node(&mut reader, path)? {
            None => Err(ReadError::NotFound(path.clone())),
            Some((_, EntryKind::Directory)) => Err(ReadError::IsDirectory(path.clone())),
            Some((id, EntryKind::File { .. })) => {
                let mut buffer = Vec::new();
                reader.store.objects.find_blob(&id, &mut buffer).map_err(|error| source(path, survey::content(&error)))?;
                Ok(buffer.into())
            }
        }
    }
}

fn source(path: &TreePath, cause: Cause) -> ReadError {
    ReadError::Source { path: path.clone(), source: Arc::new(cause) }
}

#[cfg(test)]
mod tests {
    fn is_shareable<T: Send + Sync>() {}

    #[test]
    fn a_checkout_can_be_read_on_any_thread() {
        is_shareable::<super::Checkout>();
    }
}
