//! The live state of everything we own, from one shared metadata-only watch a kind.
//!
//! A watch starts when a kind is first asked for and ends when it has had no objects and no questions for a while. It selects by the owner
//! label, so that it costs what we own and not what the cluster holds. The index answers "is it still what we applied?" without a request,
//! wakes those who wait for an object, and reports drift: changes of our objects that we did not make.
//!
//! It never holds manifests, and what it says may be a moment old: good enough to skip work, never a reason to write.

mod metadata;
mod store;
mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{broadcast, mpsc, watch as watched};
use tokio::time::Instant;

pub use self::metadata::LiveObject;
use self::store::Store;
use crate::cluster::Cluster;
use crate::object_key::{KindKey, ObjectKey};
use crate::ownership::{Owner, Ownership};

/// Watches share one HTTP/2 connection with all requests, and API servers allow a hundred streams on one: leave room.
const MOST_WATCHES: usize = 60;
/// How long the first question about a kind waits for its first list.
const FIRST_LIST: Duration = Duration::from_secs(10);

/// An owned object was changed or deleted by somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Which object.
    pub object: ObjectKey,
    /// Its owner before the change.
    pub owner: Owner,
}

/// What the index knows about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// It exists and carries an owner label.
    Live(LiveObject),
    /// Nothing of that name carries an owner label. An unlabelled one may exist.
    Unowned,
    /// The kind is not watched: ask the API server.
    Unknown,
}

/// How far the watch of a kind has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Starting,
    Listed,
    /// Not served, not allowed, or failing.
    Unavailable,
}

/// Live metadata of owned objects; clones share it.
#[derive(Clone)]
pub struct LiveIndex {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) cluster: Cluster,
    pub(crate) ownership: Ownership,
    kinds: Mutex<BTreeMap<KindKey, Arc<KindWatch>>>,
    /// Kinds that cannot be watched, and when to try again.
    refused: Mutex<BTreeMap<KindKey, Instant>>,
    drift: broadcast::Sender<Drift>,
}

pub(crate) struct KindWatch {
    pub(crate) kind: KindKey,
    pub(crate) store: Mutex<Store>,
    pub(crate) progress: watched::Sender<Progress>,
    last_asked: Mutex<Instant>,
}

impl LiveIndex {
    /// An index of what `ownership` labels on `cluster`; nothing is watched yet.
    #[must_use]
    pub fn new(cluster: Cluster, ownership: Ownership) -> Self {
        let (drift, _) = broadcast::channel(4096);
        Self { inner: Arc::new(Inner { cluster, ownership, kinds: Mutex::default(), refused: Mutex::default(), drift }) }
    }

    /// Changes by others from now on. A receiver that lags loses the oldest; the next regular reconcile finds those.
    #[must_use]
    pub fn drift(&self) -> broadcast::Receiver<Drift> {
        self.inner.drift.subscribe()
    }

    /// Makes sure that `kind` is watched, and waits for its first list, but not for long.
    pub async fn ensure(&self, kind: &KindKey) {
        let Some(watch) = self.started(kind) else { return };
        let mut progress = watch.progress.subscribe();
        let listed = progress.wait_for(|progress| *progress != Progress::Starting);
        // Neither a timeout nor an ended watch is an error here: `lookup` then says `Unknown`.
        let _ = tokio::time::timeout(FIRST_LIST, listed).await;
    }

    /// What is known about `key`, without any request.
    #[must_use]
    pub fn lookup(&self, key: &ObjectKey) -> Lookup {
        let Some(watch) = self.listed(&key.kind_key()) else { return Lookup::Unknown };
        let store = lock(&watch.store);
        store.get(&key.namespace, &key.name).map_or(Lookup::Unowned, |live| Lookup::Live(live.clone()))
    }

    /// Number of objects that are indexed, of all kinds.
    #[must_use]
    pub fn len(&self) -> usize {
        lock(&self.inner.kinds).values().map(|watch| lock(&watch.store).len()).sum()
    }

