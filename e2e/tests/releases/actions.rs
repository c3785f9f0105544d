//! Releases that pass between our actions and Helm's.

use crate::helm::Helm;
use crate::release::FILES;
use crate::{NAME, OBJECT, colour, stage};
use anyhow::ensure;
use bytes::Bytes;
use cluster_client::Cluster;
use helm_chart::{Limits, Prepared, Schemas, load_files};
use helm_client::{
    ActionLog, Adoption, Crds, Dns, Execution, Helm as Actions, Hooks, Install, Method, MethodChoice, Propagation, Rollback,
    Source, Storage, Uninstall, Upgrade, WaitFor, Waiter,
};
use helm_release::ApplyMethod;
use object_health::HealthRules;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const EXECUTION: Execution = Execution { timeout: Duration::from_secs(20), hooks: Hooks::Run, wait: WaitFor::ObjectsAndJobs };

/// What our actions need besides options.
struct Ours {
    cluster: Cluster,
    storage: Storage,
    health: HealthRules,
    interrupt: CancellationToken,
}

impl Ours {
    async fn new(namespace: &str) -> anyhow::Result<Self> {
        let cluster = Cluster::new(test_support::Cluster::shared().await?.client().await?);
        let storage = Storage::new(cluster.clone(), namespace);
        Ok(Self { cluster, storage, health: HealthRules::default(), interrupt: CancellationToken::new() })
    }

    fn actions(&self) -> Actions<'_> {
        let Self { cluster, storage, health, interrupt } = self;
        Actions {
            cluster,
            storage,
            index: None,
            health,
            waiter: Waiter::Poller,
            interrupt,
            concurrency: 4,
            log: ActionLog::default(),
        }
    }
}

fn source(values: Value) -> anyhow::Result<Source> {
    let files = FILES.map(|(path, text)| (path.to_owned(), Bytes::from(text)));
    let chart = Arc::new(Prepared::new(load_files(files, &Limits::default())?));
    let values = values.as_object().cloned().unwrap_or_default();
    Ok(Source { chart, values, schemas: Schemas::Check, post_renderer: None, dns: Dns::Off })
}

fn upgrade(values: Value) -> anyhow::Result<Upgrade> {
    Ok(Upgrade {
        name: NAME.to_owned(),
        source: source(values)?,
        crds: Crds::default(),
        method: MethodChoice::Auto,
        adoption: Adoption::Take,
        preserve_values: false,
        force: false,
        cleanup_on_fail: false,
        max_history: 5,
        execution: EXECUTION,
    })
}

fn install(namespace: &str) -> anyhow::Result<Install> {
    Ok(Install {
        name: NAME.to_owned(),
        namespace: namespace.to_owned(),
        source: source(json!({"colour": "green"}))?,
        crds: Crds::default(),
        method: Method::ServerSide,
        adoption: Adoption::Take,
        create_namespace: false,
        replace: false,
        execution: EXECUTION,
    })
}

fn statuses(helm: &Helm) -> anyhow::Result<Vec<(Value, Value)>> {
    let history = helm.json(&["history", NAME])?;
    let revisions = history.as_array().into_iter().flatten();
    Ok(revisions.map(|revision| (revision["status"].clone(), revision["description"].clone())).collect())
}

fn said(expected: &[(&str, &str)]) -> Vec<(Value, Value)> {
    expected.iter().map(|(status, description)| (json!(status), json!(description))).collect()
}

#[tokio::test]
async fn helm_goes_on_with_what_our_actions_did_and_back() -> anyhow::Result<()> {
    let Some((helm, live, namespace)) = stage().await? else { return Ok(()) };
    let namespace = namespace.name();
    let ours = Ours::new(namespace).await?;
    let record = ours.actions().install(&install(namespace)?).await?;
    let listed = helm.json(&["list"])?;
    assert_eq!((&listed[0]["status"], &listed[0]["chart"]), (&json!("deployed"), &json!("demo-1.0.0")));
    assert_eq!(helm.run(&["get", "manifest", NAME])?.trim(), record.manifest.trim());
    assert!(helm.run(&["get", "notes", NAME])?.contains("The colour is green."));

    helm.run(&["upgrade", NAME, helm.chart(), "--set", "colour=blue", "--force-conflicts"])?;
    assert_eq!(colour(&live, namespace).await?, Some(json!("blue")));
    let record = ours.actions().upgrade(&upgrade(json!({"colour": "red"}))?).await?;
    assert_eq!((record.version, record.hooks[0].last_run.phase.as_str()), (3, "Succeeded"));
    assert_eq!(colour(&live, namespace).await?, Some(json!("red")));
    helm.run(&["rollback", NAME, "1", "--force-conflicts"])?;
    assert_eq!(colour(&live, namespace).await?, Some(json!("green")));
    let expected = [
        ("superseded", "Install complete"),
        ("superseded", "Upgrade complete"),
        ("superseded", "Upgrade complete"),
        ("deployed", "Rollback to 1"),
    ];
    assert_eq!(statuses(&helm)?, said(&expected));

    let uninstall =
        Uninstall { name: NAME.to_owned(), keep_history: false, propagation: Propagation::Background, execution: EXECUTION };
    assert_eq!(ours.actions().uninstall(&uninstall).await?.kept, "");
    ensure!(colour(&live, namespace).await?.is_none(), "{OBJECT} remains");
    assert_eq!(helm.json(&["list"])?, json!([]));
    Ok(())
}

#[tokio::test]
async fn our_actions_go_on_with_a_release_that_helm_applied_from_its_side() -> anyhow::Result<()> {
    let Some((helm, live, namespace)) = stage().await? else { return Ok(()) };
    let namespace = namespace.name();
    let ours = Ours::new(namespace).await?;
    helm.run(&["install", NAME, helm.chart(), "--set", "colour=green", "--server-side=false"])?;
    let record = ours.actions().upgrade(&upgrade(json!({"colour": "blue"}))?).await?;
    assert_eq!(record.apply_method, ApplyMethod::ClientSide);
    assert_eq!(colour(&live, namespace).await?, Some(json!("blue")));
    let rollback = Rollback {
        name: NAME.to_owned(),
        version: 0,
        method: MethodChoice::Auto,
        force: false,
        cleanup_on_fail: false,
        max_history: 5,
        execution: EXECUTION,
    };
    ours.actions().rollback(&rollback).await?;
    assert_eq!(colour(&live, namespace).await?, Some(json!("green")));
    let expected = [("superseded", "Install complete"), ("superseded", "Upgrade complete"), ("deployed", "Rollback to 1")];
    assert_eq!(statuses(&helm)?, said(&expected));
    helm.run(&["upgrade", NAME, helm.chart(), "--set", "colour=red"])?;
    assert_eq!(colour(&live, namespace).await?, Some(json!("red")));
    helm.run(&["uninstall", NAME])?;
    assert_eq!(colour(&live, namespace).await?, None);
    Ok(())
}
