//! Each controller is killed (SIGKILL) twenty times in the middle of its work. All converges, and nothing is pruned that should stay.

use crate::scenario::Scenario;
use anyhow::ensure;
use e2e::World;
use e2e::objects::{GIT_REPOSITORY, KUSTOMIZATION, config_map};
use e2e::world::{Settings, at_hand};
use serde_json::json;
use std::time::Duration;

const KILLS: u32 = 20;

/// How many objects stay from the first commit to the last.
const KEPT: usize = 8;

/// Which controller is killed.
#[derive(Clone, Copy)]
enum Victim {
    Source,
    Kustomize,
}

#[tokio::test]
async fn source_controller_survives_being_killed() -> anyhow::Result<()> {
    kill(Victim::Source).await
}

#[tokio::test]
async fn kustomize_controller_survives_being_killed() -> anyhow::Result<()> {
    kill(Victim::Kustomize).await
}

async fn kill(victim: Victim) -> anyhow::Result<()> {
    if !at_hand()? {
        return Ok(());
    }
    let mut world = World::start(&Settings::for_tests()?).await?;
    let scenario = Scenario::begin(&world, "kill").await?;
    let (live, repository, namespace) = (scenario.live.clone(), scenario.repository.clone(), scenario.namespace().to_owned());
    let first = round(0);
    scenario.commit(&borrowed(&first))?;
    scenario.follow().await?;
    scenario.apply("all", "./", json!({"wait": true})).await?;
    scenario.ready(KUSTOMIZATION, "all").await?;
    let mut uids = Vec::new();
    for number in 0..KEPT {
        uids.push(scenario.uid(&format!("kept-{number}")).await?);
    }
    // The borrow of the world ends here, since the controllers are changed; the namespace stays without its guard.
    drop(scenario);

    let mut last = String::new();
    for number in 1..=KILLS {
        let mut commit = repository.commit(&format!("Round {number}"));
        for (path, text) in round(number) {
            commit = commit.file(&path, text);
        }
        last = commit.remove(&format!("passing-{}.yaml", number - 1)).create()?;
        live.request(GIT_REPOSITORY, &namespace, "source").await?;
        // Another moment of the work each time: from before the fetch until after the apply.
        tokio::time::sleep(Duration::from_millis(u64::from(number) * 30)).await;
        let controller = match victim {
            Victim::Source => &mut world.source,
            Victim::Kustomize => &mut world.kustomize,
        };
        controller.restart()?;
        controller.wait_until_ready().await?;
        for (number, uid) in uids.iter().enumerate() {
            let object = live.get(e2e::objects::CONFIG_MAP, &namespace, &format!("kept-{number}")).await?;
            let now = object.map(|object| object["metadata"]["uid"].as_str().unwrap_or_default().to_owned());
            ensure!(now == *uid, "kept-{number} was pruned or recreated");
        }
    }
    converged(&world, &namespace, &last).await
}

/// The last commit and nothing else is live.
async fn converged(world: &World, namespace: &str, commit: &str) -> anyhow::Result<()> {
    let live = world.live().await?;
    live.request(GIT_REPOSITORY, namespace, "source").await?;
    let applied = |object: &serde_json::Value| {
        e2e::objects::is_ready(object)
            && object["status"]["lastAppliedRevision"].as_str().is_some_and(|text| text.ends_with(commit))
    };
    live.wait(KUSTOMIZATION, namespace, "all", "converge", applied).await?;
    let mut names: Vec<String> = live
        .list(e2e::objects::CONFIG_MAP, namespace)
        .await?
        .iter()
        .filter_map(|object| object["metadata"]["name"].as_str().map(str::to_owned))
        .filter(|name| name != "kube-root-ca.crt")
        .collect();
    names.sort();
    let mut expected: Vec<String> = (0..KEPT).map(|number| format!("kept-{number}")).collect();
    expected.push(format!("passing-{KILLS}"));
    ensure!(names == expected, "{names:?}");
    Ok(())
}

/// The files of one round: those that stay, with other content, and one that only this round has.
fn round(number: u32) -> Vec<(String, String)> {
    let kept =
        (0..KEPT).map(|kept| (format!("kept-{kept}.yaml"), config_map(&format!("kept-{kept}"), "round", &number.to_string())));
    let passing = (format!("passing-{number}.yaml"), config_map(&format!("passing-{number}"), "round", &number.to_string()));
    kept.chain([passing]).collect()
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(path, text)| (&**path, &**text)).collect()
}
