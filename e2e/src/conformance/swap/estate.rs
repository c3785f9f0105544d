//! What the controllers take over from one another: an object of every kind, and what they made of it.

use super::picture::Picture;
use crate::objects::{
    BUCKET, CONFIG_MAP, DEPLOYMENT, GIT_REPOSITORY, HELM_CHART, HELM_RELEASE, HELM_REPOSITORY, IMAGE_POLICY, IMAGE_REPOSITORY,
    IMAGE_UPDATE_AUTOMATION, KUSTOMIZATION, Kind, NAMESPACE as NAMESPACES, OCI_REPOSITORY, SECRET, config_map, git_repository,
    helm_release, is_ready, kustomization,
};
use crate::{Live, World};
use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use test_support::Repository;
use test_support::file_server::{FileServer, Protection};
use test_support::object_store::{ACCESS_KEY, ObjectStore, SECRET_KEY};
use test_support::registry::{self, Layer, RegistryServer};

/// Where the objects are.
pub(super) const NAMESPACE: &str = "estate";

/// In the order in which they depend on each other, and are reconciled.
const KINDS: [Kind; 10] = [
    GIT_REPOSITORY,
    BUCKET,
    HELM_REPOSITORY,
    OCI_REPOSITORY,
    HELM_CHART,
    KUSTOMIZATION,
    HELM_RELEASE,
    IMAGE_REPOSITORY,
    IMAGE_POLICY,
    IMAGE_UPDATE_AUTOMATION,
];

/// A Deployment without pods; `image` is a whole line.
fn deployment(name: &str, image: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  replicas: 0
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
      - name: app
        {image}
"
    )
}

/// The objects, and the servers that their sources are on.
pub(super) struct Estate {
    live: Live,
    repository: Repository,
    registry: RegistryServer,
    store: ObjectStore,
    charts: FileServer,
}

impl Estate {
    /// Creates everything in its first version and waits until all of it is Ready.
    pub(super) async fn create(world: &World) -> anyhow::Result<Self> {
        let estate = Self {
            live: world.live().await?,
            repository: world.git.repository("estate").context("create the repository")?,
            registry: RegistryServer::start(registry::Protection::default()).await.context("start a registry")?,
            store: ObjectStore::start().await.context("start an object store")?,
            charts: FileServer::start(Protection::default()).await.context("start a Helm repository")?,
        };
        estate.live.create(NAMESPACES, &NAMESPACES.object("", NAMESPACE, json!({}))).await?;
        estate.publish(1).await?;
        estate.create_sources(&world.git.url("estate")).await?;
        estate.create_consumers().await?;
        estate.create_images().await?;
        estate.settle(1).await?;
        Ok(estate)
    }

    /// Makes what the sources hold at a number: a chart in the repository, an artifact, an object, an image.
    async fn publish(&self, number: u32) -> anyhow::Result<()> {
        let version = format!("{number}.0.0");
        let commit = self.repository.commit(&version);
        let commit = commit.file("apps/settings.yaml", config_map("settings", "round", &number.to_string()));
        let commit = if number == 1 { commit.file("apps/app.yaml", self.marked_deployment()) } else { commit };
        commit.create().context("commit")?;
        self.store_object(number).await?;
        let layer = Layer { media_type: "application/vnd.example".to_owned(), content: version.as_bytes().to_vec() };
        self.registry.push("shop", &format!("1.{number}.0"), &[layer], &[]).await.context("push an image")?;
        let layer =
            Layer { media_type: "application/vnd.cncf.helm.chart.content.v1.tar+gzip".to_owned(), content: chart(&version)? };
        self.registry.push("chart", &version, &[layer], &[]).await.context("push a chart")?;
        self.charts.put(&format!("chart-{version}.tgz"), chart(&version)?);
        let versions = (1..=number).rev().map(|number| {
            json!({"apiVersion": "v2", "name": "chart", "version": format!("{number}.0.0"), "urls": [format!("chart-{number}.0.0.tgz")]})
        });
        let index = json!({"apiVersion": "v1", "entries": {"chart": versions.collect::<Vec<_>>()}});
        self.charts.put("index.yaml", index.to_string());
        Ok(())
    }

