//! Tables that several places share, so that a change at one place is seen at the others.
//!
//! Helm takes over imported tables without copying them. When a second import adds to a table that a first one brought, the defaults
//! of the subchart change with it, and charts see that.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::values::Values;

/// A table; clones are the same table.
#[derive(Clone, Default)]
pub(super) struct Table(Rc<RefCell<BTreeMap<String, Node>>>);

#[derive(Clone)]
enum Node {
    Leaf(Value),
    Table(Table),
}

/// How many entries the imports of one chart may touch: tables that share tables can stand for very many.
pub(super) const LIMIT: usize = 1_000_000;

/// How deep tables are added to each other: they can come to hold themselves.
const DEPTH: usize = 1_000;

impl Table {
    /// The values, their tables made sharable.
    pub(super) fn of(values: &Values) -> Self {
        let node = |value: &Value| match value {
            Value::Object(entries) => Node::Table(Self::of(entries)),
            leaf => Node::Leaf(leaf.clone()),
        };
        Self(Rc::new(RefCell::new(values.iter().map(|(key, value)| (key.clone(), node(value))).collect())))
    }

    /// The values as they are now; `None` when there are more than are left. A table within itself is left out.
    pub(super) fn to_values(&self, left: &mut usize) -> Option<Values> {
        // While its values are copied, a table is not to be met again.
        let Ok(entries) = self.0.try_borrow_mut() else { return Some(Values::new()) };
        *left = left.checked_sub(entries.len())?;
        let mut values = Values::new();
        for (key, node) in entries.iter() {
            let value = match node {
                Node::Leaf(value) => value.clone(),
                Node::Table(table) => Value::Object(table.to_values(left)?),
            };
            values.insert(key.clone(), value);
        }
        Some(values)
    }

    /// Empties all tables, so that none keeps itself alive.
    pub(super) fn dissolve(&self) {
        let entries = self.0.take();
        for (_, node) in entries {
            if let Node::Table(table) = node {
                table.dissolve();
            }
        }
    }

    /// The table at a path of dots.
    pub(super) fn at(&self, path: &str) -> Option<Self> {
        path.split('.').try_fold(self.clone(), |table, name| match table.0.borrow().get(name)? {
            Node::Table(table) => Some(table.clone()),
            Node::Leaf(_) => None,
        })
    }

    /// A table in which this one is at a path of dots; the path of one dot is the table itself.
    pub(super) fn below(self, path: &str) -> Self {
        if path == "." {
            return self;
        }
        path.rsplit('.')
            .fold(self, |inner, name| Self(Rc::new(RefCell::new(BTreeMap::from([(name.to_owned(), Node::Table(inner))])))))
    }

    /// Adds what another table has and this one does not, at any depth. A null here becomes one there too. `None` when that touches
    /// more entries than are left.
    pub(super) fn add(&self, other: &Self, left: &mut usize) -> Option<()> {
        self.add_within(other, DEPTH, left)
    }

    fn add_within(&self, other: &Self, depth: usize, left: &mut usize) -> Option<()> {
        if Rc::ptr_eq(&self.0, &other.0) {
            return Some(());
        }
        let depth = depth.checked_sub(1)?;
        let is_null = |node: &Node| matches!(node, Node::Leaf(Value::Null));
        let nulls: Vec<String> = self.0.borrow().iter().filter(|(_, node)| is_null(node)).map(|(key, _)| key.clone()).collect();
        other.0.borrow_mut().extend(nulls.into_iter().map(|key| (key, Node::Leaf(Value::Null))));
        let theirs = other.0.borrow().clone();
        *left = left.checked_sub(theirs.len())?;
        for (key, node) in theirs {
            let own = self.0.borrow().get(&key).cloned();
            match (own, node) {
                (None, node) => {
                    self.0.borrow_mut().insert(key, node);
                }
                (Some(Node::Table(own)), Node::Table(other)) => own.add_within(&other, depth, left)?,
                _ => {}
            }
        }
        Some(())
    }
}
