//! Received packs: bounded, indexed, in a bare object store below a temporary directory.

use crate::{Cause, Limits, survey::content, wire::Wire};
use gix::{
    objs::{Exists, FindExt},
    odb::pack,
};
use std::{
    io::{self, BufRead, Read},
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Objects of one fetch, or of a clone. The directory of a fetch is removed when this is dropped.
pub(crate) struct Store {
    pub(crate) objects: gix::odb::Handle,
    directory: PathBuf,
    _temporary: Option<TempDir>,
}

/// Threads that resolve deltas. Fetches run side by side already.
const THREADS: usize = 1;
/// Memory for bases of deltas while objects are read.
const PACK_CACHE_BYTES: usize = 8 << 20;

impl Store {
    /// An empty store in a new directory below `parent`.
    pub(crate) fn create(parent: &Path, limits: &Limits) -> Result<Self, Cause> {
        let directory = tempfile::Builder::new().prefix("git-").tempdir_in(parent).map_err(Cause::Storage)?;
        std::fs::create_dir(directory.path().join("pack")).map_err(Cause::Storage)?;
        let store = Self::open(directory.path(), limits)?;
        Ok(Self { _temporary: Some(directory), ..store })
    }

    /// The objects in a directory that stays.
    pub(crate) fn open(directory: &Path, limits: &Limits) -> Result<Self, Cause> {
        let options = gix::odb::store::init::Options {
            use_multi_pack_index: false,
            alloc_limit_bytes: Some(limits.object_bytes),
            current_dir: Some(directory.to_owned()),
            ..Default::default()
        };
        let mut objects = gix::odb::at_opts(directory, gix::hash::Kind::Sha1, None, options).map_err(Cause::Storage)?;
        objects.set_pack_cache(|| Box::new(pack::cache::lru::MemoryCappedHashmap::new(PACK_CACHE_BYTES)));
        Ok(Self { objects, directory: directory.to_owned(), _temporary: None })
    }

    /// Whether the root of a commit's tree is here, and with it all content: packs hold either all or none.
    pub(crate) fn has_content_of(&self, commit: gix::ObjectId) -> Result<bool, Cause> {
        let mut buffer = Vec::new();
        let commit = self.objects.find_commit_iter(&commit, &mut buffer).map_err(|error| content(&error))?;
        let root = commit.clone().tree_id().map_err(|error| content(&error))?;
        Ok(self.objects.exists(&root))
    }

    /// Adds the pack that `reader` yields, to its end.
    pub(crate) fn receive(&self, wire: &Wire, reader: &mut dyn BufRead, limits: &Limits) -> Result<(), Cause> {
        let mut reader = HeaderGuard { inner: reader, wire, objects: limits.objects, header: Vec::new() };
        let options = pack::bundle::write::Options {
            thread_limit: Some(THREADS),
            iteration_mode: pack::data::input::Mode::Verify,
            alloc_limit_bytes: Some(limits.object_bytes),
            ..Default::default()
        };
        let received = pack::Bundle::write_to_directory(
            &mut io::BufReader::new(&mut reader),
            Some(&self.directory.join("pack")),
            &mut gix::progress::Discard,
            wire.interrupt(),
            None::<gix::odb::Handle>,
            gix::hash::Kind::Sha1,
            options,
        );
        received.map(drop).map_err(|error| match wire.take_fault() {
            Some(cause) => cause,
            None if error.is_resource_exhausted() => {
                Cause::Limit { what: "bytes in one object", limit: limits.object_bytes as u64 }
            }
            None => Cause::Content(wire.clean(&crate::error::chain(&error))),
        })
    }
}

/// Lets the head of a pack pass only when it announces few enough objects: memory is set aside by that number.
struct HeaderGuard<'a> {
    inner: &'a mut dyn BufRead,
    wire: &'a Wire,
    objects: u32,
    header: Vec<u8>,
}

/// `PACK`, version, number of objects.
const HEADER_BYTES: usize = 12;

impl Read for HeaderGuard<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if self.header.len() < HEADER_BYTES {
            let missing = HEADER_BYTES - self.header.len();
            self.header.extend_from_slice(&buffer[..count.min(missing)]);
            if let Some(&[a, b, c, d]) = self.header.get(8..HEADER_BYTES)
                && u32::from_be_bytes([a, b, c, d]) > self.objects
            {
                let limit = u64::from(self.objects);
                return Err(self.wire.fail(Cause::Limit { what: "objects in a pack", limit }));
            }
        }
        Ok(count)
    }
}
