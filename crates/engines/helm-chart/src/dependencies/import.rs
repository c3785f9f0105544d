//! Values that a chart takes over from its dependencies.

use std::sync::Arc;

use serde_json::{Value, json};

use super::ResolvedChart;
use super::shared::{LIMIT, Table};
use crate::metadata::Dependency;
use crate::objects::formatted;
use crate::values::{CoalesceError, Mode, Values, coalesce, merge_tables};

/// Makes the defaults of every chart with dependencies those of the whole tree below it, with what is imported under them.
pub(super) fn import(chart: &mut ResolvedChart) -> Result<(), CoalesceError> {
    for child in &mut chart.dependencies {
        import(child)?;
    }
    let Some(mut declared) = chart.metadata.dependencies.take() else { return Ok(()) };
    let mut values = Values::new();
    coalesce(chart, &mut values, Mode::Merge)?;
    if declared.iter().any(|dependency| !dependency.import_values.is_empty()) {
        let shared = Table::of(&values);
        let imported = Table::default();
        let copies = add_all(&mut declared, &shared, &imported);
        shared.dissolve();
        imported.dissolve();
        let (changed, imported) = copies.ok_or(CoalesceError::Imports(LIMIT))?;
        values = changed;
        merge_tables(&mut values, &imported, Mode::Merge);
    }
    chart.values = Arc::new(values);
    chart.metadata.dependencies = Some(declared);
    Ok(())
}

/// Adds all imports to `imported`, which changes tables of the children in `shared`; gives the values of both.
fn add_all(declared: &mut [Dependency], shared: &Table, imported: &Table) -> Option<(Values, Values)> {
    let mut left = LIMIT;
    for dependency in declared {
        let imports: Vec<(String, String)> = dependency.import_values.iter().filter_map(paths).collect();
        for (child, parent) in &imports {
            if let Some(found) = shared.at(&format!("{}.{child}", dependency.name)) {
                imported.add(&found.below(parent), &mut left)?;
            }
        }
        dependency.import_values = imports.into_iter().map(|(child, parent)| json!({"child": child, "parent": parent})).collect();
    }
    Some((shared.to_values(&mut left)?, imported.to_values(&mut left)?))
}

/// Where in the child values are, and where in the parent they go.
fn paths(import: &Value) -> Option<(String, String)> {
    let printed = |value: Option<&Value>| formatted("%v", value.unwrap_or(&Value::Null));
    match import {
        Value::String(name) => Some((format!("exports.{name}"), ".".to_owned())),
        Value::Object(entries) => Some((printed(entries.get("child")), printed(entries.get("parent")))),
        _ => None,
    }
}
