//! What the templates of each chart see.

use std::collections::BTreeMap;

use bytes::Bytes;
use go_template::{Map, Text, Value};
use helm_engine::{Scope, VALUES};

use super::{Operation, Request};
use crate::dependencies::ResolvedChart;
use crate::file::{base_name, clean};
use crate::objects::{capabilities, files, map, map_to_template, metadata};

/// The templates of all charts, and what each chart's see.
pub(super) struct Scopes<'c> {
    /// By path; the text, and the place of the chart's scope in `scopes`.
    templates: BTreeMap<String, (&'c Bytes, usize)>,
    scopes: Vec<Scope>,
}

impl<'c> Scopes<'c> {
    pub(super) fn new(chart: &'c ResolvedChart, values: &serde_json::Value, request: &Request<'_>) -> Self {
        let release = map([
            ("Name", Value::from(request.release)),
            ("Namespace", Value::from(request.namespace)),
            ("IsUpgrade", Value::Bool(request.operation == Operation::Upgrade)),
            ("IsInstall", Value::Bool(request.operation == Operation::Install)),
            ("Revision", Value::Int(request.revision)),
            ("Service", Value::from("Helm")),
        ]);
        let shared = Shared { release: Value::Map(release), capabilities: capabilities(request.capabilities) };
        let mut scopes = Self { templates: BTreeMap::new(), scopes: Vec::new() };
        let values = values.as_object().map(map_to_template).unwrap_or_default();
        scopes.add(chart, &chart.metadata.name, values, &shared);
        scopes
    }

    /// The paths of all templates in order.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.templates.keys().map(String::as_str)
    }

    /// The templates: their paths and texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, Bytes)> {
        self.templates.iter().map(|(path, (text, _))| (path.as_str(), Bytes::clone(text)))
    }

    /// What the template at a path sees.
    pub(super) fn scope(&self, path: &str) -> Scope {
        let found = self.templates.get(path).and_then(|(_, scope)| self.scopes.get(*scope));
        found.cloned().unwrap_or_else(|| Scope { top: Map::new(), base_path: String::new() })
    }

    /// Adds a chart and those below it. `values` are its own, shared with those of its parent.
    fn add(&mut self, chart: &'c ResolvedChart, path: &str, values: Map, shared: &Shared) -> Map {
        let subcharts = Map::new();
        let top = map([
            ("Chart", Value::Map(metadata(&chart.metadata, !path.contains('/')))),
            ("Files", files(&chart.source.files)),
            ("Release", shared.release.clone()),
            ("Capabilities", shared.capabilities.clone()),
            ("Values", Value::Map(values.retyped(VALUES))),
            ("Subcharts", Value::Map(subcharts.clone())),
        ]);
        for child in &chart.dependencies {
            let name = &child.metadata.name;
            let of_child = table(&values, name).unwrap_or_default();
            let scope = self.add(child, &format!("{path}/charts/{name}"), of_child, shared);
            subcharts.insert(Text::from(name.as_str()), Value::Map(scope));
        }
        let is_library = chart.metadata.is_library();
        for template in &chart.source.templates {
            if !is_library || base_name(&template.name).starts_with('_') {
                let path = format!("{path}/{}", clean(&template.name));
                self.templates.insert(path, (&template.data, self.scopes.len()));
            }
        }
        self.scopes.push(Scope { top: top.clone(), base_path: format!("{path}/templates") });
        top
    }
}

/// What all charts see alike.
struct Shared {
    release: Value,
    capabilities: Value,
}

/// The table at a path of dots: a chart with a dot in its name finds none.
fn table(values: &Map, path: &str) -> Option<Map> {
    path.split('.').try_fold(values.clone(), |table, name| match table.get(name.as_bytes())? {
        Value::Map(table) => Some(table),
        _ => None,
    })
}
