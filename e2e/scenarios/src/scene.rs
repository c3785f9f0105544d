//! What one scenario works with: a namespace and a repository of its own, and the cluster as an administrator sees it.

use anyhow::Context;
use e2e::Live;
use e2e::objects::{
    EVENT, GIT_REPOSITORY, HELM_RELEASE, KUSTOMIZATION, Kind, SECRET, condition, has_failed, helm_release, is_ready,
    kustomization,
};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use test_support::{Cluster, GitServer, Namespace, Repository};

/// How many lines of the controllers' logs a failed scenario prints.
const LOG_LINES: usize = 60;

/// A scenario's own things. Dropping it in a panic prints what the controllers said about its namespace.
pub struct Scene {
    /// The cluster.
    pub live: Live,
    /// An empty repository on the stage's Git server.
    pub repository: Repository,
    /// Where that repository is.
    pub url: String,
    namespace: Namespace,
    logs: PathBuf,
}

impl Scene {
    /// A new namespace that starts with `title`, and a repository of the same name. The controllers' logs are in `logs`.
    pub async fn new(cluster: &Cluster, git: &GitServer, logs: &Path, title: &str) -> anyhow::Result<Self> {
        let namespace = cluster.namespace(title).await.context("create the scene's namespace")?;
        let repository = git.repository(namespace.name()).context("create the scene's repository")?;
        let url = git.url(namespace.name());
        Ok(Self { live: Live::new(cluster.client().await?), repository, url, namespace, logs: logs.to_owned() })
    }

    /// The namespace's name.
    pub fn name(&self) -> &str {
        self.namespace.name()
    }

    /// Creates a GitRepository that follows `main` of the scene's repository; `spec` adds fields, replaces them, or removes them by
    /// null.
    pub async fn add_source(&self, name: &str, spec: Value) -> anyhow::Result<()> {
        let object = e2e::objects::git_repository(self.name(), name, &self.url, spec);
        self.live.create(GIT_REPOSITORY, &object).await.map(drop)
    }

    /// Creates a Kustomization of the GitRepository `source`; `spec` as above.
    pub async fn add_kustomization(&self, name: &str, path: &str, spec: Value) -> anyhow::Result<()> {
        self.live.create(KUSTOMIZATION, &kustomization(self.name(), name, path, spec)).await.map(drop)
    }

    /// Creates a HelmRelease of the chart that [`crate::ChartServer`] published; `spec` as above.
    pub async fn add_release(&self, name: &str, spec: Value) -> anyhow::Result<()> {
        self.live.create(HELM_RELEASE, &helm_release(self.name(), name, spec)).await.map(drop)
    }

    /// Creates a Secret with these entries.
    pub async fn add_secret(&self, name: &str, entries: &[(&str, &str)]) -> anyhow::Result<()> {
        let data: Map<String, Value> = entries.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        self.live.create(SECRET, &SECRET.object(self.name(), name, json!({"stringData": data}))).await.map(drop)
    }

    /// Creates any other object of the scene's namespace.
    pub async fn add(&self, kind: Kind, name: &str, fields: Value) -> anyhow::Result<()> {
        self.live.create(kind, &kind.object(self.name(), name, fields)).await.map(drop)
    }

    /// An object that has to be there.
    pub async fn get(&self, kind: Kind, name: &str) -> anyhow::Result<Value> {
        self.find(kind, name).await?.with_context(|| format!("there is no {} {name}", kind.kind))
    }

    /// An object that may be there.
    pub async fn find(&self, kind: Kind, name: &str) -> anyhow::Result<Option<Value>> {
        self.live.get(kind, self.name(), name).await
    }

    /// Changes an object by a merge patch.
    pub async fn patch(&self, kind: Kind, name: &str, change: Value) -> anyhow::Result<Value> {
        self.live.patch(kind, self.name(), name, &change).await
    }

