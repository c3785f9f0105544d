//! Releases pass from our library to Helm and back: what one of them wrote, the other reads, upgrades, rolls back and uninstalls.

mod actions;
mod helm;
mod release;

use anyhow::{Context, ensure};
use e2e::Live;
use e2e::objects::{CONFIG_MAP, SECRET};
use helm::Helm;
use helm_release::storage::{self, Stamp};
use helm_release::{Release, Status, action, history};
use jiff::Timestamp;
use release::{FILES, apply, now, rendered};
use serde_json::{Value, json};
use std::process::Command;
use test_support::controller::binaries;
use test_support::{Cluster, Namespace, workspace};

/// The release, and the object that the chart has.
const NAME: &str = "app";
const OBJECT: &str = "app-settings";

/// Helm and a client in a namespace of its own; `None` where there is no API server at hand.
async fn stage() -> anyhow::Result<Option<(Helm, Live, Namespace)>> {
    let Some(cluster) = Cluster::shared_if_at_hand().await? else { return Ok(None) };
    let namespace = cluster.namespace("releases").await?;
    let helm = Helm::new(cluster.kubeconfig(), namespace.name(), &FILES)?;
    Ok(Some((helm, Live::new(cluster.client().await?), namespace)))
}

/// Writes the record of a revision, as the storage of a controller does.
async fn write(live: &Live, release: &Release) -> anyhow::Result<()> {
    let mut secret = storage::secret(release, Stamp::Created(Timestamp::now()));
    secret["metadata"]["namespace"] = json!(release.namespace);
    live.create(SECRET, &secret).await.map(drop)
}

/// Reads the record of a revision.
async fn read(live: &Live, namespace: &str, version: i64) -> anyhow::Result<Release> {
    let name = storage::key(NAME, version);
    let secret = live.get(SECRET, namespace, &name).await?.with_context(|| format!("there is no Secret {name}"))?;
    Ok(storage::read(&secret)?)
}

async fn colour(live: &Live, namespace: &str) -> anyhow::Result<Option<Value>> {
    Ok(live.get(CONFIG_MAP, namespace, OBJECT).await?.map(|object| object["data"]["colour"].clone()))
}

#[tokio::test]
async fn helm_goes_on_with_a_release_of_ours() -> anyhow::Result<()> {
    let Some((helm, live, namespace)) = stage().await? else { return Ok(()) };
    let namespace = namespace.name();
    let mut release = action::install(NAME, namespace, 1, rendered(NAME, namespace, 1, json!({"colour": "green"}))?, now());
    apply(&live, &release).await?;
    action::succeed(&mut release, action::Action::Install, "");
    write(&live, &release).await?;

    let listed = helm.json(&["list"])?;
    assert_eq!(
        (&listed[0]["name"], &listed[0]["status"], &listed[0]["chart"]),
        (&json!(NAME), &json!("deployed"), &json!("demo-1.0.0"))
    );
    assert_eq!(helm.json(&["history", NAME])?[0]["description"], "Install complete");
    assert_eq!(helm.json(&["get", "values", NAME])?, json!({"colour": "green"}));
    assert_eq!(helm.run(&["get", "manifest", NAME])?.trim(), release.manifest.trim());
    assert_eq!(helm.run(&["get", "hooks", NAME])?.matches("# Source: demo/templates/hook.yaml").count(), 1);
    assert!(helm.run(&["get", "notes", NAME])?.contains("The colour is green."));

    helm.run(&["upgrade", NAME, helm.chart(), "--set", "colour=blue"])?;
    assert_eq!(colour(&live, namespace).await?, Some(json!("blue")));
    let (first, second) = (read(&live, namespace, 1).await?, read(&live, namespace, 2).await?);
    assert_eq!((first.status(), second.status()), (Status::Superseded, Status::Deployed));
    assert_eq!(second.config.map(Value::Object), Some(json!({"colour": "blue"})));

    helm.run(&["rollback", NAME, "1"])?;
    assert_eq!(colour(&live, namespace).await?, Some(json!("green")));
    let third = read(&live, namespace, 3).await?;
    assert_eq!((third.manifest, third.config), (release.manifest, release.config));

    helm.run(&["uninstall", NAME])?;
    assert_eq!(colour(&live, namespace).await?, None);
    ensure!(live.get(SECRET, namespace, &storage::key(NAME, 1)).await?.is_none(), "the records remain");
    Ok(())
}

