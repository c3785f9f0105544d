//! A namespace of a test's own, whose content is printed when the test fails.

use super::{Cluster, ClusterError};
use k8s_openapi::api::core::v1::Namespace as Object;
use kube::api::{ListParams, PostParams};
use kube::core::DynamicObject;
use kube::discovery::{Discovery, Scope, verbs};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::Duration;

/// How long printing the content may take.
const DUMP_WITHIN: Duration = Duration::from_secs(20);

/// A namespace. When it is dropped during a panic, what is in it is printed.
#[derive(Debug)]
pub struct Namespace {
    name: String,
    kubeconfig: PathBuf,
    ours: bool,
}

impl Namespace {
    pub(super) async fn create(cluster: &Cluster, prefix: &str) -> Result<Self, ClusterError> {
        // Unlike generateName, this is known before the request and is the same in the error.
        let suffix = RandomState::new().hash_one(prefix) & 0xffff_ffff;
        let name = format!("{prefix}-{suffix:08x}");
        let operation = format!("create the namespace {name}");
        let object: Object = serde_json::from_value(json!({"metadata": {"name": name}}))
            .map_err(kube::Error::SerdeError)
            .map_err(ClusterError::api(operation.clone()))?;
        let namespaces: Api<Object> = Api::all(cluster.client().await?);
        namespaces.create(&PostParams::default(), &object).await.map_err(ClusterError::api(operation))?;
        Ok(Self { name, kubeconfig: cluster.kubeconfig().to_owned(), ours: cluster.is_ours() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything in the namespace, one JSON object a line without managed fields; Secrets without their data.
    pub async fn dump(&self) -> Result<String, ClusterError> {
        let client = Cluster { kubeconfig: self.kubeconfig.clone(), components: None }.client().await?;
        let discovery = Discovery::new(client.clone()).run_aggregated().await.map_err(ClusterError::api("list the kinds"))?;
        let mut lines = String::new();
        for (resource, capabilities) in discovery.groups().flat_map(|group| group.recommended_resources()) {
            if capabilities.scope != Scope::Namespaced || !capabilities.supports_operation(verbs::LIST) {
                continue;
            }
            let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &self.name, &resource);
            // A kind that cannot be listed is no reason to hide the others.
            let Ok(list) = api.list(&ListParams::default()).await else { continue };
            for mut object in list {
                object.managed_fields_mut().clear();
                if let Some(data) = object.data.get_mut("data").filter(|_| resource.kind == "Secret") {
                    *data = Value::from("<hidden>");
                }
                let text = serde_json::to_string(&object).unwrap_or_default();
                lines.push_str(&format!("{} {text}\n", resource.kind));
            }
        }
        Ok(lines)
    }

    async fn delete(&self) -> Result<(), ClusterError> {
        let client = Cluster { kubeconfig: self.kubeconfig.clone(), components: None }.client().await?;
        let namespaces: Api<Object> = Api::all(client);
        let operation = format!("delete the namespace {}", self.name);
        namespaces.delete(&self.name, &kube::api::DeleteParams::default()).await.map_err(ClusterError::api(operation))?;
        Ok(())
    }

    /// Prints the content of a failed test's namespace; removes the namespace where the cluster outlives the test.
    async fn finish(&self, failed: bool) {
        if failed {
            match self.dump().await {
                Ok(text) => eprintln!("--- the namespace {} of the failed test:\n{text}---", self.name),
                Err(error) => eprintln!("--- the namespace {} cannot be listed: {error}", self.name),
            }
        }
        if !self.ours && self.delete().await.is_err() {
            eprintln!("the namespace {} remains in the cluster", self.name);
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let failed = std::thread::panicking();
        if !failed && self.ours {
            return;
        }
        // Dropping is not asynchronous and may happen on a runtime's own thread: a thread with a runtime of its own does the work.
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            if let Ok(runtime) = runtime {
                let _ = runtime.block_on(async { tokio::time::timeout(DUMP_WITHIN, self.finish(failed)).await });
            }
        };
        std::thread::scope(|scope| {
            let _ = scope.spawn(work).join();
        });
    }
}

impl std::fmt::Display for Namespace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.name)
    }
}
