//! A map within a bound: the least recently used entries make room for new ones.

use std::collections::BTreeMap;

/// A map whose entries have a weight and whose total weight stays within a capacity.
#[derive(Debug)]
pub struct BoundedMap<K, V> {
    capacity: u64,
    total: u64,
    clock: u64,
    entries: BTreeMap<K, Entry<V>>,
    by_use: BTreeMap<u64, K>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    weight: u64,
    used: u64,
}

impl<K: Ord + Clone, V> BoundedMap<K, V> {
    /// An empty map.
    pub fn new(capacity: u64) -> Self {
        Self { capacity, total: 0, clock: 0, entries: BTreeMap::new(), by_use: BTreeMap::new() }
    }

    /// The entry, which counts as used now.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let entry = self.entries.get_mut(key)?;
        self.clock += 1;
        if let Some(key) = self.by_use.remove(&entry.used) {
            self.by_use.insert(self.clock, key);
        }
        entry.used = self.clock;
        Some(&mut entry.value)
    }

    /// Adds or replaces an entry. One that is heavier than the whole capacity is not kept.
    pub fn insert(&mut self, key: K, value: V, weight: u64) {
        self.remove(&key);
        if weight > self.capacity {
            return;
        }
        self.clock += 1;
        self.total += weight;
        self.by_use.insert(self.clock, key.clone());
        self.entries.insert(key, Entry { value, weight, used: self.clock });
        while self.total > self.capacity {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            if let Some(entry) = self.entries.remove(&oldest) {
                self.total -= entry.weight;
            }
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let entry = self.entries.remove(key)?;
        self.by_use.remove(&entry.used);
        self.total -= entry.weight;
        Some(entry.value)
    }
}

#[cfg(test)]
mod tests {
    use super::BoundedMap;

    #[test]
    fn the_least_recently_used_entry_makes_room() {
        let mut map = BoundedMap::new(3);
        for key in ["a", "b", "c"] {
            map.insert(key, key, 1);
        }
        assert!(map.get_mut(&"a").is_some());
        map.insert("d", "d", 1);
        assert!(map.get_mut(&"b").is_none());
        assert_eq!(["a", "c", "d"].map(|key| map.get_mut(&key).is_some()), [true; 3]);
        assert_eq!(map.total, 3);
    }

    #[test]
    fn weights_count_and_a_replaced_entry_counts_once() {
        let mut map = BoundedMap::new(10);
        map.insert("a", 1, 6);
        map.insert("a", 2, 4);
        map.insert("b", 3, 6);
        assert_eq!((map.total, map.get_mut(&"a").copied()), (10, Some(2)));
        map.insert("c", 4, 11);
        assert!(map.get_mut(&"c").is_none());
        map.insert("d", 5, 10);
        assert_eq!((map.total, map.get_mut(&"a").copied(), map.get_mut(&"d").copied()), (10, None, Some(5)));
        assert_eq!((map.remove(&"d"), map.remove(&"d"), map.total), (Some(5), None, 0));
    }
}
