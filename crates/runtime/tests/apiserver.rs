//! Client, leader election and events against a real API server.

use futures::{StreamExt as _, TryStreamExt as _};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Event as KubernetesEvent};
use kube::api::{Api, ListParams, PostParams, WatchParams};
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use runtime::client::{ClientOptions, build};
use runtime::events::{Event, EventObject, Recorder, RecorderOptions, Severity};
use runtime::flags::LeaderElectionFlags;
use runtime::leader::Candidate;
use runtime::metrics::Metrics;
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;
use test_support::cluster::Cluster;
use tokio_util::sync::CancellationToken;

type Outcome = Result<(), Box<dyn Error>>;

async fn client(cluster: &Cluster, metrics: &Arc<Metrics>) -> Result<kube::Client, Box<dyn Error>> {
    let options = ClientOptions {
        user_agent: "test-controller/v0".into(),
        requests_per_second: 50.0,
        burst: 300,
        metrics: Arc::clone(metrics),
    };
    Ok(build(configuration(cluster).await?, &options)?)
}

async fn configuration(cluster: &Cluster) -> Result<Config, Box<dyn Error>> {
    let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig())?;
    Ok(Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?)
}

/// The TCP connections of this process to the API server.
fn connections_to(port: u16) -> Result<usize, std::io::Error> {
    let (mut found, state_established) = (0, "01");
    for table in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
        let text = std::fs::read_to_string(table)?;
        let mut inodes = Vec::new();
        for fields in text.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>()) {
            let to_server = fields.get(2).is_some_and(|remote| remote.ends_with(&format!(":{port:04X}")));
            if to_server && fields.get(3) == Some(&state_established) {
                inodes.extend(fields.get(9).map(|inode| format!("socket:[{inode}]")));
            }
        }
        for entry in std::fs::read_dir("/proc/self/fd")? {
            // A file may be closed while the list is read.
            let target = std::fs::read_link(entry?.path()).unwrap_or_default();
            found += usize::from(inodes.iter().any(|inode| target.as_os_str() == inode.as_str()));
        }
    }
    Ok(found)
}

/// The server allows a connection 100 or 250 streams; 300 watches and the requests beside them must all get through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_watches_and_requests_share_few_connections() -> Outcome {
    let Some(cluster) = Cluster::shared_if_at_hand().await? else { return Ok(()) };
    let namespace = cluster.namespace("watches").await?;
    let client = client(cluster, &Metrics::new()).await?;
    let port = configuration(cluster).await?.cluster_url.port_u16().unwrap_or(443);
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace.name());
    let version = maps.list(&ListParams::default()).await?.metadata.resource_version.unwrap_or_default();
    let before = connections_to(port)?;
    let mut watches = Vec::new();
    for _ in 0..300 {
        watches.push(Box::pin(maps.watch(&WatchParams::default(), &version).await?));
    }
    let creations = (0..100).map(|index| {
        let map: ConfigMap =
            serde_json::from_value(serde_json::json!({"metadata": {"name": format!("m{index}")}})).unwrap_or_default();
        let maps = maps.clone();
        async move { maps.create(&PostParams::default(), &map).await }
    });
    futures::stream::iter(creations).buffer_unordered(100).try_collect::<Vec<_>>().await?;
    for watch in &mut watches {
        let first = tokio::time::timeout(Duration::from_secs(60), watch.next()).await?;
        assert!(matches!(first, Some(Ok(_))), "{first:?}");
    }
    let added = connections_to(port)? - before;
    assert!(added <= 8, "{added} connections were added for 300 watches and 100 requests");
    Ok(())
}

fn candidate(client: &kube::Client, namespace: &str, identity: &str) -> Candidate {
    Candidate {
        leases: Api::namespaced(client.clone(), namespace),
        name: "test-controller-leader-election".into(),
        identity: identity.into(),
        flags: LeaderElectionFlags {
            enable: true,
            release_on_cancel: true,
            lease_duration: Duration::from_secs(3),
            renew_deadline: Duration::from_secs(2),
            retry_period: Duration::from_millis(200),
        },
        metrics: Metrics::new(),
    }
}

