//! A namespace and a repository for one scenario in a shared world or in one of its own.

use e2e::objects::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, Kind, git_repository, is_ready, kustomization};
use e2e::{Live, World};
use serde_json::{Value, json};
use test_support::{Namespace, Repository};

/// Where one scenario takes place.
pub(crate) struct Scenario<'a> {
    pub(crate) world: &'a World,
    pub(crate) live: Live,
    pub(crate) repository: Repository,
    namespace: Namespace,
}

/// Tells a story in the shared world; where it ends in an error, prints what is in its namespace.
pub(crate) async fn scenario(name: &str, story: impl AsyncFnOnce(&Scenario) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let Some(world) = World::shared().await? else { return Ok(()) };
    let scenario = Scenario::begin(world, name).await?;
    let told = story(&scenario).await;
    scenario.end(told).await
}

impl<'a> Scenario<'a> {
    /// A new namespace, and an empty repository of the same name.
    pub(crate) async fn begin(world: &'a World, name: &str) -> anyhow::Result<Self> {
        let namespace = world.cluster.namespace(name).await?;
        let repository = world.git.repository(namespace.name())?;
        Ok(Self { world, live: world.live().await?, repository, namespace })
    }

    /// Hands the outcome through, with the objects of the namespace printed where it is an error.
    pub(crate) async fn end(&self, told: anyhow::Result<()>) -> anyhow::Result<()> {
        if told.is_err() {
            eprintln!("--- the namespace {} of the failed scenario:\n{}---", self.namespace, self.namespace.dump().await?);
        }
        told
    }

    /// The namespace's name.
    pub(crate) fn namespace(&self) -> &str {
        self.namespace.name()
    }

    /// Where the scenario's repository is served.
    pub(crate) fn url(&self) -> String {
        self.world.git.url(self.namespace())
    }

    /// Commits files, `""` standing for removal.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> anyhow::Result<String> {
        let commit = files.iter().fold(self.repository.commit("Change"), |commit, (path, text)| {
            if text.is_empty() { commit.remove(path) } else { commit.file(path, text) }
        });
        Ok(commit.create()?)
    }

    /// Commits files and waits until the source `source` has them.
    pub(crate) async fn publish(&self, files: &[(&str, &str)]) -> anyhow::Result<String> {
        let commit = self.commit(files)?;
        self.live.request(GIT_REPOSITORY, self.namespace(), "source").await?;
        let fetched =
            |object: &Value| object["status"]["artifact"]["revision"].as_str().is_some_and(|text| text.ends_with(&commit));
        self.live.wait(GIT_REPOSITORY, self.namespace(), "source", "fetch the commit", fetched).await?;
        Ok(commit)
    }

    /// Creates the GitRepository `source` of the scenario's repository.
    pub(crate) async fn follow(&self) -> anyhow::Result<()> {
        let object = git_repository(self.namespace(), "source", &self.url(), json!({}));
        self.live.create(GIT_REPOSITORY, &object).await.map(drop)
    }

    /// Creates a Kustomization of the source `source`.
    pub(crate) async fn apply(&self, name: &str, path: &str, spec: Value) -> anyhow::Result<()> {
        let object = kustomization(self.namespace(), name, path, spec);
        self.live.create(KUSTOMIZATION, &object).await.map(drop)
    }

    /// Waits until an object is Ready for its current spec.
    pub(crate) async fn ready(&self, kind: Kind, name: &str) -> anyhow::Result<Value> {
        self.live.wait(kind, self.namespace(), name, "become Ready", is_ready).await
    }

    /// Waits until a Kustomization is Ready with this commit.
    pub(crate) async fn applied(&self, name: &str, commit: &str) -> anyhow::Result<Value> {
        let applied = |object: &Value| {
            is_ready(object) && object["status"]["lastAppliedRevision"].as_str().is_some_and(|text| text.ends_with(commit))
        };
        self.live.wait(KUSTOMIZATION, self.namespace(), name, "apply the commit", applied).await
    }

    /// One entry of a live ConfigMap; `None` where there is no such ConfigMap.
    pub(crate) async fn value(&self, name: &str, key: &str) -> anyhow::Result<Option<String>> {
        let object = self.live.get(CONFIG_MAP, self.namespace(), name).await?;
        Ok(object.map(|object| object["data"][key].as_str().unwrap_or_default().to_owned()))
    }

    /// The uid of a live ConfigMap, which changes when it is recreated; `None` where there is none.
    pub(crate) async fn uid(&self, name: &str) -> anyhow::Result<Option<String>> {
        let object = self.live.get(CONFIG_MAP, self.namespace(), name).await?;
        Ok(object.map(|object| object["metadata"]["uid"].as_str().unwrap_or_default().to_owned()))
    }
}
