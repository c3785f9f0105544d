//! `cargo xtask`: everything automated in this workspace, one module a command.

#![expect(clippy::print_stdout, reason = "a command line program talks on standard output")]

mod cargo;
mod layers;
mod program;
mod step;
mod test;

use clap::{Parser, Subcommand};
use std::ffi::OsString;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Automation of the workspace", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check format and lints, build everything, run every test
    Test(test::Arguments),
    /// Check which crate may use which
    Layers,
    /// Write crds/ from the types of crates/api
    #[command(disable_help_flag = true)]
    Crds(Rest),
    /// Show a commit reaching a cluster, from nothing, and tidy up
    #[command(disable_help_flag = true)]
    Demo(Rest),
    /// Start what the demo starts and leave it running until Ctrl-C
    #[command(disable_help_flag = true)]
    Up(Rest),
    /// Make images of the controllers as OCI layouts without a container daemon, and push them to a registry
    #[command(disable_help_flag = true)]
    Image(Rest),
    /// Run the end-to-end scenarios; an argument chooses those whose name contains it
    E2e {
        /// Part of a scenario's name
        filter: Option<String>,
        /// How often a scenario about kills does so in each phase of what it kills
        #[arg(long)]
        kills: Option<u32>,
    },
    /// Compare with the originals: `recorded` with what Flux did; `kustomize` with what kustomize built of the corpus, `templates` and
    /// `charts` with what Helm rendered of it; `kustomize-real` and `charts-real` with what they make of a
    /// directory, `kustomize-fuzz` and `templates-fuzz` of random overlays and templates
    #[command(disable_help_flag = true)]
    Conformance(Rest),
    /// Measure: `mttp`, `kustomize`, `helm`
    #[command(disable_help_flag = true)]
    Bench(Rest),
}

/// Arguments that another program reads.
#[derive(clap::Args)]
struct Rest {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Test(arguments) => test::run(&arguments),
        Command::Layers => layers::run(),
        Command::Crds(rest) => program::run("crds", &rest.arguments, cargo::Profile::Development),
        Command::Demo(rest) => program::run("demo", &rest.arguments, cargo::Profile::Development),
        Command::Up(rest) => program::run("up", &rest.arguments, cargo::Profile::Development),
        Command::Image(rest) => program::run("image", &rest.arguments, cargo::Profile::Release),
        Command::E2e { filter, kills } => test::scenarios(filter.as_deref(), kills),
        Command::Conformance(rest) => conformance(&rest.arguments),
        Command::Bench(rest) => program::run("bench", &rest.arguments, cargo::Profile::Release),
    }
}

/// Compares with an original: an engine with the cases of its corpus, everything else by the end-to-end program.
fn conformance(arguments: &[OsString]) -> anyhow::Result<()> {
    let name = arguments.first().and_then(|name| name.to_str()).unwrap_or_default();
    match CORPORA.iter().find(|(corpus, _)| *corpus == name) {
        Some((name, engine)) => test::corpus(name, engine, &arguments[1..]),
        None => program::run("conformance", arguments, cargo::Profile::Development),
    }
}

/// Corpora of cases, which are also the names of the examples that run them, and the engines that have these.
const CORPORA: [(&str, &str); 3] = [("kustomize", "kustomize-build"), ("templates", "helm-engine"), ("charts", "helm-chart")];
