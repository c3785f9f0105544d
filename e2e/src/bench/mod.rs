//! `cargo xtask bench`: what our programs cost for fixed work.

mod builds;
mod chart;
mod helm;
mod images;
mod kustomize;
mod mttp;
mod overlay;
mod record;
mod requests;
mod sets;
mod sources;
mod stand;
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
    /// N OCIRepositories of one artifact, then N HelmCharts of one repository: fetched, reconciled unchanged, and fetched again in a new
    /// version. Prints one JSON row a phase
    Sources(sources::Arguments),
    /// A generated overlay, built by ours and by kustomize: processor time, peak memory, ratios, and how ours grows. Prints one
    /// JSON row a build
    Kustomize(kustomize::Arguments),
    /// Charts of given directories, rendered by our engine and by Helm's library: processor time, peak memory, ratios, reading and
    /// parsing apart; and how both grow with the number of documents. Prints one JSON row a measurement
    Helm(helm::Arguments),
    /// Image updates: the tags of many repositories scanned, and a repository of many files updated by commits, with the controllers
    /// of any directories side by side. Prints one JSON row a phase
    Images(images::Arguments),
}

/// Runs the benchmark.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Mttp(arguments) => mttp::run(arguments).await,
        Command::Sources(arguments) => sources::run(arguments).await,
        Command::Kustomize(arguments) => kustomize::run(arguments),
        Command::Helm(arguments) => helm::run(arguments),
        Command::Images(arguments) => images::run(arguments).await,
    }
}
