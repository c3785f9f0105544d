//! A tree with some files changed: the objects that are new, and no others.

use super::{NewObject, ObjectKind};
use crate::ObjectId;
use bytes::Bytes;
use std::collections::BTreeMap;

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileEdit {
    /// This content. An existing file keeps its mode; a new one is not executable.
    Write(Bytes),
    /// It is taken away, and with it directories that become empty.
    Remove,
}

/// Why a tree cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum TreeError<E: std::error::Error + 'static> {
    /// An object of the tree cannot be read.
    #[error("read tree {id}")]
    Read {
        /// The tree.
        id: ObjectId,
        /// Why.
        #[source]
        source: E,
    },
    /// The bytes are no tree.
    #[error("object {0} is not a tree")]
    Malformed(ObjectId),
    /// There is something else than a file: a directory, a symbolic link, a submodule.
    #[error("'{0}' is not a file")]
    NotFile(String),
    /// A path that cannot be in a tree.
    #[error("'{0}' cannot be the path of a file")]
    Path(String),
}

const DIRECTORY: &[u8] = b"40000";
const FILE: &[u8] = b"100644";
/// Directories above a file, at most.
const DEPTH: usize = 512;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    mode: Vec<u8>,
    id: ObjectId,
}

impl Entry {
    fn is_directory(&self) -> bool {
        self.mode == DIRECTORY
    }

    fn is_file(&self) -> bool {
        self.mode.starts_with(b"100")
    }
}

type Entries = BTreeMap<Vec<u8>, Entry>;

/// Edits files of the tree `root`, which `read` gives the bytes of; paths are relative, with slashes. Returns the name of the new
/// tree, which is `root` where nothing changed, and the objects that it needs and `root` had not.
///
/// # Errors
/// [`TreeError`].
pub fn edit_tree<E: std::error::Error + 'static>(
    root: &ObjectId,
    edits: &BTreeMap<String, FileEdit>,
    mut read: impl FnMut(&ObjectId) -> Result<Bytes, E>,
) -> Result<(ObjectId, Vec<NewObject>), TreeError<E>> {
    let mut by_components: BTreeMap<Vec<&str>, (&str, &FileEdit)> = BTreeMap::new();
    for (path, edit) in edits {
        let components: Vec<&str> = path.split('/').collect();
        let wrong = |part: &&str| matches!(*part, "" | "." | "..") || part.contains('\0') || part.eq_ignore_ascii_case(".git");
        if components.iter().any(wrong) || components.len() > DEPTH {
            return Err(TreeError::Path(path.clone()));
        }
        by_components.insert(components, (path, edit));
    }
    let listed: Vec<Item<'_>> = by_components.iter().map(|(parts, (path, edit))| (parts.as_slice(), *path, *edit)).collect();
    let mut editor = Editor { read: &mut read, new: Vec::new() };
    let edited = editor.directory(Some(root), &listed)?;
    let id = match edited {
        Some(id) => id,
        None => editor.add(ObjectKind::Tree, Bytes::new()),
    };
    Ok((id, editor.new))
}

/// The components that are left of a path, the whole path, and what becomes of the file.
type Item<'a> = (&'a [&'a str], &'a str, &'a FileEdit);

struct Editor<'a, R> {
    read: &'a mut R,
    new: Vec<NewObject>,
}

impl<E: std::error::Error + 'static, R: FnMut(&ObjectId) -> Result<Bytes, E>> Editor<'_, R> {
    /// The directory with `items` edited; `None` where nothing is left of it.
    fn directory(&mut self, id: Option<&ObjectId>, items: &[Item<'_>]) -> Result<Option<ObjectId>, TreeError<E>> {
        let old = match id {
            Some(id) => {
                let bytes = (self.read)(id).map_err(|source| TreeError::Read { id: id.clone(), source })?;
                decode(&bytes).ok_or_else(|| TreeError::Malformed(id.clone()))?
            }
            None => Entries::new(),
        };
        let mut entries = old.clone();
        for group in items.chunk_by(|(left, ..), (right, ..)| left.first() == right.first()) {
            let Some((&[name, ref rest @ ..], path, edit)) = group.first().copied() else { continue };
            let existing = old.get(name.as_bytes());
            let edited = match rest {
                [] if group.len() > 1 => return Err(TreeError::NotFile(path.to_owned())),
                [] => self.file(existing, path, edit)?,
                _ => self.below(existing, group)?,
            };
            match edited {
                Some(entry) => entries.insert(name.as_bytes().to_vec(), entry),
                None => entries.remove(name.as_bytes()),
            };
        }
        match id {
            Some(id) if entries == old => Ok(Some(id.clone())),
            _ if entries.is_empty() => Ok(None),
            _ => Ok(Some(self.add(ObjectKind::Tree, encode(&entries)))),
        }
    }

    fn file(&mut self, existing: Option<&Entry>, path: &str, edit: &FileEdit) -> Result<Option<Entry>, TreeError<E>> {
        if existing.is_some_and(|entry| !entry.is_file()) {
            return Err(TreeError::NotFile(path.to_owned()));
        }
        let FileEdit::Write(content) = edit else { return Ok(None) };
        let mode = existing.map_or_else(|| FILE.to_vec(), |entry| entry.mode.clone());
        let blob = NewObject::new(ObjectKind::Blob, content.clone());
        let id = blob.id.clone();
        if existing.is_none_or(|entry| entry.id != id) {
            self.new.push(blob);
        }
        Ok(Some(Entry { mode, id }))
    }

    fn below(&mut self, existing: Option<&Entry>, group: &[Item<'_>]) -> Result<Option<Entry>, TreeError<E>> {
        let path = group.first().map_or("", |(_, path, _)| *path);
        if existing.is_some_and(|entry| !entry.is_directory()) {
            return Err(TreeError::NotFile(path.to_owned()));
        }
        let rest: Vec<Item<'_>> = group.iter().map(|(parts, path, edit)| (&parts[1..], *path, *edit)).collect();
        let id = self.directory(existing.map(|entry| &entry.id), &rest)?;
        Ok(id.map(|id| Entry { mode: DIRECTORY.to_vec(), id }))
    }

    fn add(&mut self, kind: ObjectKind, bytes: impl Into<Bytes>) -> ObjectId {
        let object = NewObject::new(kind, bytes);
        let id = object.id.clone();
        self.new.push(object);
        id
    }
}

fn decode(mut bytes: &[u8]) -> Option<Entries> {
    let mut entries = Entries::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ')?;
        let name_end = space + 1 + bytes[space + 1..].iter().position(|byte| *byte == 0)?;
        let (id, rest) = bytes.get(name_end + 1..)?.split_first_chunk::<20>()?;
        let entry = Entry { mode: bytes[..space].to_vec(), id: ObjectId::from_sha1(*id) };
        if entries.insert(bytes[space + 1..name_end].to_vec(), entry).is_some() {
            return None;
        }
        bytes = rest;
    }
    Some(entries)
}

/// Git sorts a directory as if its name ended in a slash.
fn encode(entries: &Entries) -> Vec<u8> {
    let mut sorted: Vec<(Vec<u8>, &Vec<u8>, &Entry)> = entries
        .iter()
        .map(|(name, entry)| {
            let mut key = name.clone();
            key.extend(entry.is_directory().then_some(b'/'));
            (key, name, entry)
        })
        .collect();
    sorted.sort_by(|(left, ..), (right, ..)| left.cmp(right));
    let mut bytes = Vec::new();
    for (_, name, entry) in sorted {
        bytes.extend_from_slice(&entry.mode);
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.extend_from_slice(&entry.id.to_bytes());
    }
    bytes
}
