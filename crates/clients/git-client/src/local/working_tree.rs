//! A commit in a clone: some files change in the commit, the index and on disk, and nothing else of any of them.

use super::{AnyError, LocalError, failed};
use crate::{
    Checkout, Edit, Limits,
    checkout::Found,
    pack::Store,
    publish::next_commit,
    references::{from_gix, to_gix},
};
use bytes::Bytes;
use file_tree::TreePath;
use git_model::{
    ObjectId,
    write::{FileEdit, NewObject, ObjectKind},
};
use gix::{
    index::{File as Index, entry::Stage},
    lock,
    objs::Write as _,
    refs::{
        Target,
        transaction::{PreviousValue, RefEdit},
    },
};
use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
};

/// Why a clone is not in a state in which it can be committed to without disturbing anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no files.
    #[error("the repository is bare")]
    Bare,
    /// Ids of another length.
    #[error("only repositories with SHA-1 object ids can be committed to")]
    ObjectFormat,
    /// A merge, rebase, cherry-pick, revert, bisect or application of patches is not finished.
    #[error("an operation is in progress ({0}); finish it first")]
    InProgress(String),
    /// The index is split or sparse.
    #[error("the index is split or sparse, which is not supported")]
    Index,
    /// What is staged of a file is not what is committed, so that a new commit of it would take along or lose what was staged.
    #[error("'{0}' has staged changes; commit or unstage them first")]
    Staged(TreePath),
}

/// A clone with files, and the commit that is checked out in it.
pub struct WorkingTree {
    repository: gix::Repository,
    root: PathBuf,
    head: Checkout,
}

impl WorkingTree {
    /// Opens the clone whose data, `.git` mostly, are in `directory`.
    ///
    /// # Errors
    /// When there is none, or none with a commit; a [`Refusal`] is the source where it can never be committed to.
    pub fn open(directory: &Path) -> Result<Self, LocalError> {
        open(directory).map_err(failed("read the commit that is checked out", directory))
    }

    /// Where its files are.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The commit that is checked out.
    pub fn head(&self) -> &Checkout {
        &self.head
    }

    /// Commits `edit` on top of what is checked out, on its branch, and writes `files`, what the edited files become on disk: the
    /// same, unless they hold changes that are not committed. Everything else that is staged or changed stays so. Nothing is
    /// committed where the edit changes no file; `files` are written all the same.
    ///
    /// The index is locked meanwhile, and changes before the branch does: what is interrupted in between is staged.
    ///
    /// # Errors
    /// When something cannot be read or written, or the branch moved meanwhile; a [`Refusal`] is the source where nothing was done.
    pub fn commit(&self, edit: Edit, files: &BTreeMap<TreePath, Bytes>) -> Result<Option<ObjectId>, LocalError> {
        self.act(edit, files).map_err(failed("commit", self.repository.git_dir()))
    }

    fn act(&self, edit: Edit, files: &BTreeMap<TreePath, Bytes>) -> Result<Option<ObjectId>, AnyError> {
        if let Some(state) = self.repository.state() {
            return Err(Refusal::InProgress(format!("{state:?}")).into());
        }
        let path = self.repository.index_path();
        let lock = lock::File::acquire_to_update_resource(&path, lock::acquire::Fail::Immediately, None, 0)?;
        let index = self.repository.open_index()?;
        if index.is_sparse() || index.link().is_some() {
            return Err(Refusal::Index.into());
        }
        let staged = self.staged(&index, &edit.files)?;
        let Some((commit, objects)) = next_commit(&self.head, edit)? else {
            return self.write_files(files).map(|()| None);
        };
        let object = commit.object(None);
        self.write_files(files)?;
        for new in objects.iter().chain([&object]) {
            self.write_object(new)?;
        }
        self.stage(index, lock, &staged, files)?;
        let subject = commit.message.lines().next().unwrap_or_default();
        self.advance(&object, subject)?;
        Ok(Some(object.id))
    }

