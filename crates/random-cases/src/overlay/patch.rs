//! Patches of both kinds.

use super::scalar::{any, scalar};
use super::{Known, Maker, resource};
use crate::Choices;
use crate::yaml::{Item, list, map, raw, text, write, write_json};

impl Maker<'_, '_> {
    /// An object that is there, or at times one that is not.
    pub(super) fn target(&mut self) -> Option<Known> {
        let known = self.seen();
        let mut target = self.choices.pick(&known)?.clone();
        if self.slips(10) {
            "nowhere".clone_into(&mut target.name);
        }
        Some(target)
    }

    /// A strategic merge patch for an object: another object of its kind under its name, thinned out.
    pub(super) fn strategic(&mut self, target: &Known) -> Item {
        if self.choices.once_in(16) {
            return identity(target).with("$patch", text(self.choices.of(&["delete", "delete", "replace", "merge"])));
        }
        let made = resource::KINDS.iter().find(|(version, kind, _)| (*version, *kind) == (target.version, target.kind));
        let Some((version, kind, body)) = made else { return identity(target) };
        let is_custom = matches!(target.kind, "Widget" | "Gadget" | "HTTPRoute");
        let whole = if is_custom && !self.careless || self.choices.once_in(4) {
            target.item.clone()
        } else {
            self.whole(version, kind, (&target.name, &target.namespace), *body)
        };
        let mut item = identity(target);
        let Item::Map(entries) = whole else { return item };
        for (key, value) in entries {
            match key.as_str() {
                "apiVersion" | "kind" => {}
                "metadata" => {
                    let mut metadata = item.get("metadata").cloned().unwrap_or(Item::Map(Vec::new()));
                    if let Item::Map(fields) = value {
                        for (key, value) in fields {
                            if !matches!(key.as_str(), "name" | "namespace") {
                                metadata.put(&key, thinned(value, self.choices));
                            }
                        }
                    }
                    item = replaced(item, "metadata", metadata);
                }
                _ => {
                    let value = thinned(value, self.choices);
                    item.put(&key, value);
                }
            }
        }
        item
    }

    /// The text of a JSON patch for an object.
    pub(super) fn json_patch(&mut self, target: &Known) -> String {
        let count = 1 + self.choices.below(3);
        let make = if self.careless { operation } else { careful_operation };
        let operations: Vec<Item> = (0..count).map(|_| make(target, self.choices)).collect();
        let all = list(operations);
        if self.choices.once_in(5) {
            return write_json(&all);
        }
        write(&all, self.choices)
    }

    /// A patch as an entry of `patches`, in a file or in place.
    pub(super) fn patch_entry(&mut self, directory: &str) -> Option<Item> {
        let target = self.target()?;
        let json = self.choices.once_in(2);
        let mut body = if json {
            self.json_patch(&target)
        } else {
            let item = self.strategic(&target);
            write(&item, self.choices)
        };
        let mut body_is_stream = false;
        if !json
            && self.choices.once_in(16)
            && let Some(other) = self.target()
        {
            let item = self.strategic(&other);
            body_is_stream = !self.choices.once_in(8);
            body.push_str("---\n");
            body.push_str(&write(&item, self.choices));
        }
        let mut entry = Item::Map(Vec::new());
        if self.choices.once_in(2) || body.is_empty() {
            let path = self.file(directory, "patch", body);
            entry.put("path", text(path));
        } else {
            entry.put("patch", text(body));
        }
        if json || !body_is_stream && self.choices.once_in(3) {
            entry.put("target", self.selector(&target));
        }
        if self.choices.once_in(12) {
            let option = self.choices.of(&["allowNameChange", "allowKindChange"]);
            entry.put("options", map([(option, raw("true"))]));
        }
        Some(entry)
    }

