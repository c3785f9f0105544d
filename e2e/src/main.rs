//! The commands of `cargo xtask` that need a cluster. Start it by `cargo xtask`, which compiles everything first.

#![expect(clippy::print_stdout, reason = "a command line program talks on standard output")]

use anyhow::Context;
use clap::{Parser, Subcommand};
use e2e::{bench, conformance, crds, demo, image};
use test_support::cluster::ControlPlane;
use tokio::runtime::Runtime;

#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the control plane, if it is not in the cache
    ControlPlane,
    /// Write crds/ from the types of crates/api
    Crds,
    /// Show a commit reaching a cluster, from nothing, and tidy up
    Demo(demo::Arguments),
    /// Start what the demo starts and leave it running until Ctrl-C
    Up(demo::Arguments),
    /// Make images of the controllers as OCI layouts, and push them
    Image(image::Arguments),
    /// Measure what our programs cost
    Bench(bench::Arguments),
    /// Compare with the originals
    Conformance(conformance::Arguments),
}

fn main() -> anyhow::Result<()> {
    let command = Arguments::parse().command;
    Runtime::new().context("start threads")?.block_on(run(command))
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::ControlPlane => {
            ControlPlane::build()?;
            println!("the control plane is built");
            Ok(())
        }
        Command::Crds => crds::write(),
        Command::Demo(arguments) => demo::run(&arguments).await,
        Command::Up(arguments) => demo::up(&arguments).await,
        Command::Image(arguments) => image::run(&arguments).await,
        Command::Bench(arguments) => bench::run(&arguments).await,
        Command::Conformance(arguments) => conformance::run(&arguments).await,
    }
}
