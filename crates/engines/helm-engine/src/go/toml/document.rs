//! The tables of a document while it is read, and which of their keys may still be defined.

use std::collections::{BTreeMap, BTreeSet};

use go_template::{ANY_MAP, List, Map, Text, Type, Value};

use super::{Key, key_text};

/// `[]map[string]interface {}`.
const TABLES: Type = Type::List(&ANY_MAP);

/// What a key stands for.
pub(super) enum Node {
    Table(Table),
    /// An array of tables, written `[[key]]`.
    Tables(Vec<Table>),
    Value(Value),
}

pub(super) type Table = BTreeMap<Vec<u8>, Node>;

/// A document in the making.
#[derive(Default)]
pub(super) struct Document {
    root: Table,
    /// The table that keys go into.
    pub(super) context: Key,
    /// Tables that only follow from the keys of others; each may be defined once more.
    implicit: BTreeSet<Vec<u8>>,
    /// Keys whose value is a plain array.
    pub(super) arrays: BTreeSet<Vec<u8>>,
}

fn shown(key: &Key) -> String {
    String::from_utf8_lossy(&key_text(key)).into_owned()
}

impl Document {
    pub(super) fn add_implicit(&mut self, key: &Key) {
        self.implicit.insert(key_text(key));
    }

    /// Makes a table the context, and makes it if it is not there. The error is a message.
    pub(super) fn open_table(&mut self, key: Key) -> Result<(), String> {
        let (parent, last) = self.open_parents(key)?;
        self.context = parent;
        self.define(&last, Node::Table(Table::new()))?;
        self.context.push(last);
        Ok(())
    }

    /// Adds a table to an array of tables and makes it the context.
    pub(super) fn open_table_in_array(&mut self, key: Key) -> Result<(), String> {
        let whole = shown(&key);
        let (parent, last) = self.open_parents(key)?;
        let refused = || format!("Key '{whole}' was already created and cannot be used as an array.");
        let table = self.table(&parent).ok_or_else(refused)?;
        match table.entry(last.clone()).or_insert_with(|| Node::Tables(Vec::new())) {
            Node::Tables(tables) => tables.push(Table::new()),
            _ => return Err(refused()),
        }
        self.context = parent;
        self.context.push(last);
        Ok(())
    }

    /// Makes the tables above a key, and takes the key apart.
    fn open_parents(&mut self, mut key: Key) -> Result<(Key, Vec<u8>), String> {
        let last = key.pop().unwrap_or_default();
        let mut parent = Key::new();
        for part in key {
            let table = self.table(&parent);
            parent.push(part.clone());
            match table.map(|table| table.entry(part)) {
                Some(std::collections::btree_map::Entry::Vacant(vacant)) => {
                    vacant.insert(Node::Table(Table::new()));
                    self.add_implicit(&parent);
                }
                Some(occupied) => {
                    let node = occupied.or_insert_with(|| Node::Table(Table::new()));
                    if matches!(node, Node::Value(_)) {
                        return Err(format!("Key '{}' was already created as a hash.", shown(&parent)));
                    }
                }
                None => return Err(format!("Key '{}' was already created as a hash.", shown(&parent))),
            }
        }
        Ok((parent, last))
    }

    /// The table of a key; of an array the last one.
    fn table(&mut self, key: &[Vec<u8>]) -> Option<&mut Table> {
        key.iter().try_fold(&mut self.root, |table, part| match table.get_mut(part)? {
            Node::Table(table) => Some(table),
            Node::Tables(tables) => tables.last_mut(),
            Node::Value(_) => None,
        })
    }

    /// Defines a key in the context.
    pub(super) fn define(&mut self, name: &[u8], node: Node) -> Result<(), String> {
        let mut key = self.context.clone();
        for length in 1..=key.len() {
            if self.table(&key[..length]).is_none() {
                return Err(format!("Key '{}' has already been defined.", shown(&key[..length].to_vec())));
            }
        }
        key.push(name.to_vec());
        let text = key_text(&key);
        let taken = || format!("Key '{}' has already been defined.", String::from_utf8_lossy(&text));
        let exists = self.table(&key[..key.len() - 1]).is_some_and(|table| table.contains_key(name));
        if exists {
            // What is there stays: it is the table that followed from other keys. Only an array replaces what was
            // collected for it.
            let was_implicit = self.implicit.remove(&text);
            if !was_implicit {
                return Err(taken());
            }
            if !self.arrays.contains(&text) {
                return Ok(());
            }
        }
        let parent = key.len() - 1;
        let table = self.table(&key[..parent]).ok_or_else(taken)?;
        table.insert(name.to_vec(), node);
        Ok(())
    }

    /// The finished document.
    pub(super) fn into_map(self) -> Map {
        map(self.root)
    }
}

fn map(table: Table) -> Map {
    let value = |node| match node {
        Node::Table(table) => Value::Map(map(table)),
        Node::Tables(tables) => {
            Value::List(List::with_type(tables.into_iter().map(|table| Value::Map(map(table))).collect(), TABLES))
        }
        Node::Value(value) => value,
    };
    table.into_iter().map(|(name, node)| (Text::from(name), value(node))).collect()
}
