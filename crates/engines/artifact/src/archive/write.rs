//! Writing an archive, with its digest and size.

use super::{
    BLOCK,
    header::{self, Fields, kind},
    pax,
};
use crate::{
    Algorithm, Digest, Hasher,
    ignore::{IgnoreRules, Verdict},
};
use file_tree::{EntryKind, Files, ReadError, TreePath};
use flate2::{Compression, GzBuilder, write::GzEncoder};
use std::io::{self, Write};

const DIRECTORY_MODE: u32 = 0o750;
const FILE_MODE: u32 = 0o600;
const EXECUTABLE_MODE: u32 = 0o700;

/// The longest name that a plain header holds.
const NAME_LENGTH: usize = 100;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The digest of the compressed bytes.
    pub digest: Digest,
    /// The number of compressed bytes.
    pub size: u64,
}

/// Why an archive could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The tree could not be read.
    #[error("archive {path}")]
    Read {
        /// The entry.
        path: TreePath,
        /// What went wrong.
        #[source]
        source: ReadError,
    },
    /// The archive could not be written.
    #[error("write archive")]
    Write(#[source] io::Error),
}

/// Writes the tree as a tar.gz archive, less what `rules` leave out, and says what was written.
///
/// The archive holds the root as `.`, then every directory and file in the order of a walk, names in byte order, a directory
/// before what is in it. Directories have mode 0750, files 0600 or 0700; owners and times are zero. Equal trees give equal bytes.
/// One file at a time is in memory.
pub fn write(files: &dyn Files, rules: &IgnoreRules, algorithm: Algorithm, out: &mut dyn Write) -> Result<Written, WriteError> {
    let counted = Counted { out, hasher: algorithm.hasher(), size: 0 };
    // No name, no time, "unknown" as the system: nothing of where this runs.
    let gzip = GzBuilder::new().operating_system(255).write(counted, Compression::default());
    let mut archive = Archive { gzip };
    archive.directory(files, rules)?;
    let counted = archive.finish().map_err(WriteError::Write)?;
    Ok(Written { digest: counted.hasher.finish(), size: counted.size })
}

struct Archive<'a> {
    gzip: GzEncoder<Counted<'a>>,
}

impl<'a> Archive<'a> {
    /// Writes everything. The walk keeps its own stack, so that a deep tree does not exhaust the thread's.
    fn directory(&mut self, files: &dyn Files, rules: &IgnoreRules) -> Result<(), WriteError> {
        let mut pending = vec![(TreePath::root(), EntryKind::Directory)];
        while let Some((path, kind)) = pending.pop() {
            let verdict = if path.is_root() { Verdict::Keep } else { rules.judge(&path, kind) };
            let failed = |source| WriteError::Read { path: path.clone(), source };
            match kind {
                EntryKind::Directory => {
                    if verdict == Verdict::DropAll {
                        continue;
                    }
                    if verdict == Verdict::Keep {
                        self.entry(&path, kind::DIRECTORY, DIRECTORY_MODE, &[]).map_err(WriteError::Write)?;
                    }
                    for entry in files.list(&path).map_err(failed)?.into_iter().rev() {
                        // A name that is no component of a path cannot be listed.
                        let Ok(below) = path.join(&entry.name) else { continue };
                        pending.push((below, entry.kind));
                    }
                }
                EntryKind::File { executable } if verdict == Verdict::Keep => {
                    let bytes = files.read(&path).map_err(failed)?;
                    let mode = if executable { EXECUTABLE_MODE } else { FILE_MODE };
                    self.entry(&path, kind::FILE, mode, &bytes).map_err(WriteError::Write)?;
                }
                EntryKind::File { .. } => {}
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &TreePath, kind: u8, mode: u32, bytes: &[u8]) -> io::Result<()> {
        let name = path.to_string();
        let fallback = ascii(&name);
        let (prefix, plain) = match split(&name) {
            Some(parts) => parts,
            None => {
                self.pax(&name)?;
                ("", fallback.as_str())
            }
        };
        let fields = Fields { name: plain.as_bytes(), prefix: prefix.as_bytes(), kind, mode, size: bytes.len() as u64 };
        self.gzip.write_all(&header::build(&fields))?;
        self.body(bytes)
    }

    /// Writes the PAX header that carries a name which a plain header cannot hold.
    fn pax(&mut self, name: &str) -> io::Result<()> {
        let records = pax::record("path", name);
        let own_name = match name.rsplit_once('/') {
            Some((directory, base)) => ascii(&format!("{directory}/PaxHeaders.0/{base}")),
            None => ascii(&format!("PaxHeaders.0/{name}")),
        };
        let own_name = own_name[..own_name.len().min(NAME_LENGTH)].trim_end_matches('/');
        let fields = Fields { name: own_name.as_bytes(), prefix: b"", kind: kind::PAX, mode: 0, size: records.len() as u64 };
        self.gzip.write_all(&header::build(&fields))?;
        self.body(records.as_bytes())
    }

    fn body(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.gzip.write_all(bytes)?;
        let padding = bytes.len().next_multiple_of(BLOCK) - bytes.len();
        self.gzip.write_all(&[0; BLOCK][..padding])
    }

    fn finish(mut self) -> io::Result<Counted<'a>> {
        self.gzip.write_all(&[0; 2 * BLOCK])?;
        let mut counted = self.gzip.finish()?;
        counted.flush()?;
        Ok(counted)
    }
}

/// The prefix and name by which a plain header holds a path; `None` where it cannot.
fn split(path: &str) -> Option<(&str, &str)> {
    const PREFIX: usize = 155;
    if !path.is_ascii() {
        return None;
    }
    if path.len() <= NAME_LENGTH {
        return Some(("", path));
    }
    // As Go does: at the last slash that leaves a prefix of at most the longest length.
    let end = path.len().min(PREFIX + 1);
    let slash = path[..end].rfind('/')?;
    let (prefix, name) = (&path[..slash], &path[slash + 1..]);
    (!prefix.is_empty() && !name.is_empty() && name.len() <= NAME_LENGTH).then_some((prefix, name))
}

/// What is left of a text without the characters that are not ASCII.
fn ascii(text: &str) -> String {
    text.chars().filter(char::is_ascii).collect()
}

/// Passes bytes on, hashes and counts them.
struct Counted<'a> {
    out: &'a mut dyn Write,
    hasher: Hasher,
    size: u64,
}

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
