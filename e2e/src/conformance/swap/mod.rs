//! Controllers that take turns: each of ours replaces, and is replaced by, the original on a live cluster, and no object notices.
//!
//! After each exchange every object is reconciled again. What was applied and released must be as it was, to the version that the API
//! server counts; the status of our kinds too, but for times and the digests of archives that another compressor made. In between, a commit, a
//! change of values and a new image are rolled out by whoever runs then.

#![expect(clippy::print_stdout, reason = "the comparison is the result")]

pub(super) mod commands;
mod estate;
mod fleet;
mod picture;

use anyhow::{Context, ensure};
use estate::Estate;
use fleet::{CONTROLLERS, Fleet};
use std::path::PathBuf;
use test_support::controller::binaries;

/// Flags of `cargo xtask conformance swap`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A directory with the original five controllers
    originals: PathBuf,
}

/// Runs the exchange; an object that changes by it is an error.
pub(super) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let originals = arguments.originals.canonicalize().with_context(|| format!("find {}", arguments.originals.display()))?;
    let ours = binaries()?;
    println!("starting the originals");
    let mut fleet = Fleet::start(originals.clone()).await?;
    let estate = Estate::create(&fleet.world).await?;
    let mut round = 1;
    let mut failed = 0;
    for (name, directory) in [("ours", &ours), ("the original", &originals)] {
        for controller in CONTROLLERS {
            let before = estate.picture().await?;
            fleet.replace(controller, directory.clone()).await?;
            estate.reconcile().await.with_context(|| format!("after {controller} became {name}"))?;
            let differences = before.differences(&estate.picture().await?);
            println!("{}  {controller} is {name}", if differences.is_empty() { "ok    " } else { "FAILED" });
            differences.iter().for_each(|line| println!("          {line}"));
            failed += usize::from(!differences.is_empty());
        }
        round += 1;
        estate.roll_out(round).await.with_context(|| format!("roll out release {round} by {name}"))?;
        println!("ok      {name}: a commit, new values, a new image: release {round}");
    }
    for controller in CONTROLLERS {
        fleet.replace(controller, ours.clone()).await?;
    }
    estate.delete().await.context("delete what the originals wrote last")?;
    println!("ok      ours: all is deleted, and what it made is gone");
    ensure!(failed == 0, "{failed} exchanges were noticed");
    Ok(())
}
