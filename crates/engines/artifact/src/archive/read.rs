//! Reading an archive that nobody vouches for.

use super::{
    BLOCK,
    header::{Header, kind},
    pax,
};
use bytes::Bytes;
use file_tree::{EntryKind, FileTree, InsertError, TreePath};
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};

/// How much an archive may hold. Each number is the most that is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the compressed file.
    pub compressed: u64,
    /// Bytes of the decompressed archive, with its headers.
    pub decompressed: u64,
    /// Entries of any kind.
    pub entries: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Decompressed bytes for each compressed one, once [`Limits::RATIO_FROM`] bytes were decompressed.
    pub ratio: u64,
    /// Components of one path.
    pub depth: usize,
}

impl Limits {
    /// Below this many decompressed bytes any ratio is accepted: short repetitive manifests compress well.
    pub const RATIO_FROM: u64 = 16 << 20;
}

impl Default for Limits {
    fn default() -> Self {
        Self { compressed: 256 << 20, decompressed: 1 << 30, entries: 500_000, file: 256 << 20, ratio: 250, depth: 200 }
    }
}

/// Why an archive is not accepted. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is larger than it may be.
    #[error("archive of {size} bytes is bigger than max archive size of {limit} bytes")]
    CompressedSize {
        /// The size of the file.
        size: u64,
        /// The most that is accepted.
        limit: u64,
    },
    /// The archive decompresses to more than it may.
    #[error("archive decompresses to more than {limit} bytes")]
    DecompressedSize {
        /// The most that is accepted.
        limit: u64,
    },
    /// The archive decompresses to far more than its own size.
    #[error("archive decompresses to more than {limit} times its size")]
    Ratio {
        /// The most that is accepted.
        limit: u64,
    },
    /// There are more entries than there may be.
    #[error("archive has more than {limit} entries")]
    Entries {
        /// The most that is accepted.
        limit: u64,
    },
    /// One file is larger than it may be.
    #[error("archive entry {name:?} of {size} bytes is bigger than {limit} bytes")]
    FileSize {
        /// The entry.
        name: String,
        /// The size it claims.
        size: u64,
        /// The most that is accepted.
        limit: u64,
    },
    /// The file is not gzip, is damaged or ends early.
    #[error("decompress archive")]
    Gzip(#[source] io::Error),
    /// The archive ends within an entry or without its end mark.
    #[error("archive ends early, after {0} bytes")]
    Truncated(u64),
    /// A header or its records are malformed, or say different things about the same.
    #[error("archive header at byte {offset} is malformed: {what}")]
    Header {
        /// Where the header begins in the decompressed archive.
        offset: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A name leads out of the tree or cannot be a file's.
    #[error("archive contains invalid name {0:?}")]
    Name(String),
    /// An entry is a device, a pipe or the like.
    #[error("archive entry {name:?} has unsupported type {kind:?}")]
    Kind {
        /// The entry.
        name: String,
        /// The letter of its type.
        kind: char,
    },
    /// Two entries claim the same path.
    #[error("archive entry {name:?} cannot be added")]
    Conflict {
        /// The second entry.
        name: String,
        /// What it conflicts with.
        #[source]
        source: InsertError,
    },
}

/// Reads a tar.gz archive into a tree.
///
/// Links are skipped and lead nowhere. Devices, pipes and sparse files, names that are absolute or hold `..`, a backslash or a
/// NUL, files that appear twice, headers that contradict themselves, and archives that end early are errors. Of the modes only
/// the executable bits of files count.
pub fn read(compressed: &[u8], limits: &Limits) -> Result<FileTree, ReadError> {
    let size = compressed.len() as u64;
    if size > limits.compressed {
        return Err(ReadError::CompressedSize { size, limit: limits.compressed });
    }
    let ratio_limit = size.saturating_mul(limits.ratio).max(Limits::RATIO_FROM);
    let mut source = Source { gzip: MultiGzDecoder::new(compressed), position: 0, ratio_limit, limits };
    let mut tree = FileTree::new();
    let mut names = Names::default();
    let mut entries = 0;
    while let Some((offset, header)) = source.header()? {
        entries += 1;
        if entries > limits.entries {
            return Err(ReadError::Entries { limit: limits.entries });
        }
        entry(&mut source, &mut tree, &mut names, &Located { offset, header })?;
    }
    source.drain()?;
    Ok(tree)
}

struct Located {
    offset: u64,
    header: Header,
}

impl Located {
    fn malformed(&self, what: &'static str) -> ReadError {
        ReadError::Header { offset: self.offset, what }
    }
}

/// What the headers before an entry say about it.
#[derive(Default)]
struct Names {
    pax: Option<pax::Records>,
    gnu: Option<Vec<u8>>,
}

/// Metadata that comes as the body of an entry of its own may be this large, as in Go.
const METADATA_LIMIT: u64 = 1 << 20;

fn entry(source: &mut Source<'_>, tree: &mut FileTree, names: &mut Names, here: &Located) -> Result<(), ReadError> {
    let size = here.header.size().ok_or_else(|| here.malformed("size"))?;
    match here.header.kind() {
        kind::PAX => {
            let body = source.metadata(size, here)?;
            let records = pax::parse(&body).ok_or_else(|| here.malformed("PAX records"))?;
            if names.pax.replace(records).is_some() {
                return Err(here.malformed("two PAX headers for one entry"));
            }
            Ok(())
        }
        kind::GLOBAL_PAX => {
            let body = source.metadata(size, here)?;
            match pax::parse(&body) {
                Some(records) if records == pax::Records::default() => Ok(()),
                _ => Err(here.malformed("global PAX records")),
            }
        }
        kind::GNU_LONG_NAME => {
            let mut body = source.metadata(size, here)?;
            body.truncate(body.iter().position(|byte| *byte == 0).unwrap_or(body.len()));
            if names.gnu.replace(body).is_some() {
                return Err(here.malformed("two long names for one entry"));
            }
            Ok(())
        }
        kind::GNU_LONG_LINK => source.metadata(size, here).map(drop),
        _ => {
            let names = std::mem::take(names);
            object(source, tree, names, here)
        }
    }
}

/// Adds a file or directory.
fn object(source: &mut Source<'_>, tree: &mut FileTree, names: Names, here: &Located) -> Result<(), ReadError> {
    let size = here.header.size().ok_or_else(|| here.malformed("size"))?;
    let records = names.pax.unwrap_or_default();
    if records.size.is_some_and(|stated| stated != size) {
        return Err(here.malformed("two different sizes"));
    }
    if records.path.is_some() && names.gnu.is_some() {
        return Err(here.malformed("two long names for one entry"));
    }
    let raw = records.path.or(names.gnu).unwrap_or_else(|| here.header.name());
    let ends_in_slash = raw.ends_with(b"/");
    let name = String::from_utf8(raw).map_err(|error| ReadError::Name(String::from_utf8_lossy(error.as_bytes()).into_owned()))?;
    let letter = here.header.kind();
    if records.sparse {
        return Err(ReadError::Kind { name, kind: 'S' });
    }
    let is_directory = letter == kind::DIRECTORY || (letter == kind::OLD_FILE && ends_in_slash);
    match letter {
        kind::DIRECTORY | kind::HARD_LINK | kind::SYMBOLIC_LINK if size != 0 => {
            Err(here.malformed("size of what has no content"))
        }
        kind::HARD_LINK | kind::SYMBOLIC_LINK => Ok(()),
        _ if is_directory => {
            let path = path(&name, source.limits)?;
            tree.insert_directory(&path).map_err(|conflict| ReadError::Conflict { name, source: conflict })
        }
        kind::FILE | kind::OLD_FILE | kind::CONTIGUOUS_FILE => {
            let path = path(&name, source.limits)?;
            if size > source.limits.file {
                return Err(ReadError::FileSize { name, size, limit: source.limits.file });
            }
            let bytes = Bytes::from(source.body(size)?);
            let kind = EntryKind::File { executable: here.header.executable() };
            tree.insert_file(&path, bytes, kind).map_err(|conflict| ReadError::Conflict { name, source: conflict })
        }
        letter => Err(ReadError::Kind { name, kind: char::from(letter) }),
    }
}

fn path(name: &str, limits: &Limits) -> Result<TreePath, ReadError> {
    let invalid = || ReadError::Name(name.to_owned());
    if name.is_empty() || name.contains(['\\', '\0']) || name.split('/').any(|component| component == "..") {
        return Err(invalid());
    }
    // Refuses absolute names.
    let path = TreePath::parse(name).map_err(|_| invalid())?;
    if path.components().count() > limits.depth { Err(invalid()) } else { Ok(path) }
}

/// The decompressed archive, read forward within limits.
struct Source<'a> {
    gzip: MultiGzDecoder<&'a [u8]>,
    position: u64,
    ratio_limit: u64,
    limits: &'a Limits,
}

