//! The templates of a set by name. Clones of a set share them, and adding to a clone costs what is added, not what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::syntax::Tree;
use crate::text::Text;

/// Templates by name, in layers: a template hides those of the same name below.
///
/// A layer is more than twice as large as the one above, so there are few.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers(Arc<Layer>);

#[derive(Debug, Default)]
struct Layer {
    trees: BTreeMap<Text, Tree>,
    below: Option<Layers>,
}

impl Layers {
    fn iter(&self) -> impl Iterator<Item = &BTreeMap<Text, Tree>> {
        std::iter::successors(Some(self), |layers| layers.0.below.as_ref()).map(|layers| &layers.0.trees)
    }

    /// The template of that name, with its name.
    pub(super) fn get(&self, name: &[u8]) -> Option<(&Text, &Tree)> {
        self.iter().find_map(|trees| trees.get_key_value(name))
    }

    /// All names in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &Text> {
        self.iter().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>().into_iter()
    }

    /// Adds templates. One without content does not replace another.
    pub(super) fn add<'t>(&mut self, added: impl Iterator<Item = (&'t Text, Tree)>) {
        let added: Vec<(Text, Tree)> = added
            .filter(|(name, tree)| self.get(name).is_none() || !tree.is_empty())
            .map(|(name, tree)| (name.clone(), tree))
            .collect();
        let (mut trees, mut below) = match Arc::get_mut(&mut self.0) {
            Some(own) => (std::mem::take(&mut own.trees), own.below.take()),
            None => (BTreeMap::new(), Some(self.clone())),
        };
        trees.extend(added);
        while let Some(layers) = below.take_if(|layers| layers.0.trees.len() <= 2 * trees.len()) {
            for (name, tree) in &layers.0.trees {
                trees.entry(name.clone()).or_insert_with(|| tree.clone());
            }
            below = layers.0.below.clone();
        }
        self.0 = Arc::new(Layer { trees, below });
    }
}
