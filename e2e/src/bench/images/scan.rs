//! Many ImageRepositories with an ImagePolicy each: scanned, scanned again unchanged, scanned with a new tag.

use super::ground::{Ground, Measured};
use crate::objects::{IMAGE_POLICY, IMAGE_REPOSITORY};
use serde_json::Value;

const NAMESPACE: &str = "scan";

/// So many repositories of so many tags.
pub(super) async fn run(ground: &mut Ground, repositories: usize, tags: usize) -> anyhow::Result<()> {
    let mut listed: Vec<String> = (0..tags).map(version).collect();
    ground.registry.set(listed.clone());
    ground.end_automation();
    ground.create_namespace(NAMESPACE).await?;
    let scan = async |ground: &Ground| {
        for number in 0..repositories {
            ground.create_image(NAMESPACE, &name(number)).await?;
        }
        wait_for_all(ground, repositories, &version(tags.saturating_sub(1))).await
    };
    ground.phase("scan-first", Measured::Reflector, scan).await?;
    let again = async |ground: &Ground| request_all(ground, repositories).await;
    ground.phase("scan-unchanged", Measured::Reflector, again).await?;
    listed.push(version(tags));
    ground.registry.set(listed);
    let newer = async |ground: &Ground| {
        request_all(ground, repositories).await?;
        wait_for_all(ground, repositories, &version(tags)).await
    };
    ground.phase("scan-new-tag", Measured::Reflector, newer).await
}

fn name(number: usize) -> String {
    format!("app-{number:04}")
}

fn version(number: usize) -> String {
    format!("{}.{}.{}", number / 100, number / 10 % 10, number % 10)
}

/// Waits until every policy wants this tag.
async fn wait_for_all(ground: &Ground, repositories: usize, tag: &str) -> anyhow::Result<()> {
    let wants = |policy: &Value| policy["status"]["latestRef"]["tag"] == tag;
    ground.wait((IMAGE_POLICY, NAMESPACE), repositories, wants).await
}

/// Asks for a scan of all and waits until all have had it.
async fn request_all(ground: &Ground, repositories: usize) -> anyhow::Result<()> {
    let mut stamp = String::new();
    for number in 0..repositories {
        stamp = ground.live.request_with(IMAGE_REPOSITORY, (NAMESPACE, &name(number)), &stamp).await?;
    }
    let handled = |object: &Value| object["status"]["lastHandledReconcileAt"] == *stamp;
    ground.wait((IMAGE_REPOSITORY, NAMESPACE), repositories, handled).await
}
