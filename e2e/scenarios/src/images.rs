//! What scenarios about images share: the two image controllers on the stage, and short ways to say what is wanted of them.

use crate::{Scene, Stage, play};
use anyhow::Context;
use e2e::objects::{IMAGE_POLICY, IMAGE_REPOSITORY, IMAGE_UPDATE_AUTOMATION, Kind};
use e2e::world;
use serde_json::{Value, json};
use test_support::controller::Controller;
use test_support::registry::{Layer, RegistryServer};
use tokio::sync::OnceCell;

static SHARED: OnceCell<[Controller; 2]> = OnceCell::const_new();

/// They run under the accounts that the install chart gives them.
async fn start(stage: &Stage) -> anyhow::Result<[Controller; 2]> {
    let settings = Stage::settings(&stage.events)?;
    let of_reflector = stage.world.kubeconfig_of("image-reflector-controller").await?;
    let of_automation = stage.world.kubeconfig_of("image-automation-controller").await?;
    let directory = stage.world.directory();
    let mut reflector = world::image_reflector_controller(&settings, &of_reflector, directory).start(directory)?;
    let mut automation = world::image_automation_controller(&settings, &of_automation).start(directory)?;
    reflector.wait_until_ready().await?;
    automation.wait_until_ready().await?;
    Ok([reflector, automation])
}

/// Plays a scenario on the shared stage with the image controllers on it.
pub async fn play_with_images(
    title: &str,
    scenario: impl AsyncFnOnce(&Scene, &Stage) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    play(title, async |scene, stage| {
        SHARED.get_or_try_init(|| start(stage)).await.context("start the image controllers")?;
        scenario(scene, stage).await
    })
    .await
}

/// Pushes an image of its own under each of these tags; gives the digest of the last.
pub async fn push_tags(registry: &RegistryServer, repository: &str, tags: &[&str]) -> anyhow::Result<String> {
    let mut digest = String::new();
    for tag in tags {
        let layer = Layer { media_type: "application/vnd.example".to_owned(), content: tag.as_bytes().to_vec() };
        digest = registry.push(repository, tag, &[layer], &[]).await?;
    }
    Ok(digest)
}

/// The name of an image in a registry.
pub fn image(registry: &RegistryServer, repository: &str) -> String {
    format!("{}/{repository}", registry.address())
}

impl Scene {
    /// Creates an ImageRepository of that image that is scanned rarely; `spec` adds fields.
    pub async fn add_images(&self, name: &str, image: &str, spec: Value) -> anyhow::Result<()> {
        self.add_with(IMAGE_REPOSITORY, name, json!({ "image": image, "interval": "1h" }), spec).await
    }

    /// Creates an ImagePolicy over an ImageRepository; `spec` adds fields.
    pub async fn add_policy(&self, name: &str, repository: &str, policy: Value, spec: Value) -> anyhow::Result<()> {
        let base = json!({ "imageRepositoryRef": { "name": repository }, "policy": policy });
        self.add_with(IMAGE_POLICY, name, base, spec).await
    }

    /// Creates an ImageUpdateAutomation of the GitRepository `source` that runs rarely; `spec` adds fields.
    pub async fn add_automation(&self, name: &str, spec: Value) -> anyhow::Result<()> {
        let base = json!({
            "interval": "1h",
            "sourceRef": { "kind": "GitRepository", "name": "source" },
            "git": { "commit": { "author": { "name": "Bot", "email": "bot@example.com" } } },
        });
        self.add_with(IMAGE_UPDATE_AUTOMATION, name, base, spec).await
    }

    async fn add_with(&self, kind: Kind, name: &str, mut base: Value, spec: Value) -> anyhow::Result<()> {
        if let (Some(base), Value::Object(spec)) = (base.as_object_mut(), spec) {
            base.extend(spec);
        }
        self.add(kind, name, json!({ "spec": base })).await
    }

    /// Waits until a policy wants this tag.
    pub async fn wants(&self, policy: &str, tag: &str) -> anyhow::Result<Value> {
        let wants = |object: &Value| object["status"]["latestRef"]["tag"] == tag;
        self.wait(IMAGE_POLICY, policy, &format!("want {tag}"), wants).await
    }

    /// Waits until an automation has pushed another commit than `before`; gives the commit.
    pub async fn pushed(&self, automation: &str, before: &str) -> anyhow::Result<String> {
        let pushed = |object: &Value| object["status"]["lastPushCommit"].as_str().is_some_and(|commit| commit != before);
        let object = self.wait(IMAGE_UPDATE_AUTOMATION, automation, "push a commit", pushed).await?;
        Ok(object["status"]["lastPushCommit"].as_str().unwrap_or_default().to_owned())
    }

    /// A file of the scene's repository, byte by byte but for white space at the end.
    pub fn file(&self, branch: &str, path: &str) -> anyhow::Result<String> {
        Ok(self.repository.git(&["show", &format!("{branch}:{path}")])?)
    }
}
