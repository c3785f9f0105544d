//! Requests that applying a set of objects does not need, and acting as Helm does.

use http::{Request, StatusCode, header};
use k8s_openapi::apimachinery::pkg::version::Info;
use kube::core::Status;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cluster::{Cluster, Detail, JSON, METADATA, Mode, collection_path, percent_encode};
use crate::discovery::Scope;
use crate::object_key::{KindKey, ObjectKey};
use crate::request_error::RequestError;

/// Objects a page of a list.
const PAGE: usize = 100;
const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// What happens to an apply that would take fields of other managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// The API server refuses it.
    Refuse,
    /// It takes them.
    Force,
}

/// The answer to an apply.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The object as it is, or would be, stored.
    pub object: Value,
    /// Whether it was not there before.
    pub created: bool,
}

/// What becomes of the dependents of a deleted object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Propagation {
    /// They are deleted after it.
    #[default]
    Background,
    /// They are deleted before it.
    Foreground,
    /// They stay.
    Orphan,
}

impl Propagation {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Background => "Background",
            Self::Foreground => "Foreground",
            Self::Orphan => "Orphan",
        }
    }
}

/// Which objects of a kind are listed, and how many at most.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The namespace; empty for all.
    pub namespace: &'a str,
    /// A label selector; empty for all.
    pub labels: &'a str,
    /// How much of each.
    pub detail: Detail,
    /// The most bytes of JSON that are read; more is [`RequestError::TooLarge`].
    pub max_bytes: usize,
}

/// What a list says, whole: `metadata` is that of the last page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct List {
    /// `apiVersion` of the list.
    pub api_version: String,
    /// `kind` of the list.
    pub kind: String,
    /// `metadata` of the list.
    pub metadata: Value,
    /// The objects. Those of built-in kinds lack `apiVersion` and `kind`.
    #[serde(deserialize_with = "or_none")]
    pub items: Vec<Value>,
}

/// A list of none has null.
fn or_none<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

impl Cluster {
    /// Creates an object; the answer is the object as it is stored.
    ///
    /// # Errors
    /// The refusal of the API server (see [`RequestError::is_already_exists`]), or its silence.
    pub async fn create(&self, object: &Value, field_manager: &str) -> Result<Value, RequestError> {
        let key = ObjectKey::of(object);
        let resource = self.resource(&key.kind_key()).await?;
        if resource.scope == Scope::Namespaced && key.namespace.is_empty() {
            return Err(RequestError::NamespaceMissing);
        }
        let path = collection_path(&key.kind_key(), &resource, &key.namespace)?;
        let request = Request::post(format!("{path}?fieldManager={}", percent_encode(field_manager)))
            .header(header::ACCEPT, JSON)
            .header(header::CONTENT_TYPE, JSON);
        self.send(request, encode(object)?).await
    }

    /// Replaces an object; the answer is the object as it is stored.
    ///
    /// # Errors
    /// The refusal of the API server, which is a conflict when `metadata.resourceVersion` is given and not the live one, or its silence.
    pub async fn replace(&self, object: &Value, field_manager: &str) -> Result<Value, RequestError> {
        let path = self.path(&ObjectKey::of(object)).await?;
        let request = Request::put(format!("{path}?fieldManager={}", percent_encode(field_manager)))
            .header(header::ACCEPT, JSON)
            .header(header::CONTENT_TYPE, JSON);
        self.send(request, encode(object)?).await
    }

    /// Applies a JSON merge patch (RFC 7396); the answer is the object afterwards.
    ///
    /// # Errors
    /// The refusal of the API server, or its silence.
    pub async fn merge_patch(&self, key: &ObjectKey, patch: &Value, field_manager: &str) -> Result<Value, RequestError> {
        let path = self.path(key).await?;
        let request = Request::patch(format!("{path}?fieldManager={}", percent_encode(field_manager)))
            .header(header::ACCEPT, JSON)
            .header(header::CONTENT_TYPE, "application/merge-patch+json");
        self.send(request, encode(patch)?).await
    }

