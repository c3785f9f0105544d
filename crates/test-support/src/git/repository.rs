//! A bare repository built by the real Git, commit by commit, with fixed names and dates: the same calls give the same commit ids.

use super::command::{CommandError, git};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Seconds since 1970 of the first commit; each further commit or tag is a minute later.
const FIRST_COMMIT: u64 = 1_700_000_000;

/// A bare repository. Clones share it.
#[derive(Debug, Clone)]
pub struct Repository {
    path: PathBuf,
    clock: Arc<AtomicU64>,
}

impl Repository {
    /// Creates an empty bare repository at `path` whose `HEAD` names the branch `main`.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self, CommandError> {
        let path = path.into();
        std::fs::create_dir_all(&path).map_err(|source| CommandError::file(&path, source))?;
        git(&path, &["init", "--quiet", "--bare", "--initial-branch=main", "--template=", "."], b"")?;
        let repository = Self { path, clock: Arc::new(AtomicU64::new(FIRST_COMMIT)) };
        // Hosting services allow what Flux relies on: a commit by its id, and pushes over HTTP with credentials.
        for (key, value) in [
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("uploadpack.allowFilter", "true"),
            ("http.receivepack", "true"),
            ("gc.auto", "0"),
        ] {
            repository.git(&["config", key, value])?;
        }
        Ok(repository)
    }

    /// Where the repository is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Starts a commit on `main` on top of what is there.
    pub fn commit(&self, message: &str) -> Commit<'_> {
        Commit { repository: self, message: message.to_owned(), branch: "main".to_owned(), time: None, changes: Vec::new() }
    }

    /// One file in one commit on `main`; returns the commit id.
    pub fn commit_file(&self, path: &str, content: impl AsRef<[u8]>) -> Result<String, CommandError> {
        self.commit(&format!("Change {path}")).file(path, content).create()
    }

    /// Points a branch at a commit, creating or moving it.
    pub fn branch(&self, name: &str, target: &str) -> Result<(), CommandError> {
        self.reference(&format!("refs/heads/{name}"), target)
    }

    /// Points any full reference name, such as `refs/pull/1/head`, at a commit.
    pub fn reference(&self, name: &str, target: &str) -> Result<(), CommandError> {
        self.git(&["update-ref", name, target]).map(drop)
    }

    /// Removes a full reference name.
    pub fn delete_reference(&self, name: &str) -> Result<(), CommandError> {
        self.git(&["update-ref", "-d", name]).map(drop)
    }

    /// A lightweight tag, created or moved.
    pub fn tag(&self, name: &str, target: &str) -> Result<(), CommandError> {
        self.git(&["tag", "--force", name, target]).map(drop)
    }

    /// An annotated tag, created or moved, a minute younger than what came before it; returns the id of the tag object.
    pub fn annotated_tag(&self, name: &str, target: &str, message: &str) -> Result<String, CommandError> {
        let time = self.tick();
        let object =
            format!("object {target}\ntype commit\ntag {name}\ntagger Weir <weir@example.com> {time} +0000\n\n{message}\n");
        let id = git(&self.path, &["mktag"], object.as_bytes())?;
        self.reference(&format!("refs/tags/{name}"), &id)?;
        Ok(id)
    }

    /// Points `HEAD` at another branch, which need not exist.
    pub fn set_default_branch(&self, name: &str) -> Result<(), CommandError> {
        self.git(&["symbolic-ref", "HEAD", &format!("refs/heads/{name}")]).map(drop)
    }

    /// The id that any revision expression stands for.
    pub fn resolve(&self, revision: &str) -> Result<String, CommandError> {
        self.git(&["rev-parse", "--verify", revision])
    }

    /// Runs any other Git command in the repository; returns what it printed, trimmed.
    pub fn git(&self, arguments: &[&str]) -> Result<String, CommandError> {
        git(&self.path, arguments, b"")
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(60, Ordering::Relaxed)
    }
}

/// A commit in the making: a branch, a message and changes to the tree of the branch's tip.
#[derive(Debug)]
#[must_use = "a commit is made by create()"]
pub struct Commit<'a> {
    repository: &'a Repository,
    message: String,
    branch: String,
    time: Option<u64>,
    changes: Vec<Change>,
}

