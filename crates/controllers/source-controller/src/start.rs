//! Starts the controllers of this binary and the server of their artifacts.

use crate::bucket::{Buckets, Terms};
use crate::git_repository::GitRepositories;
use crate::helm_chart::{HelmCharts, Indexes, Stores, wake_by_sources};
use crate::helm_repository::HelmRepositories;
use crate::identity::Identification;
use crate::oci_repository::OciRepositories;
use crate::server;
use crate::settings::Settings;
use crate::source::{Source, Sources};
use crate::storage::Storage;
use bucket_client::BucketClient;
use cloud_identity::{Identities, Keeping};
use git_client::GitClient;
use helm_repository_client::HelmRepositoryClient;
use oci_client::OciClient;
use runtime::controller::{Controller, Options};
use runtime::flags::environment_or;
use runtime::process::{AnyError, Process, Program};
use runtime::store::Store;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Which program this is.
pub(crate) const PROGRAM: Program =
    Program { name: "source-controller", version: env!("CARGO_PKG_VERSION"), grace: Duration::from_secs(8) };

/// Called once the process leads: only the leader serves artifacts, as only its storage is current.
pub(crate) async fn start(process: Process, settings: Settings) -> Result<(), AnyError> {
    let storage = Storage::open(&settings.storage_path, settings.advertised.clone(), settings.algorithm, settings.retention)
        .map_err(|error| format!("unable to open the storage at --storage-path={}: {error}", settings.storage_path.display()))?;
    let storage = Arc::new(storage);
    let scratch = tempfile::Builder::new().prefix("weir-source-").tempdir()?;
    let listener = runtime::servers::bind("--storage-addr", &settings.storage_addr).await?;
    let serving = listener.map(|listener| {
        let (root, shutdown) = (storage.root().to_owned(), process.shutdown.clone());
        tokio::spawn(async move { server::serve(listener, &root, shutdown).await })
    });
    let object_level_identity = process.flags.feature_gates.enabled("ObjectLevelWorkloadIdentity");
    let user_agent = format!("{}/{}", PROGRAM.name, PROGRAM.version);
    let identification = Identification { identities: identities(&process, &user_agent), metrics: Arc::clone(&process.metrics) };
    let stores = Stores::default();
    let git = GitRepositories {
        client: process.client.clone(),
        repositories: stores.git.clone(),
        git: GitClient::new(git_client::Options { ssh: settings.ssh, ..git_client::Options::default() }),
        storage: Arc::clone(&storage),
        scratch: scratch.path().to_owned(),
        requeue_dependency: process.flags.requeue_dependency,
        identification: identification.clone(),
        object_level_identity,
    };
    let registries = OciClient::new(&user_agent, oci_client::Limits::default());
    let repositories = HelmRepositoryClient::new(&user_agent);
    let oci = OciRepositories {
        client: process.client.clone(),
        registries: registries.clone(),
        storage: Arc::clone(&storage),
        identification: identification.clone(),
        object_level_identity,
        trusted_root: settings.trusted_root.clone(),
    };
    let helm = HelmRepositories {
        client: process.client.clone(),
        repositories: repositories.clone(),
        storage: Arc::clone(&storage),
        index_bytes: settings.helm_limits.index_bytes,
    };
    let indexes = Arc::new(Indexes::new(settings.helm_caching));
    if indexes.is_wanted() {
        tokio::spawn(purge(Arc::clone(&indexes), settings.helm_purge_interval, process.shutdown.clone()));
    }
    let charts = HelmCharts {
        client: process.client.clone(),
        stores: stores.clone(),
        repositories,
        registries,
        storage: Arc::clone(&storage),
        indexes,
        identification: identification.clone(),
        limits: settings.helm_limits,
        trusted_root: settings.trusted_root,
    };
    let buckets = Buckets {
        client: process.client.clone(),
        stores: BucketClient::new(&user_agent, bucket_client::Limits::default()),
        storage: Arc::clone(&storage),
        identification,
        terms: Terms { object_level_identity, google_emulator: google_emulator() },
    };
    let controllers = Controllers { process: &process, storage };
    let charts = controllers.of(charts, Store::default());
    let _waking = wake_by_sources(&stores, charts.store(), charts.queue());
    tokio::join!(
        Controller::new(git, stores.git.clone(), Options::new(&process, "GitRepository", PROGRAM.name)).run(),
        controllers.of(oci, Store::default()).run(),
        controllers.of(helm, stores.helm.clone()).run(),
        controllers.of(buckets, stores.buckets.clone()).run(),
        charts.run(),
    );
    if let Some(serving) = serving {
        serving.await??;
    }
    Ok(())
}

/// Lets indexes go whose time is over, until the process ends.
async fn purge(indexes: Arc<Indexes>, every: Duration, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(every.max(Duration::from_secs(1)));
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        indexes.purge(Instant::now());
    }
}

/// Who this process is to clouds, with as large a cache as the flags say.
fn identities(process: &Process, user_agent: &str) -> Identities {
    let flags = &process.flags;
    let keeping = Keeping { most: flags.token_cache_max_size, longest: flags.token_cache_max_duration };
    let identities = Identities::new(user_agent, keeping);
    // The controller's own identity is not used in the stead of others.
    if flags.default_service_account.is_empty() {
        return identities;
    }
    identities.without_process("start the controller without --default-service-account to use its own, or name a Secret")
}

/// Where an emulator of Google's store is: the variable that Google's own libraries obey, with or without a scheme.
fn google_emulator() -> Option<String> {
    let host = environment_or("STORAGE_EMULATOR_HOST", "");
    let address = if host.contains("://") { host } else { format!("http://{host}") };
    Some(address).filter(|address| address != "http://")
}

/// Makes controllers of kinds of source.
struct Controllers<'p> {
    process: &'p Process,
    storage: Arc<Storage>,
}

impl Controllers<'_> {
    fn of<S: Source>(&self, source: S, store: Store<S::Kind>) -> Controller<Sources<S>> {
        let sources = Sources { storage: Arc::clone(&self.storage), source };
        Controller::new(sources, store, Options::new(self.process, S::KIND, PROGRAM.name))
    }
}