    /// A Deployment whose image follows the policy.
    fn marked_deployment(&self) -> String {
        let image = format!("{}/shop:1.0.0", self.registry.address());
        let marked = format!("image: {image} # {{\"$imagepolicy\": \"{NAMESPACE}:shop\"}}");
        deployment("app", &marked)
    }

    async fn store_object(&self, number: u32) -> anyhow::Result<()> {
        if number == 1 {
            self.store.create_bucket("estate").await.context("create a bucket")?;
        }
        let text = config_map("from-bucket", "round", &number.to_string());
        self.store.put("estate", "map.yaml", text.as_bytes()).await.context("store an object")
    }

    async fn create_sources(&self, url: &str) -> anyhow::Result<()> {
        self.live.create(GIT_REPOSITORY, &git_repository(NAMESPACE, "source", url, json!({}))).await?;
        let keys = json!({"stringData": {"accesskey": ACCESS_KEY, "secretkey": SECRET_KEY}});
        self.live.create(SECRET, &SECRET.object(NAMESPACE, "keys", keys)).await?;
        let bucket = json!({
            "interval": "10m", "endpoint": self.store.endpoint(), "insecure": true, "bucketName": "estate", "secretRef": {"name": "keys"},
        });
        self.add(BUCKET, "bucket", bucket).await?;
        self.add(HELM_REPOSITORY, "charts", json!({"interval": "10m", "url": self.charts.url("")})).await?;
        let artifact = json!({
            "interval": "10m", "insecure": true, "url": self.registry.url("chart"), "ref": {"semver": "*"},
            "layerSelector": {"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "operation": "copy"},
        });
        self.add(OCI_REPOSITORY, "chart", artifact).await
    }

    async fn create_consumers(&self) -> anyhow::Result<()> {
        self.live.create(KUSTOMIZATION, &kustomization(NAMESPACE, "apps", "./apps", json!({"wait": true}))).await?;
        let from_bucket = json!({"sourceRef": {"kind": "Bucket", "name": "bucket"}});
        self.live.create(KUSTOMIZATION, &kustomization(NAMESPACE, "bucket", "./", from_bucket)).await?;
        let chart =
            json!({"spec": {"chart": "chart", "version": "*", "sourceRef": {"kind": "HelmRepository", "name": "charts"}}});
        let template = json!({"chartRef": null, "chart": chart, "values": {"round": "1"}, "driftDetection": {"mode": "enabled"}});
        self.live.create(HELM_RELEASE, &helm_release(NAMESPACE, "by-template", template)).await?;
        let reference = json!({"chartRef": {"kind": "OCIRepository", "name": "chart"}, "values": {"round": "1"}});
        self.live.create(HELM_RELEASE, &helm_release(NAMESPACE, "by-reference", reference)).await.map(drop)
    }

    async fn create_images(&self) -> anyhow::Result<()> {
        let image = json!({"image": format!("{}/shop", self.registry.address()), "interval": "10m", "insecure": true});
        self.add(IMAGE_REPOSITORY, "shop", image).await?;
        let policy = json!({"imageRepositoryRef": {"name": "shop"}, "policy": {"semver": {"range": "1.x"}}});
        self.add(IMAGE_POLICY, "shop", policy).await?;
        let automation = json!({
            "interval": "10m", "sourceRef": {"kind": "GitRepository", "name": "source"}, "update": {"path": "./apps"},
            "git": {"commit": {"author": {"name": "Estate", "email": "estate@example.com"}}},
        });
        self.add(IMAGE_UPDATE_AUTOMATION, "shop", automation).await
    }

    async fn add(&self, kind: Kind, name: &str, spec: Value) -> anyhow::Result<()> {
        self.live.create(kind, &kind.object(NAMESPACE, name, json!({ "spec": spec }))).await.map(drop)
    }

    /// Has every object reconciled, sources first, and waits until all of them are Ready.
    pub(super) async fn reconcile(&self) -> anyhow::Result<()> {
        for kind in KINDS {
            for object in self.live.list(kind, NAMESPACE).await? {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                self.live.reconcile(kind, NAMESPACE, name).await?;
                self.live.wait(kind, NAMESPACE, name, "be Ready", is_ready).await?;
            }
        }
        Ok(())
    }

    /// What must not change by itself.
    pub(super) async fn picture(&self) -> anyhow::Result<Picture> {
        let mut picture = Picture::new();
        for kind in KINDS {
            self.live.list(kind, NAMESPACE).await?.iter().for_each(|object| picture.add_reconciled(&titled(kind, object)));
        }
        for kind in [CONFIG_MAP, DEPLOYMENT, SECRET] {
            self.live.list(kind, NAMESPACE).await?.iter().for_each(|object| picture.add_untouched(&titled(kind, object)));
        }
        picture.note("commit", &self.repository.resolve("main")?);
        Ok(picture)
    }

    /// Publishes the next number, changes the values, and waits until the cluster runs it.
    pub(super) async fn roll_out(&self, number: u32) -> anyhow::Result<()> {
        self.publish(number).await?;
        for release in ["by-template", "by-reference"] {
            let change = json!({"spec": {"values": {"round": number.to_string()}}});
            self.live.patch(HELM_RELEASE, NAMESPACE, release, &change).await?;
        }
        self.reconcile().await?;
        self.settle(number).await
    }

    /// Waits until all is Ready and the cluster shows the number everywhere.
    async fn settle(&self, number: u32) -> anyhow::Result<()> {
        for kind in KINDS {
            for object in self.live.list(kind, NAMESPACE).await? {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                self.live.wait(kind, NAMESPACE, name, "be Ready", is_ready).await?;
            }
        }
        for map in ["settings", "from-bucket", "by-template", "by-reference"] {
            let round = number.to_string();
            let shows = |object: &Value| object["data"]["round"] == *round;
            self.live.wait(CONFIG_MAP, NAMESPACE, map, "show the round", shows).await?;
        }
        for kind in [GIT_REPOSITORY, KUSTOMIZATION] {
            let name = if kind == KUSTOMIZATION { "apps" } else { "source" };
            self.live.reconcile(kind, NAMESPACE, name).await?;
        }
        let image = format!("{}/shop:1.{number}.0", self.registry.address());
        let runs = |object: &Value| object["spec"]["template"]["spec"]["containers"][0]["image"] == *image;
        self.live.wait(DEPLOYMENT, NAMESPACE, "app", "run the image", runs).await?;
        self.reconcile().await?;
        for release in ["by-template", "by-reference"] {
            let object = self.live.get(HELM_RELEASE, NAMESPACE, release).await?.unwrap_or_default();
            let first = object["status"]["history"][0]["firstDeployed"].as_str().unwrap_or_default();
            ensure!(!first.is_empty(), "{release} has no history");
        }
        Ok(())
    }

    /// Deletes every object and waits until what they made is gone.
    pub(super) async fn delete(&self) -> anyhow::Result<()> {
        for kind in KINDS.into_iter().rev() {
            for object in self.live.list(kind, NAMESPACE).await? {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                self.live.delete(kind, NAMESPACE, name).await?;
                self.live.wait_gone(kind, NAMESPACE, name).await?;
            }
        }
        for (kind, name) in
            [(CONFIG_MAP, "settings"), (CONFIG_MAP, "from-bucket"), (CONFIG_MAP, "by-template"), (DEPLOYMENT, "app")]
        {
            self.live.wait_gone(kind, NAMESPACE, name).await?;
        }
        Ok(())
    }
}

/// A list's items do not say what they are.
fn titled(kind: Kind, object: &Value) -> Value {
    let mut object = object.clone();
    object["kind"] = json!(kind.kind);
    object
}

/// The package of a chart with a ConfigMap and a Deployment that are named after the release.
fn chart(version: &str) -> anyhow::Result<Vec<u8>> {
    let deployment = deployment("{{ .Release.Name }}", "image: example.com/app:1.0.0");
    let map = config_map("{{ .Release.Name }}", "round", "{{ .Values.round }}");
    let files = [
        ("chart/Chart.yaml", format!("apiVersion: v2\nname: chart\nversion: {version}\n")),
        ("chart/templates/all.yaml", format!("{map}---\n{deployment}")),
    ];
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, text) in &files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, text.as_bytes())?;
    }
    Ok(archive.into_inner()?.finish()?)
}
