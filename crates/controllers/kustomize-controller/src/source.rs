//! Sources as this controller sees them: a name and an artifact. Whatever else they hold belongs to source-controller.

use std::borrow::Cow;
use std::fmt::Debug;
use std::marker::PhantomData;

use api::kustomize::SourceKind;
use api::meta::Artifact;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{Api, Client, Resource};
use runtime::queue::ObjectKey;
use runtime::store::Store;
use serde::{Deserialize, Serialize};

/// Names one kind of source at compile time.
pub(crate) trait Kind: Clone + Debug + Send + Sync + 'static {
    /// The kind.
    const KIND: SourceKind;
    /// Its plural.
    const PLURAL: &'static str;
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident = $plural:literal as $kind:ident,)+) => {
        $($(#[$doc])+
        #[derive(Clone, Debug)]
        pub(crate) struct $name;

        impl Kind for $name {
            const KIND: SourceKind = SourceKind::$kind;
            const PLURAL: &'static str = $plural;
        })+
    };
}

kinds! {
    /// `GitRepository`.
    Git = "gitrepositories" as GitRepository,
    /// `OCIRepository`.
    Oci = "ocirepositories" as OciRepository,
    /// `Bucket`.
    Bucket = "buckets" as Bucket,
    /// `ExternalArtifact`.
    External = "externalartifacts" as ExternalArtifact,
}

/// A source of the kind `K`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(bound = "")]
pub(crate) struct Source<K> {
    /// `metadata`.
    pub(crate) metadata: ObjectMeta,
    #[serde(default)]
    status: Status,
    #[serde(skip)]
    kind: PhantomData<K>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Status {
    #[serde(default)]
    artifact: Option<Artifact>,
}

impl<K> Source<K> {
    /// What it offers now.
    pub(crate) fn artifact(&self) -> Option<&Artifact> {
        self.status.artifact.as_ref()
    }
}

impl<K: Kind> Resource for Source<K> {
    type DynamicType = ();
    type Scope = kube::core::NamespaceResourceScope;

    fn kind(&(): &()) -> Cow<'_, str> {
        K::KIND.as_str().into()
    }

    fn group(&(): &()) -> Cow<'_, str> {
        api::source::GROUP.into()
    }

    fn version(&(): &()) -> Cow<'_, str> {
        "v1".into()
    }

    fn plural(&(): &()) -> Cow<'_, str> {
        K::PLURAL.into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// The sources of all kinds, as last seen.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    /// Git repositories.
    pub(crate) git: Store<Source<Git>>,
    /// OCI repositories.
    pub(crate) oci: Store<Source<Oci>>,
    /// Buckets.
    pub(crate) buckets: Store<Source<Bucket>>,
    /// External artifacts; watched only behind the gate.
    pub(crate) external: Store<Source<External>>,
}

/// How to read a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// From the watch; from the API server where the watch does not know it.
    Watched,
    /// From the API server (gate `DirectSourceFetch`).
    Direct,
}

/// A source that exists, and what it offers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// Its artifact; none before the first success.
    pub(crate) artifact: Option<Artifact>,
}

impl Sources {
    /// Reads a source; `None` when there is none of that name.
    ///
    /// # Errors
    /// The API server does not answer, or not with a source.
    pub(crate) async fn read(
        &self,
        client: &Client,
        kind: SourceKind,
        key: &ObjectKey,
        freshness: Freshness,
    ) -> Result<Option<Found>, kube::Error> {
        match kind {
            SourceKind::GitRepository => read(&self.git, client, key, freshness).await,
            SourceKind::OciRepository => read(&self.oci, client, key, freshness).await,
            SourceKind::Bucket => read(&self.buckets, client, key, freshness).await,
            SourceKind::ExternalArtifact => read(&self.external, client, key, freshness).await,
        }
    }
}

impl Sources {
    /// The artifact that a source offers as far as the watch knows.
    pub(crate) fn artifact(&self, kind: SourceKind, key: &ObjectKey) -> Option<Artifact> {
        fn of<K: Kind>(store: &Store<Source<K>>, key: &ObjectKey) -> Option<Artifact> {
            store.get(key)?.artifact().cloned()
        }
        match kind {
            SourceKind::GitRepository => of(&self.git, key),
            SourceKind::OciRepository => of(&self.oci, key),
            SourceKind::Bucket => of(&self.buckets, key),
            SourceKind::ExternalArtifact => of(&self.external, key),
        }
    }
}

async fn read<K: Kind>(
    store: &Store<Source<K>>,
    client: &Client,
    key: &ObjectKey,
    freshness: Freshness,
) -> Result<Option<Found>, kube::Error> {
    if freshness == Freshness::Watched
        && let Some(source) = store.get(key)
    {
        return Ok(Some(Found { artifact: source.artifact().cloned() }));
    }
    // A watch may not have come that far, or may not be allowed to see that namespace.
    let api: Api<Source<K>> = Api::namespaced(client.clone(), &key.namespace);
    Ok(api.get_opt(&key.name).await?.map(|source| Found { artifact: source.artifact().cloned() }))
}
