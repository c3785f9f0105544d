//! The programs of the control plane: the user's own (`KUBEBUILDER_ASSETS`) or `e2e/controlplane`, built once and kept in the cache.

use crate::workspace;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a build that takes minutes says that it is still at work.
const PROGRESS_EVERY: Duration = Duration::from_secs(15);

/// The programs that make a control plane.
#[derive(Debug, Clone)]
pub enum ControlPlane {
    /// One program that is all of them, chosen by its first argument.
    Single(PathBuf),
    /// A directory with one program each. Of those that it lacks, the single program serves, where it has been built.
    Directory {
        /// The directory; etcd and kube-apiserver are in it.
        programs: PathBuf,
        /// The single program.
        others: Option<PathBuf>,
    },
}

/// Why there is no control plane.
#[derive(Debug, thiserror::Error)]
pub enum ControlPlaneError {
    /// `KUBEBUILDER_ASSETS` names a directory without the programs.
    #[error("KUBEBUILDER_ASSETS: {0} is not there")]
    MissingAsset(String),
    /// A file of the source or the cache cannot be read or written.
    #[error("{operation} {path}")]
    File {
        /// What was tried.
        operation: &'static str,
        /// On which file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Go cannot be run.
    #[error("run go (is Go 1.26 or newer installed?)")]
    Go(#[source] std::io::Error),
    /// The build failed.
    #[error("build e2e/controlplane: {status}\n{output}")]
    Build {
        /// How `go build` ended.
        status: std::process::ExitStatus,
        /// What it wrote.
        output: String,
    },
}

impl ControlPlane {
    /// The programs to use, if they are there without a build that takes minutes.
    pub fn at_hand() -> Result<Option<Self>, ControlPlaneError> {
        if let Some(directory) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|value| !value.is_empty()) {
            return assets(PathBuf::from(directory)).map(Some);
        }
        let binary = cached()?;
        Ok(binary.exists().then_some(Self::Single(binary)))
    }

    /// The programs to use, built if need be. The build takes minutes and says so on standard error.
    pub fn build() -> Result<Self, ControlPlaneError> {
        if let Some(found) = Self::at_hand()? {
            return Ok(found);
        }
        let binary = cached()?;
        let directory = binary.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory).map_err(file("make", directory))?;
        let lock = directory.join("lock");
        let lock_file = File::create(&lock).map_err(file("open", &lock))?;
        lock_file.lock().map_err(file("lock", &lock))?;
        // Whoever held the lock before may have built it.
        if !binary.exists() {
            compile(&binary)?;
        }
        Ok(Self::Single(binary))
    }

    /// A command that runs one of the programs, if it is part of this control plane.
    pub fn command(&self, component: &str) -> Option<Command> {
        match self {
            Self::Single(binary) => Some(part(binary, component)),
            Self::Directory { programs, others } => {
                let program = programs.join(component);
                if program.exists() { Some(Command::new(program)) } else { Some(part(others.as_ref()?, component)) }
            }
        }
    }
}

fn part(binary: &Path, component: &str) -> Command {
    let mut command = Command::new(binary);
    command.arg(component);
    command
}

fn assets(directory: PathBuf) -> Result<ControlPlane, ControlPlaneError> {
    for program in ["etcd", "kube-apiserver"] {
        let path = directory.join(program);
        if !path.exists() {
            return Err(ControlPlaneError::MissingAsset(path.display().to_string()));
        }
    }
    let others = cached().ok().filter(|binary| binary.exists());
    Ok(ControlPlane::Directory { programs: directory, others })
}

fn source() -> PathBuf {
    workspace::root().join("e2e/controlplane")
}

fn file(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ControlPlaneError + use<> {
    let path = path.display().to_string();
    move |source| ControlPlaneError::File { operation, path, source }
}

/// Where the binary of exactly this source and this Go belongs.
fn cached() -> Result<PathBuf, ControlPlaneError> {
    let mut digest = Sha256::new();
    for name in ["go.mod", "go.sum", "main.go", "kwok.go", "metrics.go"] {
        let path = source().join(name);
        digest.update(std::fs::read(&path).map_err(file("read", &path))?);
    }
    let version = Command::new("go").args(["env", "GOVERSION"]).current_dir(source()).stderr(Stdio::null()).output();
    digest.update(version.map(|output| output.stdout).unwrap_or_default());
    let key: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(workspace::cache().join("controlplane").join(key).join("controlplane"))
}

/// Builds into a temporary name and renames, so that an interrupted build leaves nothing that looks finished.
fn compile(binary: &Path) -> Result<(), ControlPlaneError> {
    let unfinished = binary.with_extension("unfinished");
    let log = binary.with_extension("log");
    let output = File::create(&log).map_err(file("open", &log))?;
    eprintln!("building the control plane (etcd, Kubernetes, kwok) once: about nine minutes from nothing on two processors");
    let start = Instant::now();
    let mut child = Command::new("go")
        .args(["build", "-trimpath", "-ldflags", &linker_flags()?, "-o"])
        .arg(&unfinished)
        .arg(".")
        .current_dir(source())
        .env("GOFLAGS", "-buildvcs=false")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output)
        .spawn()
        .map_err(ControlPlaneError::Go)?;
    let mut reported = Duration::ZERO;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(ControlPlaneError::Go)? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(100));
        if start.elapsed() >= reported + PROGRESS_EVERY {
            reported = start.elapsed();
            eprintln!("  control plane: still building, {} s", reported.as_secs());
        }
    };
    if !status.success() {
        let output = std::fs::read_to_string(&log).unwrap_or_default();
        return Err(ControlPlaneError::Build { status, output });
    }
    std::fs::rename(&unfinished, binary).map_err(file("rename", &unfinished))?;
    eprintln!("built the control plane in {} s", start.elapsed().as_secs());
    Ok(())
}

/// Without the version, the API server calls itself v0.0.0 and clients refuse it as too old.
fn linker_flags() -> Result<String, ControlPlaneError> {
    let path = source().join("go.mod");
    let module = std::fs::read_to_string(&path).map_err(file("read", &path))?;
    let version = module.lines().find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes v")).unwrap_or("0.0.0");
    let mut parts = version.split('.');
    let (major, minor) = (parts.next().unwrap_or("0"), parts.next().unwrap_or("0"));
    let package = "k8s.io/component-base/version";
    Ok(format!("-s -w -X {package}.gitVersion=v{version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}"))
}
