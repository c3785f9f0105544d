//! What an action is told. Everything that a HelmRelease can say about one is here, in Helm's terms; there are no defaults of Flux.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cluster_client::Propagation;
use helm_chart::{PostRenderStrategy, PostRenderer, Prepared, Schemas, Values};
use helm_release::ApplyMethod;

/// A chart with values, to be rendered in the course of an action.
#[derive(Debug, Clone)]
pub struct Source {
    /// The chart. Preparing one parses its templates: keep it for as long as the chart stays the same.
    pub chart: Arc<Prepared>,
    /// The user's values.
    pub values: Values,
    /// Whether the schemas of the chart are asked.
    pub schemas: Schemas,
    /// What is changed in the rendered files, and what becomes of hooks.
    pub post_renderer: Option<(PostRenderer, PostRenderStrategy)>,
    /// Whether templates may ask for addresses of hosts.
    pub dns: Dns,
}

/// Whether `getHostByName` of templates asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dns {
    /// It gives nothing.
    #[default]
    Off,
    /// It asks the resolver of this machine.
    On,
}

/// How objects are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By server-side apply, whose conflicts are forced.
    ServerSide,
    /// By patches that are computed here from the last manifest.
    ClientSide,
}

impl Method {
    /// How the objects of a record were written; one that does not say is of Helm 3.
    #[must_use]
    pub fn of(recorded: &ApplyMethod) -> Self {
        if *recorded == ApplyMethod::ServerSide { Self::ServerSide } else { Self::ClientSide }
    }

    /// The word for a record.
    #[must_use]
    pub fn recorded(self) -> ApplyMethod {
        match self {
            Self::ServerSide => ApplyMethod::ServerSide,
            Self::ClientSide => ApplyMethod::ClientSide,
        }
    }
}

/// How objects are written when there was a revision before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MethodChoice {
    /// As those of the last revision (upgrade), or of the revision to go back to (rollback).
    #[default]
    Auto,
    /// In this way.
    Given(Method),
}

impl MethodChoice {
    /// The choice, where `recorded` is what the earlier record says.
    #[must_use]
    pub fn resolve(self, recorded: &ApplyMethod) -> Method {
        match self {
            Self::Auto => Method::of(recorded),
            Self::Given(method) => method,
        }
    }
}

/// What becomes of objects that exist and belong to no release, or to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Adoption {
    /// The action fails before it writes anything.
    Refuse,
    /// They are taken over.
    Take,
}

/// What is done with the CustomResourceDefinitions in `crds/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CrdPolicy {
    /// Nothing.
    Skip,
    /// Those that are missing are created.
    #[default]
    Create,
    /// Those that exist are changed as well. None is ever deleted.
    CreateReplace,
}

/// CustomResourceDefinitions of a chart: what is done with them, and what they are labelled with.
#[derive(Debug, Clone, Default)]
pub struct Crds {
    /// What is done with them.
    pub policy: CrdPolicy,
    /// Labels that they get: who is responsible for them.
    pub labels: BTreeMap<String, String>,
}

/// Whether hooks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hooks {
    /// They run.
    Run,
    /// They do not.
    Skip,
}

/// What an action waits for, besides its hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitFor {
    /// Nothing else.
    Hooks,
    /// All objects to be ready, or to be gone. A Job is ready when it has started.
    Objects,
    /// The same, and Jobs to be complete.
    ObjectsAndJobs,
}

/// By which rules objects are ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Waiter {
    /// Those of kstatus, for all kinds, and the owner's. What has failed for good ends a wait for objects at once.
    #[default]
    Poller,
    /// Those of Helm 3, for the kinds that it knows (`object_health::legacy`). Failures other than those of Jobs end with the time.
    Legacy,
}

/// How patiently an action is carried out.
#[derive(Debug, Clone, Copy)]
pub struct Execution {
    /// How long each single wait may take: that for one hook, that for all objects.
    pub timeout: Duration,
    /// Whether hooks run.
    pub hooks: Hooks,
    /// What is waited for.
    pub wait: WaitFor,
}

/// A first revision.
#[derive(Debug, Clone)]
pub struct Install {
    /// The name of the release, 53 characters at most.
    pub name: String,
    /// The namespace of the release: of objects that name none.
    pub namespace: String,
    /// What is installed.
    pub source: Source,
    /// CustomResourceDefinitions of the chart.
    pub crds: Crds,
    /// How objects are written.
    pub method: Method,
    /// What becomes of objects that exist.
    pub adoption: Adoption,
    /// Whether the namespace is created if it is missing.
    pub create_namespace: bool,
    /// Whether the name of an uninstalled or failed release may be used again.
    pub replace: bool,
    /// How patiently.
    pub execution: Execution,
}

/// The next revision.
#[derive(Debug, Clone)]
pub struct Upgrade {
    /// The name of the release.
    pub name: String,
    /// What it becomes.
    pub source: Source,
    /// CustomResourceDefinitions of the chart.
    pub crds: Crds,
    /// How objects are written.
    pub method: MethodChoice,
    /// What becomes of objects that exist.
    pub adoption: Adoption,
    /// Whether the values of the last revision stay below the given ones (`--reuse-values`).
    pub preserve_values: bool,
    /// Whether objects are replaced instead of patched; without effect on server-side apply.
    pub force: bool,
    /// Whether objects that a failed upgrade has created are deleted.
    pub cleanup_on_fail: bool,
    /// How many records are kept; 0 or less for all.
    pub max_history: i64,
    /// How patiently.
    pub execution: Execution,
}

/// An earlier revision again.
#[derive(Debug, Clone)]
pub struct Rollback {
    /// The name of the release.
    pub name: String,
    /// The revision to go back to; 0 for the one before the last.
    pub version: i64,
    /// How objects are written.
    pub method: MethodChoice,
    /// Whether objects are replaced instead of patched; without effect on server-side apply.
    pub force: bool,
    /// Whether objects that a failed rollback has created are deleted.
    pub cleanup_on_fail: bool,
    /// How many records are kept; 0 or less for all.
    pub max_history: i64,
    /// How patiently.
    pub execution: Execution,
}

/// The end of a release.
#[derive(Debug, Clone)]
pub struct Uninstall {
    /// The name of the release.
    pub name: String,
    /// Whether the records stay.
    pub keep_history: bool,
    /// What becomes of dependents.
    pub propagation: Propagation,
    /// How patiently.
    pub execution: Execution,
}

/// The hooks for tests.
#[derive(Debug, Clone)]
pub struct Test {
    /// The name of the release.
    pub name: String,
    /// How long one hook may take.
    pub timeout: Duration,
    /// Names of hooks that run; all of them if there is none.
    pub include: Vec<String>,
    /// Names of hooks that do not run.
    pub exclude: Vec<String>,
}
