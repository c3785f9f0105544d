//! `weir image`: new images into files and commits, for pipelines.

mod authorship;
mod commit;
mod edit;
mod origin;
mod push;
mod set;
mod tag;

use clap::Subcommand;

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write new images into a kustomization, the values of a chart, or marked fields; commit or push the change, if wanted.
    Set(set::SetArguments),
    /// Print a tag for the commit that is checked out: its time and its id, so that tags sort as commits follow each other.
    Tag(tag::TagArguments),
}

/// Runs a sub-command.
pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Set(arguments) => set::run(arguments),
        Command::Tag(arguments) => tag::run(arguments),
    }
}
