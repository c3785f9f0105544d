//! Go maps with string keys: shared, and changed in place by functions such as `set`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::entries::Entries;
use super::scope::note_changed;
use super::types::ANY_MAP;
use super::{Text, Type, Value, release};

/// A map, in key order as Go ranges over it and prints it. Clones share the entries.
#[derive(Clone, Debug)]
pub struct Map(Rc<Body>);

/// Behind one pointer, so that a [`Value`] stays small.
#[derive(Debug)]
struct Body {
    shared: Option<Rc<Shared>>,
    kind: Type,
}

/// What maps that are one map share.
#[derive(Debug)]
pub(super) struct Shared(RefCell<Entries>);

impl Shared {
    pub(super) fn clear(&self) {
        // Dropped after the borrow, because dropping a value may reach this map again.
        let entries = self.0.take();
        release(entries.into_values());
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.0.get_mut().any_value(Value::holds_values) {
            release(std::mem::take(self.0.get_mut()).into_values());
        }
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl Map {
    /// An empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::of(Entries::default(), ANY_MAP)
    }

    fn of(entries: Entries, kind: Type) -> Self {
        Self(Rc::new(Body { shared: Some(Rc::new(Shared(RefCell::new(entries)))), kind }))
    }

    /// A map of any type. The caller sees to it that the values have the type of `kind`'s elements.
    pub fn with_type(entries: BTreeMap<Text, Value>, kind: Type) -> Self {
        Self::of(Entries::from(entries), kind)
    }

    /// The nil map: empty, and nothing can be put in.
    pub fn nil(kind: Type) -> Self {
        Self(Rc::new(Body { shared: None, kind }))
    }

    /// Whether this is the nil map.
    pub fn is_nil(&self) -> bool {
        self.0.shared.is_none()
    }

    /// The Go type of the map.
    pub fn kind(&self) -> Type {
        self.0.kind
    }

    /// The same entries under another type of the same shape.
    #[must_use]
    pub fn retyped(&self, kind: Type) -> Self {
        Self(Rc::new(Body { shared: self.0.shared.clone(), kind }))
    }

    /// The value under a key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.0.shared.as_ref()?.0.borrow().get(key).cloned()
    }

    /// Whether there is such a key.
    pub fn contains_key(&self, key: &[u8]) -> bool {
        self.0.shared.as_ref().is_some_and(|shared| shared.0.borrow().get(key).is_some())
    }

    /// Puts a value in. Returns whether that was possible: not in the nil map.
    pub fn insert(&self, key: Text, value: Value) -> bool {
        let Some(shared) = &self.0.shared else { return false };
        if value.may_hold_maps() {
            note_changed(shared);
        }
        // The old value is dropped after the borrow, because dropping it may reach this map again.
        let old = shared.0.borrow_mut().insert(key, value);
        drop(old);
        true
    }

    /// Takes a value out.
    pub fn remove(&self, key: &[u8]) -> Option<Value> {
        self.0.shared.as_ref()?.0.borrow_mut().remove(key)
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.0.shared.as_ref().map_or(0, |shared| shared.0.borrow().len())
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys in order, as they are now.
    pub fn keys(&self) -> Vec<Text> {
        self.collect(|key, _| key.clone())
    }

    /// The entries in key order, as they are now.
    pub fn entries(&self) -> Vec<(Text, Value)> {
        self.collect(|key, value| (key.clone(), value.clone()))
    }

    fn collect<T>(&self, take: impl Fn(&Text, &Value) -> T) -> Vec<T> {
        self.0.shared.as_ref().map_or_else(Vec::new, |shared| shared.0.borrow().collect(take))
    }

    /// An address that two maps share when a change of one is a change of the other; 0 for the nil map.
    pub fn address(&self) -> usize {
        self.0.shared.as_ref().map_or(0, |shared| Rc::as_ptr(shared) as usize)
    }

    /// Gives up the values when nobody else holds the map.
    pub(super) fn into_sole_values(self) -> Option<Vec<Value>> {
        let mut shared = Rc::try_unwrap(Rc::try_unwrap(self.0).ok()?.shared?).ok()?;
        Some(std::mem::take(shared.0.get_mut()).into_values())
    }
}

impl FromIterator<(Text, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(items: I) -> Self {
        let mut entries = Entries::default();
        for (key, value) in items {
            entries.insert(key, value);
        }
        Self::of(entries, ANY_MAP)
    }
}
