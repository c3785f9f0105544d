//! The scenarios in which Flux's kustomize-controller was recorded, repeated with this one on a real API server.
//!
//! Compared are conditions, the rest of status, and every event that is posted. A scenario is named as its recording, which says in which
//! namespace it took place; sources are played by the test.

mod compare;
mod scenarios;
#[expect(dead_code, reason = "the tests of the life cycle use the rest")]
mod world;

use std::path::PathBuf;

use serde_json::Value;

/// Where the recordings are, next to the checkout unless WEIR_SHARED says otherwise.
fn recordings() -> PathBuf {
    let shared = std::env::var_os("WEIR_SHARED").map_or_else(|| test_support::workspace::root().join("../shared"), PathBuf::from);
    shared.join("recorded/flux")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_flux_does_in_recorded_scenarios_is_repeated() -> Result<(), Box<dyn std::error::Error>> {
    if !recordings().exists() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "the recordings are missing");
        eprintln!("SKIPPED: no recordings at {}", recordings().display());
        return Ok(());
    }
    let Some(world) = world::World::start().await? else { return Ok(()) };
    let only = std::env::var("ONLY").unwrap_or_default();
    let chosen = scenarios::ALL.iter().filter(|scenario| scenario.name.contains(&only));
    let runs = chosen.map(|scenario| {
        let world = &world;
        async move {
            let path = recordings().join(format!("{}.json", scenario.name));
            let recording: Value = serde_json::from_slice(&std::fs::read(&path)?)?;
            scenarios::play(scenario, world, &recording).await?;
            let seen = world.snapshot(scenario.name).await?;
            Ok::<_, Box<dyn std::error::Error>>(compare::differences(scenario.name, &recording, &seen))
        }
    });
    let mut differences = Vec::new();
    for (scenario, result) in
        scenarios::ALL.iter().filter(|scenario| scenario.name.contains(&only)).zip(futures::future::join_all(runs).await)
    {
        match result {
            Ok(found) => differences.extend(found),
            Err(error) => differences.push(format!("{}: {error}", scenario.name)),
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}\n{}", differences.len(), differences.join("\n"), world.log_tail());
    Ok(())
}
