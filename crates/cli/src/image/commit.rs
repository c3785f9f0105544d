//! The edit as a commit in the clone on disk. What is staged or changed besides stays so.

use super::authorship::Authorship;
use super::edit::Edits;
use super::origin::git_directory;
use crate::disk::{Disk, Links};
use anyhow::{Context, bail};
use file_tree::TreePath;
use git_client::WorkingTree;
use std::io::Write as _;
use std::path::Path;

/// Commits the edit of what is at `path`; prints the commit, or that there is nothing to do. The commit holds the edit of what was
/// committed before, so that changes on disk which are not committed are kept and stay uncommitted.
pub(super) fn commit(edits: &Edits, path: &Path, authorship: &Authorship) -> anyhow::Result<()> {
    let absolute = path.canonicalize().with_context(|| format!("open '{}'", path.display()))?;
    let tree = WorkingTree::open(&git_directory(&absolute)?)?;
    let root = tree.root();
    let within =
        absolute.strip_prefix(root).with_context(|| format!("'{}' is not below '{}'", path.display(), root.display()))?;
    let Some(within) = within.to_str() else { bail!("'{}' is not UTF-8", absolute.display()) };
    let within = TreePath::parse(within)?;
    let on_disk = edits.apply(&Disk::new(root, Links::Confined), &within, |problem| eprintln!("Warning: {problem}"))?;
    let committed = edits.apply(tree.head(), &within, |_| {});
    let committed = committed.with_context(|| format!("change what is committed as {}", tree.head().commit.id))?;
    match tree.commit(authorship.edit(committed), &on_disk)? {
        Some(commit) => writeln!(std::io::stdout(), "{commit}")?,
        None => eprintln!("Nothing to change on top of {}", tree.head().commit.id),
    }
    Ok(())
}