    /// Asks for a reconciliation and waits until the status says that the request was handled.
    pub async fn reconcile(&self, kind: Kind, name: &str) -> anyhow::Result<Value> {
        self.live.reconcile(kind, self.name(), name).await
    }

    /// Waits until an object is as wanted.
    pub async fn wait(&self, kind: Kind, name: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
        self.live.wait(kind, self.name(), name, what, wanted).await
    }

    /// Waits until an object is Ready in its current generation.
    pub async fn ready(&self, kind: Kind, name: &str) -> anyhow::Result<Value> {
        self.wait(kind, name, "become Ready", is_ready).await
    }

    /// Waits until an object is not Ready for this reason; returns the message.
    pub async fn failed(&self, kind: Kind, name: &str, reason: &str) -> anyhow::Result<String> {
        let failed = |object: &Value| has_failed(object, reason);
        let object = self.wait(kind, name, &format!("fail with {reason}"), failed).await?;
        Ok(condition(&object, "Ready").2.to_owned())
    }

    /// Waits until a GitRepository has published this commit.
    pub async fn published(&self, name: &str, commit: &str) -> anyhow::Result<Value> {
        let published = |object: &Value| is_ready(object) && ends_with(&object["status"]["artifact"]["revision"], commit);
        self.wait(GIT_REPOSITORY, name, "publish the commit", published).await
    }

    /// Waits until a Kustomization is Ready and has applied this commit.
    pub async fn applied(&self, name: &str, commit: &str) -> anyhow::Result<Value> {
        let applied = |object: &Value| is_ready(object) && ends_with(&object["status"]["lastAppliedRevision"], commit);
        self.wait(KUSTOMIZATION, name, "apply the commit", applied).await
    }

    /// Deletes an object and waits until it is gone.
    pub async fn delete(&self, kind: Kind, name: &str) -> anyhow::Result<()> {
        self.live.delete(kind, self.name(), name).await?;
        self.live.wait_gone(kind, self.name(), name).await
    }

    /// The Kubernetes events about an object.
    pub async fn events(&self, kind: Kind, name: &str) -> anyhow::Result<Vec<Value>> {
        let mut events = self.live.list(EVENT, self.name()).await?;
        events.retain(|event| event["involvedObject"]["kind"] == kind.kind && event["involvedObject"]["name"] == name);
        Ok(events)
    }

    /// Waits until there is such a Kubernetes event.
    pub async fn wait_for_event(&self, kind: Kind, name: &str, reason: &str, part: &str) -> anyhow::Result<Value> {
        let deadline = std::time::Instant::now() + e2e::live::SOON;
        loop {
            let events = self.events(kind, name).await?;
            let found = events.iter().find(|event| {
                event["reason"] == reason && event["message"].as_str().is_some_and(|message| message.contains(part))
            });
            if let Some(event) = found {
                return Ok(event.clone());
            }
            anyhow::ensure!(std::time::Instant::now() < deadline, "{name} has no event {reason} with '{part}': {events:#?}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Everything that a failed scenario is judged by: the objects of its namespace and what the controllers said about it.
    pub async fn explain(&self) {
        match self.namespace.dump().await {
            Ok(text) => eprintln!("--- the namespace {}:\n{text}---", self.name()),
            Err(error) => eprintln!("--- the namespace {} cannot be listed: {error}", self.name()),
        }
        self.print_logs();
    }

    fn print_logs(&self) {
        for entry in std::fs::read_dir(&self.logs).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "log") {
                let text = std::fs::read(&path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
                let lines: Vec<&str> = text.lines().filter(|line| line.contains(self.name())).collect();
                let lines = &lines[lines.len().saturating_sub(LOG_LINES)..];
                eprintln!("--- {} about {}:\n{}\n---", path.display(), self.name(), lines.join("\n"));
            }
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.print_logs();
        }
    }
}

fn ends_with(value: &Value, commit: &str) -> bool {
    value.as_str().is_some_and(|text| text.ends_with(commit))
}
