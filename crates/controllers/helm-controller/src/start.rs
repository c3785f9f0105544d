//! Puts the controller together.

use std::sync::Arc;
use std::time::Duration;

use helm_client::FIELD_MANAGER;
use runtime::artifact_fetch::{ArtifactStore, ArtifactStoreOptions};
use runtime::controller::{Controller, Options as ControllerOptions};
use runtime::process::{AnyError, Process, Program};
use runtime::store::Store;

use crate::context::Context;
use crate::helm_release::HelmReleaseReconciler;
use crate::options::Options;
use crate::watches;

/// This program, which ends when its actions have, or after `grace`.
pub(crate) const fn program(grace: Duration) -> Program {
    Program { name: "helm-controller", version: env!("CARGO_PKG_VERSION"), grace }
}

/// Runs the controller and its watches until shutdown.
///
/// # Errors
/// The HTTP client for artifacts cannot be made.
pub(crate) async fn controllers(process: Process, options: Options) -> Result<(), AnyError> {
    let objects = Store::default();
    let artifacts = ArtifactStore::new(ArtifactStoreOptions {
        total_timeout: options.http_timeout,
        ..ArtifactStoreOptions::from_environment(process.flags.http_retry)
    })?;
    let context = Arc::new(Context::new(&process, objects.clone(), artifacts, &options));
    let reconciler = HelmReleaseReconciler { context: Arc::clone(&context) };
    let controller = Controller::new(reconciler, objects, ControllerOptions::new(&process, "HelmRelease", FIELD_MANAGER));
    let mut watching = watches::start(&process, &context, controller.queue());
    controller.run().await;
    watching.abort_all();
    Ok(())
}
