//! The programs of the control plane: the user's own (`KUBEBUILDER_ASSETS`) or `e2e/controlplane`, built once and kept in the cache.

use crate::go_program::{GoProgram, GoProgramError};
use std::path::{Path, PathBuf};
use std::process::Command;

/// All programs of a control plane in one.
const PROGRAM: GoProgram = GoProgram {
    title: "control plane",
    note: "etcd, Kubernetes and kwok, about nine minutes from nothing on two processors",
    folder: "e2e/controlplane",
    files: &["go.mod", "go.sum", "main.go", "kwok.go", "metrics.go"],
    linker_flags,
};

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
    /// The single program is not to be had.
    #[error(transparent)]
    Program(#[from] GoProgramError),
}

impl ControlPlane {
    /// The programs to use, if they are there without a build that takes minutes.
    pub fn at_hand() -> Result<Option<Self>, ControlPlaneError> {
        if let Some(directory) = std::env::var_os("KUBEBUILDER_ASSETS").filter(|value| !value.is_empty()) {
            return assets(PathBuf::from(directory)).map(Some);
        }
        let binary = PROGRAM.cached()?;
        Ok(binary.exists().then_some(Self::Single(binary)))
    }

    /// The programs to use, built if need be. The build takes minutes and says so on standard error.
    pub fn build() -> Result<Self, ControlPlaneError> {
        match Self::at_hand()? {
            Some(found) => Ok(found),
            None => Ok(Self::Single(PROGRAM.build()?)),
        }
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
    let others = PROGRAM.cached().ok().filter(|binary| binary.exists());
    Ok(ControlPlane::Directory { programs: directory, others })
}

/// Without the version, the API server calls itself v0.0.0 and clients refuse it as too old.
fn linker_flags(module: &str) -> String {
    let version = module.lines().find_map(|line| line.trim().strip_prefix("k8s.io/kubernetes v")).unwrap_or("0.0.0");
    let mut parts = version.split('.');
    let (major, minor) = (parts.next().unwrap_or("0"), parts.next().unwrap_or("0"));
    let package = "k8s.io/component-base/version";
    format!("-s -w -X {package}.gitVersion=v{version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor}")
}