    /// A selector that selects an object, perhaps among others.
    pub(super) fn selector(&mut self, target: &Known) -> Item {
        let mut selector = Item::Map(Vec::new());
        if !self.slips(4) {
            selector.put("kind", text(if self.slips(6) { "Deploy.*|Config.*" } else { target.kind }));
        }
        if !self.choices.once_in(6) {
            let name = match self.choices.below(16) {
                0 => ".*",
                1 => "app|web|.*-config",
                2 => "a",
                _ => &target.name,
            };
            selector.put("name", text(name));
        }
        if self.choices.once_in(6) {
            selector.put("namespace", text(self.choices.of(&["default", "prod", &target.namespace])));
        }
        let (group, version) = target.version.split_once('/').unwrap_or(("", target.version));
        if self.choices.once_in(4) {
            selector.put("group", text(group));
        }
        if self.choices.once_in(4) {
            selector.put("version", text(version));
        }
        if self.choices.once_in(10) {
            let expression =
                self.choices.of(&["app=web", "app", "!tier", "tier in (one,two)", "env!=prod", "app=web,tier", "a.b = one"]);
            selector.put(self.choices.of(&["labelSelector", "annotationSelector"]), text(expression));
        }
        selector
    }

    /// Keeps a text in a file of the directory.
    pub(super) fn file(&mut self, directory: &str, stem: &str, body: String) -> String {
        let name = format!("{stem}-{}.yaml", self.files.len());
        self.files.insert(format!("{directory}/{name}"), body);
        name
    }
}

fn identity(target: &Known) -> Item {
    let mut metadata = map([("name", text(target.name.as_str()))]);
    if !target.namespace.is_empty() {
        metadata.put("namespace", text(target.namespace.as_str()));
    }
    map([("apiVersion", text(target.version)), ("kind", text(target.kind)), ("metadata", metadata)])
}

fn replaced(item: Item, name: &str, new: Item) -> Item {
    let Item::Map(entries) = item else { return item };
    let entries = entries.into_iter().map(|(key, value)| if key == name { (key, new.clone()) } else { (key, value) });
    Item::Map(entries.collect())
}

/// Leaves out parts and puts in directives.
fn thinned(item: Item, choices: &mut Choices<'_>) -> Item {
    match item {
        Item::Map(entries) => {
            let mut kept = Vec::new();
            for (key, value) in entries {
                let is_key = matches!(key.as_str(), "name" | "containerPort" | "mountPath" | "port" | "ip" | "<<");
                match choices.below(14) {
                    // The anchor is elsewhere.
                    _ if key == "<<" => {}
                    0..=3 if !is_key => {}
                    4 if !is_key => kept.push((key, raw("null"))),
                    5 if !is_key && choices.once_in(16) => kept.push((key, any(choices, 1))),
                    _ => kept.push((key, thinned(value, choices))),
                }
            }
            if choices.once_in(24) {
                kept.push(("$patch".to_owned(), text(choices.of(&["delete", "replace", "merge", "delete", "replace"]))));
            }
            if choices.once_in(80) {
                let directive = choices.of(&["$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/args"]);
                kept.push((directive.to_owned(), list([text("name")])));
            }
            Item::Map(kept)
        }
        Item::List(items) => {
            let mut kept: Vec<Item> = items.into_iter().map(|item| thinned(item, choices)).collect();
            if choices.once_in(16) {
                kept.insert(choices.below(kept.len() + 1), map([("$patch", text(choices.of(&["replace", "delete"])))]));
            }
            if kept.len() > 1 && choices.once_in(6) {
                kept.reverse();
            }
            Item::List(kept)
        }
        Item::Anchored(_, inner) => thinned(*inner, choices),
        other if choices.once_in(3) => match other {
            Item::Raw(text) if text.starts_with('*') => Item::Raw("1".to_owned()),
            Item::Text(text) if text.len() > 30 => Item::Text(text),
            _ => scalar(choices),
        },
        Item::Raw(text) if text.starts_with('*') => Item::Raw("x".to_owned()),
        other => other,
    }
}

/// A way to a node of an object, as parts, and what stands there.
pub(super) fn walk<'i>(item: &'i Item, choices: &mut Choices<'_>, most: usize) -> (Vec<String>, &'i Item) {
    let mut path = Vec::new();
    let mut at = item;
    while path.len() < most {
        let (part, below) = match at {
            Item::Map(entries) if !entries.is_empty() => {
                let (key, value) = &entries[choices.below(entries.len())];
                (key.clone(), value)
            }
            Item::List(items) if !items.is_empty() => {
                let index = choices.below(items.len());
                (index.to_string(), &items[index])
            }
            Item::Anchored(_, inner) => {
                at = inner;
                continue;
            }
            _ => break,
        };
        path.push(part);
        at = below;
        if path.len() > 1 && choices.once_in(8) {
            break;
        }
    }
    (path, at)
}