#[tokio::test]
async fn a_lease_goes_from_a_go_holder_to_us_and_on_to_the_next_replica() -> Outcome {
    let Some(cluster) = Cluster::shared_if_at_hand().await? else { return Ok(()) };
    let namespace = cluster.namespace("lease").await?;
    let client = client(cluster, &Metrics::new()).await?;
    let leases: Api<Lease> = Api::namespaced(client.clone(), namespace.name());
    // As client-go leaves it after a holder was killed.
    let left: Lease = serde_json::from_value(serde_json::json!({
        "metadata": {"name": "test-controller-leader-election", "labels": {"keep": "me"}},
        "spec": {"holderIdentity": "old-pod_1234", "leaseDurationSeconds": 1, "leaseTransitions": 4,
                 "acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": "2026-01-01T00:00:00.000000Z"},
    }))?;
    leases.create(&PostParams::default(), &left).await?;

    let shutdown = CancellationToken::new();
    let mut first = candidate(&client, namespace.name(), "a").acquire(&shutdown).await.ok_or("not acquired")?;
    let second = candidate(&client, namespace.name(), "b");
    let waiting = CancellationToken::new();
    tokio::select! {
        lost = first.keep(&shutdown) => return Err(format!("{lost:?}").into()),
        _ = second.acquire(&waiting) => return Err("two leaders".into()),
        () = tokio::time::sleep(Duration::from_secs(5)) => {}
    }
    let spec = leases.get("test-controller-leader-election").await?.spec.unwrap_or_default();
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_transitions), (Some("a"), Some(5)));

    first.release().await;
    let held = candidate(&client, namespace.name(), "c").acquire(&shutdown).await.ok_or("not acquired")?;
    let lease = leases.get("test-controller-leader-election").await?;
    assert_eq!(lease.metadata.labels, Some(BTreeMap::from([("keep".into(), "me".into())])));
    let spec = lease.spec.unwrap_or_default();
    assert_eq!((spec.holder_identity.as_deref(), spec.lease_transitions), (Some("c"), Some(6)));
    held.release().await;
    Ok(())
}

#[tokio::test]
async fn repeated_events_become_one_with_a_count() -> Outcome {
    let Some(cluster) = Cluster::shared_if_at_hand().await? else { return Ok(()) };
    let namespace = cluster.namespace("events").await?;
    let metrics = Metrics::new();
    let client = client(cluster, &metrics).await?;
    let recorder = Recorder::start(RecorderOptions {
        controller: "source-controller".into(),
        instance: "pod".into(),
        events_addr: String::new(),
        client: client.clone(),
        metrics: Arc::clone(&metrics),
    })?;
    let about = EventObject {
        api_version: "source.toolkit.fluxcd.io/v1".into(),
        kind: "GitRepository".into(),
        namespace: namespace.name().into(),
        name: "src".into(),
        ..EventObject::default()
    };
    for message in ["same", "same", "other", "same"] {
        let metadata = BTreeMap::from([("revision".to_owned(), "main@sha1:1".to_owned())]);
        recorder
            .emit(&about, Event { severity: Severity::Info, reason: "NewArtifact".into(), message: message.into(), metadata });
    }
    recorder.shutdown(Duration::from_secs(20)).await;
    let events: Api<KubernetesEvent> = Api::namespaced(client, namespace.name());
    let mut seen: Vec<(Option<String>, Option<i32>)> =
        events.list(&ListParams::default()).await?.items.into_iter().map(|event| (event.message, event.count)).collect();
    seen.sort();
    assert_eq!(seen, [(Some("other".to_owned()), Some(1)), (Some("same".to_owned()), Some(3))]);
    assert!(metrics.text()?.contains("code=\"201\""));
    Ok(())
}
