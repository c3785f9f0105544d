//! Which files of a source stay out of its artifact: `.sourceignore` files, `spec.ignore` and the defaults.
//!
//! The grammar is that of `.gitignore` as Flux's matcher reads it, which differs from Git's own in two ways that users meet: the
//! first place where a name after `**` matches decides, and a directory that is left out does not keep its children out of an
//! inclusion's reach. Matching takes time linear in the length of the path for each pattern.

mod glob;
mod pattern;

use file_tree::{EntryKind, Files, ReadError, TreePath};
use pattern::{Match, Pattern};
use std::collections::BTreeMap;

/// The name of the files that hold patterns.
pub const IGNORE_FILE: &str = ".sourceignore";

/// The largest file of patterns that is read, in bytes.
pub const IGNORE_FILE_LIMIT: usize = 1 << 20;

/// The most patterns that are obeyed, over all files.
pub const PATTERN_LIMIT: usize = 20_000;

const VERSION_CONTROL: &[&str] = &[".git/", ".gitignore", ".gitmodules", ".gitattributes"];

const DEFAULTS: &[&str] = &[
    "*.jpg",
    "*.jpeg",
    "*.gif",
    "*.png",
    "*.wmv",
    "*.flv",
    "*.tar.gz",
    "*.zip",
    ".github/",
    ".circleci/",
    ".travis.yml",
    ".gitlab-ci.yml",
    "appveyor.yml",
    ".drone.yml",
    "cloudbuild.yaml",
    "codeship-services.yml",
    "codeship-steps.yml",
    "**/.goreleaser.yml",
    "**/.sops.yaml",
    "**/.flux.yaml",
];

/// A line longer than this ends a file of patterns, as Go's line scanner has it.
const LINE_LIMIT: usize = 64 * 1024;

/// What becomes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes into the artifact.
    Keep,
    /// It stays out; something below it may still go in.
    Drop,
    /// It stays out with all that is below it.
    DropAll,
}

/// Why the rules of a source could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IgnoreError {
    /// The tree could not be read.
    #[error("read ignore patterns of {directory}")]
    Read {
        /// The directory that was looked at.
        directory: TreePath,
        /// What went wrong.
        #[source]
        source: ReadError,
    },
    /// A file of patterns is larger than [`IGNORE_FILE_LIMIT`].
    #[error("{0} is larger than {IGNORE_FILE_LIMIT} bytes")]
    FileTooLarge(TreePath),
    /// There are more than [`PATTERN_LIMIT`] patterns.
    #[error("more than {PATTERN_LIMIT} ignore patterns")]
    TooManyPatterns,
}

/// The rules of one source. Later patterns win over earlier ones: defaults, then the files from the root downward, then
/// `spec.ignore`.
#[derive(Debug, Clone, Default)]
pub struct IgnoreRules {
    before: Vec<Pattern>,
    /// The patterns of each file, by the directory they apply to.
    files: BTreeMap<TreePath, Vec<Pattern>>,
    after: Vec<Pattern>,
}

impl IgnoreRules {
    /// Rules that keep everything.
    pub fn none() -> Self {
        Self::default()
    }

    /// The rules of a tree: its `.sourceignore` files and `spec_ignore`.
    ///
    /// Where these hold no pattern at all, the defaults apply: version control's files, media, archives and the files of CI
    /// systems. Otherwise only version control's files are left out on top.
    pub fn load(files: &dyn Files, spec_ignore: Option<&str>) -> Result<Self, IgnoreError> {
        let found = read_files(files)?;
        Self::new(found, spec_ignore)
    }

    /// The rules of a tree whose `.sourceignore` files are known: their texts by directory.
    pub fn new(texts: BTreeMap<TreePath, String>, spec_ignore: Option<&str>) -> Result<Self, IgnoreError> {
        let mut files: BTreeMap<TreePath, Vec<Pattern>> =
            texts.into_iter().map(|(directory, text)| (directory, parse(&text))).collect();
        files.retain(|_, patterns| !patterns.is_empty());
        let after = spec_ignore.map(parse).unwrap_or_default();
        if files.values().map(Vec::len).sum::<usize>() + after.len() > PATTERN_LIMIT {
            return Err(IgnoreError::TooManyPatterns);
        }
        let mut before: Vec<Pattern> = VERSION_CONTROL.iter().copied().map(Pattern::parse).collect();
        if files.is_empty() && after.is_empty() {
            before.extend(DEFAULTS.iter().copied().map(Pattern::parse));
        }
        Ok(Self { before, files, after })
    }

