//! Serves charts as source-controller does, without one: a test decides when there is a new version, and when an artifact is gone.

use crate::Scene;
use anyhow::Context;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::get;
use e2e::objects::{HELM_CHART, Kind, OCI_REPOSITORY};
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// A running server. It lives on a thread of its own until the process ends.
#[derive(Debug)]
pub struct ChartServer {
    address: SocketAddr,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl ChartServer {
    /// Starts it on a free port of loopback.
    pub fn start() -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("listen for downloads")?;
        listener.set_nonblocking(true).context("listen for downloads")?;
        let address = listener.local_addr().context("listen for downloads")?;
        let files = Arc::<Mutex<BTreeMap<String, Vec<u8>>>>::default();
        let served = Arc::clone(&files);
        let find = async move |Path(name): Path<String>| {
            let found = served.lock().unwrap_or_else(PoisonError::into_inner).get(&name).cloned();
            found.ok_or(StatusCode::NOT_FOUND)
        };
        let router = Router::new().route("/{name}", get(find));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start a runtime")?;
        std::thread::Builder::new()
            .name("chart-server".to_owned())
            .spawn(move || {
                runtime.block_on(async move {
                    if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                        let _ = axum::serve(listener, router).await;
                    }
                });
            })
            .context("start a thread")?;
        Ok(Self { address, files })
    }

    /// Publishes a version of the chart `app` as the artifact of the HelmChart `app` of the scene. The object is suspended: nobody else writes
    /// its status.
    pub async fn publish(&self, scene: &Scene, version: &str, files: &[(&str, &str)]) -> anyhow::Result<()> {
        let archive = pack(version, files)?;
        let spec =
            json!({"chart": "app", "interval": "10m", "suspend": true, "sourceRef": {"kind": "HelmRepository", "name": "none"}});
        self.offer(scene, HELM_CHART, spec, version, archive).await
    }

    /// Publishes a version of the chart `app` as the artifact of the OCIRepository `app`, under a tag; gives the digest of the revision.
    pub async fn push(&self, scene: &Scene, tag: &str, version: &str, files: &[(&str, &str)]) -> anyhow::Result<String> {
        let archive = pack(version, files)?;
        let digest = digest(&archive);
        let spec = json!({"url": "oci://registry.example/app", "interval": "10m", "suspend": true});
        self.offer(scene, OCI_REPOSITORY, spec, &format!("{tag}@{digest}"), archive).await?;
        Ok(digest)
    }

    /// Forgets everything that was published of a scene: downloads are answered with 404.
    pub fn forget(&self, scene: &Scene) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|name, _| !name.starts_with(&format!("{}-", scene.name())));
    }

    async fn offer(&self, scene: &Scene, kind: Kind, spec: Value, revision: &str, archive: Vec<u8>) -> anyhow::Result<()> {
        let digest = digest(&archive);
        let name = format!("{}-{}.tgz", scene.name(), &digest[7..19]);
        let url = format!("http://{}/{name}", self.address);
        let size = archive.len();
        self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), archive);
        if scene.find(kind, "app").await?.is_none() {
            scene.add(kind, "app", json!({ "spec": spec })).await?;
        }
        let artifact = json!({"path": name, "url": url, "revision": revision, "digest": digest, "size": size,
            "lastUpdateTime": "2026-01-01T00:00:00Z"});
        let ready = json!({"type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored", "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let status = json!({"status": {"observedGeneration": 1, "conditions": [ready], "artifact": artifact}});
        scene.live.patch_status(kind, scene.name(), "app", &status).await
    }
}

fn digest(archive: &[u8]) -> String {
    let hash: String = Sha256::digest(archive).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hash}")
}

/// The archive of the chart `app`; a `Chart.yaml` is added.
fn pack(version: &str, files: &[(&str, &str)]) -> anyhow::Result<Vec<u8>> {
    let metadata = format!("apiVersion: v2\nname: app\nversion: {version}\nappVersion: '9'\n");
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in [("Chart.yaml", metadata.as_str())].iter().chain(files) {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("app/{name}"), text.as_bytes())?;
    }
    Ok(archive.into_inner()?.finish()?)
}

/// Changes the record of a release in the form in which its Secret has it.
pub fn edited_record(text: &str, edit: impl FnOnce(&mut Value)) -> anyhow::Result<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use std::io::{Read, Write};
    let compressed = STANDARD.decode(STANDARD.decode(text)?)?;
    let mut json = String::new();
    flate2::read::GzDecoder::new(compressed.as_slice()).read_to_string(&mut json)?;
    let mut record: Value = serde_json::from_str(&json)?;
    edit(&mut record);
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(record.to_string().as_bytes())?;
    Ok(STANDARD.encode(STANDARD.encode(encoder.finish()?)))
}
