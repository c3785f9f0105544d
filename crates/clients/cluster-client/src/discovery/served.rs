//! What an API server says it serves, and asking it only for what has changed since.

use std::collections::{BTreeMap, BTreeSet};

use http::header::{ACCEPT, ETAG, IF_NONE_MATCH};
use http::{HeaderValue, Request, StatusCode};
use kube::Client;
use kube::client::Body;
use kube::core::Status;
use kube::core::discovery::v2::{APIGroupDiscovery, APIGroupDiscoveryList};

use super::{Resource, Scope};
use crate::cluster::in_time;
use crate::object_key::KindKey;
use crate::request_error::RequestError;

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// One of the two documents of discovery: that of the core group, and that of all others.
#[derive(Default)]
pub(super) struct Document {
    pub(super) etag: Option<HeaderValue>,
    pub(super) resources: BTreeMap<KindKey, Resource>,
    /// Group versions whose own API server does not answer now.
    pub(super) unavailable: BTreeSet<(String, String)>,
    /// `group/version`, and `group/version/Kind` of all resources and subresources there.
    pub(super) versions: BTreeSet<String>,
}

impl Document {
    /// The document at `path`; `None` if it still is the one of `etag`, which costs next to nothing.
    pub(super) async fn fetch(client: &Client, path: &str, etag: Option<HeaderValue>) -> Result<Option<Self>, RequestError> {
        let mut request = Request::get(path).header(ACCEPT, AGGREGATED);
        if let Some(etag) = etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let request = request.body(Body::empty()).map_err(RequestError::malformed)?;
        let answer = async {
            let (head, body) = client.send(request).await?.into_parts();
            Ok::<_, kube::Error>((head, body.collect_bytes().await?))
        };
        let (head, bytes) = in_time(answer).await?;
        if head.status == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        if !head.status.is_success() {
            let text = String::from_utf8_lossy(&bytes);
            let refusal = serde_json::from_slice::<Status>(&bytes);
            let refusal = refusal.unwrap_or_else(|_| Status::failure(text.trim(), "").with_code(head.status.as_u16()));
            return Err(RequestError::Api(refusal.boxed()));
        }
        let list: APIGroupDiscoveryList = serde_json::from_slice(&bytes).map_err(|_| RequestError::Decode)?;
        let mut document = Self { etag: head.headers.get(ETAG).cloned(), ..Self::default() };
        list.items.into_iter().for_each(|group| document.add(group));
        Ok(Some(document))
    }

    fn add(&mut self, group: APIGroupDiscovery) {
        let group_name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
        for version in group.versions {
            let version_name = version.version.unwrap_or_default();
            if version.freshness.as_deref() == Some("Stale") {
                self.unavailable.insert((group_name.clone(), version_name.clone()));
            }
            let key = |kind: String| KindKey { group: group_name.clone(), version: version_name.clone(), kind };
            let api_version = key(String::new()).api_version();
            self.versions.insert(api_version.clone());
            for resource in version.resources {
                let responses = resource.subresources.iter().map(|subresource| &subresource.response_kind);
                let kinds = responses.chain([&resource.response_kind]).filter_map(|response| response.as_ref()?.kind.as_deref());
                self.versions.extend(kinds.filter(|kind| !kind.is_empty()).map(|kind| format!("{api_version}/{kind}")));
                let kind = resource.response_kind.and_then(|response| response.kind).unwrap_or_default();
                let plural = resource.resource.unwrap_or_default();
                if kind.is_empty() || plural.is_empty() {
                    continue;
                }
                let scope = if resource.scope.as_deref() == Some("Namespaced") { Scope::Namespaced } else { Scope::Cluster };
                self.resources.entry(key(kind)).or_insert(Resource { plural, scope });
            }
        }
    }
}
