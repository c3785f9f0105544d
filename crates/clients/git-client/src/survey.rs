//! A look over the whole tree of a commit before anybody walks it: how large, how deep, any name that must not be.

use crate::{Cause, Limits};
use gix::{
    ObjectId,
    objs::{Exists, FindExt, tree::EntryKind},
};
use std::collections::{BTreeMap, BTreeSet};

/// What the tree of a commit holds, counted as often as it appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// Regular files.
    pub files: u64,
    /// Directories below the root.
    pub directories: u64,
    /// Symbolic links, which `Files` does not show.
    pub symbolic_links: u64,
    /// Submodules, which `Files` does not show.
    pub submodules: u64,
    /// Entries whose names are not UTF-8, which `Files` does not show.
    pub unreadable_names: u64,
}

impl Contents {
    fn entries(&self) -> u64 {
        [self.files, self.directories, self.symbolic_links, self.submodules, self.unreadable_names]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    fn add(&mut self, other: &Self) {
        self.files = self.files.saturating_add(other.files);
        self.directories = self.directories.saturating_add(other.directories);
        self.symbolic_links = self.symbolic_links.saturating_add(other.symbolic_links);
        self.submodules = self.submodules.saturating_add(other.submodules);
        self.unreadable_names = self.unreadable_names.saturating_add(other.unreadable_names);
    }
}

/// Counts the tree `root`. A tree that stands in several places is read once, so that a small pack which unfolds into billions
/// of entries is refused quickly.
pub(crate) fn survey(objects: &gix::odb::Handle, root: ObjectId, limits: &Limits) -> Result<Contents, Cause> {
    let mut survey = Survey { objects, limits, known: BTreeMap::new() };
    survey.tree(root, 0).map(|summary| summary.contents)
}

#[derive(Debug, Clone, Copy, Default)]
struct Summary {
    contents: Contents,
    height: usize,
}

struct Survey<'a> {
    objects: &'a gix::odb::Handle,
    limits: &'a Limits,
    known: BTreeMap<ObjectId, Summary>,
}

impl Survey<'_> {
    fn tree(&mut self, id: ObjectId, depth: usize) -> Result<Summary, Cause> {
        if let Some(known) = self.known.get(&id) {
            return self.checked(*known, depth);
        }
        self.checked(Summary::default(), depth)?;
        let mut summary = Summary::default();
        for (entry, kind) in self.entries(id)? {
            let Some(kind) = kind else {
                summary.contents.unreadable_names += 1;
                continue;
            };
            match kind {
                EntryKind::Tree => {
                    let below = self.tree(entry, depth + 1)?;
                    summary.contents.add(&below.contents);
                    summary.contents.directories = summary.contents.directories.saturating_add(1);
                    summary.height = summary.height.max(below.height + 1);
                }
                EntryKind::Blob | EntryKind::BlobExecutable => summary.contents.files += 1,
                EntryKind::Link => summary.contents.symbolic_links += 1,
                EntryKind::Commit => summary.contents.submodules += 1,
            }
        }
        self.known.insert(id, summary);
        self.checked(summary, depth)
    }

    fn checked(&self, summary: Summary, depth: usize) -> Result<Summary, Cause> {
        if depth.saturating_add(summary.height) > self.limits.depth {
            return Err(Cause::Limit { what: "nested directories", limit: self.limits.depth as u64 });
        }
        if summary.contents.entries() > self.limits.entries {
            return Err(Cause::Limit { what: "files", limit: self.limits.entries });
        }
        Ok(summary)
    }

    /// The entries of one tree, without a kind where the name is not UTF-8. Every name is checked, also of those not shown.
    fn entries(&self, id: ObjectId) -> Result<Vec<(ObjectId, Option<EntryKind>)>, Cause> {
        let mut buffer = Vec::new();
        let tree = self.objects.find_tree_iter(&id, &mut buffer).map_err(|error| content(&error))?;
        let mut names = BTreeSet::new();
        let mut entries = Vec::new();
        for entry in tree {
            let entry = entry.map_err(|error| Cause::Content(format!("tree {id}: {}", crate::error::chain(&error))))?;
            let name: &[u8] = entry.filename;
            if is_forbidden(name) || !names.insert(name.to_owned()) {
                return Err(Cause::Content(format!("tree {id}: forbidden or repeated name '{}'", name.escape_ascii())));
            }
            let kind = entry.mode.kind();
            let is_file = matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable);
            if is_file && !self.objects.exists(entry.oid) {
                return Err(Cause::Content(format!("tree {id}: object {} is missing", entry.oid)));
            }
            entries.push((entry.oid.to_owned(), std::str::from_utf8(name).is_ok().then_some(kind)));
        }
        Ok(entries)
    }
}

/// Names that lead elsewhere when they become files: go-git refuses the same ones at checkout.
fn is_forbidden(name: &[u8]) -> bool {
    matches!(name, b"" | b"." | b"..") || name.contains(&b'/') || name.contains(&0) || name.eq_ignore_ascii_case(b".git")
}

pub(crate) fn content(error: &(dyn std::error::Error + 'static)) -> Cause {
    Cause::Content(crate::error::chain(error))
}

#[cfg(test)]
mod tests;