    /// Whether nothing is indexed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Announces a write of ours: until the answer is [`Writing::done`], what the watch shows is not drift.
    pub fn writing<'index>(&'index self, key: &ObjectKey) -> Writing<'index> {
        if let Some(watch) = self.listed(&key.kind_key()) {
            lock(&watch.store).begin_write(&key.namespace, &key.name);
        }
        Writing { index: self, key: key.clone() }
    }

    fn wrote(&self, key: &ObjectKey, answer: &Value) {
        let Some(watch) = self.listed(&key.kind_key()) else { return };
        let live = LiveObject::read(answer, &self.inner.ownership);
        let drifted = lock(&watch.store).end_write(&key.namespace, &key.name, live);
        self.inner.report(key, drifted);
    }

    /// Announces that we delete an object: its end is not drift.
    pub fn deletes(&self, key: &ObjectKey) {
        if let Some(watch) = self.listed(&key.kind_key()) {
            lock(&watch.store).expect_deletion(&key.namespace, &key.name);
        }
    }

    /// Sends `token` on every change of `key` until the receiver is gone; `false` when the kind is not watched.
    pub(crate) fn notify(&self, key: &ObjectKey, token: usize, waiter: &mpsc::UnboundedSender<usize>) -> bool {
        let Some(watch) = self.listed(&key.kind_key()) else { return false };
        lock(&watch.store).add_waiter(&key.namespace, &key.name, token, waiter.clone());
        true
    }

    fn listed(&self, kind: &KindKey) -> Option<Arc<KindWatch>> {
        let watch = lock(&self.inner.kinds).get(kind).cloned()?;
        *lock(&watch.last_asked) = Instant::now();
        let listed = *watch.progress.borrow() == Progress::Listed;
        listed.then_some(watch)
    }

    fn started(&self, kind: &KindKey) -> Option<Arc<KindWatch>> {
        let mut kinds = lock(&self.inner.kinds);
        if let Some(watch) = kinds.get(kind) {
            *lock(&watch.last_asked) = Instant::now();
            return Some(Arc::clone(watch));
        }
        let refused = lock(&self.inner.refused).get(kind).is_some_and(|until| Instant::now() < *until);
        if refused || kinds.len() >= MOST_WATCHES {
            return None;
        }
        let watch = Arc::new(KindWatch {
            kind: kind.clone(),
            store: Mutex::default(),
            progress: watched::Sender::new(Progress::Starting),
            last_asked: Mutex::new(Instant::now()),
        });
        kinds.insert(kind.clone(), Arc::clone(&watch));
        // The task holds the index weakly, so that dropping the last index ends all watches.
        tokio::spawn(watch::run(Arc::downgrade(&self.inner), Arc::clone(&watch)));
        Some(watch)
    }
}

/// A write on its way; dropping it says that it failed or that nobody waits for its answer any more.
#[must_use = "dropping it says that the write failed"]
pub struct Writing<'index> {
    index: &'index LiveIndex,
    key: ObjectKey,
}

impl Writing<'_> {
    /// Takes in the answer before the watch brings it.
    pub fn done(self, answer: &Value) {
        self.index.wrote(&self.key, answer);
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        // After `done` this changes nothing more.
        self.index.wrote(&self.key, &Value::Null);
    }
}

impl Inner {
    pub(crate) fn report(&self, key: &ObjectKey, owner: Option<Owner>) {
        if let Some(owner) = owner {
            // Nobody listening is fine.
            let _ = self.drift.send(Drift { object: key.clone(), owner });
        }
    }

    /// Removes a watch that ends, and lets nobody begin it again before `pause` is over.
    pub(crate) fn ended(&self, watch: &KindWatch, pause: Duration) {
        watch.progress.send_replace(Progress::Unavailable);
        let mut refused = lock(&self.refused);
        let now = Instant::now();
        refused.retain(|_, until| now < *until);
        refused.insert(watch.kind.clone(), now + pause);
        drop(refused);
        lock(&self.kinds).remove(&watch.kind);
    }
}

impl KindWatch {
    pub(crate) fn is_idle(&self, after: Duration) -> bool {
        lock(&self.last_asked).elapsed() > after && lock(&self.store).is_idle()
    }
}

/// A poisoned lock only means that another task panicked; the maps behind our locks are whole between statements.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
