//! Reads everything that the decision needs, once.

use api::kustomize::Kustomization;
use kube::{Api, ResourceExt};
use runtime::queue::ObjectKey;
use runtime::run::Run;
use serde_json::Value;

use crate::context::Context;
use crate::source::{Found, Freshness};

/// What was seen.
#[derive(Debug)]
pub(crate) struct Observation {
    /// The object.
    pub(crate) object: std::sync::Arc<Kustomization>,
    /// The source; not read where the reference is refused.
    pub(crate) source: SourceSeen,
    /// Dependencies in the order of the spec; none are read without an artifact to compare with.
    pub(crate) dependencies: Vec<DependencySeen>,
}

/// What is known of the source.
#[derive(Debug)]
pub(crate) enum SourceSeen {
    /// It was not looked at: the reference is not allowed.
    NotRead,
    /// There is none of that name.
    Missing,
    /// It exists.
    Found(Found),
    /// The API server did not tell.
    Failed(String),
}

/// What is known of one dependency.
#[derive(Debug)]
pub(crate) struct DependencySeen {
    /// Which one.
    pub(crate) key: ObjectKey,
    /// The object, or the API server's answer.
    pub(crate) object: Result<Box<Kustomization>, String>,
    /// The same as a value, for expressions.
    pub(crate) value: Value,
}

/// Observes on behalf of one run.
pub(crate) async fn observe(run: &Run<Kustomization>, context: &Context) -> Observation {
    let object = std::sync::Arc::clone(run.object());
    let namespace = object.namespace().unwrap_or_default();
    let source = observe_source(&object, &namespace, context).await;
    let has_artifact = matches!(&source, SourceSeen::Found(Found { artifact: Some(_) }));
    let mut dependencies = Vec::new();
    if has_artifact {
        for reference in &object.spec.depends_on {
            let key = ObjectKey::new(reference.namespace.clone().unwrap_or_else(|| namespace.clone()), reference.name.clone());
            dependencies.push(observe_dependency(key, context).await);
        }
    }
    Observation { object, source, dependencies }
}

async fn observe_source(object: &Kustomization, namespace: &str, context: &Context) -> SourceSeen {
    if context.policy.refuses_source(object).is_some() {
        return SourceSeen::NotRead;
    }
    let reference = &object.spec.source_ref;
    let key = ObjectKey::new(reference.namespace.clone().unwrap_or_else(|| namespace.to_owned()), reference.name.clone());
    let freshness = if context.policy.direct_source_fetch { Freshness::Direct } else { Freshness::Watched };
    match context.sources.read(&context.client, reference.kind, &key, freshness).await {
        Ok(Some(found)) => SourceSeen::Found(found),
        Ok(None) => SourceSeen::Missing,
        Err(error) => SourceSeen::Failed(format!("unable to get source '{key}': {}", runtime::error_chain::error_chain(&error))),
    }
}

/// Reads the API server and not the watch: an old copy could look ready for a spec that it has not seen.
async fn observe_dependency(key: ObjectKey, context: &Context) -> DependencySeen {
    let api: Api<Kustomization> = Api::namespaced(context.client.clone(), &key.namespace);
    let object = match api.get(&key.name).await {
        Ok(object) => Ok(Box::new(object)),
        Err(kube::Error::Api(status)) => Err(status.message.clone()),
        Err(error) => Err(runtime::error_chain::error_chain(&error)),
    };
    let value = object.as_ref().ok().and_then(|object| serde_json::to_value(object).ok()).unwrap_or_default();
    DependencySeen { key, object, value }
}
