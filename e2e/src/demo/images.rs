//! The end of the demo: an image is pushed to a registry, and the cluster runs it by way of a commit.

use super::narrator::Narrator;
use super::own::{ENVIRONMENTS, NAMESPACE, Story};
use super::steps::{DEPLOYMENT_FILE, deployment, file};
use crate::objects::{DEPLOYMENT, IMAGE_POLICY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION, Kind, is_ready};
use crate::world::{Settings, World, image_automation_controller, image_reflector_controller};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use test_support::controller::Controller;
use test_support::registry::{Layer, Protection, RegistryServer};

/// What updates images: a registry, and the two image controllers.
struct Images {
    registry: RegistryServer,
    _controllers: [Controller; 2],
}

/// The name of the objects that update the image.
const NAME: &str = "shop";

/// Follows a registry from now on, and shows a pushed image reaching the cluster.
pub(super) async fn run(world: &World, settings: &Settings, story: &Story, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.begin("a registry with shop:1.1.0, and the two image controllers");
    let images = Images::start(world, settings).await?;
    images.push("1.1.0").await?;
    narrator.done(&format!("the registry is at {}", images.registry.address()));
    let shown = show(&images, story, narrator).await;
    if !world.cluster.is_ours() {
        for kind in [IMAGE_UPDATE_AUTOMATION, IMAGE_POLICY, IMAGE_REPOSITORY] {
            story.live.delete(kind, NAMESPACE, NAME).await?;
            story.live.wait_gone(kind, NAMESPACE, NAME).await?;
        }
    }
    shown
}

impl Images {
    async fn start(world: &World, settings: &Settings) -> anyhow::Result<Self> {
        let registry = RegistryServer::start(Protection::default()).await.context("start a registry")?;
        let of_reflector = world.kubeconfig_of("image-reflector-controller").await?;
        let of_automation = world.kubeconfig_of("image-automation-controller").await?;
        let directory = world.directory();
        let mut reflector = image_reflector_controller(settings, &of_reflector, directory).start(directory)?;
        let mut automation = image_automation_controller(settings, &of_automation).start(directory)?;
        reflector.wait_until_ready().await?;
        automation.wait_until_ready().await?;
        Ok(Self { registry, _controllers: [reflector, automation] })
    }

    async fn push(&self, tag: &str) -> anyhow::Result<()> {
        let layer = Layer { media_type: "application/vnd.example".to_owned(), content: tag.as_bytes().to_vec() };
        self.registry.push(NAME, tag, &[layer], &[]).await.map(drop).with_context(|| format!("push {NAME}:{tag}"))
    }

    fn image(&self, tag: &str) -> String {
        format!("{}/{NAME}:{tag}", self.registry.address())
    }
}

async fn show(images: &Images, story: &Story, narrator: &mut Narrator) -> anyhow::Result<()> {
    narrator.begin("a commit that marks the image, and what keeps it at the highest version: three objects");
    let marked = format!("image: {} # {{\"$imagepolicy\": \"{NAMESPACE}:{NAME}\"}}", images.image("1.1.0"));
    let text = file(DEPLOYMENT_FILE)?.replace("image: registry.example.com/shop:1.0.0", &marked);
    let first = story.repository.commit("Mark the image").file(DEPLOYMENT_FILE, text).create()?;
    let image = json!({ "image": format!("{}/{NAME}", images.registry.address()), "interval": "2s" });
    create(story, IMAGE_REPOSITORY, image).await?;
    let policy = json!({ "imageRepositoryRef": { "name": NAME }, "policy": { "semver": { "range": "1.x" } } });
    create(story, IMAGE_POLICY, policy).await?;
    let commit = json!({
        "author": { "name": "Image updates", "email": "images@example.com" },
        "messageTemplate": "{{ range .Changed.Changes }}{{ .OldValue }} -> {{ .NewValue }}{{ end }}\n",
    });
    let source = json!({ "kind": "GitRepository", "name": "source" });
    let automation = json!({ "interval": "1m", "sourceRef": source, "git": { "commit": commit } });
    create(story, IMAGE_UPDATE_AUTOMATION, automation).await?;
    for kind in [IMAGE_REPOSITORY, IMAGE_POLICY, IMAGE_UPDATE_AUTOMATION] {
        story.live.wait(kind, NAMESPACE, NAME, "become Ready", is_ready).await?;
    }
    story.wait_for_commit(&first).await?;
    narrator.done("all are Ready");

    narrator.begin("a push to the registry: shop:1.2.0");
    images.push("1.2.0").await?;
    let wanted = images.image("1.2.0");
    for environment in ENVIRONMENTS {
        let runs = |object: &Value| object["spec"]["template"]["spec"]["containers"][0]["image"] == wanted.as_str();
        story.live.wait(DEPLOYMENT, &format!("shop-{environment}"), "shop", "run 1.2.0", runs).await?;
    }
    let second = story.repository.resolve("main")?;
    ensure!(story.repository.resolve("main^")? == first, "there is one commit more");
    story.wait_for_commit(&second).await?;
    for environment in ENVIRONMENTS {
        let ready = &deployment(story, environment).await?["status"]["updatedReplicas"];
        ensure!(!story.pods_run || ready.as_u64().is_some_and(|count| count > 0), "{environment}: {ready} pods are updated");
    }
    narrator.detail(&story.repository.git(&["log", "-1", "--format=commit %h by %an: %s"])?);
    narrator.done("committed and pushed by itself; dev, staging and prod have it");
    Ok(())
}

async fn create(story: &Story, kind: Kind, spec: Value) -> anyhow::Result<()> {
    story.live.create(kind, &kind.object(NAMESPACE, NAME, json!({ "spec": spec }))).await.map(drop)
}
