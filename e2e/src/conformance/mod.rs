//! `cargo xtask conformance`: what our binaries do beside what the originals did.

mod compare;
mod known;
mod recorded;

/// What to compare.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Run the fixed scenarios of Flux's recordings (in ../shared) and compare objects, events and artifacts with them
    Recorded(recorded::Arguments),
}

/// Runs the comparison; an unexplained difference is an error.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Recorded(arguments) => recorded::run(arguments),
    }
}
