//! A release as our libraries make it: the chart, rendered, as a record, and its object in the cluster.

use crate::OBJECT;
use anyhow::Context;
use e2e::Live;
use e2e::objects::CONFIG_MAP;
use file_tree::{FileTree, TreePath};
use helm_chart::{Capabilities, Limits, Notes, Operation, Prepared, Request, Schemas, load_directory};
use helm_engine::{Offline, Ports};
use helm_release::action::Rendered;
use helm_release::{ApplyMethod, Hook, Release, Time};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The chart: an object, a hook and notes.
pub(crate) const FILES: [(&str, &str); 5] = [
    ("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\n"),
    ("values.yaml", "colour: red\n"),
    (
        "templates/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-settings\ndata:\n  colour: {{ .Values.colour }}\n",
    ),
    (
        "templates/hook.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-hook\n  annotations:\n    helm.sh/hook: \
         pre-upgrade,pre-rollback\n    helm.sh/hook-weight: \"3\"\n",
    ),
    ("templates/NOTES.txt", "The colour is {{ .Values.colour }}.\n"),
];

/// The time.
pub(crate) fn now() -> Time {
    Time::new(Timestamp::now())
}

/// What our engine makes of the chart.
pub(crate) fn rendered(name: &str, namespace: &str, revision: i64, values: Value) -> anyhow::Result<Rendered> {
    let files = FileTree::from_files(FILES.map(|(path, text)| (path, text.into())))?;
    let chart = load_directory(&files, &TreePath::root(), &Limits::default())?;
    let values = values.as_object().cloned().unwrap_or_default();
    let request = Request {
        release: name,
        namespace,
        revision,
        operation: if revision == 1 { Operation::Install } else { Operation::Upgrade },
        values: &values,
        capabilities: &Capabilities::default(),
        schemas: Schemas::Check,
        notes: Notes::Root,
        post_renderer: None,
        limits: helm_engine::Limits::default(),
    };
    let ports: Rc<dyn Ports> = Rc::new(Offline::default());
    let rendered = Prepared::new(chart).render(&request, &ports)?;
    Ok(rendered.into_record(values.clone(), ApplyMethod::ClientSide, BTreeMap::new()))
}

/// Names and texts of the templates that a record holds, in order of the names.
pub(crate) fn templates(release: &Release) -> Vec<(String, Option<Vec<u8>>)> {
    let templates = release.chart.iter().flat_map(|chart| chart.templates.iter().flatten());
    let mut templates: Vec<_> = templates.map(|file| (file.name.clone(), file.data.clone())).collect();
    templates.sort();
    templates
}

/// A hook without when it ran.
pub(crate) fn essence(hook: &Hook) -> Value {
    json!([hook.name, hook.kind, hook.path, hook.manifest, hook.events, hook.weight, hook.delete_policies])
}

/// Brings the release's object into the cluster, as Helm marks its own.
pub(crate) async fn apply(live: &Live, release: &Release) -> anyhow::Result<()> {
    let mut object: Value = yaml_serde::from_str(&release.manifest).context("read the manifest")?;
    object["metadata"]["namespace"] = json!(release.namespace);
    object["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "Helm"});
    object["metadata"]["annotations"] =
        json!({"meta.helm.sh/release-name": release.name, "meta.helm.sh/release-namespace": release.namespace});
    if live.get(CONFIG_MAP, &release.namespace, OBJECT).await?.is_some() {
        return live.patch(CONFIG_MAP, &release.namespace, OBJECT, &object).await.map(drop);
    }
    live.create(CONFIG_MAP, &object).await.map(drop)
}
