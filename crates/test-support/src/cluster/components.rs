//! Starts the components with flags that fit a cluster which lives for minutes on one machine.

use super::credentials::Credentials;
use super::{ClusterError, ControlPlane};
use crate::process::{Process, ProcessError, Usage, remove_when_killed};
use crate::workspace;
use kube::config::{KubeConfigOptions, Kubeconfig};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the API server may take to become ready on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// How many lines of a component's log go into an error.
const LOG_LINES: usize = 15;

/// Why a start failed: only a lost race for a port is worth another try.
#[derive(Debug)]
pub(super) enum StartError {
    PortTaken,
    Fatal(ClusterError),
}

impl From<ClusterError> for StartError {
    fn from(error: ClusterError) -> Self {
        Self::Fatal(error)
    }
}

impl From<StartError> for ClusterError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Fatal(error) => error,
            StartError::PortTaken => {
                Self::System { operation: "find free ports", source: std::io::Error::from(std::io::ErrorKind::AddrInUse) }
            }
        }
    }
}

/// The running components. Fields are dropped in this order: the API server goes before its etcd, the directory last.
#[derive(Debug)]
pub(super) struct Components {
    followers: Vec<Process>,
    api_server: Process,
    etcd: Process,
    programs: ControlPlane,
    ports: Ports,
    credentials: Credentials,
    directory: TempDir,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    api_server: u16,
    etcd: u16,
    etcd_peer: u16,
}

impl Components {
    /// Starts etcd and the API server together, then what needs them.
    pub(super) async fn start(programs: &ControlPlane, nodes: usize) -> Result<Self, StartError> {
        let system = |operation| move |source| ClusterError::System { operation, source };
        let directory = tempfile::Builder::new().prefix("weir-cluster-").tempdir().map_err(system("make a directory"))?;
        let path = directory.path();
        remove_when_killed(path).map_err(system("start the watchdog"))?;
        let [api_server, etcd, etcd_peer] = workspace::free_ports().map_err(system("find free ports"))?;
        let ports = Ports { api_server, etcd, etcd_peer };
        let credentials = Credentials::create(path).map_err(ClusterError::from)?;
        let kubeconfig = path.join("kubeconfig");
        let text = credentials.kubeconfig(&format!("https://127.0.0.1:{api_server}"));
        std::fs::write(&kubeconfig, text).map_err(system("write the kubeconfig"))?;

        let etcd = run(programs, path, "etcd", &etcd_arguments(path, ports))?;
        let api_server = run(programs, path, "kube-apiserver", &api_server_arguments(&credentials, ports))?;
        let (programs, followers) = (programs.clone(), Vec::new());
        let mut components = Self { followers, api_server, etcd, programs, ports, credentials, directory };
        let configuration = Kubeconfig::read_from(&kubeconfig).map_err(unusable(&kubeconfig))?;
        let configuration = kube::Config::from_custom_kubeconfig(configuration, &KubeConfigOptions::default())
            .await
            .map_err(unusable(&kubeconfig))?;
        let client = kube::Client::try_from(configuration).map_err(ClusterError::api("make a client"))?;
        wait_until_ready(&client, || components.check_alive()).await?;
        components.start_followers(nodes)?;
        super::objects::create_nodes(&client, nodes).await?;
        Ok(components)
    }

    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.directory.path().join("kubeconfig")
    }

    pub(super) fn stop_api_server(&mut self) {
        self.api_server.kill();
    }

    pub(super) fn start_api_server(&mut self) -> Result<(), ClusterError> {
        let arguments = api_server_arguments(&self.credentials, self.ports);
        self.api_server = run(&self.programs, self.directory.path(), "kube-apiserver", &arguments)?;
        Ok(())
    }

    pub(super) fn api_server_usage(&self) -> Result<Usage, ProcessError> {
        self.api_server.usage()
    }

    /// The controllers that make namespaces go away, owners collect garbage and Deployments have pods; with nodes, also what runs them.
    fn start_followers(&mut self, nodes: usize) -> Result<(), ClusterError> {
        let kubeconfig = format!("--kubeconfig={}", self.kubeconfig().display());
        let path = |path: &Path| path.display().to_string();
        let controllers = [
            kubeconfig.clone(),
            format!("--service-account-private-key-file={}", path(&self.credentials.service_account_private)),
            format!("--root-ca-file={}", path(&self.credentials.authority)),
            "--leader-elect=false".to_owned(),
            "--secure-port=0".to_owned(),
        ];
        let scheduler = [kubeconfig.clone(), "--leader-elect=false".to_owned(), "--secure-port=0".to_owned()];
        let kwok = [kubeconfig, "--manage-all-nodes=true".to_owned(), "--node-lease-duration-seconds=40".to_owned()];
        let mut wanted = vec![("kube-controller-manager", controllers.to_vec())];
        if nodes > 0 {
            wanted.push(("kube-scheduler", scheduler.to_vec()));
            wanted.push(("kwok", kwok.to_vec()));
        }
        for (name, arguments) in wanted {
            // A directory of KUBEBUILDER_ASSETS has only etcd and kube-apiserver, as a rule.
            if self.programs.command(name).is_some() {
                self.followers.push(run(&self.programs, self.directory.path(), name, &arguments)?);
            }
        }
        Ok(())
    }

    fn check_alive(&mut self) -> Result<(), StartError> {
        for process in [&mut self.etcd, &mut self.api_server] {
            if process.ended().is_none() {
                continue;
            }
            let log = process.log_tail(LOG_LINES);
            if log.contains("address already in use") {
                return Err(StartError::PortTaken);
            }
            let component = process.name().to_owned();
            return Err(StartError::Fatal(ClusterError::Component { component, problem: "ended", log }));
        }
        Ok(())
    }
}

