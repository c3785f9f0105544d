//! Dying after each write: the next actions find a state they can go on from, and there are never two deployed revisions.

use std::time::Duration;

use helm_client::Upgrade;
use helm_release::Status;
use serde_json::json;

use crate::world::{TestResult, World, chart, config_map, description, hook, rollback, uninstall, upgrade};

fn source(value: &str) -> helm_client::Source {
    let hooks = json!({"helm.sh/hook": "pre-install,pre-upgrade,post-upgrade,pre-rollback,pre-delete"});
    let templates = [config_map("a", value), config_map(&format!("only-{value}"), value), hook("h", hooks)];
    let templates = templates.map(|object| object.to_string());
    chart(&templates.each_ref().map(String::as_str))
}

/// A dead cluster is waited for as long as any other: shortly, here.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The options of an upgrade that gives up soon.
fn brief(value: &str) -> Upgrade {
    let mut options = upgrade(source(value));
    options.execution.timeout = TIMEOUT;
    options
}

/// What helm-controller does with what it finds, until the release is at `options`.
async fn recover(world: &World, options: &Upgrade) -> TestResult {
    world.live_again();
    let deployed = |statuses: &[(i64, Status)]| statuses.iter().filter(|(_, status)| *status == Status::Deployed).count();
    let statuses = world.statuses().await?;
    assert!(deployed(&statuses) <= 1, "{statuses:?}");
    if let Some(record) = world.helm().unlock("app").await? {
        assert!(description(&record).starts_with("Release unlocked from stale 'pending-"), "{}", description(&record));
    }
    let statuses = world.statuses().await?;
    assert!(statuses.iter().all(|(_, status)| !status.is_pending()), "{statuses:?}");
    if statuses.is_empty() {
        world.helm().install(&world.install(options.source.clone())).await?;
    } else {
        world.helm().upgrade(options).await?;
    }
    assert_eq!(deployed(&world.statuses().await?), 1);
    Ok(())
}

#[tokio::test]
async fn an_install_may_die_after_any_write() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    for writes in 0..20 {
        world.die_after(writes);
        let mut options = world.install(source("1"));
        options.execution.timeout = TIMEOUT;
        let result = world.helm().install(&options).await;
        recover(&world, &brief("2")).await?;
        assert_eq!(world.value("a").await?.as_deref(), Some("2"));
        assert_eq!(world.value("only-1").await?, None, "after {writes} writes");
        world.helm().uninstall(&uninstall()).await?;
        if result.is_ok() {
            assert!(writes > 4, "after {writes} writes nothing was missing");
            return Ok(());
        }
    }
    Err("the install makes more than twenty writes".into())
}

#[tokio::test]
async fn an_upgrade_and_a_rollback_may_die_after_any_write() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    world.helm().install(&world.install(source("0"))).await?;
    let (mut upgraded, mut rolled_back) = (false, false);
    for writes in 0..20 {
        world.die_after(writes);
        upgraded = world.helm().upgrade(&brief("1")).await.is_ok();
        recover(&world, &brief("2")).await?;
        assert_eq!((world.value("a").await?.as_deref(), world.value("only-1").await?), (Some("2"), None));
        world.die_after(writes);
        let mut options = rollback(0);
        options.execution.timeout = TIMEOUT;
        rolled_back = world.helm().rollback(&options).await.is_ok();
        recover(&world, &brief("2")).await?;
        assert_eq!(world.value("a").await?.as_deref(), Some("2"));
        if upgraded && rolled_back {
            break;
        }
    }
    assert!(upgraded && rolled_back);
    Ok(())
}

#[tokio::test]
async fn an_uninstall_that_died_goes_on() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    for writes in 0..20 {
        world.helm().install(&world.install(source("1"))).await?;
        world.helm().upgrade(&brief("2")).await?;
        world.die_after(writes);
        let mut options = uninstall();
        options.execution.timeout = TIMEOUT;
        let first = world.helm().uninstall(&options).await;
        world.live_again();
        if !world.statuses().await?.is_empty() {
            world.helm().uninstall(&uninstall()).await?;
        }
        assert_eq!((world.statuses().await?, world.value("a").await?), (vec![], None));
        if first.is_ok() {
            return Ok(());
        }
    }
    Err("the uninstall makes more than twenty writes".into())
}

#[tokio::test]
async fn a_pending_release_refuses_an_upgrade_until_it_is_unlocked() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    world.helm().install(&world.install(source("1"))).await?;
    assert!(world.helm().unlock("app").await?.is_none());
    world.die_after(1);
    world.helm().upgrade(&brief("2")).await.expect_err("the process has died");
    world.live_again();
    assert_eq!(world.statuses().await?, [(1, Status::Deployed), (2, Status::PendingUpgrade)]);
    let failure = world.helm().upgrade(&brief("2")).await.expect_err("an action is in progress");
    assert_eq!(failure.to_string(), "another operation (install/upgrade/rollback) is in progress");
    assert!(failure.record.is_none());
    let record = world.helm().unlock("app").await?.ok_or("it was pending")?;
    assert_eq!(description(&record), "Release unlocked from stale 'pending-upgrade' state");
    assert_eq!(world.statuses().await?, [(1, Status::Deployed), (2, Status::Failed)]);
    Ok(())
}
