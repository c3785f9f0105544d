//! `cargo xtask bench`: what the controllers cost for fixed work.

mod mttp;
mod record;
mod requests;
mod workload;

/// What to measure.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Mean time to production, after fluxcd/flux-benchmark: N sources, N Kustomizations of four objects installed, upgraded by a
    /// commit, and reconciled unchanged. Prints one JSON row a phase
    Mttp(mttp::Arguments),
}

/// Runs the benchmark.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Mttp(arguments) => mttp::run(arguments).await,
    }
}
