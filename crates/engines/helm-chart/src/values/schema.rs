//! Checks of values against the schemas of a chart and of its subcharts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use json_schema::{Invalid, Schema};
use serde_json::Value;

use crate::dependencies::ResolvedChart;
use crate::objects::to_template;

/// Values that a schema refuses; worded as Helm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
pub struct SchemaError(pub String);

/// The schemas of a chart and its subcharts, by their texts, each compiled when it is first asked. A text that is no schema has Go's
/// message.
#[derive(Debug, Default)]
pub(crate) struct Compiled(Mutex<BTreeMap<Bytes, Arc<Result<Schema, String>>>>);

impl Compiled {
    /// Checks the coalesced values, each chart's own part with its own schema.
    pub(crate) fn validate(&self, chart: &ResolvedChart, values: &Value) -> Result<(), SchemaError> {
        let mut faults = String::new();
        self.collect(chart, values, &mut faults);
        if faults.is_empty() { Ok(()) } else { Err(SchemaError(faults)) }
    }

    fn collect(&self, chart: &ResolvedChart, values: &Value, faults: &mut String) {
        if let Some(schema) = &chart.source.schema
            && let Err(fault) = check(&self.schema(schema), values)
        {
            faults.push_str(&format!("{}:\n{fault}", chart.metadata.name));
        }
        for child in &chart.dependencies {
            let name = &child.metadata.name;
            match values.get(name) {
                None | Some(Value::Null) => {}
                Some(values @ Value::Object(_)) => self.collect(child, values, faults),
                Some(other) => {
                    let kind = to_template(other).type_name();
                    faults.push_str(&format!("{name}:\ninvalid type for values: expected object (map), got {kind}\n"));
                }
            }
        }
    }

    fn schema(&self, text: &Bytes) -> Arc<Result<Schema, String>> {
        let mut compiled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let compile = || Arc::new(Schema::parse(text).map_err(|error| error.to_string()));
        Arc::clone(compiled.entry(text.clone()).or_insert_with(compile))
    }
}

fn check(schema: &Result<Schema, String>, values: &Value) -> Result<(), String> {
    schema.as_ref().map_err(Clone::clone)?.validate(values).map_err(|invalid| match invalid {
        Invalid::Broken(report) => report.helm_text(),
        Invalid::Limit(limit) => limit.to_string(),
    })
}
