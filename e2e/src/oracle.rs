//! kustomize itself and ours, as two programs with the same arguments.

use anyhow::Context;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use test_support::controller::binaries;
use test_support::go_program::GoProgram;

const ORACLE: GoProgram = GoProgram {
    title: "oracle",
    note: "kustomize, about a minute from nothing on two processors",
    folder: "e2e/oracle",
    files: &["go.mod", "go.sum", "main.go", "serve.go"],
    linker_flags: |_| "-s -w".to_owned(),
};

/// The two programs that build a directory.
#[derive(Debug, Clone)]
pub struct Builders {
    ours: PathBuf,
    oracle: PathBuf,
}

impl Builders {
    /// Finds ours among the compiled binaries and builds the oracle, if it is not in the cache.
    pub fn find() -> anyhow::Result<Self> {
        let ours = binaries()?.join("weir");
        Ok(Self { ours, oracle: Self::oracle_program()? })
    }

    /// Where the oracle is, built if need be.
    pub fn oracle_program() -> anyhow::Result<PathBuf> {
        ORACLE.build().context("build the oracle")
    }

    /// `weir kustomize build` of a directory.
    pub fn ours(&self, directory: &Path, flags: &[String]) -> Command {
        let mut command = isolated(&self.ours);
        command.args(["kustomize", "build"]).args(flags).arg(directory);
        command
    }

    /// The same by kustomize.
    pub fn oracle(&self, directory: &Path, flags: &[String]) -> Command {
        let mut command = isolated(&self.oracle);
        command.args(flags).arg(directory);
        command
    }
}

/// Without environment: generators read variables of it, and without `PATH` there is no Git that would fetch anything.
fn isolated(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null());
    command
}
