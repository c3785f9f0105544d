//! A namespace on a real API server, a chart made of a few files, and somebody to act as.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use cluster_client::{Cluster, Detail, Identity, LiveIndex, ObjectKey, Ownership};
use helm_chart::{Limits, Prepared, Schemas, load_files};
use helm_client::{
    ActionLog, Adoption, Crds, Dns, Execution, Helm, Hooks, Install, Method, MethodChoice, Propagation, Rollback, Source,
    Storage, Uninstall, Upgrade, WaitFor, Waiter,
};
use helm_release::{Release, Status};
use http::Request;
use kube::Client;
use kube::client::Body;
use object_health::HealthRules;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::BoxError;

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

/// The name of all releases.
pub(crate) const NAME: &str = "app";

pub(crate) struct World {
    pub(crate) namespace: String,
    /// The cluster as the actions see it: its writes may run out.
    pub(crate) cluster: Cluster,
    pub(crate) admin: Cluster,
    pub(crate) storage: Storage,
    pub(crate) index: Option<LiveIndex>,
    health: HealthRules,
    pub(crate) waiter: Waiter,
    pub(crate) interrupt: CancellationToken,
    writes_left: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    _scope: test_support::Namespace,
}

impl World {
    /// `None` where there is no API server; `test-support` says so.
    pub(crate) async fn new() -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let Some(server) = test_support::Cluster::shared_if_at_hand().await? else { return Ok(None) };
        let client = server.client().await?;
        let scope = server.namespace("helm").await?;
        let (writes_left, requests) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(Mutex::default()));
        let cluster = Cluster::new(mortal(&client, Arc::clone(&writes_left), Arc::clone(&requests)));
        Ok(Some(Self {
            namespace: scope.name().to_owned(),
            storage: Storage::new(cluster.clone(), scope.name()),
            cluster,
            index: None,
            admin: Cluster::new(client),
            health: HealthRules::default(),
            waiter: Waiter::Poller,
            interrupt: CancellationToken::new(),
            writes_left,
            requests,
            _scope: scope,
        }))
    }

    pub(crate) fn helm(&self) -> Helm<'_> {
        Helm {
            cluster: &self.cluster,
            storage: &self.storage,
            index: self.index.as_ref(),
            health: &self.health,
            waiter: self.waiter,
            interrupt: &self.interrupt,
            concurrency: 4,
            log: ActionLog::default(),
        }
    }

    /// From now on waits are woken by a watch over objects with the labels of a HelmRelease.
    pub(crate) fn watch(&mut self) {
        let ownership = Ownership::new("helm.toolkit.fluxcd.io", "helm-controller", &[]);
        self.index = Some(LiveIndex::new(self.admin.clone(), ownership));
    }

    /// From now on all requests fail after so many writes, as if the process had died there.
    pub(crate) fn die_after(&self, writes: usize) {
        self.writes_left.store(writes, Ordering::SeqCst);
    }

    pub(crate) fn live_again(&self) {
        self.die_after(usize::MAX);
    }

    /// Acts as a ServiceAccount of the namespace.
    pub(crate) fn impersonate(&mut self, service_account: &str) -> TestResult {
        self.cluster = self.admin.acting_as(&Identity::service_account(&self.namespace, service_account)?);
        Ok(())
    }

    /// Writes since the last call, as `METHOD plural/name`.
    pub(crate) fn writes(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().expect("because no test panics while it holds the lock"))
    }

    pub(crate) fn install(&self, source: Source) -> Install {
        Install {
            name: NAME.to_owned(),
            namespace: self.namespace.clone(),
            source,
            crds: Crds::default(),
            method: Method::ServerSide,
            adoption: Adoption::Take,
            create_namespace: false,
            replace: false,
            execution: execution(),
        }
    }

    pub(crate) fn key(&self, api_version: &str, kind: &str, name: &str) -> ObjectKey {
        let metadata = json!({"name": name, "namespace": self.namespace});
        ObjectKey::of(&json!({"apiVersion": api_version, "kind": kind, "metadata": metadata}))
    }

    pub(crate) async fn live(&self, kind: &str, name: &str) -> Result<Option<Value>, cluster_client::RequestError> {
        let api_version = match kind {
            "Deployment" => "apps/v1",
            "Job" => "batch/v1",
            _ => "v1",
        };
        self.admin.get(&self.key(api_version, kind, name), Detail::Full).await
    }

    /// `data.k` of a ConfigMap.
    pub(crate) async fn value(&self, name: &str) -> Result<Option<String>, cluster_client::RequestError> {
        Ok(self.live("ConfigMap", name).await?.and_then(|live| live["data"]["k"].as_str().map(str::to_owned)))
    }

    pub(crate) async fn edit(&self, name: &str, patch: Value) -> TestResult {
        self.admin.json_patch(&self.key("v1", "ConfigMap", name), &patch, "kubectl-edit").await?;
        Ok(())
    }

    /// An object that belongs to nobody.
    pub(crate) async fn foreign(&self, name: &str) -> TestResult {
        let mut object = config_map(name, "theirs");
        object["metadata"]["namespace"] = json!(self.namespace);
        self.admin.create(&object, "kubectl").await?;
        Ok(())
    }

    /// The JSON of a stored record.
    pub(crate) async fn stored(&self, version: i64) -> Result<String, Box<dyn std::error::Error>> {
        Ok(self.storage.get(NAME, version).await?.ok_or("there is no such record")?.to_json())
    }

    /// Version and status of all records.
    pub(crate) async fn statuses(&self) -> Result<Vec<(i64, Status)>, helm_client::StorageError> {
        let storage = Storage::new(self.admin.clone(), &self.namespace);
        Ok(storage.history(NAME).await?.iter().map(|record| (record.version, record.status())).collect())
    }
}

