//! Registries that page, limit rates, lie, lead in circles, or never answer.

use anyhow::ensure;
use e2e::objects::{IMAGE_REPOSITORY, condition};
use scenarios::play_with_images;
use serde_json::json;
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use test_support::scripted::{Answer, Scripted};

fn ok(headers: Vec<(&'static str, String)>, body: &str) -> Answer {
    ("200 OK", headers, body.to_owned())
}

fn next(page: usize) -> Vec<(&'static str, String)> {
    vec![("link", format!("</v2/org/app/tags/list?n=2&last={page}>; rel=\"next\""))]
}

#[tokio::test]
async fn tags_come_over_pages_and_after_a_limit_of_the_rate() -> anyhow::Result<()> {
    play_with_images("image-pages", async |scene, _| {
        let requests = AtomicUsize::new(0);
        let server = Scripted::start(move |_, head: &str| match requests.fetch_add(1, Ordering::Relaxed) {
            0 => ("429 Too Many Requests", vec![("retry-after", "1".to_owned())], String::new()),
            _ if head.contains("last=2") => ok(Vec::new(), r#"{"tags": ["1.2.0"]}"#),
            _ if head.contains("last=1") => ok(next(2), r#"{"tags": null}"#),
            _ => ok(next(1), r#"{"tags": ["1.0.0", "1.1.0"]}"#),
        })?;
        scene.add_images("app", &format!("{}/org/app", server.address()), json!({})).await?;
        let scanned = scene.ready(IMAGE_REPOSITORY, "app").await?;
        assert_eq!(scanned["status"]["lastScanResult"]["latestTags"], json!(["1.2.0", "1.1.0", "1.0.0"]));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_b11_what_is_no_tag_goes_nowhere() -> anyhow::Result<()> {
    play_with_images("image-lies", async |scene, _| {
        let lies =
            json!({ "tags": ["1.0.0", "9.0.0\nSigned-off-by: x", "$(touch x)", "../../x", "", "9.0.0 #", "x".repeat(200)] });
        let server = Scripted::start(move |_, _| ok(Vec::new(), &lies.to_string()))?;
        scene.add_images("app", &format!("{}/org/app", server.address()), json!({})).await?;
        scene.ready(IMAGE_REPOSITORY, "app").await?;
        scene.add_policy("app", "app", json!({ "alphabetical": {} }), json!({})).await?;
        let chosen = scene.wants("app", "1.0.0").await?;
        assert_eq!(condition(&chosen, "Ready").0, "True");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn registries_that_never_end_are_left_in_time() -> anyhow::Result<()> {
    play_with_images("image-endless", async |scene, _| {
        let circle = Scripted::start(|_, _| ok(next(1), r#"{"tags": ["a"]}"#))?;
        scene.add_images("circle", &format!("{}/org/app", circle.address()), json!({})).await?;
        let message = scene.failed(IMAGE_REPOSITORY, "circle", "ReadOperationFailed").await?;
        ensure!(message.ends_with("the pages of tags lead in a circle"), "{message}");
        // It takes connections and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0")?;
        scene.add_images("silent", &format!("{}/org/app", silent.local_addr()?), json!({ "timeout": "1s" })).await?;
        let message = scene.failed(IMAGE_REPOSITORY, "silent", "ReadOperationFailed").await?;
        ensure!(message.starts_with("scan failed: ") && message.ends_with("timed out after 1s"), "{message}");
        Ok(())
    })
    .await
}
