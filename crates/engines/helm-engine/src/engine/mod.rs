//! How the templates of a chart and of its subcharts are rendered as one set.

mod host;
mod no_value;
mod render_error;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use go_template::{ExecuteError, Functions, Limits, Map, MissingKey, Options, Templates, Text, Value};

use crate::functions::functions;
use crate::ports::Ports;
use crate::values::VALUES;
pub(crate) use host::{Host, host};
pub(crate) use no_value::without_no_value;
pub use render_error::RenderError;
pub(crate) use render_error::marked;

/// The name of the set, and of every text that `tpl` parses. It appears in messages.
pub(crate) const SET_NAME: &str = "gotpl";

/// How templates are read and run: with which functions, and what a missing key is.
///
/// ```
/// use std::rc::Rc;
/// use helm_engine::{Engine, Limits, Map, Offline, Scope};
///
/// let engine = Engine::new();
/// let files = [("demo/templates/_name.tpl", "{{ define \"name\" }}x{{ end }}"), ("demo/templates/a.yaml", "a: {{ include \"name\" . }}")];
/// let set = engine.parse(files.map(|(path, text)| (path, text.as_bytes())))?;
/// let scope = |_: &str| Scope { top: Map::new(), base_path: "demo/templates".to_owned() };
/// let rendered = set.render(scope, &(Rc::new(Offline::default()) as _), Limits::default())?;
/// assert_eq!((rendered[0].path.as_str(), &rendered[0].content[..]), ("demo/templates/a.yaml", &b"a: x"[..]));
/// # Ok::<(), helm_engine::RenderError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Engine {
    functions: Arc<Functions>,
    missing_key: MissingKey,
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// With all of Helm's functions; a missing key is no error.
    pub fn new() -> Self {
        Self { functions: Arc::new(functions()), missing_key: MissingKey::Zero }
    }

    /// The same with these functions added, or in place of those of the same name.
    #[must_use]
    pub fn with_functions(mut self, replacing: &Functions) -> Self {
        let functions = Arc::make_mut(&mut self.functions);
        for name in replacing.names() {
            if let Some(function) = replacing.get(name) {
                functions.insert(name, Arc::clone(function));
            }
        }
        self
    }

    /// The same, but a missing key is an error: Helm's `Strict`.
    #[must_use]
    pub fn strict(self) -> Self {
        Self { missing_key: MissingKey::Error, ..self }
    }

    /// Parses the files, each a path and its text, into a set that can be rendered many times and by many threads.
    ///
    /// Paths are complete: `chart/charts/sub/templates/a.yaml`. Deeper paths are parsed first, then in reverse order of names,
    /// so that of two definitions of one name the parent chart's counts. Of two files with the same path the last counts.
    ///
    /// # Errors
    /// [`RenderError::Parse`], for the first text that is not well formed or calls an unknown function.
    pub fn parse<'t>(&self, files: impl IntoIterator<Item = (&'t str, &'t [u8])>) -> Result<TemplateSet, RenderError> {
        self.parse_shared(files.into_iter().map(|(path, text)| (path, Bytes::copy_from_slice(text))))
    }

    /// As [`Engine::parse`]; the set keeps the texts, which it shares.
    ///
    /// # Errors
    /// As [`Engine::parse`].
    pub fn parse_shared<'t>(&self, files: impl IntoIterator<Item = (&'t str, Bytes)>) -> Result<TemplateSet, RenderError> {
        let texts: BTreeMap<&str, Bytes> = files.into_iter().collect();
        let mut order: Vec<&str> = texts.keys().copied().collect();
        order.sort_by_cached_key(|path| std::cmp::Reverse((path.matches('/').count(), *path)));
        let options = Options { missing_key: self.missing_key, ..Options::default() };
        let mut templates = Templates::new(SET_NAME, Arc::clone(&self.functions), options);
        for &path in &order {
            let parsed = templates.parse(path, &texts[path]).map_err(|error| RenderError::parse(path, &error))?;
            templates.add(&parsed);
        }
        Ok(TemplateSet { templates, order: order.into_iter().map(str::to_owned).collect() })
    }
}

/// What a file is rendered with.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The fields of the dot: `Values`, `Release` and so on. Clones of one map share it, so all files of a chart see what
    /// one of them sets. `Template` is put in by the engine.
    pub top: Map,
    /// What `.Template.BasePath` gives: the folder `templates` of the file's chart.
    pub base_path: String,
}

/// The text that came of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The path of the template.
    pub path: String,
    /// What it wrote; usually, but not always, UTF-8.
    pub content: Vec<u8>,
}

/// The parsed templates of a chart and its subcharts.
#[derive(Debug, Clone)]
pub struct TemplateSet {
    templates: Templates,
    /// The paths in the order of parsing and rendering.
    order: Vec<String>,
}

impl TemplateSet {
    /// Renders all files but those whose name begins with `_`, in the order in which they were parsed.
    ///
    /// `scope` is asked once for each file. `limits` bound each file, and the bytes of all together.
    ///
    /// # Errors
    /// [`RenderError::Execute`], for the first file that fails.
    pub fn render(
        &self,
        scope: impl Fn(&str) -> Scope,
        ports: &Rc<dyn Ports>,
        limits: Limits,
    ) -> Result<Vec<Rendered>, RenderError> {
        let host = Host::new(Rc::clone(ports));
        let mut rendered = Vec::new();
        let mut limits = limits;
        for path in self.order.iter().filter(|path| !is_partial(path)) {
            let Scope { top, base_path } = scope(path);
            let template = [("Name", path.as_str()), ("BasePath", &base_path)];
            let template = template.into_iter().map(|(name, text)| (Text::from(name), Value::from(text)));
            let template = template.collect::<Map>().retyped(VALUES);
            top.insert(Text::from("Template"), Value::Map(template));
            let content = self.render_on(path, Value::Map(top.retyped(VALUES)), &host, limits)?;
            limits.bytes = limits.bytes.saturating_sub(u64::try_from(content.len()).unwrap_or(u64::MAX));
            rendered.push(Rendered { path: path.clone(), content });
        }
        Ok(rendered)
    }

    /// Renders the template of a name on any dot.
    ///
    /// # Errors
    /// [`RenderError::Execute`], when it fails or does not exist.
    pub fn render_template(&self, name: &str, dot: Value, ports: &Rc<dyn Ports>, limits: Limits) -> Result<Vec<u8>, RenderError> {
        self.render_on(name, dot, &Host::new(Rc::clone(ports)), limits)
    }

    fn render_on(&self, name: &str, dot: Value, host: &Host, limits: Limits) -> Result<Vec<u8>, RenderError> {
        let output = self.templates.execute(name.as_bytes(), dot, limits, host);
        output.map(without_no_value).map_err(|error: ExecuteError| RenderError::execute(name, &error))
    }
}

fn is_partial(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with('_'))
}
