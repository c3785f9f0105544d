//! Starts the controller of this binary and the watches that wake its objects.

use crate::automation::{Automations, Rules};
use crate::settings::Settings;
use crate::watches;
use cloud_identity::{Identities, Keeping};
use git_client::GitClient;
use runtime::controller::{Controller, Options};
use runtime::process::{AnyError, Process, Program, Scope};
use runtime::scratch::Scratch;
use runtime::store::Store;
use std::time::Duration;
use tokio::task::JoinSet;

/// Which program this is.
pub(crate) const PROGRAM: Program =
    Program { name: "image-automation-controller", version: env!("CARGO_PKG_VERSION"), grace: Duration::from_secs(8) };

/// Called once the process leads.
pub(crate) async fn start(process: Process, settings: Settings) -> Result<(), AnyError> {
    let scratch = Scratch::open(PROGRAM.name)?;
    let gates = &process.flags.feature_gates;
    let (objects, policies) = (Store::default(), Store::default());
    let automations = Automations {
        client: process.client.clone(),
        policies: policies.clone(),
        identities: identities(&process),
        git: GitClient::new(git_client::Options { ssh: settings.ssh, ..git_client::Options::default() }),
        scratch: scratch.path().to_owned(),
        rules: Rules {
            no_cross_namespace_refs: process.flags.no_cross_namespace_refs,
            keeps_push_branch: gates.enabled("GitAllBranchReferences") || !gates.enabled("GitForcePushBranch"),
            object_level_identity: gates.enabled("ObjectLevelWorkloadIdentity"),
        },
    };
    let options = Options::new(&process, "ImageUpdateAutomation", PROGRAM.name);
    let controller = Controller::new(automations, objects.clone(), options);
    // The selector is for automations only.
    let scope = Scope { namespace: process.scope.namespace.clone(), label_selector: None };
    let mut watching = JoinSet::new();
    let wake = watches::Wake { automations: objects, queue: controller.queue().clone() };
    watching.spawn(watches::policies(policies.watch(process.client.clone(), &scope), wake.clone()));
    watching.spawn(watches::repositories(Store::default().watch(process.client.clone(), &scope), wake));
    controller.run().await;
    watching.abort_all();
    Ok(())
}

/// Who this process is to clouds and forges.
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
