//! Go maps with string keys: shared, and changed in place by functions such as `set`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::types::ANY_MAP;
use super::{Text, Type, Value, release};

/// A map, in key order as Go ranges over it and prints it. Clones share the entries.
#[derive(Clone, Debug)]
pub struct Map(Rc<Body>);

/// Behind one pointer, so that a [`Value`] stays small.
#[derive(Debug)]
struct Body {
    entries: Option<Rc<Entries>>,
    kind: Type,
}

#[derive(Debug)]
struct Entries(RefCell<BTreeMap<Text, Value>>);

impl Drop for Entries {
    fn drop(&mut self) {
        if self.0.get_mut().values().any(Value::holds_values) {
            release(std::mem::take(self.0.get_mut()).into_values().collect());
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
        Self::with_type(BTreeMap::new(), ANY_MAP)
    }

    /// A map of any type. The caller sees to it that the values have the type of `kind`'s elements.
    pub fn with_type(entries: BTreeMap<Text, Value>, kind: Type) -> Self {
        Self(Rc::new(Body { entries: Some(Rc::new(Entries(RefCell::new(entries)))), kind }))
    }

    /// The nil map: empty, and nothing can be put in.
    pub fn nil(kind: Type) -> Self {
        Self(Rc::new(Body { entries: None, kind }))
    }

    /// Whether this is the nil map.
    pub fn is_nil(&self) -> bool {
        self.0.entries.is_none()
    }

    /// The Go type of the map.
    pub fn kind(&self) -> Type {
        self.0.kind
    }

    /// The same entries under another type of the same shape.
    #[must_use]
    pub fn retyped(&self, kind: Type) -> Self {
        Self(Rc::new(Body { entries: self.0.entries.clone(), kind }))
    }

    /// The value under a key.
    pub fn get(&self, key: &[u8]) -> Option<Value> {
        self.0.entries.as_ref()?.0.borrow().get(key).cloned()
    }

    /// Whether there is such a key.
    pub fn contains_key(&self, key: &[u8]) -> bool {
        self.0.entries.as_ref().is_some_and(|entries| entries.0.borrow().contains_key(key))
    }

    /// Puts a value in. Returns whether that was possible: not in the nil map.
    pub fn insert(&self, key: Text, value: Value) -> bool {
        let Some(entries) = &self.0.entries else { return false };
        // The old value is dropped after the borrow, because dropping it may reach this map again.
        let old = entries.0.borrow_mut().insert(key, value);
        drop(old);
        true
    }

    /// Takes a value out.
    pub fn remove(&self, key: &[u8]) -> Option<Value> {
        self.0.entries.as_ref()?.0.borrow_mut().remove(key)
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.0.entries.as_ref().map_or(0, |entries| entries.0.borrow().len())
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The keys in order, as they are now.
    pub fn keys(&self) -> Vec<Text> {
        self.0.entries.as_ref().map_or_else(Vec::new, |entries| entries.0.borrow().keys().cloned().collect())
    }

    /// The entries in key order, as they are now.
    pub fn entries(&self) -> Vec<(Text, Value)> {
        let clone = |(key, value): (&Text, &Value)| (key.clone(), value.clone());
        self.0.entries.as_ref().map_or_else(Vec::new, |entries| entries.0.borrow().iter().map(clone).collect())
    }

    /// An address that two maps share when a change of one is a change of the other; 0 for the nil map.
    pub fn address(&self) -> usize {
        self.0.entries.as_ref().map_or(0, |entries| Rc::as_ptr(entries) as usize)
    }

    /// Gives up the values when nobody else holds the map.
    pub(super) fn into_sole_values(self) -> Option<Vec<Value>> {
        let mut entries = Rc::try_unwrap(Rc::try_unwrap(self.0).ok()?.entries?).ok()?;
        Some(std::mem::take(entries.0.get_mut()).into_values().collect())
    }
}

impl FromIterator<(Text, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (Text, Value)>>(entries: I) -> Self {
        Self::with_type(entries.into_iter().collect(), ANY_MAP)
    }
}
