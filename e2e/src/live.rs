//! The live cluster: objects are read and written as JSON, and waited for with a deadline.

use crate::objects::Kind;
use anyhow::{Context, bail};
use http::{Method, Request};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long anything may take that should happen by itself at once.
pub const SOON: Duration = Duration::from_secs(60);

/// How often a condition is looked at while waiting for it.
const POLL_EVERY: Duration = Duration::from_millis(100);

const MERGE_PATCH: &str = "application/merge-patch+json";

/// The cluster as an administrator sees it.
#[derive(Clone)]
pub struct Live {
    client: kube::Client,
}

impl Live {
    /// Sees the cluster through a client.
    pub fn new(client: kube::Client) -> Self {
        Self { client }
    }

    /// The object, or `None` where there is none.
    pub async fn get(&self, kind: Kind, namespace: &str, name: &str) -> anyhow::Result<Option<Value>> {
        match self.send(Method::GET, &kind.path(namespace, name), "", None).await {
            Ok(object) => Ok(Some(object)),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(error).with_context(|| format!("read {} {namespace}/{name}", kind.kind)),
        }
    }

    /// Whether there is an object at this path of the API.
    pub async fn exists(&self, path: &str) -> anyhow::Result<bool> {
        match self.send(Method::GET, path, "", None).await {
            Ok(_) => Ok(true),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
            Err(error) => Err(error).with_context(|| format!("read {path}")),
        }
    }

    /// The issuer of the API server's tokens, for which they are, too, where nobody says for whom.
    pub async fn issuer(&self) -> anyhow::Result<String> {
        let found = self.send(Method::GET, "/.well-known/openid-configuration", "", None).await;
        let found = found.context("read who issues tokens")?;
        found["issuer"].as_str().map(str::to_owned).context("nobody issues tokens")
    }

    /// All objects of a kind in a namespace.
    pub async fn list(&self, kind: Kind, namespace: &str) -> anyhow::Result<Vec<Value>> {
        let list = self.send(Method::GET, &kind.list_path(namespace), "", None).await;
        let list = list.with_context(|| format!("list {} in {namespace}", kind.plural))?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// Creates an object of the given kind.
    pub async fn create(&self, kind: Kind, object: &Value) -> anyhow::Result<Value> {
        let metadata = &object["metadata"];
        let (namespace, name) =
            (metadata["namespace"].as_str().unwrap_or_default(), metadata["name"].as_str().unwrap_or_default());
        let created = self.send(Method::POST, &kind.list_path(namespace), "application/json", Some(object)).await;
        created.with_context(|| format!("create {} {namespace}/{name}", kind.kind))
    }

    /// Changes an object by a merge patch, as `kubectl edit` does.
    pub async fn patch(&self, kind: Kind, namespace: &str, name: &str, change: &Value) -> anyhow::Result<Value> {
        self.patch_as("kubectl-edit", kind, (namespace, name), change).await
    }

    /// Changes the object of a namespace and a name by a merge patch, as a program with this field manager does.
    pub async fn patch_as(
        &self,
        manager: &str,
        kind: Kind,
        (namespace, name): (&str, &str),
        change: &Value,
    ) -> anyhow::Result<Value> {
        let path = format!("{}?fieldManager={manager}", kind.path(namespace, name));
        let patched = self.send(Method::PATCH, &path, MERGE_PATCH, Some(change)).await;
        patched.with_context(|| format!("change {} {namespace}/{name}", kind.kind))
    }

    /// Changes an object's status by a merge patch, as a controller does.
    pub async fn patch_status(&self, kind: Kind, namespace: &str, name: &str, change: &Value) -> anyhow::Result<()> {
        let path = format!("{}/status?fieldManager=kubectl-edit", kind.path(namespace, name));
        let patched = self.send(Method::PATCH, &path, MERGE_PATCH, Some(change)).await;
        patched.map(drop).with_context(|| format!("change the status of {} {namespace}/{name}", kind.kind))
    }

    /// Sets the number of a Deployment's replicas, as `kubectl scale` does.
    pub async fn scale(&self, kind: Kind, namespace: &str, name: &str, replicas: u32) -> anyhow::Result<()> {
        let path = format!("{}/scale?fieldManager=kubectl", kind.path(namespace, name));
        let change = json!({"spec": {"replicas": replicas}});
        let scaled = self.send(Method::PATCH, &path, MERGE_PATCH, Some(&change)).await;
        scaled.map(drop).with_context(|| format!("scale {} {namespace}/{name}", kind.kind))
    }

    /// Asks for a reconciliation now, as `flux reconcile` does; returns the value that the status will show when it is done.
    pub async fn request(&self, kind: Kind, namespace: &str, name: &str) -> anyhow::Result<String> {
        self.request_with(kind, (namespace, name), "").await
    }

    /// As [`Live::request`], of the object of a namespace and a name, with this value unless it is empty.
    pub async fn request_with(&self, kind: Kind, (namespace, name): (&str, &str), stamp: &str) -> anyhow::Result<String> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let stamp = if stamp.is_empty() { now.as_nanos().to_string() } else { stamp.to_owned() };
        let change = json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": stamp}}});
        self.patch(kind, namespace, name, &change).await?;
        Ok(stamp)
    }

