//! Starts the controllers of this binary and the server of their artifacts.

use crate::git_repository::GitRepositories;
use crate::helm_repository::HelmRepositories;
use crate::oci_repository::OciRepositories;
use crate::server;
use crate::settings::Settings;
use crate::source::{Source, Sources};
use crate::storage::Storage;
use git_client::GitClient;
use helm_repository_client::HelmRepositoryClient;
use oci_client::OciClient;
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
    let object_level_identity = process.flags.feature_gates.enabled("ObjectLevelWorkloadIdentity");
    let repositories = Store::default();
    let git = GitRepositories {
        client: process.client.clone(),
        repositories: repositories.clone(),
        git: GitClient::new(git_client::Options { ssh: settings.ssh, ..git_client::Options::default() }),
        storage: Arc::clone(&storage),
        scratch: scratch.path().to_owned(),
        requeue_dependency: process.flags.requeue_dependency,
        object_level_identity,
    };
    let user_agent = format!("{}/{}", PROGRAM.name, PROGRAM.version);
    let oci = OciRepositories {
        client: process.client.clone(),
        registries: OciClient::new(&user_agent, oci_client::Limits::default()),
        storage: Arc::clone(&storage),
        object_level_identity,
    };
    let options = |kind| Options::new(&process, kind, PROGRAM.name);
    let helm = HelmRepositories {
        client: process.client.clone(),
        repositories: HelmRepositoryClient::new(&user_agent),
        storage: Arc::clone(&storage),
        index_bytes: settings.helm_index_bytes,
    };
    let oci = Sources { storage: Arc::clone(&storage), source: oci };
    let helm = Sources { storage, source: helm };
    tokio::join!(
        Controller::new(git, repositories, options("GitRepository")).run(),
        Controller::new(oci, Store::default(), options(OciRepositories::KIND)).run(),
        Controller::new(helm, Store::default(), options(HelmRepositories::KIND)).run(),
    );
    if let Some(serving) = serving {
        serving.await??;
    }
    Ok(())
}
