//! Indexes that were read, so that all charts of a repository share one reading of its index.

use helm_repository::Index;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most bytes of text whose indexes are kept. What was read of a text takes some times its size.
const MOST_BYTES: usize = 16 << 20;

/// Indexes by the digest of their text, the ones used last first.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    kept: Mutex<VecDeque<Kept>>,
}

#[derive(Debug)]
struct Kept {
    digest: String,
    bytes: usize,
    index: Arc<Index>,
}

impl Indexes {
    /// The index of the text with that digest.
    pub(crate) fn get(&self, digest: &str) -> Option<Arc<Index>> {
        let mut kept = self.lock();
        let at = kept.iter().position(|kept| kept.digest == digest)?;
        let found = kept.remove(at)?;
        let index = Arc::clone(&found.index);
        kept.push_front(found);
        Some(index)
    }

    /// Keeps an index of `bytes` of text, and lets those go that were not used for longest.
    pub(crate) fn keep(&self, digest: String, bytes: usize, index: Arc<Index>) {
        let mut kept = self.lock();
        kept.retain(|kept| kept.digest != digest);
        kept.push_front(Kept { digest, bytes, index });
        let mut total = 0;
        kept.retain(|kept| {
            total += kept.bytes;
            total <= MOST_BYTES
        });
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> Arc<Index> {
        Arc::new(Index::parse(b"apiVersion: v1\nentries: {}\n").expect("the index is well formed"))
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let indexes = Indexes::default();
        indexes.keep("a".to_owned(), MOST_BYTES / 2, index());
        indexes.keep("b".to_owned(), MOST_BYTES / 2, index());
        assert!(indexes.get("a").is_some());
        indexes.keep("c".to_owned(), 1, index());
        assert!(indexes.get("a").is_some() && indexes.get("c").is_some() && indexes.get("b").is_none());
        indexes.keep("d".to_owned(), MOST_BYTES + 1, index());
        assert!(indexes.get("d").is_none(), "what is too large alone is not kept");
    }
}
