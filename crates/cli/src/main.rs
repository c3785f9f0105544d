//! `weir`: the engines from a terminal.

mod disk;
mod helm;
mod image;
mod install;
mod kustomize;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// GitOps for Kubernetes, from a terminal.
#[derive(Debug, Parser)]
#[command(name = "weir", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Render Helm charts.
    #[command(subcommand)]
    Helm(helm::Command),
    /// Print what runs Weir on a cluster.
    Install(Box<install::Arguments>),
    /// Write new images into files and commits.
    #[command(subcommand)]
    Image(image::Command),
    /// Build kustomizations.
    #[command(subcommand)]
    Kustomize(kustomize::Command),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Helm(command) => helm::run(&command),
        Command::Install(arguments) => install::run(*arguments),
        Command::Image(command) => image::run(&command),
        Command::Kustomize(command) => kustomize::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