    /// The same without the defaults and version control's files, as buckets have them.
    #[must_use]
    pub fn without_defaults(self) -> Self {
        Self { before: Vec::new(), ..self }
    }

    /// What becomes of an entry. The root is always kept. What is named `.git` is always left out with all below it.
    pub fn judge(&self, path: &TreePath, kind: EntryKind) -> Verdict {
        if path.components().any(|name| name == ".git") {
            return Verdict::DropAll;
        }
        let names: Vec<&str> = path.components().collect();
        let is_directory = kind == EntryKind::Directory;
        // Whether an inclusion that wins over the deciding pattern may apply further down.
        let mut inclusion_follows = false;
        for (depth, patterns) in self.by_weight(&names) {
            for pattern in patterns.iter().rev() {
                match pattern.matches(&names[depth..], is_directory) {
                    Match::Include => return Verdict::Keep,
                    Match::Exclude if inclusion_follows || !is_directory || self.includes_below(path) => return Verdict::Drop,
                    Match::Exclude => return Verdict::DropAll,
                    Match::None => inclusion_follows |= pattern.is_inclusion(),
                }
            }
        }
        Verdict::Keep
    }

    /// The patterns that apply to a path, heaviest first, each with the number of names that its domain takes away.
    fn by_weight<'a>(&'a self, names: &[&str]) -> impl Iterator<Item = (usize, &'a [Pattern])> + use<'a> {
        let mut files: Vec<(usize, &[Pattern])> = Vec::new();
        if !self.files.is_empty() {
            let mut directory = TreePath::root();
            for (depth, name) in names.iter().enumerate() {
                if let Some(patterns) = self.files.get(&directory) {
                    files.push((depth, patterns));
                }
                let Ok(next) = directory.join(name) else { break };
                directory = next;
            }
        }
        let whole = |patterns: &'a Vec<Pattern>| std::iter::once((0, patterns.as_slice()));
        whole(&self.after).chain(files.into_iter().rev()).chain(whole(&self.before))
    }

    /// Whether a file of patterns in a directory or below it has an inclusion.
    fn includes_below(&self, directory: &TreePath) -> bool {
        let below = self.files.range(directory..).take_while(|(path, _)| path.as_str().starts_with(directory.as_str()));
        below.flat_map(|(_, patterns)| patterns).any(Pattern::is_inclusion)
    }
}

fn parse(text: &str) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for line in text.split('\n') {
        if line.len() >= LINE_LIMIT {
            break;
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        if !line.starts_with('#') && !line.trim().is_empty() {
            patterns.push(Pattern::parse(line));
        }
    }
    patterns
}

fn read_files(files: &dyn Files) -> Result<BTreeMap<TreePath, String>, IgnoreError> {
    let mut found = BTreeMap::new();
    let mut pending = vec![TreePath::root()];
    while let Some(directory) = pending.pop() {
        let failed = |source| IgnoreError::Read { directory: directory.clone(), source };
        for entry in files.list(&directory).map_err(failed)? {
            // A name that is no component cannot be listed; such an entry is not one of ours.
            let Ok(path) = directory.join(&entry.name) else { continue };
            match entry.kind {
                EntryKind::Directory if entry.name != ".git" => pending.push(path),
                EntryKind::File { .. } if entry.name == IGNORE_FILE => {
                    let bytes = files.read(&path).map_err(failed)?;
                    if bytes.len() > IGNORE_FILE_LIMIT {
                        return Err(IgnoreError::FileTooLarge(path));
                    }
                    found.insert(directory.clone(), String::from_utf8_lossy(&bytes).into_owned());
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
