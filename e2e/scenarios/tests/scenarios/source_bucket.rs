//! Bucket: the objects of a real object store become artifacts.

use anyhow::ensure;
use e2e::objects::{BUCKET, CONFIG_MAP, HELM_CHART, KUSTOMIZATION, condition, config_map};
use scenarios::artifact::download;
use scenarios::{Scene, play};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use test_support::object_store::{ACCESS_KEY, ObjectStore, SECRET_KEY};
use test_support::scripted::Scripted;

async fn add(scene: &Scene, name: &str, store: &ObjectStore, spec: Value) -> anyhow::Result<()> {
    let mut fields = json!({
        "bucketName": "content", "endpoint": store.endpoint(), "insecure": true, "interval": "10m", "secretRef": { "name": "keys" },
    });
    if let (Some(fields), Value::Object(spec)) = (fields.as_object_mut(), spec) {
        fields.extend(spec);
    }
    scene.add(BUCKET, name, json!({ "spec": fields })).await
}

async fn add_keys(scene: &Scene) -> anyhow::Result<()> {
    scene.add_secret("keys", &[("accesskey", ACCESS_KEY), ("secretkey", SECRET_KEY)]).await
}

/// A store with the bucket `content`.
async fn store() -> anyhow::Result<ObjectStore> {
    let store = ObjectStore::start().await?;
    store.create_bucket("content").await?;
    Ok(store)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_objects_of_a_bucket_are_published_and_applied() -> anyhow::Result<()> {
    play("bucket", async |scene, _| {
        let store = store().await?;
        add_keys(scene).await?;
        store.put("content", "app/map.yaml", config_map("from-bucket", "k", "1")).await?;
        store.put("content", "app/with space & ü.md", "named oddly").await?;
        store.put("content", "notes.txt", "n").await?;
        store.put("content", ".sourceignore", "*.txt\n").await?;
        store.put("content", "picture.jpg", "kept: nothing is left out by default").await?;
        store.put("content", "ignored.log", "l").await?;
        add(scene, "source", &store, json!({ "ignore": "*.log" })).await?;
        let source = scene.ready(BUCKET, "source").await?;
        // What the store says of an object that was put in one piece is the MD5 of its content.
        let revision = source["status"]["artifact"]["revision"].as_str().unwrap_or_default();
        let digest = revision.strip_prefix("sha256:").unwrap_or_default();
        assert_eq!(source["status"]["artifact"]["path"], format!("bucket/{}/source/{digest}.tar.gz", scene.name()));
        assert_eq!(
            condition(&source, "Ready"),
            ("True", "Succeeded", format!("stored artifact: revision '{revision}'").as_str())
        );
        assert_eq!(source["status"]["observedIgnore"], "*.log");
        let files = download(&source).await?;
        assert_eq!(
            files.keys().map(String::as_str).collect::<Vec<_>>(),
            [".sourceignore", "app/map.yaml", "app/with space & ü.md", "picture.jpg"]
        );
        let said = "stored artifact with 3 fetched files from 'content' bucket";
        scene.wait_for_event(BUCKET, "source", "NewArtifact", said).await?;
        scene.add_kustomization("app", "./app", json!({ "sourceRef": { "kind": "Bucket", "name": "source" } })).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        assert_eq!(scene.get(CONFIG_MAP, "from-bucket").await?["data"]["k"], "1");

        scene.reconcile(BUCKET, "source").await?;
        let unchanged = scene.get(BUCKET, "source").await?;
        assert_eq!(unchanged["status"]["artifact"], source["status"]["artifact"], "the same objects are the same artifact");
        store.put("content", "ignored.log", "changed").await?;
        store.put("content", "app/map.yaml", config_map("from-bucket", "k", "2")).await?;
        store.delete("content", "picture.jpg").await?;
        scene.reconcile(BUCKET, "source").await?;
        let changed = scene.get(BUCKET, "source").await?;
        let files = download(&changed).await?;
        ensure!(files["app/map.yaml"].contains('2') && !files.contains_key("picture.jpg"), "{files:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_revision_is_made_of_keys_and_etags() -> anyhow::Result<()> {
    play("bucket-revision", async |scene, _| {
        let store = store().await?;
        add_keys(scene).await?;
        for (key, content) in [("dev/b", "2"), ("dev/a", "1"), ("prod/a", "3")] {
            store.put("content", key, content).await?;
        }
        add(scene, "dev", &store, json!({ "prefix": "dev/" })).await?;
        let source = scene.ready(BUCKET, "dev").await?;
        assert_eq!(download(&source).await?.keys().collect::<Vec<_>>(), ["dev/a", "dev/b"]);
        // The MD5 of `1` and of `2`.
        let index = "dev/a c4ca4238a0b923820dcc509a6f75849b\ndev/b c81e728d9d4c2f636f067f89cc14862c\n";
        let revision = format!("sha256:{}", hex(&Sha256::digest(index.as_bytes())));
        assert_eq!(source["status"]["artifact"]["revision"], revision);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_store_wants_its_keys_and_its_authority() -> anyhow::Result<()> {
    play("bucket-auth", async |scene, _| {
        let store = ObjectStore::start_with_tls().await?;
        store.create_bucket("content").await?;
        store.put("content", "a", "b").await?;
        add_keys(scene).await?;
        scene.add_secret("wrong", &[("accesskey", ACCESS_KEY), ("secretkey", "S3NTINEL-other")]).await?;
        scene.add_secret("half", &[("accesskey", ACCESS_KEY)]).await?;
        scene.add_secret("ca", &[("ca.crt", &store.authority_pem())]).await?;
        let secure =
            |secret: &str| json!({ "insecure": false, "certSecretRef": { "name": "ca" }, "secretRef": { "name": secret } });
        add(scene, "trusted", &store, secure("keys")).await?;
        scene.ready(BUCKET, "trusted").await?;
        add(scene, "wrong", &store, secure("wrong")).await?;
        let message = scene.failed(BUCKET, "wrong", "BucketOperationFailed").await?;
        ensure!(message.starts_with("failed to confirm existence of 'content' bucket: "), "{message}");
        ensure!(!message.contains("S3NTINEL"), "{message}");
        add(scene, "half", &store, secure("half")).await?;
        let message = scene.failed(BUCKET, "half", "AuthenticationFailed").await?;
        assert_eq!(message, "invalid 'half' secret data: required fields 'accesskey' and 'secretkey'");
        add(scene, "absent", &store, secure("absent")).await?;
        let message = scene.failed(BUCKET, "absent", "AuthenticationFailed").await?;
        assert_eq!(message, format!("failed to get secret '{}/absent': secrets \"absent\" not found", scene.name()));
        add(scene, "stranger", &store, json!({ "insecure": false })).await?;
        let message = scene.failed(BUCKET, "stranger", "BucketOperationFailed").await?;
        ensure!(message.contains("certificate"), "{message}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_store_that_is_away_keeps_the_artifact() -> anyhow::Result<()> {
    play("bucket-away", async |scene, _| {
        let mut store = store().await?;
        add_keys(scene).await?;
        store.put("content", "a", "b").await?;
        add(scene, "source", &store, json!({ "timeout": "5s" })).await?;
        let before = scene.ready(BUCKET, "source").await?;
        add(scene, "absent", &store, json!({ "bucketName": "other" })).await?;
        assert_eq!(scene.failed(BUCKET, "absent", "BucketOperationFailed").await?, "bucket 'other' not found");
        store.stop();
        scene.reconcile(BUCKET, "source").await?;
        scene.failed(BUCKET, "source", "BucketOperationFailed").await?;
        let after = scene.get(BUCKET, "source").await?;
        assert_eq!(after["status"]["artifact"]["digest"], before["status"]["artifact"]["digest"]);
        download(&after).await.map(drop)
    })
    .await
}

#[tokio::test]
async fn a_chart_comes_from_a_bucket() -> anyhow::Result<()> {
    play("bucket-chart", async |scene, _| {
        let store = store().await?;
        add_keys(scene).await?;
        store.put("content", "charts/app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 0.1.0\n").await?;
        store.put("content", "charts/app/templates/a.yaml", "a: b\n").await?;
        add(scene, "source", &store, json!({})).await?;
        let source = scene.ready(BUCKET, "source").await?;
        let reference = json!({ "kind": "Bucket", "name": "source" });
        let spec = json!({ "chart": "charts/app", "interval": "10m", "reconcileStrategy": "Revision", "sourceRef": reference });
        scene.add(HELM_CHART, "app", json!({ "spec": spec })).await?;
        let chart = scene.ready(HELM_CHART, "app").await?;
        let revision = source["status"]["artifact"]["revision"].as_str().unwrap_or_default();
        let short = revision.trim_start_matches("sha256:").get(..12).unwrap_or_default();
        assert_eq!(chart["status"]["artifact"]["revision"], format!("0.1.0+{short}"));
        ensure!(download(&chart).await?.contains_key("app/templates/a.yaml"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_a9_a_key_stays_in_its_artifact() -> anyhow::Result<()> {
    play("bucket-keys", async |scene, _| {
        let server = Scripted::start(|_, head| {
            let line = head.lines().next().unwrap_or_default();
            let keys = if line.contains("prefix=odd") { &["plain", "odd/../../x"][..] } else { &["/etc/y", "plain", "dir/"] };
            let entries: String = keys.iter().map(|key| format!("<Contents><Key>{key}</Key><ETag>1</ETag></Contents>")).collect();
            let listing = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>");
            let etag = vec![("etag", "\"1\"".to_owned())];
            match line {
                line if line.starts_with("HEAD") => ("200 OK", Vec::new(), String::new()),
                line if line.contains("list-type=2") => ("200 OK", Vec::new(), listing),
                line if line.contains(".sourceignore") => ("404 Not Found", Vec::new(), String::new()),
                _ => ("200 OK", etag, "content".to_owned()),
            }
        })?;
        let spec = |prefix: &str| {
            let endpoint = server.address().to_string();
            json!({ "bucketName": "bucket", "endpoint": endpoint, "insecure": true, "interval": "10m", "prefix": prefix })
        };
        scene.add(BUCKET, "source", json!({ "spec": spec("") })).await?;
        let files = download(&scene.ready(BUCKET, "source").await?).await?;
        assert_eq!(files.keys().collect::<Vec<_>>(), ["etc/y", "plain"]);
        // Such a key cannot be written into an address, where it would mean another object, if not another bucket.
        scene.add(BUCKET, "odd", json!({ "spec": spec("odd") })).await?;
        let message = scene.failed(BUCKET, "odd", "BucketOperationFailed").await?;
        ensure!(message.ends_with("keys with parts '.' or '..' cannot be asked for"), "{message}");
        ensure!(
            server.received().iter().all(|head| !head.to_ascii_lowercase().contains("authorization:")),
            "nobody signs nothing"
        );
        Ok(())
    })
    .await
}

/// An emulator's kind of address, and answers of Microsoft's documentation.
fn azure() -> std::io::Result<Scripted> {
    let page = "<?xml version=\"1.0\"?><EnumerationResults><Blobs>\
                <Blob><Name>app/a.yaml</Name><Properties><Etag>0x8CBFF45D8A29A19</Etag></Properties></Blob>\
                <Blob><Name>b.log</Name><Properties><Etag>0x2</Etag></Properties></Blob></Blobs><NextMarker/></EnumerationResults>";
    let refused = |code: &str| format!("<Error><Code>{code}</Code><Message>no\nRequestId:1</Message></Error>");
    Scripted::start(move |_, head| match head.split_whitespace().nth(1).unwrap_or_default() {
        _ if !head.contains("authorization: SharedKey account:") => {
            ("403 Forbidden", Vec::new(), refused("AuthorizationFailure"))
        }
        target if target.starts_with("/account/content?") => ("200 OK", Vec::new(), page.to_owned()),
        "/account/content/app%2Fa.yaml" => ("200 OK", vec![("etag", "\"0x8CBFF45D8A29A19\"".to_owned())], "a: 1".to_owned()),
        target if target.starts_with("/account/absent?") => ("404 Not Found", Vec::new(), refused("ContainerNotFound")),
        _ => ("404 Not Found", Vec::new(), refused("BlobNotFound")),
    })
}

#[tokio::test]
async fn the_blobs_of_a_container_are_published() -> anyhow::Result<()> {
    play("bucket-azure", async |scene, _| {
        let store = azure()?;
        scene.add_secret("account", &[("accountKey", "UzNOVElORUwtaHVudGVyMg==")]).await?;
        let spec = |container: &str| {
            let endpoint = format!("http://{}/account", store.address());
            let secret = json!({ "name": "account" });
            json!({
                "provider": "azure", "bucketName": container, "endpoint": endpoint, "interval": "10m", "ignore": "*.log", "secretRef": secret,
            })
        };
        scene.add(BUCKET, "source", json!({ "spec": spec("content") })).await?;
        let source = scene.ready(BUCKET, "source").await?;
        assert_eq!(download(&source).await?, [("app/a.yaml".to_owned(), "a: 1".to_owned())].into());
        // As Flux's: the ETag as it comes with the blob, in quotes.
        let index = "app/a.yaml \"0x8CBFF45D8A29A19\"\n";
        let revision = format!("sha256:{}", hex(&Sha256::digest(index.as_bytes())));
        assert_eq!(source["status"]["artifact"]["revision"], revision);
        let asked = store.received().len();
        scene.reconcile(BUCKET, "source").await?;
        let again = store.received().split_off(asked);
        ensure!(!again.iter().any(|head| head.contains("a.yaml")), "nothing is downloaded again: {again:?}");
        scene.add(BUCKET, "absent", json!({ "spec": spec("absent") })).await?;
        assert_eq!(scene.failed(BUCKET, "absent", "BucketOperationFailed").await?, "bucket 'absent' not found");
        Ok(())
    })
    .await
}