#[tokio::test]
async fn ours_goes_on_with_a_release_of_helm() -> anyhow::Result<()> {
    let Some((helm, live, namespace)) = stage().await? else { return Ok(()) };
    let namespace = namespace.name();
    helm.run(&["install", NAME, helm.chart(), "--set", "colour=green", "--server-side=false"])?;

    let mut first = read(&live, namespace, 1).await?;
    let ours = action::install(NAME, namespace, 1, rendered(NAME, namespace, 1, json!({"colour": "green"}))?, now());
    assert_eq!(first.status(), Status::Deployed);
    assert_eq!((&first.manifest, &first.config, &first.apply_method), (&ours.manifest, &ours.config, &ours.apply_method));
    let essence = |release: &Release| -> Vec<Value> { release.hooks.iter().map(release::essence).collect() };
    assert_eq!(essence(&first), essence(&ours));
    assert_eq!(release::templates(&first), release::templates(&ours));
    let notes = |release: &Release| release.info.as_ref().map(|info| info.notes.clone());
    assert_eq!(notes(&first), notes(&ours));

    let records = [first.clone()];
    let base = history::upgrade_base(NAME, &records)?;
    let mut second = action::upgrade(base, rendered(NAME, namespace, 2, json!({"colour": "blue"}))?, now());
    // What is on the Secret besides the system's labels is the user's.
    second.labels = storage::custom_labels(&second.labels);
    apply(&live, &second).await?;
    action::succeed(&mut second, action::Action::Upgrade, "");
    action::supersede(&mut first);
    first.labels = storage::custom_labels(&first.labels);
    let change = storage::secret(&first, Stamp::Modified(Timestamp::now()));
    live.patch(
        SECRET,
        namespace,
        &storage::key(NAME, 1),
        &json!({"metadata": {"labels": change["metadata"]["labels"]}, "data": change["data"]}),
    )
    .await?;
    write(&live, &second).await?;

    let history = helm.json(&["history", NAME])?;
    let statuses: Vec<&Value> = history.as_array().into_iter().flatten().map(|revision| &revision["status"]).collect();
    assert_eq!(statuses, ["superseded", "deployed"]);
    assert_eq!(helm.json(&["get", "values", NAME])?, json!({"colour": "blue"}));
    helm.run(&["rollback", NAME, "1"])?;
    assert_eq!(colour(&live, namespace).await?, Some(json!("green")));
    assert_eq!(read(&live, namespace, 2).await?.status(), Status::Superseded);
    helm.run(&["uninstall", NAME])?;
    assert_eq!(colour(&live, namespace).await?, None);
    Ok(())
}

#[tokio::test]
async fn the_install_chart_is_rendered_alike() -> anyhow::Result<()> {
    let Some((helm, _, namespace)) = stage().await? else { return Ok(()) };
    let chart = workspace::root().join("charts/weir");
    let weir = binaries()?.join("weir");
    let choices: [&[&str]; 4] = [
        &[],
        &["--set", "tenancy.strict=false,podMonitors.enabled=true,leaderElection=false"],
        &["--set", "sharding.keys={one,two},controllers.helm-controller.enabled=false"],
        &["--set", "watchAllNamespaces=false,crds.install=false,networkPolicies.enabled=false,replicas=0"],
    ];
    for flags in choices {
        let wanted = helm.template(&chart, flags)?;
        let mut command = Command::new(&weir);
        let command = command.args(["helm", "template", "weir"]).arg(&chart).args(["--namespace", namespace.name()]).args(flags);
        let ours = command.output().context("run weir")?;
        ensure!(String::from_utf8(ours.stdout)? == wanted, "{flags:?}: {}", String::from_utf8_lossy(&ours.stderr));
    }
    Ok(())
}