pub(crate) fn execution() -> Execution {
    Execution { timeout: Duration::from_secs(20), hooks: Hooks::Run, wait: WaitFor::ObjectsAndJobs }
}

pub(crate) fn upgrade(source: Source) -> Upgrade {
    Upgrade {
        name: NAME.to_owned(),
        source,
        crds: Crds::default(),
        method: MethodChoice::Auto,
        adoption: Adoption::Take,
        preserve_values: false,
        force: false,
        cleanup_on_fail: false,
        max_history: 5,
        execution: execution(),
    }
}

pub(crate) fn rollback(version: i64) -> Rollback {
    Rollback {
        name: NAME.to_owned(),
        version,
        method: MethodChoice::Auto,
        force: false,
        cleanup_on_fail: false,
        max_history: 5,
        execution: execution(),
    }
}

pub(crate) fn uninstall() -> Uninstall {
    let propagation = Propagation::Background;
    Uninstall { name: NAME.to_owned(), keep_history: false, propagation, execution: execution() }
}

/// A chart with these templates.
pub(crate) fn chart(templates: &[&str]) -> Source {
    chart_with(templates, &[], json!({}))
}

/// A chart with these templates and other files, and values.
pub(crate) fn chart_with(templates: &[&str], files: &[(&str, &str)], values: Value) -> Source {
    let templates = templates.iter().enumerate().map(|(place, text)| (format!("templates/{place:02}.yaml"), *text));
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), *text));
    let metadata = ("Chart.yaml".to_owned(), "apiVersion: v2\nname: demo\nversion: 1.0.0\n");
    let files = templates.chain(files).chain([metadata]).map(|(name, text)| (name, Bytes::from(text.to_owned())));
    let chart = load_files(files, &Limits::default()).expect("because charts of tests are valid");
    Source {
        chart: Arc::new(Prepared::new(chart)),
        values: values.as_object().cloned().unwrap_or_default(),
        schemas: Schemas::Check,
        post_renderer: None,
        dns: Dns::Off,
    }
}

pub(crate) fn config_map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}})
}

/// A hook that is ready at once.
pub(crate) fn hook(name: &str, annotations: Value) -> Value {
    let mut object = config_map(name, "hook");
    object["metadata"]["annotations"] = annotations;
    object
}

/// A Job that the job controller ends without any node: at once, or with a failure after a second.
pub(crate) fn job(name: &str, annotations: Value, succeeds: bool) -> Value {
    let template = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}});
    let mut spec = json!({"completions": 0, "parallelism": 0, "template": template});
    if !succeeds {
        spec = json!({"activeDeadlineSeconds": 1, "template": template});
    }
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "annotations": annotations}, "spec": spec})
}

/// Description of a record.
pub(crate) fn description(record: &Release) -> &str {
    record.info.as_ref().map_or("", |info| info.description.as_str())
}

fn mortal(client: &Client, writes_left: Arc<AtomicUsize>, requests: Arc<Mutex<Vec<String>>>) -> Client {
    let base = client.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        let base = base.clone();
        let is_write = request.method() != http::Method::GET;
        let left = writes_left.load(Ordering::SeqCst);
        if is_write && left > 0 && left < usize::MAX {
            writes_left.fetch_sub(1, Ordering::SeqCst);
        }
        if is_write {
            let path: Vec<&str> = request.uri().path().rsplit('/').take(2).collect();
            let line = format!("{} {}/{}", request.method(), path[1], path[0]);
            requests.lock().expect("because no test panics while it holds the lock").push(line);
        }
        async move {
            if left == 0 {
                return Err("the process has died".into());
            }
            base.send(request).await.map_err(BoxError::from)
        }
    });
    Client::new(service, "default")
}
