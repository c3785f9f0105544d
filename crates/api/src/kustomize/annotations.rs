//! Labels and annotations of applied objects that steer kustomize-controller.
//! All of them may be either; values are compared without regard to case unless said otherwise.

/// Label of applied objects: the Kustomization that owns them.
pub const OWNER_NAME: &str = "kustomize.toolkit.fluxcd.io/name";

/// Label of applied objects: the namespace of the Kustomization that owns them.
pub const OWNER_NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";

/// How the object is applied: [`SSA_OVERRIDE`], [`SSA_MERGE`], [`SSA_IF_NOT_PRESENT`] or [`SSA_IGNORE`].
pub const SSA: &str = "kustomize.toolkit.fluxcd.io/ssa";

/// Value of [`SSA`], and its default: take over what other field managers named `kubectl` and the like have set.
pub const SSA_OVERRIDE: &str = "Override";

/// Value of [`SSA`]: leave the fields of other managers alone.
pub const SSA_MERGE: &str = "Merge";

/// Value of [`SSA`]: create the object, never change it.
pub const SSA_IF_NOT_PRESENT: &str = "IfNotPresent";

/// Value of [`SSA`]: neither apply nor delete the object.
pub const SSA_IGNORE: &str = "Ignore";

/// With [`DISABLED`]: neither apply nor delete the object.
pub const RECONCILE: &str = "kustomize.toolkit.fluxcd.io/reconcile";

/// With [`DISABLED`]: do not delete the object.
pub const PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";

/// With [`ENABLED`]: recreate the object where an immutable field changes.
pub const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";

/// With [`DISABLED`], compared exactly: substitute no variables in the object.
pub const SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// With [`DISABLED`]: do not decrypt the object.
pub const DECRYPT: &str = "kustomize.toolkit.fluxcd.io/decrypt";

/// Annotation of old versions, removed from live objects.
pub const CHECKSUM: &str = "kustomize.toolkit.fluxcd.io/checksum";

/// Switches a behaviour on.
pub const ENABLED: &str = "enabled";

/// Switches a behaviour off.
pub const DISABLED: &str = "disabled";
