//! Objects of one kind, who waits for them, and which changes are ours. Pure: the watch feeds it.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::mpsc;

use super::metadata::LiveObject;
use crate::ownership::Owner;

type Name = (Box<str>, Box<str>);

/// Live objects of one kind by namespace and name.
#[derive(Default)]
pub(crate) struct Store {
    objects: BTreeMap<Name, LiveObject>,
    waiters: BTreeMap<Name, Vec<Waiter>>,
    /// Writes of ours that are on their way: number of them, and the state before the first.
    writing: BTreeMap<Name, Option<LiveObject>>,
    deleting: BTreeSet<Name>,
}

struct Waiter {
    token: usize,
    wake: mpsc::UnboundedSender<usize>,
}

impl Store {
    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<&LiveObject> {
        self.objects.get(&key(namespace, name))
    }

    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.objects.is_empty() && self.waiters.is_empty() && self.writing.is_empty()
    }

    pub(crate) fn names(&self) -> BTreeSet<Name> {
        self.objects.keys().cloned().collect()
    }

    pub(crate) fn begin_write(&mut self, namespace: &str, name: &str) {
        let key = key(namespace, name);
        let before = self.objects.get(&key).cloned();
        self.writing.entry(key).or_insert(before);
    }

    /// Takes in the answer to a write. Returns the owner when the watch has meanwhile shown something newer that is not what we wrote.
    pub(crate) fn end_write(&mut self, namespace: &str, name: &str, written: Option<LiveObject>) -> Option<Owner> {
        let key = key(namespace, name);
        self.writing.remove(&key);
        let written = written?;
        self.deleting.remove(&key);
        match self.objects.get(&key) {
            Some(seen) if seen.resource_version > written.resource_version => {
                if written.has_drifted_to(seen) {
                    written.owner
                } else {
                    None
                }
            }
            _ => {
                self.objects.insert(key.clone(), written);
                self.wake(&key);
                None
            }
        }
    }

    pub(crate) fn expect_deletion(&mut self, namespace: &str, name: &str) {
        self.deleting.insert(key(namespace, name));
    }

    /// Takes in what the watch shows. Returns the owner when that is drift.
    pub(crate) fn saw(&mut self, namespace: &str, name: &str, live: LiveObject) -> Option<Owner> {
        let key = key(namespace, name);
        let before = self.objects.get(&key);
        if before.is_some_and(|before| before.resource_version >= live.resource_version) {
            return None;
        }
        let ours = self.writing.contains_key(&key) || live.deleting;
        let drifted = before.filter(|before| !ours && before.has_drifted_to(&live)).and_then(|before| before.owner.clone());
        self.objects.insert(key.clone(), live);
        self.wake(&key);
        drifted
    }

    /// Takes in that an object is gone as of `version`. Returns its owner when that was not our doing.
    pub(crate) fn lost(&mut self, namespace: &str, name: &str, version: u64) -> Option<Owner> {
        let key = key(namespace, name);
        if self.objects.get(&key).is_some_and(|live| live.resource_version > version) {
            // Recreated by us meanwhile.
            return None;
        }
        let expected = self.deleting.remove(&key) || self.writing.contains_key(&key);
        let before = self.objects.remove(&key)?;
        self.wake(&key);
        if expected { None } else { before.owner }
    }

    pub(crate) fn add_waiter(&mut self, namespace: &str, name: &str, token: usize, wake: mpsc::UnboundedSender<usize>) {
        self.waiters.entry(key(namespace, name)).or_default().push(Waiter { token, wake });
    }

    /// Drops waiters that have gone away.
    pub(crate) fn sweep(&mut self) {
        self.waiters.retain(|_, waiters| {
            waiters.retain(|waiter| !waiter.wake.is_closed());
            !waiters.is_empty()
        });
    }

    fn wake(&mut self, key: &Name) {
        if let Some(waiters) = self.waiters.get_mut(key) {
            waiters.retain(|waiter| waiter.wake.send(waiter.token).is_ok());
            if waiters.is_empty() {
                self.waiters.remove(key);
            }
        }
    }
}

fn key(namespace: &str, name: &str) -> Name {
    (namespace.into(), name.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(version: u64, fingerprint: u64) -> LiveObject {
        LiveObject {
            uid: "u".into(),
            resource_version: version,
            owner: Some(Owner { namespace: "n".into(), name: "o".into() }),
            fingerprint,
            needs_cleanup: false,
            excluded: false,
            deleting: false,
        }
    }

    #[test]
    fn our_own_write_is_no_drift_in_whichever_order_it_is_seen() {
        let mut store = Store::default();
        store.begin_write("a", "x");
        assert_eq!(store.saw("a", "x", live(2, 9)), None);
        assert_eq!(store.end_write("a", "x", Some(live(2, 9))), None);
        store.begin_write("a", "x");
        assert_eq!(store.end_write("a", "x", Some(live(3, 10))), None);
        assert_eq!(store.saw("a", "x", live(3, 10)), None);
    }

    #[test]
    fn a_foreign_change_is_drift_also_while_we_write() {
        let mut store = Store::default();
        store.saw("a", "x", live(1, 1));
        assert!(store.saw("a", "x", live(2, 2)).is_some());
        store.begin_write("a", "x");
        assert_eq!(store.saw("a", "x", live(3, 3)), None);
        assert_eq!(store.saw("a", "x", live(4, 4)), None);
        assert!(store.end_write("a", "x", Some(live(3, 3))).is_some());
    }

    #[test]
    fn status_updates_are_no_drift_but_wake_waiters() {
        let mut store = Store::default();
        store.saw("a", "x", live(1, 1));
        let (send, mut receive) = mpsc::unbounded_channel();
        store.add_waiter("a", "x", 7, send);
        assert_eq!(store.saw("a", "x", live(2, 1)), None);
        assert_eq!(receive.try_recv(), Ok(7));
        drop(receive);
        store.sweep();
        assert!(store.waiters.is_empty());
    }

    #[test]
    fn only_deletions_by_others_are_drift() {
        let mut store = Store::default();
        store.saw("a", "x", live(1, 1));
        store.saw("a", "y", live(2, 1));
        store.expect_deletion("a", "x");
        assert_eq!(store.lost("a", "x", 9), None);
        assert!(store.lost("a", "y", 9).is_some());
        assert_eq!(store.lost("a", "z", 9), None);
    }

    #[test]
    fn the_end_of_an_object_that_we_recreated_is_old_news() {
        let mut store = Store::default();
        store.saw("a", "x", live(1, 1));
        store.begin_write("a", "x");
        store.end_write("a", "x", Some(live(5, 5)));
        assert_eq!(store.lost("a", "x", 4), None);
        assert!(store.get("a", "x").is_some());
    }

    #[test]
    fn events_older_than_our_answer_are_ignored() {
        let mut store = Store::default();
        store.begin_write("a", "x");
        store.end_write("a", "x", Some(live(5, 5)));
        assert_eq!(store.saw("a", "x", live(4, 4)), None);
        assert_eq!(store.get("a", "x").map(|live| live.resource_version), Some(5));
    }
}
