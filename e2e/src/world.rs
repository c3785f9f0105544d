//! Everything a scenario needs: a cluster with our CRDs, a Git server and the two controllers as processes.

use crate::Live;
use crate::install::{Installation, NAMESPACE};
use anyhow::Context;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use test_support::controller::{Controller, ControllerBuilder, binaries};
use test_support::{Cluster, GitServer, workspace};
use tokio::sync::OnceCell;

/// How a world is to be.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many nodes the cluster has; without any, no pod ever runs.
    pub nodes: usize,
    /// Where the controllers' binaries are.
    pub binaries: PathBuf,
    /// Flags that both controllers get.
    pub flags: Vec<String>,
    /// As whom the controllers talk to the API server.
    pub accounts: Accounts,
}

/// As whom controllers talk to the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// The administrator, who may do everything.
    Administrator,
    /// The ServiceAccounts of the install chart, with what it lets them do; what has an administrator's rights there has them here.
    Chart,
    /// The same without any administrator.
    StrictChart,
}

impl Accounts {
    /// Flags that the chart gives to what applies.
    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Administrator | Self::Chart => &[],
            Self::StrictChart => {
                &["--no-cross-namespace-refs=true", "--default-service-account=default", "--no-remote-bases=true"]
            }
        }
    }
}

impl Settings {
    /// No nodes, our own binaries, and waits for dependencies short enough for a test.
    pub fn for_tests() -> anyhow::Result<Self> {
        Ok(Self { nodes: 0, binaries: binaries()?, flags: vec!["--log-level=debug".to_owned()], accounts: Accounts::Chart })
    }
}

/// A cluster, a Git server and the controllers. Dropping it stops all of them.
pub struct World {
    /// Fetches.
    pub source: Controller,
    /// Applies.
    pub kustomize: Controller,
    /// What they work on.
    pub cluster: Cluster,
    /// Where commits are made.
    pub git: GitServer,
    installation: Option<Installation>,
    directory: TempDir,
}

/// What scenarios start.
const PROGRAMS: [&str; 6] = [
    "weir",
    "source-controller",
    "kustomize-controller",
    "helm-controller",
    "image-reflector-controller",
    "image-automation-controller",
];

static SHARED: OnceCell<World> = OnceCell::const_new();

impl World {
    /// Starts everything and waits until it is ready.
    pub async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let cluster = Cluster::builder().nodes(settings.nodes).start().await.context("start a cluster")?;
        cluster.apply_crds().await.context("install the CRDs")?;
        Self::on(cluster, settings).await
    }

    /// Starts the Git server and the controllers on a cluster that has the CRDs.
    pub async fn on(cluster: Cluster, settings: &Settings) -> anyhow::Result<Self> {
        let git = GitServer::start().context("start a Git server")?;
        let directory = tempfile::Builder::new().prefix("weir-e2e-").tempdir().context("make a directory")?;
        test_support::process::remove_when_killed(directory.path()).context("start the watchdog")?;
        let installation = match settings.accounts {
            Accounts::Administrator => None,
            Accounts::Chart => Some(Installation::apply(&cluster, directory.path(), &["--set=tenancy.strict=false"]).await?),
            Accounts::StrictChart => Some(Installation::apply(&cluster, directory.path(), &[]).await?),
        };
        let kubeconfig = async |controller: &str| kubeconfig(&cluster, installation.as_ref(), controller).await;
        let at_home = |builder: ControllerBuilder| match &installation {
            None => builder,
            Some(_) => builder.variable("RUNTIME_NAMESPACE", NAMESPACE),
        };
        let of_source = kubeconfig("source-controller").await?;
        let mut source = at_home(source_controller(settings, &of_source, directory.path())?).start(directory.path())?;
        let kustomize = at_home(kustomize_controller(settings, &kubeconfig("kustomize-controller").await?));
        let mut kustomize =
            settings.accounts.flags().iter().copied().fold(kustomize, ControllerBuilder::flag).start(directory.path())?;
        source.wait_until_ready().await?;
        kustomize.wait_until_ready().await?;
        Ok(Self { source, kustomize, cluster, git, installation, directory })
    }

    /// The world that the scenarios of one binary share. `None`, aloud, where no API server is at hand and none may be built.
    pub async fn shared() -> anyhow::Result<Option<&'static Self>> {
        if !at_hand()? {
            return Ok(None);
        }
        let settings = Settings::for_tests()?;
        SHARED.get_or_try_init(async || Self::start(&settings).await).await.map(Some)
    }

    /// A kubeconfig for one more controller.
    pub async fn kubeconfig_of(&self, controller: &str) -> anyhow::Result<PathBuf> {
        kubeconfig(&self.cluster, self.installation.as_ref(), controller).await
    }

    /// The live cluster, through a client of the calling runtime.
    pub async fn live(&self) -> anyhow::Result<Live> {
        Ok(Live::new(self.cluster.client().await?))
    }

    /// Where logs and the source-controller's storage are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }
}

