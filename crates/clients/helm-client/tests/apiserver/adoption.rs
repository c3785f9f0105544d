//! Objects that exist already.

use helm_client::Adoption;
use helm_release::Status;

use crate::world::{TestResult, World, chart, config_map, upgrade};

#[tokio::test]
async fn objects_of_others_stop_an_action_before_it_is_recorded() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    world.foreign("a").await?;
    let mut options = world.install(chart(&[&config_map("a", "ours").to_string()]));
    options.adoption = Adoption::Refuse;
    let failure = world.helm().install(&options).await.expect_err("the object is somebody else's");
    let namespace = &world.namespace;
    let chain = std::error::Error::source(&failure).map(ToString::to_string).unwrap_or_default();
    assert_eq!(failure.to_string(), "unable to continue with install");
    assert!(chain.starts_with(&format!(
        "ConfigMap \"a\" in namespace \"{namespace}\" exists and cannot be imported into the current release: invalid ownership metadata; \
         label validation error: missing key \"app.kubernetes.io/managed-by\": must be set to \"Helm\"; "
    )), "{chain}");
    assert!(failure.record.is_none());
    assert_eq!(world.statuses().await?, []);
    assert_eq!(world.value("a").await?.as_deref(), Some("theirs"));

    world.helm().install(&world.install(chart(&[&config_map("b", "1").to_string()]))).await?;
    let both = [config_map("a", "ours").to_string(), config_map("b", "2").to_string()];
    let mut options = upgrade(chart(&both.each_ref().map(String::as_str)));
    options.adoption = Adoption::Refuse;
    let failure = world.helm().upgrade(&options).await.expect_err("the object is somebody else's");
    assert_eq!(failure.to_string(), "unable to continue with update");
    assert_eq!(world.statuses().await?, [(1, Status::Deployed)]);

    options.adoption = Adoption::Take;
    world.helm().upgrade(&options).await?;
    assert_eq!(world.value("a").await?.as_deref(), Some("ours"));
    // Now it is the release's.
    options.adoption = Adoption::Refuse;
    world.helm().upgrade(&options).await?;
    Ok(())
}

#[tokio::test]
async fn an_install_may_take_what_exists() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    world.foreign("a").await?;
    world.helm().install(&world.install(chart(&[&config_map("a", "ours").to_string()]))).await?;
    assert_eq!(world.value("a").await?.as_deref(), Some("ours"));
    Ok(())
}
