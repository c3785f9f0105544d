//! Which charts of a tree take part in a rendering, under which names, and with which default values.

mod enable;
mod import;
mod shared;

use std::sync::Arc;

use crate::chart::Chart;
use crate::metadata::Metadata;
use crate::values::{CoalesceError, Tree, Values};

/// A chart after its dependencies are resolved: what is rendered, and what a release record keeps.
#[derive(Debug, Clone)]
pub struct ResolvedChart {
    /// The chart as it was loaded: its files and templates.
    pub source: Arc<Chart>,
    /// The metadata; the name is the alias where there is one, disabled dependencies are gone.
    pub metadata: Metadata,
    /// The default values. Where there are dependencies they hold those of the subcharts too, and what is imported from them.
    pub values: Arc<Values>,
    /// The charts that take part.
    pub dependencies: Vec<Self>,
}

impl ResolvedChart {
    fn new(chart: &Arc<Chart>) -> Self {
        Self {
            source: Arc::clone(chart),
            metadata: chart.metadata.clone(),
            values: Arc::clone(&chart.values),
            dependencies: chart.dependencies.iter().map(Self::new).collect(),
        }
    }

    /// The files that hold custom resource definitions, the chart's own first; each with its path from the root chart.
    pub fn crds(&self) -> Vec<Crd> {
        let mut crds = Vec::new();
        self.visit(&self.metadata.name, &mut |chart, path| {
            let own = chart.source.files.iter().filter(|file| file.is_crd());
            crds.extend(own.map(|file| Crd { path: format!("{path}/{}", file.name), data: file.data.clone() }));
        });
        crds
    }

    /// Calls `visit` with every chart of the tree and its path from the root chart, parents first.
    pub(crate) fn visit(&self, path: &str, visit: &mut impl FnMut(&Self, &str)) {
        visit(self, path);
        for child in &self.dependencies {
            child.visit(&format!("{path}/charts/{}", child.metadata.name), visit);
        }
    }
}

/// A file with custom resource definitions. It is no template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crd {
    /// The path from the root chart: `chart/charts/sub/crds/a.yaml`.
    pub path: String,
    /// The content.
    pub data: bytes::Bytes,
}

impl Tree for ResolvedChart {
    fn name(&self) -> &str {
        &self.metadata.name
    }

    fn values(&self) -> &Values {
        &self.values
    }

    fn children(&self) -> &[Self] {
        &self.dependencies
    }
}

/// Resolves the dependencies of a chart for the user's values: aliases, tags, conditions, then imported values.
pub(crate) fn resolve(chart: &Arc<Chart>, values: &Values) -> Result<ResolvedChart, CoalesceError> {
    let mut resolved = ResolvedChart::new(chart);
    enable::enable(&mut resolved, values, "")?;
    import::import(&mut resolved)?;
    Ok(resolved)
}
