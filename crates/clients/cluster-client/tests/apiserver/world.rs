//! A namespace on a real API server, and the client under test with its requests counted.

use std::sync::Arc;
use std::sync::Mutex;

use apply_plan::controls::Recreation;
use apply_plan::ignore::{IgnoreRule, IgnoreRules};
use apply_plan::stage::plan_stages;
use apply_plan::{Change, normalize, ownership};
use cluster_client::{
    Apply, ApplyFailure, Cluster, Detail, Identity, LiveIndex, Migration, NoJournal, ObjectKey, Ownership, Remembered,
};
use http::Request;
use kube::Client;
use kube::client::Body;
use object_health::{Assessment, kstatus};
use serde_json::{Value, json};
use tower::BoxError;

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

pub(crate) struct World {
    pub(crate) namespace: String,
    pub(crate) cluster: Cluster,
    pub(crate) admin: Cluster,
    pub(crate) index: LiveIndex,
    pub(crate) ownership: Ownership,
    pub(crate) remembered: Remembered,
    pub(crate) recreation: Recreation,
    pub(crate) ignore: Vec<IgnoreRule>,
    requests: Arc<Mutex<Vec<String>>>,
    client: Client,
    _scope: test_support::Namespace,
}

impl World {
    /// `None` where there is no API server; `test-support` says so.
    pub(crate) async fn new() -> Result<Option<Self>, Box<dyn std::error::Error>> {
        let Some(server) = test_support::Cluster::shared_if_at_hand().await? else { return Ok(None) };
        Self::on(server).await.map(Some)
    }

    /// A namespace on a given server.
    pub(crate) async fn on(server: &test_support::Cluster) -> Result<Self, Box<dyn std::error::Error>> {
        let client = server.client().await?;
        let scope = server.namespace("apply").await?;
        let namespace = scope.name().to_owned();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let counted = counted(&client, Arc::clone(&requests));
        let ownership = Ownership::new("kustomize.toolkit.fluxcd.io", "kustomize-controller", &[]);
        let cluster = Cluster::new(counted.clone());
        let index = LiveIndex::new(Cluster::new(client.clone()), ownership.clone());
        Ok(Self {
            namespace,
            cluster,
            admin: Cluster::new(client),
            index,
            ownership,
            remembered: Remembered::default(),
            recreation: Recreation::WhereEnabled,
            ignore: Vec::new(),
            requests,
            client: counted,
            _scope: scope,
        })
    }

    pub(crate) fn impersonate(&mut self, service_account: &str) -> TestResult {
        self.cluster = Cluster::new(self.client.clone()).acting_as(&Identity::service_account(&self.namespace, service_account)?);
        Ok(())
    }

    /// Applies as the Kustomization `ks`; object literals lack namespace and labels.
    pub(crate) async fn apply(&mut self, objects: &[Value]) -> Result<Vec<Change>, ApplyFailure> {
        let objects = objects.iter().map(|object| self.prepared(object)).collect();
        self.apply_as_is(objects).await
    }

    pub(crate) async fn apply_as_is(&mut self, objects: Vec<Value>) -> Result<Vec<Change>, ApplyFailure> {
        let ignore = IgnoreRules::compile(&self.ignore).expect("because rules of tests are valid");
        let apply = Apply {
            cluster: &self.cluster,
            index: Some(&self.index),
            ownership: &self.ownership,
            recreation: self.recreation,
            ignore: &ignore,
            migration: Migration::Off,
            settings: "",
            journal: &NoJournal,
            concurrency: 4,
            assess: &assess,
        };
        apply.run(plan_stages(objects, &std::collections::BTreeSet::new()), &mut self.remembered).await
    }

    pub(crate) fn prepared(&self, object: &Value) -> Value {
        let mut object = object.clone();
        if object["metadata"]["namespace"].is_null()
            && object["kind"] != "Namespace"
            && object["kind"] != "CustomResourceDefinition"
        {
            object["metadata"]["namespace"] = json!(self.namespace);
        }
        normalize::normalize(&mut object);
        self.owner().label(&mut object);
        object
    }

    pub(crate) fn owner(&self) -> ownership::Owner<'_> {
        ownership::Owner { group: "kustomize.toolkit.fluxcd.io", name: "ks", namespace: &self.namespace }
    }

    pub(crate) fn key(&self, api_version: &str, kind: &str, name: &str) -> ObjectKey {
        ObjectKey::of(&json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": self.namespace}}))
    }

    pub(crate) async fn live(&self, kind: &str, name: &str) -> Result<Option<Value>, cluster_client::RequestError> {
        let api_version = if kind == "Deployment" { "apps/v1" } else { "v1" };
        self.admin.get(&self.key(api_version, kind, name), Detail::Full).await
    }

    /// A change by somebody else.
    pub(crate) async fn edit(&self, name: &str, patch: Value) -> TestResult {
        self.admin.json_patch(&self.key("v1", "ConfigMap", name), &patch, "kubectl-edit").await?;
        Ok(())
    }

    /// Requests since the last call, as `METHOD path` without discovery.
    pub(crate) fn requests(&self) -> Vec<String> {
        let mut requests = self.requests.lock().expect("because no test panics while it holds the lock");
        let seen = std::mem::take(&mut *requests);
        seen.into_iter().filter(|request| !request.ends_with(" /api") && !request.ends_with(" /apis")).collect()
    }
}

pub(crate) fn assess(object: &Value) -> Assessment {
    kstatus::compute(object, jiff::Timestamp::now()).unwrap_or_else(|error| Assessment::unknown(error.to_string()))
}

pub(crate) fn actions(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{} {} {}", change.id.kind, change.id.name, change.action)).collect()
}

pub(crate) fn config_map(name: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"k": value}})
}

fn counted(client: &Client, requests: Arc<Mutex<Vec<String>>>) -> Client {
    let base = client.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        let base = base.clone();
        let dry = if request.uri().query().unwrap_or_default().contains("dryRun") { "DRY " } else { "" };
        let line = format!("{dry}{} {}", request.method(), request.uri().path());
        requests.lock().expect("because no test panics while it holds the lock").push(line);
        async move { base.send(request).await.map_err(BoxError::from) }
    });
    Client::new(service, "default")
}
