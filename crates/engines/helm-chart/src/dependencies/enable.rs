//! Aliases, tags and conditions.

use std::collections::BTreeSet;

use super::ResolvedChart;
use crate::capabilities::is_compatible;
use crate::metadata::Dependency;
use crate::values::{CoalesceError, GLOBAL, Mode, Values, coalesce_some, scalar, table};

/// Where the values of tags are.
const TAGS: &str = "tags";

/// Takes the charts out of the tree that are not enabled. `values` are those of the parent, in which `path` leads to the chart.
///
/// A chart that declares no dependencies keeps all that are in its `charts/`, and those all of theirs.
pub(super) fn enable(chart: &mut ResolvedChart, values: &Values, path: &str) -> Result<(), CoalesceError> {
    let Some(mut wanted) = chart.metadata.dependencies.take() else { return Ok(()) };
    choose(chart, &mut wanted);
    let mut coalesced = values.clone();
    let are_deep = chart.dependencies.iter().any(|child| child.metadata.dependencies.is_some());
    coalesce_some(chart, &mut coalesced, Mode::Coalesce, |key| {
        are_deep
            || [TAGS, GLOBAL].contains(&key)
            || chart.dependencies.iter().any(|child| child.metadata.name == key)
            || wanted.iter().flat_map(conditions).any(|condition| first_name(path, condition) == key)
    })?;
    for dependency in &mut wanted {
        dependency.enabled = tags_allow(dependency, &coalesced);
        if let Some(condition) = condition(dependency, &coalesced, path) {
            dependency.enabled = condition;
        }
    }
    let disabled: BTreeSet<String> =
        wanted.iter().filter(|dependency| !dependency.enabled).map(|dependency| dependency.name.clone()).collect();
    chart.dependencies.retain(|child| !disabled.contains(&child.metadata.name));
    wanted.retain(|dependency| !disabled.contains(&dependency.name));
    for child in &mut chart.dependencies {
        let path = format!("{path}{}.", child.metadata.name);
        enable(child, &coalesced, &path)?;
    }
    chart.metadata.dependencies = (!wanted.is_empty()).then_some(wanted);
    Ok(())
}

/// Makes the subcharts those that are declared, once for each declaration and under its alias. Those that no declaration is about,
/// be it for their version only, stay and come first.
fn choose(chart: &mut ResolvedChart, wanted: &mut [Dependency]) {
    let present = std::mem::take(&mut chart.dependencies);
    let is_meant = |child: &ResolvedChart, dependency: &Dependency| {
        child.metadata.name == dependency.name && is_compatible(&dependency.version, &child.metadata.version)
    };
    let undeclared = |child: &&ResolvedChart| !wanted.iter().any(|dependency| is_meant(child, dependency));
    chart.dependencies = present.iter().filter(undeclared).cloned().collect();
    for dependency in wanted {
        if let Some(child) = present.iter().find(|child| is_meant(child, dependency)) {
            let mut child = child.clone();
            if !dependency.alias.is_empty() {
                child.metadata.name.clone_from(&dependency.alias);
            }
            chart.dependencies.push(child);
        }
        if !dependency.alias.is_empty() {
            dependency.name.clone_from(&dependency.alias);
        }
    }
}

/// No, if one of the tags is false and none is true.
fn tags_allow(dependency: &Dependency, values: &Values) -> bool {
    let Some(tags) = table(values, TAGS) else { return true };
    let set = |wanted| dependency.tags.iter().any(|tag| tags.get(tag).and_then(serde_json::Value::as_bool) == Some(wanted));
    set(true) || !set(false)
}

/// The first truth value at one of the paths.
fn condition(dependency: &Dependency, values: &Values, path: &str) -> Option<bool> {
    conditions(dependency).filter_map(|condition| scalar(values, &format!("{path}{condition}"))?.as_bool()).next()
}

/// The paths of values that decide about a dependency, below its parent's.
fn conditions(dependency: &Dependency) -> impl Iterator<Item = &str> {
    dependency.condition.trim().split(',').filter(|condition| !condition.is_empty())
}

/// The first name of one path below another, which ends with a dot or is empty.
fn first_name<'p>(path: &'p str, below: &'p str) -> &'p str {
    let path = if path.is_empty() { below } else { path };
    path.split('.').next().unwrap_or(path)
}
