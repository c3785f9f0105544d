//! Our engine behind the requests that the oracle answers, with the same fixed functions.

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use file_tree::{Entry, EntryKind, Files, ReadError, TreePath};
use helm_chart::{
    Capabilities, Chart, KubeVersion, Notes, Operation, Prepared, Rendered, Request, Schemas, Source, load_directory, user_values,
};
use helm_engine::{Engine, Limits, Offline, Ports, fixed_random};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

#[derive(Deserialize)]
struct Asked {
    chart: Option<AskedChart>,
    template: Option<AskedTemplate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AskedChart {
    path: String,
    values: Vec<String>,
    release: String,
    namespace: String,
    kube_version: String,
    quiet: bool,
    again: bool,
    parse_only: bool,
}

#[derive(Deserialize)]
struct AskedTemplate {
    text: String,
    data: Value,
}

/// Answers requests, one JSON object a line of standard input, until there are no more.
pub fn serve() -> anyhow::Result<()> {
    let mut service = Service { engine: Engine::new().with_functions(&fixed_random()), kept: None };
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let asked: Asked = serde_json::from_str(&line?).context("read a request")?;
        let answer = catch_unwind(AssertUnwindSafe(|| service.answer(&asked)));
        let answer =
            answer.unwrap_or_else(|_| json!({"output": "", "error": "panic: in ours", "load": 0, "parse": 0, "render": 0}));
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

struct Service {
    engine: Engine,
    /// The chart that is rendered again, and its path.
    kept: Option<(String, Rc<Prepared>)>,
}

impl Service {
    fn answer(&mut self, asked: &Asked) -> Value {
        match asked {
            Asked { chart: Some(chart), .. } => self.chart(chart),
            Asked { template: Some(template), .. } => match template.execute(&self.engine) {
                Ok(output) => json!({"output": STANDARD.encode(output)}),
                Err(error) => json!({"error": error.to_string()}),
            },
            _ => json!({"error": "a request is for a chart or a template"}),
        }
    }

    fn chart(&mut self, asked: &AskedChart) -> Value {
        let start = Instant::now();
        let loaded = self.load(asked);
        let load = start.elapsed().as_secs_f64();
        if asked.parse_only {
            let parsed = loaded.map(|prepared| parse_seconds(&self.engine, prepared.chart()));
            let error = parsed.as_ref().err().map(|error| format!("{error:#}")).unwrap_or_default();
            return json!({"output": "", "error": error, "load": load, "parse": parsed.unwrap_or_default(), "render": 0.0});
        }
        let start = Instant::now();
        let printed = loaded.and_then(|prepared| asked.render(&prepared));
        let render = start.elapsed().as_secs_f64();
        let error = printed.as_ref().err().map(|error| format!("{error:#}")).unwrap_or_default();
        let output = if asked.quiet { String::new() } else { printed.unwrap_or_default() };
        json!({"output": output, "error": error, "load": load, "parse": 0.0, "render": render})
    }

    fn load(&mut self, asked: &AskedChart) -> anyhow::Result<Rc<Prepared>> {
        if let Some((path, prepared)) = &self.kept
            && asked.again
            && *path == asked.path
        {
            return Ok(Rc::clone(prepared));
        }
        let prepared = Rc::new(Prepared::with_engine(asked.load()?, self.engine.clone()));
        if asked.again {
            self.kept = Some((asked.path.clone(), Rc::clone(&prepared)));
        }
        Ok(prepared)
    }
}

impl AskedTemplate {
    fn execute(&self, engine: &Engine) -> Result<Vec<u8>, helm_engine::RenderError> {
        let set = engine.parse([("t", self.text.as_bytes())])?;
        let ports: Rc<dyn Ports> = Rc::new(Offline::default());
        set.render_template("t", helm_engine::Value::from(&self.data), &ports, Limits::default())
    }
}

impl AskedChart {
    fn load(&self) -> anyhow::Result<Chart> {
        let files = Disk(PathBuf::from(&self.path));
        let chart = load_directory(&files, &TreePath::root(), &helm_chart::Limits::default())?;
        ensure!(!chart.metadata.is_library(), "library charts are not installable");
        chart.check_dependencies()?;
        Ok(chart)
    }

    fn render(&self, chart: &Prepared) -> anyhow::Result<String> {
        let texts: Vec<Vec<u8>> = self.values.iter().map(std::fs::read).collect::<Result<_, _>>()?;
        let sources = self.values.iter().zip(&texts).map(|(name, text)| Source::File(name, text));
        let values = user_values(sources, &mut |_| Err("there are no files here".to_owned()))?;
        let request = Request {
            release: &self.release,
            namespace: &self.namespace,
            revision: 1,
            operation: Operation::Install,
            values: &values,
            capabilities: &Capabilities { kube_version: KubeVersion::parse(&self.kube_version)?, ..Capabilities::default() },
            schemas: Schemas::Check,
            notes: Notes::Root,
            post_renderer: None,
            limits: Limits::default(),
        };
        let ports: Rc<dyn Ports> = Rc::new(Offline::default());
        Ok(printed(&chart.render(&request, &ports)?))
    }
}

/// The files below a directory, through links too, each read when it is asked for.
struct Disk(PathBuf);

impl Disk {
    fn path(&self, path: &TreePath) -> PathBuf {
        self.0.join(path.as_str())
    }
}

fn failed(path: &TreePath) -> impl Fn(io::Error) -> ReadError {
    |error| match error.kind() {
        io::ErrorKind::NotFound => ReadError::NotFound(path.clone()),
        _ => ReadError::Source { path: path.clone(), source: Arc::new(error) },
    }
}

impl Files for Disk {
    fn kind(&self, path: &TreePath) -> Result<Option<EntryKind>, ReadError> {
        match std::fs::metadata(self.path(path)) {
            Ok(metadata) if metadata.is_dir() => Ok(Some(EntryKind::Directory)),
            Ok(_) => Ok(Some(FILE)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(path)(error)),
        }
    }

    fn list(&self, directory: &TreePath) -> Result<Vec<Entry>, ReadError> {
        let mut entries = Vec::new();
        for entry in self.path(directory).read_dir().map_err(failed(directory))? {
            let entry = entry.map_err(failed(directory))?;
            let mut kind = entry.file_type().map_err(failed(directory))?;
            if kind.is_symlink() {
                kind = entry.path().metadata().map_err(failed(directory))?.file_type();
            }
            let name = entry.file_name().into_string().map_err(|_| failed(directory)(io::Error::other("a name is not UTF-8")))?;
            entries.push(Entry { name, kind: if kind.is_dir() { EntryKind::Directory } else { FILE } });
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes, ReadError> {
        std::fs::read(self.path(path)).map(Bytes::from).map_err(failed(path))
    }
}

const FILE: EntryKind = EntryKind::File { executable: false };

/// As the command line prints it: hooks come after everything else.
fn printed(rendered: &Rendered) -> String {
    let mut text = rendered.manifest();
    text.truncate(text.trim_end().len());
    let blanks = text.len() - text.trim_start().len();
    text.drain(..blanks);
    text.push('\n');
    for hook in &rendered.hooks {
        text.extend(["---\n# Source: ", &hook.path, "\n", &hook.content, "\n"]);
    }
    text
}

/// How long it takes to parse the templates of a chart and its subcharts.
fn parse_seconds(engine: &Engine, chart: &Chart) -> f64 {
    let mut texts = Vec::new();
    collect(chart, &mut texts);
    let start = Instant::now();
    let set = engine.parse(texts.iter().map(|(path, text)| (path.as_str(), *text)));
    let seconds = start.elapsed().as_secs_f64();
    drop(set);
    seconds
}

fn collect<'c>(chart: &'c Chart, texts: &mut Vec<(String, &'c [u8])>) {
    chart.dependencies.iter().for_each(|dependency| collect(dependency, texts));
    texts.extend(chart.templates.iter().map(|file| (format!("{}/{}", chart.metadata.name, file.name), file.data.as_ref())));
}
