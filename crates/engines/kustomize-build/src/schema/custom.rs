//! An OpenAPI document that a kustomization brings along.

use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

const KIND: &str = "x-kubernetes-group-version-kind";

/// Why a document cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CustomFault {
    /// It is neither JSON nor YAML.
    #[error("read the OpenAPI document")]
    Parse(#[source] manifest::yaml::YamlError),
    /// It is not an OpenAPI document.
    #[error("not an OpenAPI document: {0}")]
    Shape(String),
}

#[derive(Debug)]
pub(super) struct Custom {
    definitions: serde_json::Map<String, Value>,
    kinds: BTreeMap<(String, String), String>,
    namespaced: BTreeMap<(String, String), bool>,
}

impl Custom {
    pub(super) fn parse(document: &[u8]) -> Result<Self, CustomFault> {
        let shape = |what: &str| CustomFault::Shape(what.to_owned());
        let text = std::str::from_utf8(document).map_err(|_| shape("it is not UTF-8 text"))?;
        let mut value = crate::yaml::value(text).map_err(CustomFault::Parse)?;
        if !value.is_object() {
            return Err(shape("its top level is not a mapping"));
        }
        let definitions = match value["definitions"].take() {
            Value::Object(definitions) => definitions,
            Value::Null => serde_json::Map::new(),
            _ => return Err(shape("`definitions` is not a mapping")),
        };
        if definitions.values().any(|definition| !definition.is_object()) {
            return Err(shape("an entry of `definitions` is not a mapping"));
        }
        let mut kinds = BTreeMap::new();
        for (name, definition) in &definitions {
            for entry in definition[KIND].as_array().into_iter().flatten().filter(|entry| entry.is_object()) {
                let key = version_and_kind(entry).ok_or_else(|| shape("a kind lacks its version or name"))?;
                kinds.insert(key, name.clone());
            }
        }
        Ok(Self { definitions, kinds, namespaced: scopes(&value["paths"]) })
    }

    pub(super) fn definition(&self, name: &str) -> Option<&Value> {
        self.definitions.get(name)
    }

    pub(super) fn kind(&self, api_version: &str, kind: &str) -> Option<&Value> {
        self.definition(self.kinds.get(&(api_version.to_owned(), kind.to_owned()))?)
    }

    pub(super) fn is_cluster_scoped(&self, api_version: &str, kind: &str) -> bool {
        self.namespaced.get(&(api_version.to_owned(), kind.to_owned())) == Some(&false)
    }
}

fn version_and_kind(entry: &Value) -> Option<(String, String)> {
    let version = entry["version"].as_str()?;
    let kind = entry["kind"].as_str()?.to_owned();
    Some(match entry["group"].as_str() {
        Some(group) if !group.is_empty() => (format!("{group}/{version}"), kind),
        _ => (version.to_owned(), kind),
    })
}

fn scopes(paths: &Value) -> BTreeMap<(String, String), bool> {
    let mut namespaced = BTreeMap::new();
    for (path, operations) in paths.as_object().into_iter().flatten() {
        let Some(key) = version_and_kind(&operations["get"][KIND]) else { continue };
        if path.contains("namespaces/{namespace}") {
            namespaced.insert(key, true);
        } else {
            namespaced.entry(key).or_insert(false);
        }
    }
    namespaced
}

/// The name that a reference within the document means.
pub(super) fn definition_name(reference: &str) -> Option<Cow<'_, str>> {
    let name = reference.strip_prefix("#/definitions/")?;
    Some(if name.contains('~') { Cow::Owned(name.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(name) })
}

/// The merge keys where the list merges.
pub(super) fn merge_keys(definition: &Value) -> Option<Vec<Cow<'_, str>>> {
    let strategy = definition["x-kubernetes-patch-strategy"].as_str()?;
    if !strategy.split(',').any(|part| part == "merge") {
        return None;
    }
    if let Some(keys) = definition["x-kubernetes-list-map-keys"].as_array() {
        return Some(keys.iter().filter_map(Value::as_str).map(Cow::Borrowed).collect());
    }
    Some(definition["x-kubernetes-patch-merge-key"].as_str().map(Cow::Borrowed).into_iter().collect())
}
