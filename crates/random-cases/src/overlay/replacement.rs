//! Replacements and variables.

use super::patch::{walk, walk_body};
use super::{Known, Maker};
use crate::yaml::{Item, list, map, raw, text};

/// A path as replacements spell it.
fn spelled(path: &[String], target: &Known, maker: &mut Maker<'_, '_>) -> String {
    let mut parts = Vec::new();
    let mut at = Some(&target.item);
    for part in path {
        let escaped = part.replace('.', "\\.");
        at = match at {
            Some(Item::List(items)) => {
                let found = part.parse::<usize>().ok().and_then(|index| items.get(index));
                let name = found.and_then(|item| item.get("name")).map(Item::words).filter(|name| !name.is_empty());
                parts.push(match (maker.choices.below(4), name) {
                    (0, _) => "*".to_owned(),
                    (1 | 2, Some(name)) => format!("[name={name}]"),
                    _ => escaped,
                });
                found
            }
            Some(item) => {
                parts.push(escaped);
                item.get(part)
            }
            None => None,
        };
    }
    parts.join(".")
}

impl Maker<'_, '_> {
    /// An entry of `replacements`.
    pub(super) fn replacement(&mut self) -> Option<Item> {
        let source = self.target()?;
        let mut path = vec!["metadata".to_owned(), "name".to_owned()];
        if self.careless || self.choices.once_in(3) {
            let (found, value) = walk(&source.item, self.choices, if self.careless { 12 } else { 2 });
            if self.careless || matches!(value, Item::Text(_)) {
                path = found;
            }
        }
        let mut from = map([("kind", text(source.kind)), ("name", text(source.name.as_str()))]);
        if !self.choices.once_in(4) {
            let path = spelled(&path, &source, self);
            from.put("fieldPath", text(path));
        }
        if self.choices.once_in(5) {
            let delimiter = self.choices.of(&[".", "-", ":", "/"]);
            let index = if self.slips(2) { "1" } else { "0" };
            from.put("options", map([("delimiter", text(delimiter)), ("index", raw(index))]));
        }
        let targets: Vec<Item> = (0..=self.choices.below(2)).filter_map(|_| self.replacement_target()).collect();
        let mut entry = Item::Map(Vec::new());
        if self.choices.once_in(16) {
            entry.put("sourceValue", text(self.choices.of(&["fixed", "1", "true", "a.b"])));
        } else {
            entry.put("source", from);
        }
        Some(entry.with("targets", list(targets)))
    }

    fn replacement_target(&mut self) -> Option<Item> {
        let target = self.target()?;
        let select = if self.choices.once_in(if self.careless { 4 } else { 12 }) {
            self.selector(&target)
        } else {
            map([("kind", text(target.kind)), ("name", text(target.name.as_str()))])
        };
        let mut paths = Vec::new();
        let mut are_scalars = true;
        for _ in 0..=self.choices.below(2) {
            let (mut path, found) = walk_body(&target.item, self.choices);
            let is_identity = matches!(path.first().map(String::as_str), Some("apiVersion" | "kind"));
            if !self.careless && (is_identity || !matches!(found, Item::Text(_))) {
                path = ["metadata", "annotations", "replaced"].map(str::to_owned).to_vec();
                are_scalars = false;
            }
            if self.choices.once_in(8) {
                are_scalars = false;
                path.pop();
                path.push(self.choices.of(&["new", "deep", "a.b"]).to_owned());
            }
            let path = spelled(&path, &target, self);
            paths.push(text(path));
        }
        let mut entry = map([("select", select), ("fieldPaths", list(paths))]);
        if self.choices.once_in(10) {
            let other = self.target()?;
            entry.put("reject", list([self.selector(&other)]));
        }
        if !self.careless || self.choices.once_in(3) {
            let mut options = Item::Map(Vec::new());
            if !self.slips(4) {
                options.put("create", raw("true"));
            }
            if self.choices.once_in(4) && (are_scalars || self.careless) {
                options.put("delimiter", text(self.choices.of(&[".", "-", ":", "/"])));
                options.put("index", raw(self.choices.of(&["0", "1", "-1", "5"])));
            }
            if self.slips(12) {
                options.put("encoding", text(self.choices.of(&["base64", "hex"])));
            }
            entry.put("options", options);
        }
        Some(entry)
    }

    /// An entry of `vars`.
    pub(super) fn variable(&mut self, name: &str) -> Option<Item> {
        let target = self.target()?;
        let mut object = map([("kind", text(target.kind)), ("name", text(target.name.as_str()))]);
        if !self.choices.once_in(4) {
            object.put("apiVersion", text(target.version));
        }
        let mut entry = map([("name", text(name)), ("objref", object)]);
        if self.slips(2) {
            let (path, _) = walk(&target.item, self.choices, 12);
            entry.put("fieldref", map([("fieldPath", text(path.join(".")))]));
        }
        Some(entry)
    }
}
