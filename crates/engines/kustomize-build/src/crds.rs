//! `crds:`: OpenAPI definitions whose extensions say which fields are names, labels, annotations or references.

use crate::config::{BackReference, Conflict, FieldConfig, merge_one};
use crate::error::{BuildError, Cause};
use crate::fields::FieldPath;
use crate::identity::Gvk;
use crate::loader::{Root, Session};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Definitions may refer to each other in a circle.
const DEPTH: usize = 50;

/// Reads the files of `crds`.
pub(crate) fn read<'b>(session: &mut Session<'b>, root: &Root<'b>, paths: &[String]) -> Result<FieldConfig, BuildError> {
    let mut merged = Arc::new(FieldConfig::default());
    for path in paths {
        let bytes = root.load(session, path)?;
        let unusable = |source: Cause| BuildError::content(path.clone(), "OpenAPI definitions", source);
        let value: Value = match bytes.first() {
            None => return Err(unusable("the file is empty".into())),
            Some(b'{') => serde_json::from_slice(&bytes).map_err(|error| unusable(error.into()))?,
            Some(_) => crate::read::value(&bytes).map_err(unusable)?,
        };
        let definitions = match &value {
            Value::Object(definitions) => definitions,
            Value::Null => continue,
            _ => return Err(unusable("expected a mapping from type names to definitions".into())),
        };
        check(definitions).map_err(unusable)?;
        let config = fields(definitions).map_err(|error| unusable(error.into()))?;
        merged = merged.merged(&Arc::new(config)).map_err(|error| unusable(error.into()))?;
    }
    Ok(Arc::unwrap_or_clone(merged))
}

/// Each entry must be a definition.
fn check(definitions: &Map<String, Value>) -> Result<(), Cause> {
    for (name, definition) in definitions {
        if !definition.is_object() && !definition.is_null() {
            return Err(format!("'{name}' is not a definition but a single value; expected a mapping").into());
        }
    }
    Ok(())
}

fn properties(definition: &Value) -> Option<&Map<String, Value>> {
    let schema = definition.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case("schema"))?.1;
    schema["properties"].as_object()
}

fn fields(definitions: &Map<String, Value>) -> Result<FieldConfig, Conflict> {
    let mut all = Arc::new(FieldConfig::default());
    for (name, definition) in definitions {
        let Some(known) = properties(definition) else { continue };
        if !["kind", "apiVersion", "metadata"].into_iter().all(|field| known.contains_key(field)) {
            continue;
        }
        let kind = name.rsplit('.').next().unwrap_or(name);
        let gvk = Gvk { kind: kind.to_owned(), ..Gvk::default() };
        let mut config = FieldConfig::default();
        add(&mut config, &gvk, definitions, (name, &mut Vec::new()))?;
        all = all.merged(&Arc::new(config))?;
    }
    Ok(Arc::unwrap_or_clone(all))
}

fn add(
    config: &mut FieldConfig,
    gvk: &Gvk,
    definitions: &Map<String, Value>,
    (name, path): (&str, &mut Vec<String>),
) -> Result<(), Conflict> {
    let Some(properties) = definitions.get(name).and_then(properties).filter(|_| path.len() < DEPTH) else { return Ok(()) };
    for (property, schema) in properties {
        path.push(property.clone());
        let field = |path: &[String]| FieldPath::new(gvk.clone(), &path.join("/"), false);
        let says = |extension: &str| schema[extension].as_str();
        if says("x-kubernetes-annotation").is_some() {
            merge_one(&mut config.common_annotations, field(path))?;
        }
        if says("x-kubernetes-label-selector").is_some() {
            merge_one(&mut config.common_labels, field(path))?;
        }
        if says("x-kubernetes-identity").is_some() {
            merge_one(&mut config.name_prefix, field(path))?;
        }
        if let (Some(version), Some(kind)) = (says("x-kubernetes-object-ref-api-version"), says("x-kubernetes-object-ref-kind")) {
            let key = says("x-kubernetes-object-ref-name-key").unwrap_or("name");
            path.push(key.to_owned());
            let target = Gvk { group: String::new(), version: version.to_owned(), kind: kind.to_owned() };
            config.add_reference(BackReference { target, referrers: vec![field(path)] })?;
            path.pop();
        }
        if let Some(reference) = schema["$ref"].as_str() {
            add(config, gvk, definitions, (reference, path))?;
        }
        path.pop();
    }
    Ok(())
}