/// Asks until the API server says that it is ready; `check` may give up sooner.
pub(super) async fn wait_until_ready(
    client: &kube::Client,
    mut check: impl FnMut() -> Result<(), StartError>,
) -> Result<(), StartError> {
    let deadline = Instant::now() + READY_WITHIN;
    while Instant::now() < deadline {
        check()?;
        if let Ok(request) = http::Request::get("/readyz").body(Vec::new())
            && let Ok(Ok(_)) = tokio::time::timeout(Duration::from_secs(2), client.request_text(request)).await
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let component = "kube-apiserver".to_owned();
    Err(StartError::Fatal(ClusterError::Component { component, problem: "is not ready in time", log: String::new() }))
}

fn unusable(path: &Path) -> impl Fn(kube::config::KubeconfigError) -> ClusterError + use<> {
    let path = path.display().to_string();
    move |source| ClusterError::Kubeconfig { path: path.clone(), source: Box::new(source) }
}

fn run(programs: &ControlPlane, directory: &Path, name: &str, arguments: &[String]) -> Result<Process, ClusterError> {
    // The caller asks for etcd and kube-apiserver only where they are, so a missing one fails at its start with a clear name.
    let mut command = programs.command(name).unwrap_or_else(|| Command::new(name));
    command.args(arguments).current_dir(directory).env_remove("KUBECONFIG");
    Ok(Process::start(name, command, &directory.join(format!("{name}.log")))?)
}

fn etcd_arguments(directory: &Path, ports: Ports) -> Vec<String> {
    let client = format!("http://127.0.0.1:{}", ports.etcd);
    let peer = format!("http://127.0.0.1:{}", ports.etcd_peer);
    vec![
        format!("--data-dir={}", directory.join("etcd").display()),
        format!("--listen-client-urls={client}"),
        format!("--advertise-client-urls={client}"),
        format!("--listen-peer-urls={peer}"),
        format!("--initial-advertise-peer-urls={peer}"),
        format!("--initial-cluster=default={peer}"),
        // Nothing here has to survive a power cut.
        "--unsafe-no-fsync".to_owned(),
    ]
}

fn api_server_arguments(credentials: &Credentials, ports: Ports) -> Vec<String> {
    let path = |path: &Path| path.display().to_string();
    vec![
        format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd),
        format!("--secure-port={}", ports.api_server),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--tls-cert-file={}", path(&credentials.server_certificate)),
        format!("--tls-private-key-file={}", path(&credentials.server_key)),
        format!("--service-account-key-file={}", path(&credentials.service_account_public)),
        format!("--service-account-signing-key-file={}", path(&credentials.service_account_private)),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        format!("--token-auth-file={}", path(&credentials.tokens)),
        "--authorization-mode=RBAC".to_owned(),
        "--service-cluster-ip-range=10.0.0.0/16".to_owned(),
        "--max-requests-inflight=2000".to_owned(),
        "--max-mutating-requests-inflight=1000".to_owned(),
    ]
}
