//! The files of a chart's directory, without those that `.helmignore` names.

use file_tree::{EntryKind, Files, TreePath};

use super::ignore::{Entry, Rules};
use super::{Limits, LoadError, Session};
use crate::chart::Chart;
use crate::file::File;

/// The file with the rules, at the root of a chart.
const IGNORE_FILE: &str = ".helmignore";

/// Loads a chart from a directory of a tree.
///
/// # Errors
/// [`LoadError`], for the first thing that is wrong.
pub fn load_directory(files: &dyn Files, directory: &TreePath, limits: &Limits) -> Result<Chart, LoadError> {
    let mut walk = Walk { files, root: directory, rules: Rules::default(), found: Vec::new(), bytes_left: limits.bytes, limits };
    if let Ok(path) = directory.join(IGNORE_FILE)
        && let Some(EntryKind::File { .. }) = files.kind(&path).map_err(failed(IGNORE_FILE))?
    {
        walk.rules = Rules::parse(&files.read(&path).map_err(failed(IGNORE_FILE))?)?;
    }
    walk.descend(directory, limits.depth)?;
    let mut session = Session { limits, nested_bytes_left: limits.nested_bytes, charts_left: limits.charts };
    session.load(walk.found, 0)
}

fn failed(path: &str) -> impl FnOnce(file_tree::ReadError) -> LoadError {
    let path = path.to_owned();
    move |source| LoadError::Read { path, source }
}

struct Walk<'w> {
    files: &'w dyn Files,
    root: &'w TreePath,
    rules: Rules,
    found: Vec<File>,
    bytes_left: u64,
    limits: &'w Limits,
}

impl Walk<'_> {
    fn descend(&mut self, directory: &TreePath, levels: usize) -> Result<(), LoadError> {
        let Some(levels) = levels.checked_sub(1) else { return Err(LoadError::TooDeep(self.limits.depth)) };
        let entries = self.files.list(directory).map_err(failed(self.name(directory)))?;
        for entry in entries {
            // A name that the tree lists can be joined.
            let path = directory.join(&entry.name).unwrap_or_default();
            let kind = if entry.kind == EntryKind::Directory { Entry::Directory } else { Entry::File };
            if self.rules.ignore(self.name(&path), kind) {
                continue;
            }
            match kind {
                Entry::Directory => self.descend(&path, levels)?,
                Entry::File => self.read(&path)?,
            }
        }
        Ok(())
    }

    fn read(&mut self, path: &TreePath) -> Result<(), LoadError> {
        let name = self.name(path).to_owned();
        let data = self.files.read(path).map_err(failed(&name))?;
        let left = self.bytes_left.checked_sub(data.len() as u64);
        self.bytes_left = left.ok_or_else(|| LoadError::TooLarge { path: name.clone(), limit: self.limits.bytes })?;
        if self.found.len() >= self.limits.files {
            return Err(LoadError::TooManyFiles(self.limits.files));
        }
        self.found.push(File::new(name, data));
        Ok(())
    }

    /// The path below the chart's root.
    fn name<'p>(&self, path: &'p TreePath) -> &'p str {
        path.as_str()[self.root.as_str().len()..].trim_start_matches('/')
    }
}
