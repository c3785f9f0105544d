//! What a map holds, in key order. Nearly all maps of a chart have a few entries, which a short vector holds in less memory
//! and finds faster than a tree does.

use std::collections::BTreeMap;

use super::{Text, Value};

/// How many entries a vector holds at most: beyond, each insertion would move too many.
const FEW: usize = 16;

#[derive(Debug)]
pub(super) enum Entries {
    /// Sorted by key.
    Few(Vec<(Text, Value)>),
    Many(BTreeMap<Text, Value>),
}

impl Default for Entries {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl Entries {
    pub(super) fn get(&self, key: &[u8]) -> Option<&Value> {
        match self {
            // Most keys differ in length already, so that looking at each is faster than halving.
            Self::Few(entries) => entries.iter().find(|(found, _)| found.as_bytes() == key).map(|(_, value)| value),
            Self::Many(entries) => entries.get(key),
        }
    }

    /// Puts a value in and gives the one that was there.
    pub(super) fn insert(&mut self, key: Text, value: Value) -> Option<Value> {
        match self {
            // Most maps are made in the order of their keys.
            Self::Few(entries) if entries.len() < FEW && entries.last().is_none_or(|(last, _)| *last < key) => {
                entries.push((key, value));
                None
            }
            Self::Few(entries) => match entries.binary_search_by(|(found, _)| found.cmp(&key)) {
                Ok(at) => Some(std::mem::replace(&mut entries[at].1, value)),
                Err(at) if entries.len() < FEW => {
                    entries.insert(at, (key, value));
                    None
                }
                Err(_) => {
                    let mut many: BTreeMap<Text, Value> = std::mem::take(entries).into_iter().collect();
                    many.insert(key, value);
                    *self = Self::Many(many);
                    None
                }
            },
            Self::Many(entries) => entries.insert(key, value),
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) -> Option<Value> {
        match self {
            Self::Few(entries) => {
                let at = entries.iter().position(|(found, _)| found.as_bytes() == key)?;
                Some(entries.remove(at).1)
            }
            Self::Many(entries) => entries.remove(key),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(entries) => entries.len(),
            Self::Many(entries) => entries.len(),
        }
    }

    /// All of them in key order, each as `take` makes it.
    pub(super) fn collect<T>(&self, take: impl Fn(&Text, &Value) -> T) -> Vec<T> {
        match self {
            Self::Few(entries) => entries.iter().map(|(key, value)| take(key, value)).collect(),
            Self::Many(entries) => entries.iter().map(|(key, value)| take(key, value)).collect(),
        }
    }

    pub(super) fn any_value(&self, is: impl Fn(&Value) -> bool) -> bool {
        match self {
            Self::Few(entries) => entries.iter().any(|(_, value)| is(value)),
            Self::Many(entries) => entries.values().any(is),
        }
    }

    pub(super) fn into_values(self) -> Vec<Value> {
        match self {
            Self::Few(entries) => entries.into_iter().map(|(_, value)| value).collect(),
            Self::Many(entries) => entries.into_values().collect(),
        }
    }
}

impl From<BTreeMap<Text, Value>> for Entries {
    fn from(entries: BTreeMap<Text, Value>) -> Self {
        if entries.len() <= FEW { Self::Few(entries.into_iter().collect()) } else { Self::Many(entries) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Entries, FEW};
    use crate::text::Text;
    use crate::value::Value;

    #[test]
    fn entries_stay_sorted_and_complete_while_they_become_many() {
        let mut entries = Entries::default();
        let key = |number: usize| Text::from(format!("{:02}", number * 7 % 40));
        for number in 0..40 {
            assert!(entries.insert(key(number), Value::Int(0)).is_none());
            assert!(entries.insert(key(number), Value::Bool(true)).is_some_and(|old| matches!(old, Value::Int(0))));
            assert_eq!((entries.len(), matches!(entries, Entries::Few(_))), (number + 1, number < FEW));
            let keys = entries.collect(|key, _| key.clone());
            assert!(keys.is_sorted() && (0..=number).all(|number| entries.get(&key(number)).is_some()));
        }
        assert!((0..40).all(|number| entries.remove(&key(number)).is_some() && entries.get(&key(number)).is_none()));
        assert!(entries.remove(b"none").is_none() && entries.into_values().is_empty());
    }
}
