//! Values that a chart takes over from its dependencies.

use std::sync::Arc;

use serde_json::{Value, json};

use super::ResolvedChart;
use crate::values::{CoalesceError, Mode, Values, coalesce, merge_tables, table};

/// Makes the defaults of every chart with dependencies those of the whole tree below it, with what is imported under them.
pub(super) fn import(chart: &mut ResolvedChart) -> Result<(), CoalesceError> {
    for child in &mut chart.dependencies {
        import(child)?;
    }
    let Some(mut declared) = chart.metadata.dependencies.take() else { return Ok(()) };
    let mut values = Values::new();
    coalesce(chart, &mut values, Mode::Merge)?;
    let mut imported = Values::new();
    for dependency in &mut declared {
        let imports: Vec<(String, String)> = dependency.import_values.iter().filter_map(paths).collect();
        for (child, parent) in &imports {
            if let Some(found) = table(&values, &format!("{}.{child}", dependency.name)) {
                merge_tables(&mut imported, &nested(parent, found), Mode::Merge);
            }
        }
        dependency.import_values = imports.into_iter().map(|(child, parent)| json!({"child": child, "parent": parent})).collect();
    }
    merge_tables(&mut values, &imported, Mode::Merge);
    chart.values = Arc::new(values);
    chart.metadata.dependencies = Some(declared);
    Ok(())
}

/// Where in the child values are, and where in the parent they go.
fn paths(import: &Value) -> Option<(String, String)> {
    let printed = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "<nil>".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match import {
        Value::String(name) => Some((format!("exports.{name}"), ".".to_owned())),
        Value::Object(entries) => Some((printed(entries.get("child")), printed(entries.get("parent")))),
        _ => None,
    }
}

/// The table at a path of dots; the path of one dot is the root.
fn nested(path: &str, table: &Values) -> Values {
    if path == "." {
        return table.clone();
    }
    path.rsplit('.').fold(table.clone(), |inner, name| Values::from_iter([(name.to_owned(), Value::Object(inner))]))
}
