//! Starts the two controllers of this binary and what wakes one because of the other.

use crate::policy::ImagePolicies;
use crate::repository::ImageRepositories;
use crate::settings::Settings;
use crate::tag_store::TagStore;
use crate::watches;
use cloud_identity::{Identities, Keeping};
use oci_client::{Limits, OciClient};
use runtime::controller::{Controller, Options};
use runtime::process::{AnyError, Process, Program, Scope};
use runtime::store::Store;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Which program this is.
pub(crate) const PROGRAM: Program =
    Program { name: "image-reflector-controller", version: env!("CARGO_PKG_VERSION"), grace: Duration::from_secs(8) };

/// The most tags that a repository may have: at 128 bytes each, 32 MiB.
const MOST_TAGS: u64 = 250_000;

/// Called once the process leads.
pub(crate) async fn start(process: Process, settings: Settings) -> Result<(), AnyError> {
    let tags = TagStore::open(&settings.storage_path)
        .map_err(|error| format!("unable to open the storage at --storage-path={}: {error}", settings.storage_path.display()))?;
    let tags = Arc::new(tags);
    let limits = Limits { tags: MOST_TAGS, ..Limits::default() };
    let registries = OciClient::new(format!("{}/{}", PROGRAM.name, PROGRAM.version), limits);
    let identities = identities(&process);
    let object_level_identity = process.flags.feature_gates.enabled("ObjectLevelWorkloadIdentity");
    let (repositories, policies) = (Store::default(), Store::default());
    let scans = ImageRepositories {
        client: process.client.clone(),
        registries: registries.clone(),
        tags: Arc::clone(&tags),
        identities: identities.clone(),
        object_level_identity,
    };
    let choices = ImagePolicies {
        client: process.client.clone(),
        repositories: repositories.clone(),
        registries,
        tags: Arc::clone(&tags),
        no_cross_namespace_refs: process.flags.no_cross_namespace_refs,
        requeue_dependency: process.flags.requeue_dependency,
        identities,
        object_level_identity,
    };
    let options = |kind| Options::new(&process, kind, PROGRAM.name);
    let scans = Controller::new(scans, repositories.clone(), options("ImageRepository"));
    let choices = Controller::new(choices, policies.clone(), options("ImagePolicy"));
    let mut watching = JoinSet::new();
    watching.spawn(watches::wake_policies(repositories.changes(), policies, choices.queue().clone()));
    if process.scope == Scope::default() {
        // With a part of the objects only, what looks left over may belong to others.
        watching.spawn(watches::sweep(tags, repositories));
    }
    tokio::join!(scans.run(), choices.run());
    watching.abort_all();
    Ok(())
}

/// Who this process is to clouds.
fn identities(process: &Process) -> Identities {
    let flags = &process.flags;
    let keeping = Keeping { most: flags.token_cache_max_size, longest: flags.token_cache_max_duration };
    let identities = Identities::new(format!("{}/{}", PROGRAM.name, PROGRAM.version), keeping);
    // The controller's own identity is not used in the stead of others.
    if flags.default_service_account.is_empty() {
        return identities;
    }
    identities.without_process("start the controller without --default-service-account to use its own, or name a Secret")
}
