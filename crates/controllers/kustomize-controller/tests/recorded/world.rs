//! A cluster, the controller under test, and a server that plays storage and notification-controller.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use artifact::Algorithm;
use artifact::archive::write;
use artifact::ignore::IgnoreRules;
use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use bytes::Bytes;
use file_tree::FileTree;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client};
use serde_json::{Value, json};
use test_support::controller::{Controller, ControllerBuilder};

pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Default)]
struct Served {
    artifacts: BTreeMap<String, Bytes>,
    posts: Vec<Value>,
}

pub(crate) struct World {
    pub(crate) client: Client,
    address: String,
    served: Arc<Mutex<Served>>,
    controller: Controller,
    kubeconfig: &'static Path,
    _directory: tempfile::TempDir,
}

impl World {
    /// `None` where there is no API server at hand.
    pub(crate) async fn start() -> Outcome<Option<Self>> {
        let Some(cluster) = test_support::Cluster::shared_if_at_hand().await? else { return Ok(None) };
        let served = Arc::new(Mutex::new(Served::default()));
        let address = serve(Arc::clone(&served)).await?;
        let directory = tempfile::tempdir()?;
        let binary = Path::new(env!("CARGO_BIN_EXE_kustomize-controller"));
        let binaries = binary.parent().ok_or("a binary has a directory")?;
        let controller = ControllerBuilder::new("kustomize-controller", binaries, cluster.kubeconfig())
            .flag(format!("--events-addr=http://{address}/events"))
            .flag("--requeue-dependency=3s")
            .flag("--concurrent=8")
            .start(directory.path())?;
        Ok(Some(Self {
            client: cluster.client().await?,
            address,
            served,
            controller,
            kubeconfig: cluster.kubeconfig(),
            _directory: directory,
        }))
    }

    pub(crate) fn log_tail(&self) -> String {
        let lines = if std::env::var("ONLY").is_ok() { 60 } else { 5 };
        let log = self.controller.log();
        let log: Vec<&str> = log.lines().collect();
        log[log.len().saturating_sub(lines)..].join("\n")
    }

