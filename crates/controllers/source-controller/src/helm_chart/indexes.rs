//! Indexes that were read, so that all charts of a repository share one reading of its index.

use helm_repository::Index;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most bytes of text whose indexes are kept whatever the flags say. What was read of a text takes some times its size.
const MOST_BYTES: usize = 16 << 20;

/// Which indexes are kept besides.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Caching {
    /// `--helm-cache-max-size`: how many; none where zero.
    pub(crate) most: usize,
    /// `--helm-cache-ttl`: how long after their last use.
    pub(crate) life: Duration,
}

/// Indexes by the digest of their text, the ones used last first.
#[derive(Debug, Default)]
pub(crate) struct Indexes {
    caching: Caching,
    kept: Mutex<VecDeque<Kept>>,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Kept {
    digest: String,
    bytes: usize,
    used: Instant,
    index: Arc<Index>,
}

impl Indexes {
    /// None yet.
    pub(crate) fn new(caching: Caching) -> Self {
        Self { caching, ..Self::default() }
    }

    /// Whether looks are counted: only where a cache was asked for, as in Flux.
    pub(crate) fn is_wanted(&self) -> bool {
        self.caching.most > 0
    }

    /// Waits until nobody else reads an index. One reading at a time is enough for the charts of a repository, which all wait for the
    /// first of them, and bounds the memory.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.reading.lock().await
    }

    /// The index of the text with that digest.
    pub(crate) fn get(&self, digest: &str, now: Instant) -> Option<Arc<Index>> {
        let mut kept = self.trimmed(now);
        let at = kept.iter().position(|kept| kept.digest == digest)?;
        let found = kept.remove(at)?;
        let index = Arc::clone(&found.index);
        kept.push_front(Kept { used: now, ..found });
        Some(index)
    }

    /// Keeps an index of `bytes` of text, and lets those go that were not used for longest.
    pub(crate) fn keep(&self, digest: String, bytes: usize, index: Arc<Index>, now: Instant) {
        let mut kept = self.lock();
        kept.retain(|kept| kept.digest != digest);
        kept.push_front(Kept { digest, bytes, used: now, index });
        self.trim(&mut kept, now);
    }

    /// Lets those go whose time is over.
    pub(crate) fn purge(&self, now: Instant) {
        drop(self.trimmed(now));
    }

    fn trimmed(&self, now: Instant) -> MutexGuard<'_, VecDeque<Kept>> {
        let mut kept = self.lock();
        self.trim(&mut kept, now);
        kept
    }

    fn trim(&self, kept: &mut VecDeque<Kept>, now: Instant) {
        let (mut total, mut count) = (0, 0);
        kept.retain(|kept| {
            total += kept.bytes;
            count += 1;
            let is_fresh = now.saturating_duration_since(kept.used) < self.caching.life;
            total <= MOST_BYTES || count <= self.caching.most && is_fresh
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
        let (indexes, now) = (Indexes::default(), Instant::now());
        indexes.keep("a".to_owned(), MOST_BYTES / 2, index(), now);
        indexes.keep("b".to_owned(), MOST_BYTES / 2, index(), now);
        assert!(indexes.get("a", now).is_some());
        indexes.keep("c".to_owned(), 1, index(), now);
        assert!(indexes.get("a", now).is_some() && indexes.get("c", now).is_some() && indexes.get("b", now).is_none());
        indexes.keep("d".to_owned(), MOST_BYTES + 1, index(), now);
        assert!(indexes.get("d", now).is_none(), "what is too large alone is not kept");
    }

    #[test]
    fn the_flags_keep_large_indexes_for_a_while() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let indexes = Indexes::new(Caching { most: 2, life: second * 10 });
        for digest in ["a", "b", "c"] {
            indexes.keep(digest.to_owned(), MOST_BYTES + 1, index(), start);
        }
        assert!(indexes.get("a", start).is_none(), "there is room for two");
        assert!(indexes.get("b", start + second * 9).is_some(), "use renews");
        indexes.purge(start + second * 11);
        let left: Vec<String> = indexes.lock().iter().map(|kept| kept.digest.clone()).collect();
        assert_eq!(left, ["b"]);
    }
}
