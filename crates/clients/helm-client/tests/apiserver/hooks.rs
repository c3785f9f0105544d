//! Hooks: order, policies, failures; and tests.

use std::time::Duration;

use helm_client::{Hooks, Test};
use helm_release::Status;
use serde_json::json;

use crate::world::{NAME, TestResult, World, chart, config_map, description, hook, job, rollback, uninstall, upgrade};

#[tokio::test]
async fn hooks_run_by_weight_around_the_objects_and_go_by_their_policies() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let templates = [
        config_map("object", "1"),
        hook("after", json!({"helm.sh/hook": "post-install", "helm.sh/hook-delete-policy": "hook-succeeded"})),
        hook("second", json!({"helm.sh/hook": "pre-install", "helm.sh/hook-weight": "2"})),
        hook("first", json!({"helm.sh/hook": "pre-install", "helm.sh/hook-weight": "-2"})),
        job("migration", json!({"helm.sh/hook": "pre-install", "helm.sh/hook-weight": "5"}), true),
    ]
    .map(|object| object.to_string());
    let record = world.helm().install(&world.install(chart(&templates.each_ref().map(String::as_str)))).await?;
    let writes = world.writes();
    let written: Vec<&str> = writes.iter().filter(|line| line.starts_with("PATCH")).map(|line| line.as_str()).collect();
    let expected = ["configmaps/first", "configmaps/second", "jobs/migration", "configmaps/object", "configmaps/after"];
    assert_eq!(written, expected.map(|object| format!("PATCH {object}")));
    assert!(world.value("first").await?.is_some(), "without a policy a hook stays until it is created again");
    assert_eq!(world.value("after").await?, None);
    assert!(record.hooks.iter().all(|hook| hook.last_run.phase == "Succeeded" && !hook.last_run.completed_at.is_zero()));
    assert_eq!(world.stored(1).await?, record.to_json());
    assert_eq!(world.live("ConfigMap", "first").await?.unwrap_or_default()["metadata"]["labels"], json!(null));
    Ok(())
}

#[tokio::test]
async fn a_failing_hook_fails_the_upgrade_and_leaves_the_objects_alone() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    world.helm().install(&world.install(chart(&[&config_map("a", "1").to_string()]))).await?;
    let policy = |event: &str| json!({"helm.sh/hook": event, "helm.sh/hook-delete-policy": "hook-failed"});
    let templates = [config_map("a", "2"), job("migration", policy("pre-upgrade"), false)].map(|object| object.to_string());
    let source = chart(&templates.each_ref().map(String::as_str));
    let failure = world.helm().upgrade(&upgrade(source.clone())).await.expect_err("the hook fails");
    let record = failure.record.ok_or("there is a record")?;
    assert_eq!(record.hooks[0].last_run.phase, "Failed");
    let expected = format!(
        "Upgrade \"app\" failed: pre-upgrade hooks failed: failed early due to stalled resources: [Job/{}/migration status: 'Failed']",
        world.namespace
    );
    assert_eq!(description(&record), expected);
    assert_eq!(world.stored(2).await?, record.to_json());
    assert_eq!(world.statuses().await?, [(1, Status::Deployed), (2, Status::Failed)]);
    assert_eq!(world.value("a").await?.as_deref(), Some("1"));
    assert!(world.live("Job", "migration").await?.is_none());

    let mut options = upgrade(source);
    options.execution.hooks = Hooks::Skip;
    assert_eq!(world.helm().upgrade(&options).await?.version, 3);
    assert_eq!(world.statuses().await?, [(1, Status::Superseded), (2, Status::Failed), (3, Status::Deployed)]);
    Ok(())
}

#[tokio::test]
async fn a_rollback_with_a_failing_hook_does_not_stay_pending() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let templates = [config_map("a", "1"), job("migration", json!({"helm.sh/hook": "pre-rollback"}), false)];
    let templates = templates.map(|object| object.to_string());
    world.helm().install(&world.install(chart(&templates.each_ref().map(String::as_str)))).await?;
    world.helm().upgrade(&upgrade(chart(&[&config_map("a", "2").to_string()]))).await?;
    let failure = world.helm().rollback(&rollback(1)).await.expect_err("the hook fails");
    let record = failure.record.ok_or("there is a record")?;
    let namespace = &world.namespace;
    let expected =
        format!("Release \"app\" failed: failed early due to stalled resources: [Job/{namespace}/migration status: 'Failed']");
    assert_eq!(description(&record), expected);
    assert_eq!(world.statuses().await?, [(1, Status::Superseded), (2, Status::Deployed), (3, Status::Failed)]);
    Ok(())
}

#[tokio::test]
async fn hooks_of_the_deletion_run_before_and_after_it() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let templates = [
        config_map("a", "1"),
        hook("before", json!({"helm.sh/hook": "pre-delete"})),
        hook("after", json!({"helm.sh/hook": "post-delete"})),
    ]
    .map(|object| object.to_string());
    world.helm().install(&world.install(chart(&templates.each_ref().map(String::as_str)))).await?;
    world.writes();
    world.helm().uninstall(&uninstall()).await?;
    let writes = world.writes();
    let order: Vec<&str> = writes.iter().map(String::as_str).filter(|line| !line.contains("secrets")).collect();
    // A hook is deleted before it is created, there or not.
    let expected = [
        "DELETE configmaps/before",
        "PATCH configmaps/before",
        "DELETE configmaps/a",
        "DELETE configmaps/after",
        "PATCH configmaps/after",
    ];
    assert_eq!(order, expected);
    assert_eq!(world.statuses().await?, []);
    Ok(())
}

#[tokio::test]
async fn tests_run_as_they_are_chosen_and_say_how_they_went() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let is_test = json!({"helm.sh/hook": "test"});
    let templates =
        [config_map("a", "1"), job("good", is_test.clone(), true), job("bad", is_test, false)].map(|object| object.to_string());
    world.helm().install(&world.install(chart(&templates.each_ref().map(String::as_str)))).await?;
    let test = |include: &[&str], exclude: &[&str]| Test {
        name: NAME.to_owned(),
        timeout: Duration::from_secs(20),
        include: include.iter().map(|name| (*name).to_owned()).collect(),
        exclude: exclude.iter().map(|name| (*name).to_owned()).collect(),
    };
    let phases = |record: &helm_release::Release| {
        let phases = record.hooks.iter().map(|hook| (hook.name.clone(), hook.last_run.phase.clone()));
        phases.collect::<std::collections::BTreeMap<_, _>>()
    };
    let record = world.helm().test(&test(&[], &["bad"])).await?;
    assert_eq!(
        phases(&record),
        [("bad", ""), ("good", "Succeeded")].map(|(name, phase)| (name.to_owned(), phase.to_owned())).into()
    );
    let failure = world.helm().test(&test(&["bad"], &[])).await.expect_err("the test fails");
    let record = failure.record.ok_or("there is a record")?;
    assert_eq!(phases(&record)["bad"], "Failed");
    assert_eq!(record.status(), Status::Deployed);
    assert_eq!(world.storage.get(NAME, 1).await?.map(|record| phases(&record)), Some(phases(&record)));
    Ok(())
}