    pub(crate) async fn namespace(&self, name: &str) -> Outcome<()> {
        let api: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource("", "v1", "Namespace", "namespaces"));
        let object = serde_json::from_value(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}))?;
        api.create(&PostParams::default(), &object).await?;
        Ok(())
    }

    /// Publishes a tree as the artifact of the GitRepository `src`.
    pub(crate) async fn publish(&self, namespace: &str, revision: &str, files: &[(&str, String)]) -> Outcome<()> {
        let tree = FileTree::from_files(files.iter().map(|(path, text)| (*path, Bytes::from(text.clone()))))?;
        let mut archive = Vec::new();
        let written = write(&tree, &IgnoreRules::default(), Algorithm::Sha256, &mut archive)?;
        let name = format!("{namespace}-{}.tar.gz", revision.replace([':', '@'], "-"));
        self.lock().artifacts.insert(name.clone(), Bytes::from(archive));
        let api = self.sources(namespace);
        if api.get_opt("src").await?.is_none() {
            let object = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": {"name": "src"},
                "spec": {"interval": "10m", "url": "https://git.example/repository", "ref": {"branch": "main"}}});
            api.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
        }
        let artifact = json!({"path": name, "url": format!("http://{}/artifacts/{name}", self.address), "revision": revision,
            "digest": written.digest.to_string(), "lastUpdateTime": "2026-01-01T00:00:00Z", "size": written.size});
        api.patch_status("src", &PatchParams::default(), &Patch::Merge(json!({"status": {"artifact": artifact}}))).await?;
        Ok(())
    }

    /// [`Self::publish`] of owned texts.
    pub(crate) async fn publish_all(&self, namespace: &str, revision: &str, files: &[(String, String)]) -> Outcome<()> {
        let files: Vec<(&str, String)> = files.iter().map(|(path, text)| (path.as_str(), text.clone())).collect();
        self.publish(namespace, revision, &files).await
    }

    pub(crate) async fn kustomization(&self, namespace: &str, name: &str, spec: Value) -> Outcome<()> {
        let mut full = json!({"interval": "10m", "path": "plain", "prune": true, "targetNamespace": namespace,
            "sourceRef": {"kind": "GitRepository", "name": "src"}});
        for (field, value) in spec.as_object().into_iter().flatten() {
            full[field] = value.clone();
        }
        if let Some(fields) = full.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        let object = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": {"name": name}, "spec": full});
        self.kustomizations(namespace).create(&PostParams::default(), &serde_json::from_value(object)?).await?;
        Ok(())
    }

    pub(crate) async fn ask(&self, namespace: &str) -> Outcome<()> {
        let stamp = format!("{}", std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos());
        let patch = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": stamp}}});
        self.kustomizations(namespace).patch("ks", &PatchParams::default(), &Patch::Merge(patch)).await?;
        Ok(())
    }

    /// Edits a ConfigMap as `kubectl edit` does.
    pub(crate) async fn edit(&self, namespace: &str, name: &str, patch: Value) -> Outcome<()> {
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), namespace, &resource("", "v1", "ConfigMap", "configmaps"));
        let parameters = PatchParams { field_manager: Some("kubectl-edit".to_owned()), ..PatchParams::default() };
        api.patch(name, &parameters, &Patch::Merge(patch)).await?;
        Ok(())
    }

    pub(crate) async fn delete(&self, namespace: &str) -> Outcome<()> {
        self.kustomizations(namespace).delete("ks", &DeleteParams::default()).await?;
        let end = Instant::now() + Duration::from_secs(60);
        while self.kustomizations(namespace).get_opt("ks").await?.is_some() {
            if Instant::now() > end {
                return Err("the Kustomization is not gone".into());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }

    /// Waits until Ready is True or False for the present request and revision, and unchanged for two seconds.
    pub(crate) async fn settle(&self, namespace: &str, name: &str, revision: Option<&str>) -> Outcome<()> {
        let end = Instant::now() + Duration::from_secs(90);
        let (mut last, mut since) = (Value::Null, Instant::now());
        while Instant::now() < end {
            let object = serde_json::to_value(self.kustomizations(namespace).get(name).await?)?;
            let conditions = object["status"]["conditions"].clone();
            let settled = conditions
                .as_array()
                .into_iter()
                .flatten()
                .any(|condition| condition["type"] == "Ready" && condition["status"] != "Unknown");
            let asked = &object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"];
            let handled = asked.is_null() || object["status"]["lastHandledReconcileAt"] == *asked;
            let current = revision.is_none_or(|revision| object["status"]["lastAttemptedRevision"] == revision);
            if conditions != last || !settled || !handled || !current {
                (last, since) = (conditions, Instant::now());
            } else if since.elapsed() > Duration::from_secs(2) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Err(format!("{namespace}/{name} did not settle: {last}").into())
    }

    /// Waits until a revision is applied.
    pub(crate) async fn applied(&self, namespace: &str, revision: &str) -> Outcome<()> {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let object = serde_json::to_value(self.kustomizations(namespace).get("ks").await?)?;
            if object["status"]["lastAppliedRevision"] == revision {
                return Ok(());
            }
            if Instant::now() > end {
                return Err(format!("{revision} is not applied: {}", object["status"]).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Values of the owned ConfigMaps by name.
    pub(crate) async fn config_maps(&self, namespace: &str) -> Outcome<BTreeMap<String, String>> {
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client.clone(), namespace, &resource("", "v1", "ConfigMap", "configmaps"));
        let owned = api.list(&ListParams::default().labels("kustomize.toolkit.fluxcd.io/name")).await?;
        let value = |object: DynamicObject| {
            let text = object.data["data"]["k"].as_str().unwrap_or_default().to_owned();
            (object.metadata.name.unwrap_or_default(), text)
        };
        Ok(owned.into_iter().map(value).collect())
    }

    pub(crate) async fn metrics(&self) -> Outcome<String> {
        Ok(self.controller.metrics().await?)
    }

    /// A ServiceAccount that may do anything in its namespace.
    pub(crate) async fn allow(&self, namespace: &str, name: &str) -> Outcome<()> {
        self.create(namespace, &resource("", "v1", "ServiceAccount", "serviceaccounts"), json!({"metadata": {"name": name}}))
            .await?;
        let binding = json!({"metadata": {"name": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}]});
        self.create(namespace, &resource("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"), binding).await
    }

    pub(crate) async fn remove_account(&self, namespace: &str, name: &str) -> Outcome<()> {
        let accounts = resource("", "v1", "ServiceAccount", "serviceaccounts");
        let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), namespace, &accounts);
        api.delete(name, &DeleteParams::default()).await?;
        Ok(())
    }

    pub(crate) async fn kubeconfig_secret(&self, namespace: &str, name: &str, text: &str) -> Outcome<()> {
        let secret = json!({"metadata": {"name": name}, "stringData": {"value": text}});
        self.create(namespace, &resource("", "v1", "Secret", "secrets"), secret).await
    }

    /// Changes the spec of the Kustomization.
    pub(crate) async fn respec(&self, namespace: &str, spec: Value) -> Outcome<()> {
        let patch = json!({ "spec": spec });
        self.kustomizations(namespace).patch("ks", &PatchParams::default(), &Patch::Merge(patch)).await?;
        Ok(())
    }

    /// The administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> &Path {
        self.kubeconfig
    }

    async fn create(&self, namespace: &str, resource: &ApiResource, object: Value) -> Outcome<()> {
        let mut object = object;
        object["apiVersion"] = json!(resource.api_version);
        object["kind"] = json!(resource.kind);
        let api: Api<DynamicObject> = Api::namespaced_with(self.client.clone(), namespace, resource);
        api.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
        Ok(())
    }

    /// Ends the controller without a warning.
    pub(crate) fn kill(&mut self) {
        self.controller.kill();
    }

    pub(crate) fn restart(&mut self) -> Outcome<()> {
        Ok(self.controller.restart()?)
    }

    /// The namespace as recordings have it.
    pub(crate) async fn snapshot(&self, namespace: &str) -> Outcome<Value> {
        let mut objects = Vec::new();
        for object in self.kustomizations(namespace).list(&ListParams::default()).await? {
            let mut object = serde_json::to_value(object)?;
            object["kind"] = json!("Kustomization");
            objects.push(object);
        }
        let posted: Vec<Value> = self
            .lock()
            .posts
            .iter()
            .filter(|body| body["involvedObject"]["namespace"] == namespace)
            .map(|body| json!({ "body": body }))
            .collect();
        Ok(json!({"objects": objects, "posted": posted}))
    }

    fn kustomizations(&self, namespace: &str) -> Api<DynamicObject> {
        let resource = resource("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations");
        Api::namespaced_with(self.client.clone(), namespace, &resource)
    }

    fn sources(&self, namespace: &str) -> Api<DynamicObject> {
        let resource = resource("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories");
        Api::namespaced_with(self.client.clone(), namespace, &resource)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Served> {
        self.served.lock().expect("because nobody panics while holding it")
    }
}

fn resource(group: &str, version: &str, kind: &str, plural: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
}

async fn serve(served: Arc<Mutex<Served>>) -> Outcome<String> {
    type Shared = State<Arc<Mutex<Served>>>;
    let artifact = |State(served): Shared, UrlPath(name): UrlPath<String>| async move {
        let found = served.lock().ok().and_then(|served| served.artifacts.get(&name).cloned());
        found.ok_or(StatusCode::NOT_FOUND)
    };
    let event = |State(served): Shared, body: Bytes| async move {
        if let (Ok(mut served), Ok(body)) = (served.lock(), serde_json::from_slice(&body)) {
            served.posts.push(body);
        }
        StatusCode::ACCEPTED
    };
    let routes = Router::new().route("/artifacts/{name}", get(artifact)).fallback(post(event)).with_state(served);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(address)
}
