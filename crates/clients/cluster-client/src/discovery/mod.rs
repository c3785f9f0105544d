//! Which resource serves a kind, remembered across requests.
//!
//! Aggregated discovery answers everything in two requests, and says in a few bytes that nothing has changed. A kind that is not known makes us ask again, at most once in ten seconds; a caller
//! that has just created a CustomResourceDefinition says so with [`Discovery::invalidate`].

mod served;

use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use tokio::sync::{Mutex, RwLock};
use tokio::time::Instant;

use self::served::Document;
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
    core: Document,
    groups: Document,
    loaded: Option<Instant>,
    /// How often somebody said that what is known is out of date, and how often when it was asked for last.
    invalidated: u64,
    loaded_after: u64,
}

impl Known {
    fn is_stale(&self) -> bool {
        self.invalidated != self.loaded_after
    }

    fn is_old(&self) -> bool {
        self.is_stale() || self.loaded.is_none_or(|loaded| loaded.elapsed() >= RELOAD_AFTER)
    }

    fn resource(&self, kind: &KindKey) -> Option<&Resource> {
        let document = if kind.group.is_empty() { &self.core } else { &self.groups };
        document.resources.get(kind)
    }
}

/// Kinds that the API server serves; clones share what is known.
#[derive(Clone, Default)]
pub struct Discovery {
    known: Arc<RwLock<Known>>,
    /// Held while asking because of a kind: the others wait for the answer instead of asking, too.
    asking: Arc<Mutex<()>>,
}

impl Discovery {
    /// The resource that serves `kind`.
    ///
    /// # Errors
    /// [`RequestError::NoMatch`] when the API server serves no such kind, [`RequestError::Unavailable`] when it cannot tell, or the failure
    /// to ask it.
    pub async fn resource(&self, client: &Client, kind: &KindKey) -> Result<Resource, RequestError> {
        if let Some(resource) = self.known_resource(kind).await {
            return Ok(resource);
        }
        let _asking = self.asking.lock().await;
        if let Some(resource) = self.known_resource(kind).await {
            return Ok(resource);
        }
        if self.known.read().await.is_old() {
            self.refresh(client).await?;
        }
        let known = self.known.read().await;
        if let Some(resource) = known.resource(kind) {
            return Ok(resource.clone());
        }
        let (kind_name, api_version) = (kind.kind.clone(), kind.api_version());
        if known.groups.unavailable.contains(&(kind.group.clone(), kind.version.clone())) {
            return Err(RequestError::Unavailable { api_version });
        }
        Err(RequestError::NoMatch { kind: kind_name, api_version })
    }

    async fn known_resource(&self, kind: &KindKey) -> Option<Resource> {
        let known = self.known.read().await;
        if known.is_stale() { None } else { known.resource(kind).cloned() }
    }

    /// `group/version` and `group/version/Kind` of everything that is served now, sorted. What has not changed since the last time is not
    /// sent again.
    ///
    /// # Errors
    /// The failure to ask the API server.
    pub async fn api_versions(&self, client: &Client) -> Result<Vec<String>, RequestError> {
        self.refresh(client).await?;
        let known = self.known.read().await;
        let mut versions: Vec<String> = known.core.versions.iter().chain(&known.groups.versions).cloned().collect();
        versions.sort_unstable();
        Ok(versions)
    }

    /// Forgets what is known: the next question asks the API server.
    pub async fn invalidate(&self) {
        self.known.write().await.invalidated += 1;
    }

    /// Asks the API server what has changed.
    async fn refresh(&self, client: &Client) -> Result<(), RequestError> {
        let (core, groups, invalidated) = {
            let known = self.known.read().await;
            (known.core.etag.clone(), known.groups.etag.clone(), known.invalidated)
        };
        let (core, groups) = futures::try_join!(Document::fetch(client, "/api", core), Document::fetch(client, "/apis", groups))?;
        let mut known = self.known.write().await;
        if let Some(core) = core {
            known.core = core;
        }
        if let Some(groups) = groups {
            known.groups = groups;
        }
        known.loaded = Some(Instant::now());
        known.loaded_after = known.loaded_after.max(invalidated);
        Ok(())
    }
}
