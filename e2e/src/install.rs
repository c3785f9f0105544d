//! The install chart on a test cluster: what it makes except pods, and its ServiceAccounts for controllers that run outside.

use anyhow::{Context, ensure};
use kube::api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams, Request};
use kube::discovery::{Scope, pinned_kind};
use kube::{Api, Client};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use test_support::Cluster;
use test_support::controller::binaries;

/// Where the controllers would run, and have their leases.
pub const NAMESPACE: &str = "flux-system";

/// An installation whose controllers run as processes of their own.
pub struct Installation {
    directory: PathBuf,
    kubeconfig: Value,
}

impl Installation {
    /// Applies what `weir install --export` prints, with further flags. Deployments have no replicas: there are no images to run.
    pub async fn apply(cluster: &Cluster, directory: &Path, flags: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(binaries()?.join("weir"));
        let images =
            "--set=controllers.image-reflector-controller.enabled=true,controllers.image-automation-controller.enabled=true";
        let command = command.args(["install", "--export", "--set=replicas=0", "--set=crds.install=false", images]).args(flags);
        let printed = command.output().context("run weir install")?;
        ensure!(printed.status.success(), "weir install: {}", String::from_utf8_lossy(&printed.stderr));
        let client = cluster.client().await?;
        for document in String::from_utf8(printed.stdout)?.split("\n---\n") {
            let object: Value = yaml_serde::from_str(document).context("read what weir install prints")?;
            apply(&client, &object).await.with_context(|| format!("apply {}", object["metadata"]["name"]))?;
        }
        let text = std::fs::read(cluster.kubeconfig()).context("read the kubeconfig")?;
        let kubeconfig = yaml_serde::from_slice(&text).context("read the kubeconfig")?;
        Ok(Self { directory: directory.to_owned(), kubeconfig })
    }

    /// Writes a kubeconfig for the ServiceAccount of a controller.
    pub async fn kubeconfig(&self, cluster: &Cluster, controller: &str) -> anyhow::Result<PathBuf> {
        let wanted =
            json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 86400}});
        let accounts = format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts");
        let request = Request::new(accounts);
        let request = request.create_subresource("token", controller, &PostParams::default(), serde_json::to_vec(&wanted)?);
        let made: Value =
            cluster.client().await?.request(request?).await.with_context(|| format!("make a token for {controller}"))?;
        let mut kubeconfig = self.kubeconfig.clone();
        kubeconfig["users"][0]["user"] = json!({"token": made["status"]["token"]});
        let path = self.directory.join(format!("{controller}.kubeconfig"));
        std::fs::write(&path, kubeconfig.to_string()).context("write a kubeconfig")?;
        Ok(path)
    }
}

async fn apply(client: &Client, object: &Value) -> anyhow::Result<()> {
    let parsed: DynamicObject = serde_json::from_value(object.clone())?;
    let types = parsed.types.as_ref().context("an object without kind")?;
    let (resource, capabilities) = pinned_kind(client, &types.try_into()?).await?;
    let namespace = parsed.metadata.namespace.as_deref().filter(|_| capabilities.scope == Scope::Namespaced);
    let api = api(client, namespace, &resource);
    let name = parsed.metadata.name.as_deref().context("an object without name")?;
    api.patch(name, &PatchParams::apply("weir-install").force(), &Patch::Apply(&parsed)).await?;
    Ok(())
}

fn api(client: &Client, namespace: Option<&str>, resource: &ApiResource) -> Api<DynamicObject> {
    match namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, resource),
        None => Api::all_with(client.clone(), resource),
    }
}