    /// Server-side apply that knows whether the object was there. Unknown fields are refused.
    ///
    /// # Errors
    /// The refusal of the API server, or its silence.
    pub async fn apply_strictly(
        &self,
        object: &Value,
        field_manager: &str,
        conflicts: Conflicts,
        mode: Mode,
    ) -> Result<Applied, RequestError> {
        let path = self.path(&ObjectKey::of(object)).await?;
        let force = conflicts == Conflicts::Force;
        let dry_run = if mode == Mode::DryRun { "&dryRun=All" } else { "" };
        let manager = percent_encode(field_manager);
        let request = Request::patch(format!("{path}?fieldManager={manager}&force={force}&fieldValidation=Strict{dry_run}"))
            .header(header::ACCEPT, JSON)
            .header(header::CONTENT_TYPE, "application/apply-patch+yaml");
        let (status, text) = self.exchange(request, encode(object)?).await?;
        let object = serde_json::from_str(&text).map_err(|_| RequestError::Decode)?;
        Ok(Applied { object, created: status == StatusCode::CREATED })
    }

    /// Deletes an object. `uid`, when given, must still be its uid.
    ///
    /// # Errors
    /// The refusal of the API server (also 404), or its silence.
    pub async fn delete_with(&self, key: &ObjectKey, uid: Option<&str>, propagation: Propagation) -> Result<(), RequestError> {
        let mut options = json!({"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation.as_str()});
        if let Some(uid) = uid {
            options["preconditions"] = json!({ "uid": uid });
        }
        let request = Request::delete(self.path(key).await?).header(header::ACCEPT, METADATA).header(header::CONTENT_TYPE, JSON);
        self.send::<serde::de::IgnoredAny>(request, encode(&options)?).await.map(|_| ())
    }

    /// All objects of a kind that are selected, page by page.
    ///
    /// # Errors
    /// The refusal of the API server, its silence, or [`RequestError::TooLarge`].
    pub async fn list(&self, kind: &KindKey, selection: &Selection<'_>) -> Result<List, RequestError> {
        let path = collection_path(kind, &self.resource(kind).await?, selection.namespace)?;
        let accept = if selection.detail == Detail::Full { JSON } else { METADATA_LIST };
        let (mut all, mut bytes) = (List::default(), 0);
        let mut next = String::new();
        loop {
            let labels = percent_encode(selection.labels);
            let request = Request::get(format!("{path}?limit={PAGE}&labelSelector={labels}&continue={}", percent_encode(&next)))
                .header(header::ACCEPT, accept);
            let (_, text) = self.exchange(request, Vec::new()).await?;
            bytes += text.len();
            if bytes > selection.max_bytes {
                return Err(RequestError::TooLarge { limit: selection.max_bytes });
            }
            let page: List = serde_json::from_str(&text).map_err(|_| RequestError::Decode)?;
            let items = std::mem::take(&mut all.items);
            all = List { items: items.into_iter().chain(page.items).collect(), ..page };
            next = all.metadata["continue"].as_str().unwrap_or_default().to_owned();
            if next.is_empty() {
                return Ok(all);
            }
        }
    }

    /// The version of the API server.
    ///
    /// # Errors
    /// Its refusal or silence.
    pub async fn version(&self) -> Result<Info, RequestError> {
        let request = Request::get("/version").header(header::ACCEPT, JSON);
        self.send(request, Vec::new()).await
    }

    /// Everything that is served now, as Helm's charts see it: `group/version` and `group/version/Kind`, sorted.
    ///
    /// # Errors
    /// As [`Cluster::resource`], but for a kind that is missing.
    pub async fn api_versions(&self) -> Result<Vec<String>, RequestError> {
        self.discovery().api_versions(self.client()).await
    }

    /// Status and body of a successful answer.
    async fn exchange(&self, request: http::request::Builder, body: Vec<u8>) -> Result<(StatusCode, String), RequestError> {
        let request = request.body(kube::client::Body::from(body)).map_err(RequestError::malformed)?;
        let answer = async {
            let answer = self.client().send(request).await?;
            let status = answer.status();
            Ok::<_, kube::Error>((status, answer.into_body().collect_bytes().await?))
        };
        let (status, bytes) = crate::cluster::in_time(answer).await?;
        let text = String::from_utf8(bytes.into()).map_err(|_| RequestError::Decode)?;
        if status.is_success() {
            return Ok((status, text));
        }
        let refusal = serde_json::from_str::<Status>(&text);
        let refusal = refusal.unwrap_or_else(|_| Status::failure(text.trim(), "").with_code(status.as_u16()));
        Err(RequestError::Api(refusal.boxed()))
    }
}

fn encode(value: &Value) -> Result<Vec<u8>, RequestError> {
    serde_json::to_vec(value).map_err(RequestError::Encode)
}
