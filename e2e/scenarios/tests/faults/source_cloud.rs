//! Sources that open to what the controller itself is, which its environment says; and what else its command line decides of sources.

use anyhow::ensure;
use e2e::objects::{BUCKET, HELM_CHART, HELM_REPOSITORY, condition};
use scenarios::artifact::download;
use scenarios::own::play_with_source;
use scenarios::{Own, Scene, archive};
use serde_json::json;
use test_support::FileServer;
use test_support::google_store::GoogleStore;
use test_support::object_store::{ACCESS_KEY, ObjectStore, SECRET_KEY};

#[tokio::test]
async fn the_objects_of_a_bucket_of_google_are_published() -> anyhow::Result<()> {
    let store = GoogleStore::start().await?;
    store.create_bucket("content").await?;
    for (key, content) in [("app/a.yaml", "a: 1"), ("app/with space & ü.md", "odd"), ("b.log", "l"), (".sourceignore", "*.log\n")]
    {
        store.put("content", key, content).await?;
    }
    let emulator = store.address().to_owned();
    let at_emulator = |source: test_support::controller::ControllerBuilder| source.variable("STORAGE_EMULATOR_HOST", &emulator);
    play_with_source("gcs", at_emulator, async |scene: &Scene, _: &mut Own| {
        let spec = json!({ "provider": "gcp", "bucketName": "content", "endpoint": "storage.googleapis.com", "interval": "10m" });
        scene.add(BUCKET, "source", json!({ "spec": spec })).await?;
        let source = scene.ready(BUCKET, "source").await?;
        let files = download(&source).await?;
        assert_eq!(files.keys().collect::<Vec<_>>(), [".sourceignore", "app/a.yaml", "app/with space & ü.md"]);
        scene.wait_for_event(BUCKET, "source", "NewArtifact", "with 2 fetched files from 'content' bucket").await?;
        scene.reconcile(BUCKET, "source").await?;
        let unchanged = scene.get(BUCKET, "source").await?;
        assert_eq!(unchanged["status"]["artifact"], source["status"]["artifact"], "the same objects are the same artifact");
        store.put("content", "app/a.yaml", "a: 2").await?;
        scene.reconcile(BUCKET, "source").await?;
        assert_eq!(download(&scene.get(BUCKET, "source").await?).await?["app/a.yaml"], "a: 2");
        let absent =
            json!({ "provider": "gcp", "bucketName": "absent", "endpoint": "storage.googleapis.com", "interval": "10m" });
        scene.add(BUCKET, "absent", json!({ "spec": absent })).await?;
        assert_eq!(scene.failed(BUCKET, "absent", "BucketOperationFailed").await?, "bucket 'absent' not found");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_bucket_of_amazon_opens_to_the_identity_of_the_controller() -> anyhow::Result<()> {
    let identity = |source: test_support::controller::ControllerBuilder| {
        source
            .variable("AWS_REGION", "us-east-1")
            .variable("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .variable("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    };
    play_with_source("aws", identity, async |scene: &Scene, own: &mut Own| {
        let store = ObjectStore::start().await?;
        store.create_bucket("content").await?;
        store.put("content", "a", "b").await?;
        let spec = |provider: &str| {
            json!({ "provider": provider, "bucketName": "content", "endpoint": store.endpoint(), "insecure": true, "interval": "10m" })
        };
        scene.add(BUCKET, "source", json!({ "spec": spec("aws") })).await?;
        assert_eq!(download(&scene.ready(BUCKET, "source").await?).await?["a"], "b");
        scene.add(BUCKET, "nobody", json!({ "spec": spec("generic") })).await?;
        scene.failed(BUCKET, "nobody", "BucketOperationFailed").await?;
        let metrics = own.source.metrics().await?;
        let counted = metrics.lines().any(|line| {
            line.starts_with("gotk_token_cache_events_total{") && line.contains("kind=\"Bucket\"") && line.contains("name=\"source\"")
        });
        ensure!(counted, "no look for a token is counted");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn indexes_are_cached_and_counted_as_the_flags_say() -> anyhow::Result<()> {
    let cached = |source: test_support::controller::ControllerBuilder| source.flag("--helm-cache-max-size=10");
    play_with_source("helm-cache", cached, async |scene: &Scene, own: &mut Own| {
        let server = FileServer::start(test_support::file_server::Protection::default()).await?;
        server.put("app-1.0.0.tgz", archive::of(&[("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n")])?);
        server.put("index.yaml", "apiVersion: v1\nentries:\n  app:\n  - {name: app, version: 1.0.0, urls: [app-1.0.0.tgz]}\n");
        scene.add(HELM_REPOSITORY, "charts", json!({ "spec": { "url": server.url(""), "interval": "10m" } })).await?;
        for name in ["first", "second"] {
            let source = json!({ "kind": "HelmRepository", "name": "charts" });
            scene.add(HELM_CHART, name, json!({ "spec": { "chart": "app", "interval": "10m", "sourceRef": source } })).await?;
            let chart = scene.ready(HELM_CHART, name).await?;
            assert_eq!(condition(&chart, "Ready").1, "ChartPullSucceeded");
        }
        let metrics = own.source.metrics().await?;
        for event in ["cache_miss", "cache_hit"] {
            let label = format!("event_type=\"{event}\"");
            let counted = |line: &&str| {
                line.starts_with("gotk_cache_events_total{") && line.contains(&label) && line.contains("name=\"charts\"")
            };
            ensure!(metrics.lines().any(|line| counted(&line)), "{event} is not counted");
        }
        Ok(())
    })
    .await
}
