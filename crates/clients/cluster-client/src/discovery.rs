//! Which resource serves a kind, remembered across requests.
//!
//! Aggregated discovery answers everything in two requests. A kind that is not known makes us ask again, at most once in ten seconds; a caller
//! that has just created a CustomResourceDefinition says so with [`Discovery::invalidate`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::core::discovery::v2::APIGroupDiscoveryList;
use tokio::sync::RwLock;
use tokio::time::Instant;

use crate::object_key::KindKey;
use crate::request_error::RequestError;

/// Between two questions that an unknown kind may cause. Flux's mapper limits itself likewise.
const RELOAD_AFTER: Duration = Duration::from_secs(10);

/// Where a kind is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Plural name in paths.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub scope: Scope,
}

/// Whether objects live in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// In none.
    Cluster,
}

#[derive(Default)]
struct Known {
    served: Served,
    loaded: Option<Instant>,
    stale: bool,
}

#[derive(Default)]
struct Served {
    resources: BTreeMap<KindKey, Resource>,
    /// Group versions whose own API server does not answer now.
    unavailable: BTreeSet<(String, String)>,
    /// `group/version`, and `group/version/Kind` of all resources and subresources there.
    versions: BTreeSet<String>,
}

/// Kinds that the API server serves; clones share what is known.
#[derive(Clone, Default)]
pub struct Discovery {
    known: Arc<RwLock<Known>>,
}

impl Discovery {
    /// The resource that serves `kind`.
    ///
    /// # Errors
    /// [`RequestError::NoMatch`] when the API server serves no such kind, [`RequestError::Unavailable`] when it cannot tell, or the failure
    /// to ask it.
    pub async fn resource(&self, client: &Client, kind: &KindKey) -> Result<Resource, RequestError> {
        {
            let known = self.known.read().await;
            if !known.stale
                && let Some(resource) = known.served.resources.get(kind)
            {
                return Ok(resource.clone());
            }
        }
        let mut known = self.known.write().await;
        let due = known.stale || known.loaded.is_none_or(|loaded| loaded.elapsed() >= RELOAD_AFTER);
        if due && (known.stale || !known.served.resources.contains_key(kind)) {
            known.served = load(client).await?;
            known.loaded = Some(Instant::now());
            known.stale = false;
        }
        if let Some(resource) = known.served.resources.get(kind) {
            return Ok(resource.clone());
        }
        let (kind_name, api_version) = (kind.kind.clone(), kind.api_version());
        if known.served.unavailable.contains(&(kind.group.clone(), kind.version.clone())) {
            return Err(RequestError::Unavailable { api_version });
        }
        Err(RequestError::NoMatch { kind: kind_name, api_version })
    }

    /// `group/version` and `group/version/Kind` of everything that is served, sorted.
    ///
    /// # Errors
    /// The failure to ask the API server.
    pub async fn api_versions(&self, client: &Client) -> Result<Vec<String>, RequestError> {
        let mut known = self.known.write().await;
        if known.stale || known.loaded.is_none_or(|loaded| loaded.elapsed() >= RELOAD_AFTER) {
            known.served = load(client).await?;
            known.loaded = Some(Instant::now());
            known.stale = false;
        }
        Ok(known.served.versions.iter().cloned().collect())
    }

    /// Forgets what is known: the next question asks the API server.
    pub async fn invalidate(&self) {
        self.known.write().await.stale = true;
    }
}

async fn load(client: &Client) -> Result<Served, RequestError> {
    let (core, groups) = futures::try_join!(client.list_core_api_versions_aggregated(), client.list_api_groups_aggregated())?;
    let mut served = Served::default();
    collect(core, &mut served);
    collect(groups, &mut served);
    Ok(served)
}

fn collect(list: APIGroupDiscoveryList, into: &mut Served) {
    for group in list.items {
        let group_name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
        for version in group.versions {
            let version_name = version.version.unwrap_or_default();
            if version.freshness.as_deref() == Some("Stale") {
                into.unavailable.insert((group_name.clone(), version_name.clone()));
            }
            let served = KindKey { group: group_name.clone(), version: version_name.clone(), kind: String::new() }.api_version();
            into.versions.insert(served.clone());
            for resource in version.resources {
                let responses = resource.subresources.iter().map(|subresource| &subresource.response_kind);
                let kinds = responses.chain([&resource.response_kind]).filter_map(|response| response.as_ref()?.kind.as_deref());
                into.versions.extend(kinds.filter(|kind| !kind.is_empty()).map(|kind| format!("{served}/{kind}")));
                let kind = resource.response_kind.and_then(|response| response.kind).unwrap_or_default();
                let plural = resource.resource.unwrap_or_default();
                if kind.is_empty() || plural.is_empty() {
                    continue;
                }
                let scope = if resource.scope.as_deref() == Some("Namespaced") { Scope::Namespaced } else { Scope::Cluster };
                let key = KindKey { group: group_name.clone(), version: version_name.clone(), kind };
                into.resources.entry(key).or_insert(Resource { plural, scope });
            }
        }
    }
}