#[derive(Debug)]
enum Change {
    Blob { mode: &'static str, path: String, content: Vec<u8> },
    Submodule { path: String, commit: String },
    Remove { path: String },
    RemoveAll,
}

impl Commit<'_> {
    /// Commits to this branch rather than `main`; it is created without a parent where it does not exist.
    pub fn on(mut self, branch: &str) -> Self {
        branch.clone_into(&mut self.branch);
        self
    }

    /// Sets the committer's time, in seconds since 1970.
    pub fn at(mut self, seconds: u64) -> Self {
        self.time = Some(seconds);
        self
    }

    /// Adds or replaces a file.
    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.blob("100644", path, content.as_ref())
    }

    /// Adds or replaces an executable file.
    pub fn executable(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.blob("100755", path, content.as_ref())
    }

    /// Adds or replaces every file of a directory on disk, with its path below that directory.
    pub fn directory(mut self, directory: &Path) -> Result<Self, CommandError> {
        let mut pending = vec![directory.to_owned()];
        while let Some(current) = pending.pop() {
            let unreadable = |source| CommandError::file(&current, source);
            for entry in std::fs::read_dir(&current).map_err(unreadable)? {
                let path = entry.map_err(unreadable)?.path();
                if path.is_dir() {
                    pending.push(path);
                } else if let Ok(name) = path.strip_prefix(directory) {
                    let content = std::fs::read(&path).map_err(|source| CommandError::file(&path, source))?;
                    self = self.file(&name.display().to_string(), content);
                }
            }
        }
        Ok(self)
    }

    /// Adds or replaces a symbolic link.
    pub fn symlink(self, path: &str, target: &str) -> Self {
        self.blob("120000", path, target.as_bytes())
    }

    /// Adds a submodule's entry, which names a commit of another repository; `.gitmodules` is an ordinary file.
    pub fn submodule(mut self, path: &str, commit: &str) -> Self {
        self.changes.push(Change::Submodule { path: path.to_owned(), commit: commit.to_owned() });
        self
    }

    /// Removes a file or a whole directory.
    pub fn remove(mut self, path: &str) -> Self {
        self.changes.push(Change::Remove { path: path.to_owned() });
        self
    }

    /// Removes everything that is there so far.
    pub fn clear(mut self) -> Self {
        self.changes.push(Change::RemoveAll);
        self
    }

    /// Makes the commit; returns its id.
    pub fn create(self) -> Result<String, CommandError> {
        let time = self.time.unwrap_or_else(|| self.repository.tick());
        let reference = format!("refs/heads/{}", self.branch);
        let mut stream = Vec::new();
        line(&mut stream, &format!("commit {reference}"));
        line(&mut stream, "mark :1");
        line(&mut stream, &format!("author Weir <weir@example.com> {time} +0000"));
        line(&mut stream, &format!("committer Weir <weir@example.com> {time} +0000"));
        data(&mut stream, self.message.as_bytes());
        if self.repository.git(&["rev-parse", "--quiet", "--verify", &reference]).is_ok() {
            line(&mut stream, &format!("from {reference}^0"));
        }
        for change in &self.changes {
            match change {
                Change::Blob { mode, path, content } => {
                    line(&mut stream, &format!("M {mode} inline {}", quoted(path)));
                    data(&mut stream, content);
                }
                Change::Submodule { path, commit } => line(&mut stream, &format!("M 160000 {commit} {}", quoted(path))),
                Change::Remove { path } => line(&mut stream, &format!("D {}", quoted(path))),
                Change::RemoveAll => line(&mut stream, "deleteall"),
            }
        }
        line(&mut stream, "get-mark :1");
        line(&mut stream, "done");
        git(&self.repository.path, &["fast-import", "--quiet", "--done", "--force"], &stream)
    }

    fn blob(mut self, mode: &'static str, path: &str, content: &[u8]) -> Self {
        self.changes.push(Change::Blob { mode, path: path.to_owned(), content: content.to_owned() });
        self
    }
}

/// A path as `git fast-import` reads it: quoted, so that blanks and quotes are taken as they are.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn line(stream: &mut Vec<u8>, text: &str) {
    stream.extend_from_slice(text.as_bytes());
    stream.push(b'\n');
}

fn data(stream: &mut Vec<u8>, content: &[u8]) {
    line(stream, &format!("data {}", content.len()));
    stream.extend_from_slice(content);
    stream.push(b'\n');
}
