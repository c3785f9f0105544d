//! `weir helm`: what `helm` does with charts, with its flags and words.

pub(crate) mod arguments;
pub(crate) mod ports;
mod print;
pub(crate) mod source;
mod template;

use clap::Subcommand;

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Render a chart and print its objects.
    Template(Box<arguments::TemplateArguments>),
}

/// Runs a sub-command.
pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Template(arguments) => template::run(arguments),
    }
}
