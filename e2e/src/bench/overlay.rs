//! The work of `bench kustomize`: Deployments in a base, and an overlay that changes every one of them.

use anyhow::Context;
use std::fmt::Write;
use std::path::Path;

/// How many Deployments are in one file of the base.
const PER_FILE: usize = 50;

/// Labels, prefix and images for all, a patch for all, a patch for one.
const OVERLAY: [(&str, &str); 3] = [
    (
        "overlay/kustomization.yaml",
        "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../base
namePrefix: prod-
commonLabels:
  env: prod
  team: platform
images:
- name: example.com/app
  newTag: v2.0.0
- name: sidecar
  newName: registry.example.com/sidecar
  newTag: \"1.5\"
patches:
- path: all.yaml
  target:
    kind: Deployment
- path: one.yaml
",
    ),
    (
        "overlay/all.yaml",
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: any
  annotations:
    patched: \"true\"
spec:
  template:
    spec:
      containers:
      - name: main
        env:
        - name: LEVEL
          value: warn
        - name: REGION
          value: eu
        resources:
          limits:
            memory: 128Mi
",
    ),
    (
        "overlay/one.yaml",
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-0007
spec:
  replicas: 42
",
    ),
];

/// Writes `base` with `count` Deployments and `overlay` below a directory.
pub(super) fn write(directory: &Path, count: usize) -> anyhow::Result<()> {
    let mut kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n".to_owned();
    for start in (0..count).step_by(PER_FILE) {
        let name = format!("apps-{:03}.yaml", start / PER_FILE);
        let text: String = (start..count.min(start + PER_FILE)).map(deployment).collect();
        put(directory, &format!("base/{name}"), &text)?;
        writeln!(kustomization, "- {name}").context("list the files")?;
    }
    put(directory, "base/kustomization.yaml", &kustomization)?;
    OVERLAY.iter().try_for_each(|(path, text)| put(directory, path, text))
}

fn put(directory: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    let path = directory.join(path);
    let parent = path.parent().context("a file is in a directory")?;
    std::fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
    std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))
}

fn deployment(number: usize) -> String {
    let name = format!("app-{number:04}");
    let (replicas, tag) = (number % 5, number % 7);
    format!(
        "\
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels:
    app: {name}
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      containers:
      - name: main
        image: example.com/app:{tag}
        args: [--listen=:8080, --id={number}]
        ports:
        - containerPort: 8080
          name: http
        env:
        - name: NAME
          value: {name}
        - name: LEVEL
          value: info
        resources:
          requests:
            cpu: 10m
            memory: 32Mi
      - name: side
        image: sidecar:1.0
"
    )
}
