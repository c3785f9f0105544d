//! The work: four objects of an application, as one file of JSON documents, or as a chart of one template.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

/// Where the file is in the repository.
pub(super) const FILE: &str = "app/app.yaml";

/// The text of the file at a version of the application.
pub(super) fn manifests(version: &str) -> String {
    text("app", version)
}

/// The files of a version of the chart `app`, as paths and texts: the objects are named after the release, and `image.tag` is their version.
pub(super) fn chart(version: &str) -> [(&'static str, String); 3] {
    [
        ("chart/Chart.yaml", format!("apiVersion: v2\nname: app\nversion: {version}\n")),
        ("chart/values.yaml", "image:\n  tag: 1.0.0\n".to_owned()),
        ("chart/templates/app.yaml", text("{{ .Release.Name }}", "{{ .Values.image.tag }}")),
    ]
}

/// The package of a version of the chart.
pub(super) fn package(version: &str) -> anyhow::Result<Vec<u8>> {
    let chart = chart(version);
    archive(chart.iter().map(|(path, text)| (path.replacen("chart/", "app/", 1), text.as_str())))
}

/// A tar.gz of the objects at a version of the application.
pub(super) fn layer(version: &str) -> anyhow::Result<Vec<u8>> {
    archive([(FILE.to_owned(), manifests(version).as_str())])
}

fn archive<'t>(files: impl IntoIterator<Item = (String, &'t str)>) -> anyhow::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, text.as_bytes())?;
    }
    Ok(archive.into_inner()?.finish()?)
}

fn text(name: &str, version: &str) -> String {
    let documents: Vec<String> = objects(name, version).iter().map(|object| format!("{object}\n")).collect();
    documents.join("---\n")
}

/// No replicas: the pods of a real cluster are not what is measured.
fn objects(name: &str, version: &str) -> [Value; 4] {
    let metadata = json!({"name": name, "labels": {"app": "app"}});
    let container = json!({"name": "app", "image": format!("app:{version}"), "ports": [{"containerPort": 9898}]});
    let backend = json!({"service": {"name": name, "port": {"number": 80}}});
    [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {
            "type": "ClusterIP", "selector": {"app": "app"}, "ports": [{"name": "http", "port": 80, "targetPort": 9898}],
        }}),
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {
            "replicas": 0, "selector": {"matchLabels": {"app": "app"}}, "template": {
                "metadata": {"labels": {"app": "app"}, "annotations": {"version": version}},
                "spec": {"serviceAccountName": name, "containers": [container]},
            },
        }}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": {"rules": [
            {"host": "app.test", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}},
        ]}}),
    ]
}