/// As [`walk`], but seldom to what says which object it is.
pub(super) fn walk_body<'i>(item: &'i Item, choices: &mut Choices<'_>) -> (Vec<String>, &'i Item) {
    let (path, found) = walk(item, choices, 12);
    let seldom = match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        // The original keeps notes of its own among the annotations.
        ["metadata"] | ["metadata", "name" | "namespace" | "annotations"] => true,
        [first, ..] => matches!(*first, "apiVersion" | "kind"),
        [] => true,
    };
    if !seldom {
        return (path, found);
    }
    match item.get("spec") {
        Some(spec) if !choices.once_in(30) => {
            let (rest, found) = walk(spec, choices, 11);
            ([vec!["spec".to_owned()], rest].concat(), found)
        }
        _ => (path, found),
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
}

/// An operation that works on the object as it is, and mostly on what others have made of it.
fn careful_operation(target: &Known, choices: &mut Choices<'_>) -> Item {
    let operation = |op, path: &str, value| map([("op", text(op)), ("path", text(path)), ("value", value)]);
    match choices.below(6) {
        0 => operation("add", "/extra", any(choices, 3)),
        1 => operation("replace", "/metadata/labels", map([("replaced", text("one")), ("app", scalar_text(choices))])),
        2 => operation("add", "/metadata/annotations", map([("added/x", scalar_text(choices))])),
        _ => {
            let body =
                target.item.get("spec").map(|spec| ("/spec", spec)).or(target.item.get("data").map(|data| ("/data", data)));
            let Some((prefix, Item::Map(entries))) = body else { return operation("add", "/more", any(choices, 2)) };
            match choices.pick(entries) {
                Some((key, Item::List(_))) => {
                    operation("add", &format!("{prefix}{}", pointer(std::slice::from_ref(key))), list([]))
                }
                Some((key, Item::Map(_))) if choices.once_in(2) => {
                    let path = pointer(&[key.clone(), choices.of(&["new", "a/b", "0", "-"]).to_owned()]);
                    operation("add", &format!("{prefix}{path}"), any(choices, 2))
                }
                Some((key, Item::Text(_) | Item::Raw(_))) => {
                    operation("replace", &format!("{prefix}{}", pointer(std::slice::from_ref(key))), scalar(choices))
                }
                _ => operation("add", &format!("{prefix}/more"), any(choices, 2)),
            }
        }
    }
}

fn scalar_text(choices: &mut Choices<'_>) -> Item {
    text(choices.of(&["one", "two", "1", "true", "a: b", ""]))
}

fn operation(target: &Known, choices: &mut Choices<'_>) -> Item {
    let (mut path, found) = walk_body(&target.item, choices);
    let is_list = matches!(found, Item::List(_));
    let op =
        choices.of(&["add", "add", "replace", "replace", "add", "replace", "add", "remove", "remove", "test", "copy", "move"]);
    let here = pointer(&path);
    match op {
        "add" => {
            if is_list {
                path.push(choices.of(&["-", "0", "1", "-"]).to_owned());
            } else if choices.once_in(2) {
                path.pop();
                path.push(choices.of(&["new", "a/b", "0", "-", "extra"]).to_owned());
            }
            map([("op", text("add")), ("path", text(pointer(&path))), ("value", any(choices, 2))])
        }
        "replace" => map([("op", text("replace")), ("path", text(here)), ("value", any(choices, 2))]),
        "remove" => map([("op", text("remove")), ("path", text(here))]),
        "test" => map([("op", text("test")), ("path", text(here)), ("value", found.clone())]),
        _ => {
            path.pop();
            path.push("moved".to_owned());
            map([("op", text(op)), ("from", text(here)), ("path", text(pointer(&path)))])
        }
    }
}
