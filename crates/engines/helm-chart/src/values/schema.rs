//! Checks of values against the schemas of a chart and of its subcharts.

use json_schema::{Invalid, Schema};
use serde_json::Value;

use crate::dependencies::ResolvedChart;
use crate::objects::to_template;

/// Values that a schema refuses; worded as Helm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
pub struct SchemaError(pub String);

/// Checks the coalesced values, each chart's own part with its own schema.
pub(crate) fn validate(chart: &ResolvedChart, values: &Value) -> Result<(), SchemaError> {
    let mut faults = String::new();
    collect(chart, values, &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(SchemaError(faults)) }
}

fn collect(chart: &ResolvedChart, values: &Value, faults: &mut String) {
    if let Some(schema) = &chart.source.schema
        && let Err(fault) = check(schema, values)
    {
        faults.push_str(&format!("{}:\n{fault}", chart.metadata.name));
    }
    for child in &chart.dependencies {
        let name = &child.metadata.name;
        match values.get(name) {
            None | Some(Value::Null) => {}
            Some(values @ Value::Object(_)) => collect(child, values, faults),
            Some(other) => {
                let kind = to_template(other).type_name();
                faults.push_str(&format!("{name}:\ninvalid type for values: expected object (map), got {kind}\n"));
            }
        }
    }
}

fn check(schema: &[u8], values: &Value) -> Result<(), String> {
    let schema = Schema::parse(schema).map_err(|error| error.to_string())?;
    schema.validate(values).map_err(|invalid| match invalid {
        Invalid::Broken(report) => report.helm_text(),
        Invalid::Limit(limit) => limit.to_string(),
    })
}
