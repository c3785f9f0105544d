//! Starts the controllers of this binary and the server of their artifacts.

use crate::git_repository::GitRepositories;
use crate::server;
use crate::settings::Settings;
use crate::storage::Storage;
use git_client::GitClient;
use runtime::controller::{Controller, Options};
use runtime::process::{AnyError, Process, Program};
use runtime::store::Store;
use std::sync::Arc;
use std::time::Duration;

/// Which program this is.
pub(crate) const PROGRAM: Program =
    Program { name: "source-controller", version: env!("CARGO_PKG_VERSION"), grace: Duration::from_secs(8) };

/// Called once the process leads: only the leader serves artifacts, as only its storage is current.
pub(crate) async fn start(process: Process, settings: Settings) -> Result<(), AnyError> {
    let storage = Storage::open(&settings.storage_path, settings.advertised, settings.algorithm, settings.retention)
        .map_err(|error| format!("unable to open the storage at --storage-path={}: {error}", settings.storage_path.display()))?;
    let storage = Arc::new(storage);
    let scratch = tempfile::Builder::new().prefix("weir-source-").tempdir()?;
    let listener = runtime::servers::bind("--storage-addr", &settings.storage_addr).await?;
    let serving = listener.map(|listener| {
        let (root, shutdown) = (storage.root().to_owned(), process.shutdown.clone());
        tokio::spawn(async move { server::serve(listener, &root, shutdown).await })
    });
    let repositories = Store::default();
    let reconciler = GitRepositories {
        client: process.client.clone(),
        repositories: repositories.clone(),
        git: GitClient::new(git_client::Options { ssh: settings.ssh, ..git_client::Options::default() }),
        storage,
        scratch: scratch.path().to_owned(),
        requeue_dependency: process.flags.requeue_dependency,
        object_level_identity: process.flags.feature_gates.enabled("ObjectLevelWorkloadIdentity"),
    };
    let options = Options::new(&process, "GitRepository", PROGRAM.name);
    Controller::new(reconciler, repositories, options).run().await;
    if let Some(serving) = serving {
        serving.await??;
    }
    Ok(())
}
