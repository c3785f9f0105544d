//! One API server, seen with one identity: the few requests that applying needs, on untyped objects.

use std::time::Duration;

use http::Request;
use kube::Client;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::discovery::{Discovery, Resource, Scope};
use crate::impersonation::{Identity, impersonate};
use crate::object_key::{KindKey, ObjectKey};
use crate::request_error::RequestError;
use crate::requests::Propagation;

pub(crate) const JSON: &str = "application/json";
pub(crate) const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// API servers give up on a request after 60 seconds by themselves; what takes longer is a connection that died silently.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(70);

/// Whether a write is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Run admission and validation, store nothing.
    DryRun,
    /// Store.
    Persist,
}

/// How much of the object an answer brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Everything.
    Full,
    /// `metadata` only.
    Metadata,
}

/// An API server and the identity to talk to it with. Clones and views share connections and discovery.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    discovery: Discovery,
}

impl Cluster {
    /// Talks through `client`, with its identity.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, discovery: Discovery::default() }
    }

    /// The same API server as somebody else.
    #[must_use]
    pub fn acting_as(&self, identity: &Identity) -> Self {
        Self { client: impersonate(&self.client, identity), discovery: self.discovery.clone() }
    }

    /// The client behind it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Forgets which kinds are served; call it after a CustomResourceDefinition was written.
    pub async fn invalidate_discovery(&self) {
        self.discovery.invalidate().await;
    }

    /// Where `kind` is served.
    ///
    /// # Errors
    /// [`RequestError::NoMatch`] when it is not, or the failure to ask.
    pub async fn resource(&self, kind: &KindKey) -> Result<Resource, RequestError> {
        self.discovery.resource(&self.client, kind).await
    }

    /// The key with the namespace that the API server would give it: none for cluster-scoped kinds.
    ///
    /// # Errors
    /// As [`Self::resource`].
    pub async fn canonical(&self, key: &ObjectKey) -> Result<ObjectKey, RequestError> {
        let mut key = key.clone();
        if self.resource(&key.kind_key()).await?.scope == Scope::Cluster {
            key.namespace.clear();
        }
        Ok(key)
    }

    /// Reads an object; `None` when it does not exist.
    ///
    /// # Errors
    /// Any other answer of the API server, or none.
    pub async fn get(&self, key: &ObjectKey, detail: Detail) -> Result<Option<Value>, RequestError> {
        let request = Request::get(self.path(key).await?).header(http::header::ACCEPT, accept(detail));
        match self.send(request, Vec::new()).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Server-side apply of `object`, taking over fields of others; the answer is the object as it is (or would be) stored.
    ///
    /// In a dry run the answer has no `metadata.resourceVersion` when the object does not exist.
    ///
    /// # Errors
    /// The refusal of the API server, or its silence.
    pub async fn apply(&self, object: &Value, field_manager: &str, mode: Mode) -> Result<Value, RequestError> {
        let path = self.path(&ObjectKey::of(object)).await?;
        let dry_run = if mode == Mode::DryRun { "&dryRun=All" } else { "" };
        let manager = percent_encode(field_manager);
        let request = Request::patch(format!("{path}?fieldManager={manager}&force=true{dry_run}"))
            .header(http::header::ACCEPT, JSON)
            .header(http::header::CONTENT_TYPE, "application/apply-patch+yaml");
        self.send(request, serde_json::to_vec(object).map_err(RequestError::Encode)?).await
    }

    /// Applies a JSON patch (RFC 6902); the answer is the object afterwards.
    ///
    /// # Errors
    /// The refusal of the API server, or its silence.
    pub async fn json_patch(&self, key: &ObjectKey, patch: &Value, field_manager: &str) -> Result<Value, RequestError> {
        let path = self.path(key).await?;
        let request = Request::patch(format!("{path}?fieldManager={}", percent_encode(field_manager)))
            .header(http::header::ACCEPT, JSON)
            .header(http::header::CONTENT_TYPE, "application/json-patch+json");
        self.send(request, serde_json::to_vec(patch).map_err(RequestError::Encode)?).await
    }

    /// Deletes an object, its dependents in the background. `uid`, when given, must still be its uid: an object that somebody has
    /// recreated meanwhile is left alone.
    ///
    /// # Errors
    /// The refusal of the API server (also 404), or its silence.
    pub async fn delete(&self, key: &ObjectKey, uid: Option<&str>) -> Result<(), RequestError> {
        self.delete_with(key, uid, Propagation::Background).await
    }

    /// Path of an object.
    pub(crate) async fn path(&self, key: &ObjectKey) -> Result<String, RequestError> {
        let resource = self.resource(&key.kind_key()).await?;
        if resource.scope == Scope::Namespaced && key.namespace.is_empty() {
            return Err(RequestError::NamespaceMissing);
        }
        let collection = collection_path(&key.kind_key(), &resource, &key.namespace)?;
        Ok(format!("{collection}/{}", segment(&key.name)?))
    }

    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        request: http::request::Builder,
        body: Vec<u8>,
    ) -> Result<T, RequestError> {
        let request = request.body(body).map_err(RequestError::malformed)?;
        // Not `Client::request`: that one logs bodies it cannot decode, which may be Secrets.
        let text = in_time(self.client.request_text(request)).await?;
        serde_json::from_str(&text).map_err(|_| RequestError::Decode)
    }

    pub(crate) fn discovery(&self) -> &Discovery {
        &self.discovery
    }
}