impl Source<'_> {
    /// Reads up to the length of `buffer`; fewer bytes only at the end.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let mut filled = 0;
        while filled < buffer.len() {
            let count = match self.gzip.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ReadError::Gzip(error)),
            };
            filled += count;
            self.position += count as u64;
            if self.position > self.limits.decompressed {
                return Err(ReadError::DecompressedSize { limit: self.limits.decompressed });
            }
            if self.position > self.ratio_limit {
                return Err(ReadError::Ratio { limit: self.limits.ratio });
            }
        }
        Ok(filled)
    }

    fn block(&mut self) -> Result<[u8; BLOCK], ReadError> {
        let mut block = [0; BLOCK];
        match self.fill(&mut block)? {
            BLOCK => Ok(block),
            _ => Err(ReadError::Truncated(self.position)),
        }
    }

    /// The next header and where it begins; `None` at the mark of the end, a block of zeros.
    fn header(&mut self) -> Result<Option<(u64, Header)>, ReadError> {
        let offset = self.position;
        let block = self.block()?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        match Header::parse(block) {
            Some(header) => Ok(Some((offset, header))),
            None => Err(ReadError::Header { offset, what: "checksum" }),
        }
    }

    /// The body of an entry. Memory is taken as bytes arrive, not as the header claims.
    fn body(&mut self, size: u64) -> Result<Vec<u8>, ReadError> {
        const STEP: u64 = 64 << 10;
        let mut body = Vec::new();
        let mut left = size;
        while left > 0 {
            let step = left.min(STEP.max(body.len() as u64));
            let start = body.len();
            let length = usize::try_from(step).map_err(|_| ReadError::Truncated(self.position))?;
            body.resize(start + length, 0);
            if self.fill(&mut body[start..])? < length {
                return Err(ReadError::Truncated(self.position));
            }
            left -= step;
        }
        body.shrink_to_fit();
        let padding = (BLOCK - body.len() % BLOCK) % BLOCK;
        if self.fill(&mut [0; BLOCK][..padding])? < padding {
            return Err(ReadError::Truncated(self.position));
        }
        Ok(body)
    }

    fn metadata(&mut self, size: u64, here: &Located) -> Result<Vec<u8>, ReadError> {
        if size > METADATA_LIMIT {
            return Err(here.malformed("size of metadata"));
        }
        self.body(size)
    }

    /// Reads what follows the end mark, so that the checksum of the compressed file is verified.
    fn drain(&mut self) -> Result<(), ReadError> {
        let mut buffer = [0; 8 * BLOCK];
        while self.fill(&mut buffer)? > 0 {}
        Ok(())
    }
}
