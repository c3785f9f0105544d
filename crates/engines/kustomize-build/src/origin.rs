//! Where objects come from and what changed them, as annotations (`buildMetadata`).

use crate::object::Object;
use crate::tree::Fault;
use manifest::yaml::{SequenceIndent, to_yaml_v3};
use serde_json::Value;

/// Names the file that an object comes from.
pub(crate) const ANNOTATION: &str = "config.kubernetes.io/origin";
/// Lists the transformers that changed an object.
pub(crate) const TRANSFORMATIONS: &str = "alpha.config.kubernetes.io/transformations";

/// What configured a generator or transformer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ConfiguredBy {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) namespace: String,
}

/// Where an object or a configuration comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Origin {
    pub(crate) path: String,
    pub(crate) repo: String,
    pub(crate) reference: String,
    pub(crate) configured_in: String,
    pub(crate) configured_by: ConfiguredBy,
}

fn line(text: &str) -> String {
    to_yaml_v3(&Value::String(text.to_owned()), SequenceIndent::Compact)
}

impl Origin {
    /// The origin of something that is named from here.
    pub(crate) fn append(&self, path: &str) -> Self {
        Self { path: clean_join(&self.path, path), ..self.clone() }
    }

    /// The origin of what a built-in generator or transformer of a kustomization file does.
    pub(crate) fn built_in(&self, file: &str, kind: &str) -> Self {
        Self {
            path: String::new(),
            repo: self.repo.clone(),
            reference: self.reference.clone(),
            configured_in: clean_join(&self.path, file),
            configured_by: ConfiguredBy { api_version: "builtin".to_owned(), kind: kind.to_owned(), ..ConfiguredBy::default() },
        }
    }

    /// As YAML.
    pub(crate) fn text(&self) -> String {
        let mut out = String::new();
        let mut put = |key: &str, value: &str| {
            if !value.is_empty() {
                out.push_str(&format!("{key}: {}", line(value)));
            }
        };
        put("path", &self.path);
        put("repo", &self.repo);
        put("ref", &self.reference);
        put("configuredIn", &self.configured_in);
        let by = &self.configured_by;
        if *by != ConfiguredBy::default() {
            out.push_str("configuredBy:\n");
            for (key, value) in
                [("apiVersion", &by.api_version), ("kind", &by.kind), ("name", &by.name), ("namespace", &by.namespace)]
            {
                if !value.is_empty() {
                    out.push_str(&format!("  {key}: {}", line(value)));
                }
            }
        }
        if out.is_empty() { "{}\n".to_owned() } else { out }
    }

    fn item(&self) -> String {
        let text = self.text();
        let indented: Vec<&str> = text.lines().collect();
        format!("- {}\n", indented.join("\n  "))
    }
}

/// Joins two paths and removes dots; `..` that leads out stays.
pub(crate) fn clean_join(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() && (!base.is_empty() || !path.is_empty()) { ".".to_owned() } else { parts.join("/") }
}

/// Notes the origin of an object.
pub(crate) fn set(object: &mut Object, origin: &Origin) -> Result<(), Fault> {
    object.rewrite_metadata_map("annotations", &[(ANNOTATION, Some(&origin.text()))])
}

/// Notes that a transformer changed an object, or where the object has no origin, that it made it.
pub(crate) fn add_transformation(object: &mut Object, origin: &Origin) -> Result<(), Fault> {
    if object.annotation(ANNOTATION).is_none() {
        return set(object, origin);
    }
    let list = format!("{}{}", object.annotation(TRANSFORMATIONS).unwrap_or_default(), origin.item());
    object.rewrite_metadata_map("annotations", &[(TRANSFORMATIONS, Some(&list))])
}