    /// Asks for a reconciliation and waits until it is done.
    pub async fn reconcile(&self, kind: Kind, namespace: &str, name: &str) -> anyhow::Result<Value> {
        let stamp = self.request(kind, namespace, name).await?;
        self.wait(kind, namespace, name, "handle the request", |object| object["status"]["lastHandledReconcileAt"] == *stamp)
            .await
    }

    /// Deletes an object; no error where there is none.
    pub async fn delete(&self, kind: Kind, namespace: &str, name: &str) -> anyhow::Result<()> {
        match self.send(Method::DELETE, &kind.path(namespace, name), "", None).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(error).with_context(|| format!("delete {} {namespace}/{name}", kind.kind)),
        }
    }

    /// Waits until the object is as wanted; the error shows it as it was last.
    pub async fn wait(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<Value> {
        let deadline = Instant::now() + SOON;
        loop {
            // A cluster that is away for the moment is what some scenarios are about.
            let seen = self.get(kind, namespace, name).await;
            match &seen {
                Ok(Some(object)) if wanted(object) => return Ok(object.clone()),
                _ if Instant::now() < deadline => tokio::time::sleep(POLL_EVERY).await,
                Ok(Some(object)) => {
                    let mut object = object.clone();
                    object["metadata"]["managedFields"].take();
                    bail!("{} {namespace}/{name} did not {what} within {} s: {object:#}", kind.kind, SOON.as_secs())
                }
                Ok(None) => bail!("{} {namespace}/{name} did not {what}: there is none", kind.kind),
                Err(_) => return Ok(seen?.unwrap_or_default()),
            }
        }
    }

    /// Waits until there is no such object.
    pub async fn wait_gone(&self, kind: Kind, namespace: &str, name: &str) -> anyhow::Result<()> {
        let deadline = Instant::now() + SOON;
        while let Some(mut object) = self.get(kind, namespace, name).await? {
            if Instant::now() > deadline {
                object["metadata"]["managedFields"].take();
                bail!("{} {namespace}/{name} is still there after {} s: {object:#}", kind.kind, SOON.as_secs());
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, content: &str, body: Option<&Value>) -> Result<Value, kube::Error> {
        let mut request = Request::builder().method(method).uri(path);
        if !content.is_empty() {
            request = request.header(http::header::CONTENT_TYPE, content);
        }
        let body = body.map(serde_json::to_vec).transpose().map_err(kube::Error::SerdeError)?.unwrap_or_default();
        let request = request.body(body).map_err(kube::Error::HttpError)?;
        self.client.request(request).await
    }
}