/// The administrator's, or that of the controller's own account where the chart is installed.
async fn kubeconfig(cluster: &Cluster, installation: Option<&Installation>, controller: &str) -> anyhow::Result<PathBuf> {
    match installation {
        None => cluster.kubeconfig().canonicalize().context("find the kubeconfig"),
        Some(installation) => installation.kubeconfig(cluster, controller).await,
    }
}

/// Whether a cluster and the controllers are there without a build that nobody asked for; says so where not.
pub fn at_hand() -> anyhow::Result<bool> {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("REQUIRE_APISERVER") {
        return Ok(true);
    }
    let directory = binaries()?;
    let built = PROGRAMS.iter().all(|program| directory.join(program).exists());
    let cluster = is_set("KUBECONFIG") || test_support::cluster::ControlPlane::at_hand()?.is_some();
    if !built || !cluster {
        eprintln!("SKIPPED: no API server, or not every program, at hand; `cargo xtask test` builds them");
    }
    Ok(built && cluster)
}

/// A source-controller that keeps its artifacts below `directory` and serves them on a free port.
pub fn source_controller(settings: &Settings, kubeconfig: &Path, directory: &Path) -> anyhow::Result<ControllerBuilder> {
    let storage = directory.join("storage");
    std::fs::create_dir_all(&storage).context("make the storage directory")?;
    let [port] = workspace::free_ports().context("find a free port")?;
    let builder = ControllerBuilder::new("source-controller", &settings.binaries, kubeconfig)
        .flag(format!("--storage-path={}", storage.display()))
        .flag(format!("--storage-addr=127.0.0.1:{port}"))
        .flag(format!("--storage-adv-addr=127.0.0.1:{port}"));
    Ok(settings.flags.iter().fold(builder, ControllerBuilder::flag))
}

/// A kustomize-controller.
pub fn kustomize_controller(settings: &Settings, kubeconfig: &Path) -> ControllerBuilder {
    let builder = ControllerBuilder::new("kustomize-controller", &settings.binaries, kubeconfig).flag("--requeue-dependency=3s");
    settings.flags.iter().fold(builder, ControllerBuilder::flag)
}

/// A helm-controller.
pub fn helm_controller(settings: &Settings, kubeconfig: &Path) -> ControllerBuilder {
    let builder = ControllerBuilder::new("helm-controller", &settings.binaries, kubeconfig).flag("--requeue-dependency=3s");
    settings.flags.iter().fold(builder, ControllerBuilder::flag)
}

/// An image-reflector-controller that keeps tags below `directory`.
pub fn image_reflector_controller(settings: &Settings, kubeconfig: &Path, directory: &Path) -> ControllerBuilder {
    let builder = ControllerBuilder::new("image-reflector-controller", &settings.binaries, kubeconfig)
        .flag(format!("--storage-path={}", directory.join("tags").display()))
        .flag("--requeue-dependency=3s");
    settings.flags.iter().fold(builder, ControllerBuilder::flag)
}

/// An image-automation-controller.
pub fn image_automation_controller(settings: &Settings, kubeconfig: &Path) -> ControllerBuilder {
    let builder = ControllerBuilder::new("image-automation-controller", &settings.binaries, kubeconfig);
    settings.flags.iter().fold(builder, ControllerBuilder::flag)
}
