//! What image updates cost: tags of many repositories scanned, and a large repository of files updated by commits.
//!
//! ```text
//! TagServer ◄── image-reflector-controller    scan.rs     many ImageRepositories, an ImagePolicy each
//!                        │ status.latestRef
//! GitServer ◄── image-automation-controller   update.rs   one ImageUpdateAutomation, many files
//! ```

mod ground;
mod scan;
mod tags;
mod update;

use super::sets::{Set, Sets};
use anyhow::ensure;
use ground::Ground;

const NOTE: &str = "`update-*` rows are of image-automation-controller, `scan-*` rows of image-reflector-controller. `peak_mib` is the most resident \
memory within the phase.";

/// Flags of `cargo xtask bench images`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    sets: Sets,
    /// How many ImageRepositories, and how many ImagePolicies
    #[arg(long, default_value_t = 1_000)]
    repositories: usize,
    /// How many tags each of them has
    #[arg(long, default_value_t = 1_000)]
    tags: usize,
    /// How many files the Git repository has
    #[arg(long, default_value_t = 20_000)]
    files: usize,
    /// How many of the files have a marker
    #[arg(long, default_value_t = 200)]
    markers: usize,
}

/// What is done, and how long it takes and what it costs, for one set after the other.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(arguments.markers <= arguments.files, "there cannot be more markers than files");
    let work = async |set: &Set| {
        let mut ground = Ground::start(set, &arguments.sets).await?;
        update::run(&mut ground, arguments.files, arguments.markers).await?;
        scan::run(&mut ground, arguments.repositories, arguments.tags).await?;
        Ok(ground.rows)
    };
    arguments.sets.run(NOTE, work).await
}