    /// The files that change, with the position of each in the index and its new content. Each must be there as it is committed.
    fn staged(&self, index: &Index, edits: &BTreeMap<String, FileEdit>) -> Result<Vec<(usize, NewFile)>, AnyError> {
        let mut staged = Vec::new();
        for (name, edit) in edits {
            let path = TreePath::parse(name)?;
            let position = index.entry_index_by_path_and_stage(name.as_str().into(), Stage::Unconflicted);
            let committed = self.head.file_id(&path)?;
            let (Some(position), FileEdit::Write(content)) = (position, edit) else { return Err(Refusal::Staged(path).into()) };
            if Some(index.entry(position).id) != committed {
                return Err(Refusal::Staged(path).into());
            }
            staged.push((position, NewFile { path, content: content.clone() }));
        }
        Ok(staged)
    }

    fn write_files(&self, files: &BTreeMap<TreePath, Bytes>) -> Result<(), AnyError> {
        for (path, content) in files {
            std::fs::write(self.root.join(path.as_str()), content)?;
        }
        Ok(())
    }

    fn write_object(&self, object: &NewObject) -> Result<(), AnyError> {
        let kind = match object.kind {
            ObjectKind::Commit => gix::objs::Kind::Commit,
            ObjectKind::Tree => gix::objs::Kind::Tree,
            ObjectKind::Blob => gix::objs::Kind::Blob,
        };
        self.repository.objects.write_buf(kind, &object.bytes)?;
        Ok(())
    }

    /// Writes the index with the new contents. A file that is on disk as it is committed gets the marks by which Git sees so.
    fn stage(
        &self,
        mut index: Index,
        mut lock: lock::File,
        staged: &[(usize, NewFile)],
        files: &BTreeMap<TreePath, Bytes>,
    ) -> Result<(), AnyError> {
        for (position, NewFile { path, content }) in staged {
            let id = NewObject::new(ObjectKind::Blob, content.clone()).id;
            let entry = &mut index.entries_mut()[*position];
            entry.id = to_gix(&id).ok_or(Refusal::ObjectFormat)?;
            // Without them Git compares contents.
            entry.stat = gix::index::entry::Stat::default();
            if files.get(path) == Some(content) {
                let metadata = gix::index::fs::Metadata::from_path_no_follow(&self.root.join(path.as_str()))?;
                entry.stat = gix::index::entry::Stat::from_fs(&metadata)?;
            }
        }
        // It caches the trees of what was staged.
        index.remove_tree();
        let mut bytes = Vec::new();
        index.write_to(&mut bytes, gix::index::write::Options::default())?;
        lock.with_mut(|file| file.write_all(&bytes))?;
        lock.commit().map_err(|error| error.error)?;
        Ok(())
    }

    /// Moves the branch that is checked out, if it is where it was.
    fn advance(&self, commit: &NewObject, subject: &str) -> Result<(), AnyError> {
        let [new, old] = [&commit.id, &self.head.commit.id].map(|id| to_gix(id).ok_or(Refusal::ObjectFormat));
        let expected = PreviousValue::MustExistAndMatch(Target::Object(old?));
        let log: String = subject.chars().filter(|character| !character.is_control()).collect();
        let edit = RefEdit::update("HEAD".try_into()?, new?, expected, format!("commit: {log}")).with_deref(true);
        let committer = gix::actor::SignatureRef::from_bytes(committer(&commit.bytes))?;
        self.repository.edit_references_as([edit], Some(committer))?;
        Ok(())
    }
}

/// What a file becomes in the commit.
struct NewFile {
    path: TreePath,
    content: Bytes,
}

/// The committer of a commit, as it is written there.
fn committer(commit: &[u8]) -> &[u8] {
    let lines = commit.split(|byte| *byte == b'\n');
    lines.filter_map(|line| line.strip_prefix(b"committer ")).next().unwrap_or_default()
}

fn open(directory: &Path) -> Result<WorkingTree, AnyError> {
    let repository = gix::open_opts(directory, gix::open::Options::isolated())?;
    if repository.object_hash() != gix::hash::Kind::Sha1 {
        return Err(Refusal::ObjectFormat.into());
    }
    let root = repository.workdir().ok_or(Refusal::Bare)?.canonicalize()?;
    let id = repository.head_id()?.detach();
    let limits = Limits::default();
    let store = Store::open(&repository.common_dir().join("objects"), &limits)?;
    let found = Found { id, wants_tag: false, asked_for: from_gix(id).to_string() };
    Ok(WorkingTree { root, head: Checkout::open(store, &found, &limits)?, repository })
}
