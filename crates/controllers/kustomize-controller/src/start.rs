//! Puts the controller together.

use std::sync::Arc;
use std::time::Duration;

use runtime::artifact_fetch::{ArtifactStore, ArtifactStoreOptions};
use runtime::controller::{Controller, Options as ControllerOptions};
use runtime::process::{AnyError, Process, Program};
use runtime::store::Store;

use crate::context::{Context, STATUS_MANAGER};
use crate::kustomization::KustomizationReconciler;
use crate::options::Options;
use crate::watches;

/// This program. Flux gives it a minute to end; requests must be over before.
pub(crate) const PROGRAM: Program =
    Program { name: "kustomize-controller", version: env!("CARGO_PKG_VERSION"), grace: Duration::from_secs(50) };

/// Runs the controller and its watches until shutdown.
///
/// # Errors
/// The HTTP client for artifacts cannot be made.
pub(crate) async fn controllers(process: Process, options: Options) -> Result<(), AnyError> {
    let objects = Store::default();
    let artifacts = ArtifactStore::new(ArtifactStoreOptions::from_environment(process.flags.http_retry))?;
    if !options.no_remote_bases {
        tracing::info!(logger = "setup", "remote kustomize bases are not supported: they are refused as with --no-remote-bases");
    }
    let context = Arc::new(Context::new(&process, objects.clone(), artifacts, &options));
    let reconciler = KustomizationReconciler { context: Arc::clone(&context) };
    let controller = Controller::new(reconciler, objects, ControllerOptions::new(&process, "Kustomization", STATUS_MANAGER));
    context.dependents.wake_through(controller.queue().clone());
    let mut watching = watches::start(&process, &context, controller.queue());
    controller.run().await;
    watching.abort_all();
    Ok(())
}
