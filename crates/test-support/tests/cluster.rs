//! A cluster starts, serves, restarts and ends.

use k8s_openapi::api::core::v1::{ConfigMap, Node};
use kube::api::{Api, ListParams, PostParams};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use test_support::Cluster;
use test_support::cluster::ControlPlane;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// These tests are of the cluster itself, so `None` only where building one would take minutes and nobody asked for it.
async fn cluster() -> Result<Option<Cluster>, Box<dyn std::error::Error>> {
    if ControlPlane::at_hand()?.is_none() && std::env::var_os("REQUIRE_APISERVER").is_none() {
        eprintln!("SKIPPED: no API server at hand; `cargo xtask test` builds one");
        return Ok(None);
    }
    Ok(Some(Cluster::builder().nodes(1).start().await?))
}

#[tokio::test]
async fn objects_outlive_a_restart_of_the_api_server() -> Outcome {
    let Some(cluster) = cluster().await? else { return Ok(()) };
    let namespace = cluster.namespace("restart").await?;
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client().await?, namespace.name());
    let map = serde_json::from_value(serde_json::json!({"metadata": {"name": "kept"}, "data": {"k": "v"}}))?;
    maps.create(&PostParams::default(), &map).await?;
    if cluster.is_ours() {
        cluster.stop_api_server()?;
        assert!(maps.get("kept").await.is_err(), "a stopped API server answers");
        cluster.start_api_server().await?;
    }
    assert!(maps.get("kept").await?.data.is_some_and(|data| data["k"] == "v"));
    assert!(namespace.dump().await?.contains("\"kept\""));
    Ok(())
}

#[tokio::test]
async fn nodes_become_ready() -> Outcome {
    if ControlPlane::at_hand()?.is_some_and(|programs| programs.command("kwok").is_none()) {
        eprintln!("SKIPPED: KUBEBUILDER_ASSETS has no kwok");
        return Ok(());
    }
    let Some(cluster) = cluster().await? else { return Ok(()) };
    let nodes: Api<Node> = Api::all(cluster.client().await?);
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let list = nodes.list(&ListParams::default()).await?;
        let conditions = list.items.iter().filter_map(|node| node.status.as_ref()?.conditions.as_ref()).flatten();
        if conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True") {
            return Ok(());
        }
        assert!(Instant::now() < deadline, "no node is ready: {list:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Nothing by itself: the next test runs this one in a process that it then kills.
#[test]
fn a_child_is_started_where_the_next_test_asks_for_it() -> Outcome {
    let Some(file) = std::env::var_os("WEIR_VICTIM") else { return Ok(()) };
    let mut command = Command::new("sleep");
    command.arg("1000");
    let log = std::path::PathBuf::from(&file).with_extension("log");
    let process = test_support::process::Process::start("sleep", command, &log)?;
    let unfinished = std::path::PathBuf::from(&file).with_extension("unfinished");
    std::fs::write(&unfinished, process.id().to_string())?;
    std::fs::rename(unfinished, file)?;
    loop {
        std::thread::park();
    }
}

#[test]
fn children_of_a_killed_test_are_killed() -> Outcome {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("id");
    let mut test = Command::new(std::env::current_exe()?)
        .args(["--exact", "a_child_is_started_where_the_next_test_asks_for_it"])
        .env("WEIR_VICTIM", &file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let wait = |condition: &dyn Fn() -> bool, what: &str| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !condition() {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    wait(&|| file.exists(), "the victim starts no child");
    let id = std::fs::read_to_string(&file)?;
    let status = format!("/proc/{id}/stat");
    assert!(std::path::Path::new(&status).exists());
    test.kill()?;
    test.wait()?;
    // The orphan is gone, or dead and waiting to be collected by init.
    let gone = || std::fs::read_to_string(&status).map_or(true, |text| text.contains(") Z "));
    wait(&gone, "the child outlives the killed test");
    Ok(())
}
