//! What templates reach: the cluster as the action's identity sees it, the clock, randomness, and DNS if that is allowed.

use std::cell::Cell;
use std::fmt;
use std::net::ToSocketAddrs;

use cluster_client::{Cluster, Detail, KindKey, ObjectKey, RequestError, Selection};
use helm_engine::Ports;
use jiff::Timestamp;
use rand::TryRngCore;
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;

use crate::options::Dns;

/// The most requests that the templates of one rendering may make.
const MOST_LOOKUPS: usize = 1_000;
/// The most bytes of JSON that one `lookup` may bring.
const LARGEST_LOOKUP: usize = 32 << 20;

/// The ports of one rendering. It belongs to a thread that may block, and waits there for each answer of the runtime.
pub(crate) struct ClusterPorts {
    pub(crate) cluster: Cluster,
    pub(crate) runtime: Handle,
    pub(crate) dns: Dns,
    pub(crate) lookups: Cell<usize>,
}

impl fmt::Debug for ClusterPorts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ClusterPorts").field("dns", &self.dns).finish_non_exhaustive()
    }
}

impl Ports for ClusterPorts {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), String> {
        rand::rngs::OsRng.try_fill_bytes(buffer).map_err(|error| error.to_string())
    }

    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Value, String> {
        self.lookups.set(self.lookups.get() + 1);
        if self.lookups.get() > MOST_LOOKUPS {
            return Err(format!("templates look up more than {MOST_LOOKUPS} times"));
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let kind = KindKey { group: group.to_owned(), version: version.to_owned(), kind: kind.to_owned() };
        self.runtime.block_on(look_up(&self.cluster, &kind, namespace, name))
    }

    fn host_address(&self, name: &str) -> String {
        if self.dns == Dns::Off {
            return String::new();
        }
        let found = (name, 0).to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        found.map_or_else(String::new, |address| address.ip().to_string())
    }
}

/// One object, or the list of a kind if there is no name. What is not there is an empty map, as in Helm.
async fn look_up(cluster: &Cluster, kind: &KindKey, namespace: &str, name: &str) -> Result<Value, String> {
    let nothing = || Value::Object(Map::new());
    let found = if name.is_empty() {
        list(cluster, kind, namespace).await.map(Some)
    } else {
        let KindKey { group, version, kind } = kind.clone();
        let key = ObjectKey { group, version, kind, namespace: namespace.to_owned(), name: name.to_owned() };
        cluster.get(&key, Detail::Full).await
    };
    match found {
        Ok(found) => Ok(found.unwrap_or_else(nothing)),
        Err(RequestError::NoMatch { .. }) if serves(cluster, kind).await => Ok(nothing()),
        Err(RequestError::NoMatch { .. }) => {
            let KindKey { group, version, kind } = kind;
            Err(format!(
                "unable to get apiresource from unstructured: {group}/{version}, Kind={kind}: the server could not find the requested resource"
            ))
        }
        Err(error) if error.is_not_found() => Ok(nothing()),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether the group and version of a kind exist, so that only the kind does not.
async fn serves(cluster: &Cluster, kind: &KindKey) -> bool {
    let versions = cluster.api_versions().await.unwrap_or_default();
    versions.binary_search(&kind.api_version()).is_ok()
}

async fn list(cluster: &Cluster, kind: &KindKey, namespace: &str) -> Result<Value, RequestError> {
    let selection = Selection { namespace, labels: "", detail: Detail::Full, max_bytes: LARGEST_LOOKUP };
    let list = cluster.list(kind, &selection).await?;
    let items = list.items.into_iter().map(|mut item| {
        // Lists of built-in kinds do not say what their items are; Go's client does.
        if item["kind"].is_null() {
            item["kind"] = json!(kind.kind);
            item["apiVersion"] = json!(kind.api_version());
        }
        item
    });
    let items: Vec<Value> = items.collect();
    Ok(json!({"apiVersion": list.api_version, "kind": list.kind, "metadata": list.metadata, "items": items}))
}