/// The answer, unless it takes too long.
pub(crate) async fn in_time<T>(answer: impl Future<Output = Result<T, kube::Error>>) -> Result<T, RequestError> {
    let late = |_| RequestError::Transport { message: "the API server did not answer in time".to_owned() };
    Ok(tokio::time::timeout(REQUEST_TIMEOUT, answer).await.map_err(late)??)
}

/// Path of all objects of a kind; in one namespace when `namespace` is not empty and the kind has namespaces.
pub(crate) fn collection_path(kind: &KindKey, resource: &Resource, namespace: &str) -> Result<String, RequestError> {
    let root = if kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", segment(&kind.group)?) };
    let version = segment(&kind.version)?;
    let plural = segment(&resource.plural)?;
    if resource.scope == Scope::Cluster || namespace.is_empty() {
        Ok(format!("{root}/{version}/{plural}"))
    } else {
        Ok(format!("{root}/{version}/namespaces/{}/{plural}", segment(namespace)?))
    }
}

fn accept(detail: Detail) -> &'static str {
    match detail {
        Detail::Full => JSON,
        Detail::Metadata => METADATA,
    }
}

/// One path segment. Names with `/`, `%` or dots only are invalid for the API server too: refusing them here keeps a hostile manifest from
/// choosing another path.
fn segment(text: &str) -> Result<String, RequestError> {
    if text.is_empty() || text == "." || text == ".." || text.contains(['/', '%']) {
        return Err(RequestError::PathSegment { segment: text.chars().take(100).collect() });
    }
    Ok(percent_encode(text))
}

pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_do_not_choose_another_path() {
        let kind = KindKey { group: String::new(), version: "v1".into(), kind: "ConfigMap".into() };
        let resource = Resource { plural: "configmaps".into(), scope: Scope::Namespaced };
        assert_eq!(collection_path(&kind, &resource, "a").unwrap(), "/api/v1/namespaces/a/configmaps");
        assert_eq!(collection_path(&kind, &resource, "").unwrap(), "/api/v1/configmaps");
        for bad in ["..", ".", "a/b", "a%2fb"] {
            assert!(collection_path(&kind, &resource, bad).is_err(), "{bad}");
        }
        assert_eq!(percent_encode("a?b#c d"), "a%3Fb%23c%20d");
        assert_eq!(percent_encode("system:coredns"), "system:coredns");
    }
}
