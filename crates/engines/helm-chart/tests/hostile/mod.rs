//! What the fuzz targets do with an input, and the test that replays what they found.

use std::rc::Rc;
use std::sync::LazyLock;

use bytes::Bytes;
use helm_chart::{Capabilities, Chart, Limits, Notes, Operation, Prepared, Request, Schemas, Source, Values, user_values};
use helm_engine::{Engine, Offline, Ports};

/// Small enough that one input takes milliseconds.
const LIMITS: Limits = Limits { bytes: 1 << 20, nested_bytes: 4 << 20, files: 100, depth: 8, charts: 50 };
const EXECUTION: helm_engine::Limits = helm_engine::Limits { steps: 20_000, bytes: 1 << 20, depth: 200, template_depth: 50 };

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);

/// Loads a chart from an archive, and from files whose names and contents have a zero byte behind them; renders what is one.
pub(crate) fn chart(input: &[u8]) {
    if let Ok(chart) = helm_chart::load_archive(input, &LIMITS) {
        render(chart, &Values::new());
    }
    let mut texts = input.split(|byte| *byte == 0);
    let mut files = Vec::new();
    while let (Some(name), Some(content)) = (texts.next(), texts.next()) {
        files.push((String::from_utf8_lossy(name).into_owned(), Bytes::copy_from_slice(content)));
    }
    if let Ok(chart) = helm_chart::load_files(files, &LIMITS) {
        render(chart, &Values::new());
    }
}

/// Merges sources of values that have a zero byte between them, their first byte saying what they are, and lays them over the
/// defaults of a chart and its subcharts.
pub(crate) fn values(input: &[u8]) {
    let sources = input.split(|byte| *byte == 0).filter_map(|source| source.split_first());
    let sources: Vec<(u8, String, &[u8])> =
        sources.map(|(kind, rest)| (*kind, String::from_utf8_lossy(rest).into_owned(), rest)).collect();
    let sources = sources.iter().map(|(kind, line, rest)| match kind {
        b's' => Source::Typed(line),
        b't' => Source::Text(line),
        b'j' => Source::Json(line),
        b'l' => Source::Literal(line),
        b'c' => Source::FileContent(line),
        _ => Source::File("values.yaml", rest),
    });
    let Ok(values) = user_values(sources, &mut |name| Ok(name.to_owned())) else { return };
    if let Ok(chart) = helm_chart::load_files(FAMILY.map(|(name, text)| (name.to_owned(), Bytes::from(text))), &LIMITS) {
        render(chart, &values);
    }
}

/// A chart whose subcharts are enabled, renamed and imported from.
const FAMILY: [(&str, &str); 6] = [
    (
        "Chart.yaml",
        "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: b, version: '*', condition: b.on, tags: [t], \
         import-values: [data, {child: c.d, parent: e}]}\n- {name: b, version: '*', alias: f}\n",
    ),
    ("values.yaml", "b: {on: true, c: {d: {x: 1}}}\ng: {h: [1, {i: null}], j: text}\nglobal: {k: {l: 1}}\ntags: {t: true}\n"),
    ("templates/a.yaml", "{{ toYaml .Values }}\n---\n{{ toJson .Values }}\n"),
    ("charts/b/Chart.yaml", "apiVersion: v2\nname: b\nversion: 1.0.0\n"),
    ("charts/b/values.yaml", "c: {d: {y: 2}, m: null}\nexports: {data: {n: {o: 1}}}\nglobal: {k: {p: 2}}\n"),
    ("charts/b/templates/b.yaml", "{{ toYaml .Values }}\n"),
];

fn render(chart: Chart, values: &Values) {
    let ports: Rc<dyn Ports> = Rc::new(Offline::default());
    let request = Request {
        release: "r",
        namespace: "n",
        revision: 1,
        operation: Operation::Install,
        values,
        capabilities: &Capabilities::default(),
        schemas: Schemas::Check,
        notes: Notes::All,
        post_renderer: None,
        limits: EXECUTION,
    };
    if let Ok(rendered) = Prepared::with_engine(chart, ENGINE.clone()).render(&request, &ports) {
        assert!(rendered.manifest().len() <= 4 << 20);
    }
}
