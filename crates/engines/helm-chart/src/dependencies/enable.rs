//! Aliases, tags and conditions.

use std::collections::BTreeSet;

use super::ResolvedChart;
use crate::capabilities::is_compatible;
use crate::metadata::Dependency;
use crate::values::{CoalesceError, Mode, Values, coalesce, scalar, table};

/// Takes the charts out of the tree that are not enabled. `values` are those of the parent, in which `path` leads to the chart.
///
/// A chart that declares no dependencies keeps all that are in its `charts/`, and those all of theirs.
pub(super) fn enable(chart: &mut ResolvedChart, values: &Values, path: &str) -> Result<(), CoalesceError> {
    let Some(mut wanted) = chart.metadata.dependencies.take() else { return Ok(()) };
    choose(chart, &mut wanted);
    let mut coalesced = values.clone();
    coalesce(chart, &mut coalesced, Mode::Coalesce)?;
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
    let Some(tags) = table(values, "tags") else { return true };
    let set = |wanted| dependency.tags.iter().any(|tag| tags.get(tag).and_then(serde_json::Value::as_bool) == Some(wanted));
    set(true) || !set(false)
}

/// The first truth value at one of the paths.
fn condition(dependency: &Dependency, values: &Values, path: &str) -> Option<bool> {
    let paths = dependency.condition.trim().split(',').filter(|condition| !condition.is_empty());
    paths.filter_map(|condition| scalar(values, &format!("{path}{condition}"))?.as_bool()).next()
}
