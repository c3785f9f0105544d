//! One ImageUpdateAutomation of a repository of many files: a commit of all markers, a run without news, another commit, and a
//! commit of somebody else that concerns no marker.

use super::ground::{Ground, Measured};
use crate::objects::{GIT_REPOSITORY, IMAGE_POLICY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION, git_repository};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use test_support::Repository;

const NAMESPACE: &str = "update";
/// Of the image, its policy, the repository and the automation.
const NAME: &str = "app";
/// How many files are in one directory.
const PER_DIRECTORY: usize = 10;
/// How many directories of those are in one above.
const DIRECTORIES: usize = 100;

/// So many files, of which so many have a marker.
pub(super) async fn run(ground: &mut Ground, files: usize, markers: usize) -> anyhow::Result<()> {
    let repository = ground.git.repository(NAME).context("create the repository")?;
    fill(&repository, files, markers)?;
    ground.create_namespace(NAMESPACE).await?;
    ground.registry.set(vec!["1.0.0".to_owned()]);
    let url = ground.git.url(NAME);
    ground.live.create(GIT_REPOSITORY, &git_repository(NAMESPACE, NAME, &url, json!({ "interval": "12h" }))).await?;
    ground.create_image(NAMESPACE, NAME).await?;
    ground.wait((IMAGE_POLICY, NAMESPACE), 1, |_| true).await?;

    let create = async |ground: &Ground| {
        let author = json!({ "name": "Bench", "email": "bench@example.com" });
        let spec = json!({
            "interval": "12h",
            "sourceRef": { "kind": "GitRepository", "name": NAME },
            "git": { "commit": { "author": author }, "push": { "branch": "main" } },
            "update": { "path": "./", "strategy": "Setters" },
        });
        let object = IMAGE_UPDATE_AUTOMATION.object(NAMESPACE, NAME, json!({ "spec": spec }));
        ground.live.create(IMAGE_UPDATE_AUTOMATION, &object).await?;
        ground.wait((IMAGE_UPDATE_AUTOMATION, NAMESPACE), 1, |object| object["status"]["lastPushCommit"].is_string()).await
    };
    ground.phase("update-first", Measured::Automation, create).await?;
    let first = repository.resolve("main")?;
    ensure!(changed(&repository)? == markers, "not every marker was set");

    ground.phase("update-unchanged", Measured::Automation, async |ground| reconcile(ground).await.map(drop)).await?;

    let second = async |ground: &Ground| {
        ground.registry.set(vec!["1.0.0".to_owned(), "1.0.1".to_owned()]);
        ground.live.request(IMAGE_REPOSITORY, NAMESPACE, NAME).await?;
        let pushed = |object: &Value| object["status"]["lastPushCommit"].as_str().is_some_and(|commit| commit != first);
        ground.wait((IMAGE_UPDATE_AUTOMATION, NAMESPACE), 1, pushed).await
    };
    ground.phase("update-second", Measured::Automation, second).await?;
    ensure!(changed(&repository)? == markers, "not every marker was set");

    let foreign = repository.commit_file("README.md", "By somebody else.\n")?;
    let look = async |ground: &Ground| {
        let object = reconcile(ground).await?;
        let seen = object["status"]["observedSourceRevision"].as_str().unwrap_or_default();
        ensure!(seen.ends_with(&foreign), "the commit was not looked at: {seen}");
        Ok(())
    };
    ground.phase("update-foreign", Measured::Automation, look).await?;
    ensure!(repository.resolve("main")? == foreign, "there is one commit too many");
    Ok(())
}

async fn reconcile(ground: &Ground) -> anyhow::Result<Value> {
    ground.live.reconcile(IMAGE_UPDATE_AUTOMATION, NAMESPACE, NAME).await
}

/// How many files the last commit changed.
fn changed(repository: &Repository) -> anyhow::Result<usize> {
    Ok(repository.git(&["diff", "--name-only", "main~1", "main"])?.lines().count())
}

/// One commit with all files.
fn fill(repository: &Repository, files: usize, markers: usize) -> anyhow::Result<()> {
    let mut commit = repository.commit("Begin");
    for number in 0..files {
        let directory = number / PER_DIRECTORY;
        let path = format!(
            "team-{:03}/app-{:02}/part-{}.yaml",
            directory / DIRECTORIES,
            directory % DIRECTORIES,
            number % PER_DIRECTORY
        );
        // Spread evenly: as many markers are before a file as its share of all.
        let is_marked = number * markers / files != (number + 1) * markers / files;
        commit = commit.file(&path, deployment(number, is_marked));
    }
    commit.create().context("fill the repository")?;
    Ok(())
}

fn deployment(number: usize, is_marked: bool) -> String {
    let marker = if is_marked { format!(" # {{\"$imagepolicy\": \"{NAMESPACE}:{NAME}\"}}") } else { String::new() };
    let name = format!("app-{number:05}");
    format!(
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels:
    app: {name}
spec:
  replicas: {}
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
        image: example.com/app:0.0.1{marker}
        args: [--listen=:8080, --id={number}]
        ports:
        - containerPort: 8080
          name: http
        env:
        - name: NAME
          value: {name}
        resources:
          requests:
            cpu: 10m
            memory: 32Mi
",
        number % 5
    )
}
