//! Annotations, labels and finalizers that mean something to Flux's controllers and clients.
//! Those of one kind's objects live with that kind, such as [`crate::kustomize::annotations`].

/// The finalizer of every reconciled kind.
pub const FINALIZER: &str = "finalizers.fluxcd.io";

/// Annotation: reconcile when its value changes. The value is opaque.
pub const RECONCILE_REQUEST: &str = "reconcile.fluxcd.io/requestedAt";

/// Annotation: force one reconcile, if equal to [`RECONCILE_REQUEST`]'s value.
pub const FORCE_REQUEST: &str = "reconcile.fluxcd.io/forceAt";

/// Annotation: reset the failure counts of a HelmRelease, if equal to [`RECONCILE_REQUEST`]'s value.
pub const RESET_REQUEST: &str = "reconcile.fluxcd.io/resetAt";

/// Label of ConfigMaps and Secrets whose changes trigger the objects that refer to them.
pub const WATCH: &str = "reconcile.fluxcd.io/watch";

/// The value of [`WATCH`] that switches it on.
pub const WATCH_ENABLED: &str = "Enabled";

/// Annotations of this group are copied into the metadata of events under their full key.
pub const EVENT_GROUP: &str = "event.toolkit.fluxcd.io";

/// Label whose value says which instance of a controller owns an object.
pub const SHARD_KEY: &str = "sharding.fluxcd.io/key";

/// Metadata key of events, below the object's API group: the revision the event is about.
pub const EVENT_REVISION: &str = "revision";

/// Metadata key of events: the revision in the system that an artifact came from.
pub const EVENT_ORIGIN_REVISION: &str = "originRevision";

/// Metadata key of events: the digest of the artifact.
pub const EVENT_DIGEST: &str = "digest";

/// Metadata key of events: tells notification-controller that the event reports a commit's status.
pub const EVENT_COMMIT_STATUS: &str = "commit_status";

/// The value of [`EVENT_COMMIT_STATUS`].
pub const EVENT_COMMIT_STATUS_UPDATE: &str = "update";

/// Metadata key of events: makes an event unlike the one before; dropped before delivery.
pub const EVENT_TOKEN: &str = "token";

/// Artifact metadata key: the revision in the system the content was made from, as OCI annotations carry it.
pub const ORIGIN_REVISION: &str = "org.opencontainers.image.revision";

/// Label of applied objects and HelmCharts: the HelmRelease that owns them.
pub const HELM_NAME: &str = "helm.toolkit.fluxcd.io/name";

/// Label of applied objects and HelmCharts: the namespace of the HelmRelease that owns them.
pub const HELM_NAMESPACE: &str = "helm.toolkit.fluxcd.io/namespace";

/// The label of everything that an installation consists of; its value is [`PART_OF_FLUX`].
pub const PART_OF: &str = "app.kubernetes.io/part-of";

/// The value of [`PART_OF`] that `flux check` and `flux uninstall` look for.
pub const PART_OF_FLUX: &str = "flux";
