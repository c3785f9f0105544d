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
    /// Run the end-to-end scenarios; an argument chooses those whose name contains it
    E2e {
        /// Part of a scenario's name
        filter: Option<String>,
    },
    /// Compare with the originals: `recorded` with what Flux did, `kustomize` and `templates` with what kustomize built and Helm
    /// rendered of the corpus, `kustomize-real` with what kustomize builds of a directory
    #[command(disable_help_flag = true)]
    Conformance(Rest),
    /// Measure: `mttp`, `kustomize`
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
        Command::E2e { filter } => test::scenarios(filter.as_deref()),
        Command::Conformance(rest) if rest.arguments.first().is_some_and(|first| first == "kustomize") => {
            test::corpus("kustomize-build", &rest.arguments[1..])
        }
        Command::Conformance(rest) if rest.arguments.first().is_some_and(|first| first == "templates") => {
            test::corpus("helm-engine", &rest.arguments[1..])
        }
        Command::Conformance(rest) => program::run("conformance", &rest.arguments, cargo::Profile::Development),
        Command::Bench(rest) => program::run("bench", &rest.arguments, cargo::Profile::Release),
    }
}
