//! Rendering a chart: what `helm template`, installations and upgrades have in common.

mod rendered;
mod scope;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use helm_engine::{Engine, Limits, Ports, TemplateSet};
use serde_json::Value;

use crate::capabilities::{Capabilities, is_compatible};
use crate::chart::Chart;
use crate::dependencies::{Crd, ResolvedChart, resolve};
use crate::manifests::{ManifestError, sort};
use crate::post_render::{PostRenderError, PostRenderStrategy, PostRenderer};
use crate::values::{CoalesceError, CompiledSchemas, Mode, SchemaError, Values, coalesce};
pub use rendered::Rendered;
use scope::Scopes;

/// What a rendering is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// The first revision of a release.
    Install,
    /// A later one.
    Upgrade,
}

/// What a chart is rendered with.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// The name of the release; see [`crate::check_release_name`].
    pub release: &'r str,
    /// The namespace of the release.
    pub namespace: &'r str,
    /// The revision that templates see.
    pub revision: i64,
    /// Whether the release is installed or upgraded.
    pub operation: Operation,
    /// The user's values.
    pub values: &'r Values,
    /// What the cluster can do.
    pub capabilities: &'r Capabilities,
    /// Whether the schemas of the charts are asked.
    pub schemas: Schemas,
    /// Whose notes are kept.
    pub notes: Notes,
    /// What is changed in the rendered files before they become a release.
    pub post_renderer: Option<(&'r PostRenderer, PostRenderStrategy)>,
    /// Bounds on the execution of templates.
    pub limits: Limits,
}

/// What is done with `values.schema.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schemas {
    /// Values that they refuse are an error.
    Check,
    /// They are not looked at.
    Skip,
}

/// Which `NOTES.txt` are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notes {
    /// The root chart's.
    Root,
    /// Those of its subcharts too, in the order of their paths.
    All,
}

/// Why a chart cannot be rendered; worded as Helm.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The dependencies cannot be resolved.
    #[error("chart dependencies processing failed")]
    Dependencies(#[source] CoalesceError),
    /// The values cannot be coalesced.
    #[error(transparent)]
    Values(#[from] CoalesceError),
    /// A schema refuses the values.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The chart is not for this version of Kubernetes.
    #[error("chart requires kubeVersion: {range} which is incompatible with Kubernetes {version}")]
    KubeVersion {
        /// The range that the chart names.
        range: String,
        /// The version.
        version: String,
    },
    /// A template is malformed or fails.
    #[error(transparent)]
    Template(#[from] helm_engine::RenderError),
    /// The rendered files cannot be changed.
    #[error(transparent)]
    PostRender(#[from] PostRenderError),
    /// A rendered document is no object.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// A chart that is ready to be rendered many times and by many threads: its templates are parsed once, its schemas compiled once.
#[derive(Debug)]
pub struct Prepared {
    chart: Arc<Chart>,
    engine: Engine,
    /// The templates of the last rendering. Which charts take part, and so which templates, depends on the values.
    parsed: Mutex<Option<Parsed>>,
    schemas: CompiledSchemas,
}

#[derive(Debug)]
struct Parsed {
    paths: Vec<String>,
    templates: Arc<TemplateSet>,
}

impl Prepared {
    /// Prepares a chart with Helm's functions.
    pub fn new(chart: Chart) -> Self {
        Self::with_engine(chart, Engine::new())
    }

    /// Prepares a chart with an engine that has other functions or rules.
    pub fn with_engine(chart: Chart, engine: Engine) -> Self {
        Self { chart: Arc::new(chart), engine, parsed: Mutex::new(None), schemas: CompiledSchemas::default() }
    }

    /// The chart as it was loaded.
    pub fn chart(&self) -> &Arc<Chart> {
        &self.chart
    }

    /// The files with custom resource definitions of the charts that take part with these values. They are no templates.
    ///
    /// # Errors
    /// [`RenderError::Dependencies`].
    pub fn crds(&self, values: &Values) -> Result<Vec<Crd>, RenderError> {
        Ok(resolve(&self.chart, values).map_err(RenderError::Dependencies)?.crds())
    }

    /// The same chart with other default values.
    #[must_use]
    pub fn with_defaults(&self, defaults: Values) -> Self {
        let chart = Chart { values: Arc::new(defaults), values_file: Some(Bytes::new()), ..(*self.chart).clone() };
        Self::with_engine(chart, self.engine.clone())
    }

    /// Renders manifests, hooks and notes.
    ///
    /// # Errors
    /// [`RenderError`], for the first thing that is wrong.
    pub fn render(&self, request: &Request<'_>, ports: &Rc<dyn Ports>) -> Result<Rendered, RenderError> {
        let (chart, values) = self.prepare(request)?;
        let range = &chart.metadata.kube_version;
        let version = &request.capabilities.kube_version;
        if !range.is_empty() && !is_compatible(range, version.normalized()) {
            return Err(RenderError::KubeVersion { range: range.clone(), version: version.full().to_owned() });
        }
        let mut files = self.render_resolved(&chart, values, request, ports)?;
        let notes = rendered::take_notes(&mut files, &chart.metadata.name, request.notes);
        if let Some((renderer, strategy)) = request.post_renderer {
            files = renderer.run(files, strategy)?;
        }
        let sorted = sort(files)?;
        Ok(Rendered { manifests: sorted.manifests, hooks: sorted.hooks, notes, chart })
    }

    /// Renders every template that is no partial one and gives what it wrote, by path.
    ///
    /// # Errors
    /// [`RenderError`], for the first thing that is wrong.
    pub fn render_files(&self, request: &Request<'_>, ports: &Rc<dyn Ports>) -> Result<BTreeMap<String, Vec<u8>>, RenderError> {
        let (chart, values) = self.prepare(request)?;
        self.render_resolved(&chart, values, request, ports)
    }

    /// Finds out which charts take part, and with which values.
    fn prepare(&self, request: &Request<'_>) -> Result<(ResolvedChart, Value), RenderError> {
        let chart = resolve(&self.chart, request.values).map_err(RenderError::Dependencies)?;
        let mut values = request.values.clone();
        coalesce(&chart, &mut values, Mode::Coalesce)?;
        let values = Value::Object(values);
        if request.schemas == Schemas::Check {
            self.schemas.validate(&chart, &values)?;
        }
        Ok((chart, values))
    }

    fn render_resolved(
        &self,
        chart: &ResolvedChart,
        values: Value,
        request: &Request<'_>,
        ports: &Rc<dyn Ports>,
    ) -> Result<BTreeMap<String, Vec<u8>>, RenderError> {
        // Maps that templates put into themselves are freed at its end; everything that templates see is made after its begin.
        let _freed_afterwards = go_template::Scope::new();
        let scopes = Scopes::new(chart, &values, request);
        // Templates have values of their own now.
        drop(values);
        let templates = self.templates(&scopes)?;
        let rendered = templates.render(|path| scopes.scope(path), ports, request.limits)?;
        Ok(rendered.into_iter().map(|file| (file.path, file.content)).collect())
    }

    /// The parsed templates of the charts that take part.
    fn templates(&self, scopes: &Scopes<'_>) -> Result<Arc<TemplateSet>, RenderError> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(parsed) = parsed.as_ref()
            && scopes.paths().eq(parsed.paths.iter().map(String::as_str))
        {
            return Ok(Arc::clone(&parsed.templates));
        }
        let templates = Arc::new(self.engine.parse_shared(scopes.texts())?);
        *parsed = Some(Parsed { paths: scopes.paths().map(str::to_owned).collect(), templates: Arc::clone(&templates) });
        Ok(templates)
    }
}
