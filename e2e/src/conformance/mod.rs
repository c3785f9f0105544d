//! `cargo xtask conformance`: what our binaries do beside what the originals did.

mod charts_real;
mod compare;
mod known;
mod kustomize_fuzz;
mod kustomize_real;
mod recorded;
mod setters;
mod swap;
mod templates_fuzz;

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
    /// Exchange our controllers with the originals, one by one and back, under an object of every kind; what changes by it is an error
    Swap(swap::Arguments),
    /// Call the `flux` command on an object of every kind; the last line is `N passed, N failed`
    FluxCli(swap::commands::Arguments),
    /// Build every kustomization below a directory with ours and with kustomize; the last line is `N passed, N failed`
    KustomizeReal(kustomize_real::Arguments),
    /// Build random overlays with ours and with kustomize; the last line is `N same, N different, N fail on both`
    KustomizeFuzz(kustomize_fuzz::Arguments),
    /// Render every chart below a directory with ours and with Helm; the last line is `N passed, N failed`
    ChartsReal(charts_real::Arguments),
    /// Set new images in every YAML file below a directory, marked in memory, and check that nothing else changes; the last line is
    /// `N passed, N failed`
    Setters(setters::Arguments),
    /// Execute random templates with ours and with Helm's engine; the last line is `N same, N different, N fail on both`
    TemplatesFuzz(templates_fuzz::Arguments),
}

/// Runs the comparison; an unexplained difference is an error.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.command {
        Command::Recorded(arguments) => recorded::run(arguments),
        Command::FluxCli(arguments) => swap::commands::run(arguments).await,
        Command::Swap(arguments) => swap::run(arguments).await,
        Command::KustomizeReal(arguments) => kustomize_real::run(arguments),
        Command::KustomizeFuzz(arguments) => kustomize_fuzz::run(arguments),
        Command::ChartsReal(arguments) => charts_real::run(arguments),
        Command::Setters(arguments) => setters::run(arguments),
        Command::TemplatesFuzz(arguments) => templates_fuzz::run(arguments),
    }
}
