//! JSON Schema, as Helm applies a chart's `values.schema.json` to values.
//!
//! ```
//! use json_schema::{Invalid, Schema};
//!
//! let schema = Schema::parse(br#"{"properties": {"replicas": {"type": "integer"}}}"#)?;
//! assert_eq!(schema.validate(&serde_json::json!({"replicas": 2})), Ok(()));
//!
//! let Err(Invalid::Broken(report)) = schema.validate(&serde_json::json!({"replicas": "two"})) else { panic!() };
//! assert_eq!(report.helm_text(), "- at '/replicas': got string, want integer\n");
//! # Ok::<(), json_schema::SchemaError>(())
//! ```
//!
//! Drafts 4, 6, 7, 2019-09 and 2020-12; without `$schema` a schema is of the last. What counts, and the text of every message,
//! is what Helm 4.3.1 gets from github.com/santhosh-tekuri/jsonschema v6.0.3, and is held to it by tables that those computed
//! (`tests/cases.rs`). So formats count in drafts 4, 6 and 7 only, and what `content…` keywords say never counts.
//!
//! Not here: which schema of a chart is applied to which values, and fetching ([`Loader`]).

mod compile;
mod decimal;
mod document;
mod draft;
mod error;
mod evaluate;
mod failure;
mod format;
mod json;
mod library;
mod metaschemas;
mod node;
mod pattern;
mod plain;
mod pointer;
mod reference;
mod text;
mod types;
mod url;

use std::sync::Arc;

use serde_json::Value;

use crate::compile::{Compiled, FormatRule};
use crate::document::{Document, Resource};
pub use crate::error::{Invalid, Limit, ReadError, Report, SchemaError};
use crate::evaluate::Evaluation;
use crate::json::Json;
pub use crate::library::{Loader, Offline};
use crate::metaschemas::Metaschemas;
use crate::node::NodeId;

/// The longest text of a schema that is read, in bytes: more than the largest file that Helm takes from a chart.
const MAX_SIZE: usize = 8 << 20;

/// The address that Helm gives a chart's schema. Messages show it, and relative references are relative to it.
const URL: &str = "file:///values.schema.json";

/// A schema that values can be checked against.
#[derive(Debug)]
pub struct Schema {
    compiled: Compiled,
    root: NodeId,
}

impl Schema {
    /// Reads and compiles a schema that refers to no documents but json-schema.org's.
    ///
    /// # Errors
    /// What is wrong with the schema; a reference to another document is an error, but one to a `urn:`, which allows everything.
    pub fn parse(text: &[u8]) -> Result<Schema, SchemaError> {
        Schema::parse_with(text, &Offline)
    }

    /// Reads and compiles a schema; `loader` brings the documents at `http` and `https` addresses that it refers to.
    ///
    /// # Errors
    /// What is wrong with the schema, or with a document that it refers to.
    pub fn parse_with(text: &[u8], loader: &dyn Loader) -> Result<Schema, SchemaError> {
        if text.len() > MAX_SIZE {
            return Err(Limit::Size(MAX_SIZE).into());
        }
        let given = [(URL, Arc::new(json::read(text)?))];
        let (compiled, roots) = compile::compile(&[URL], &given, loader, FormatRule::Dialect)?;
        Ok(Schema { compiled, root: roots.first().copied().unwrap_or_default() })
    }

    /// Checks a value.
    ///
    /// # Errors
    /// The rules that it breaks, or the limit that was reached.
    pub fn validate(&self, value: &Value) -> Result<(), Invalid> {
        let value = Json::from_value(value).ok_or(Limit::Nesting)?;
        Evaluation::new(&self.compiled.nodes).run(self.root, &value)
    }
}

/// Calls a function that calls itself by way of this one, with enough stack for another level.
fn with_stack<T>(level: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(128 << 10, 2 << 20, level)
}

/// Checks the schema at a place of a document against the metaschema of its dialect.
fn check_schema(document: &Document, schema: &Json, at: &str) -> Result<(), SchemaError> {
    if plain::is_plain(document, schema, at) {
        return Ok(());
    }
    let Some(resource) = document.resource(at) else { return Ok(()) };
    let drafts = document.resources.values().map(|resource| resource.dialect.draft).collect();
    let metaschemas = Metaschemas::of(&drafts);
    let root = |resource: &Resource| metaschemas.root(resource.dialect.draft);
    let mut evaluation = Evaluation::new(&metaschemas.compiled.nodes);
    evaluation.metaschemas = document.resources.iter().map(|(pointer, resource)| (pointer.clone(), root(resource))).collect();
    evaluation.run(root(resource), schema).map_err(|error| match error {
        Invalid::Limit(limit) => SchemaError::Limit(limit),
        broken @ Invalid::Broken(_) => SchemaError::NotASchema { place: document.location(at), invalid: Box::new(broken) },
    })
}
