use super::*;
use http::{Method, Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use std::sync::Mutex;

/// One Lease, kept as an API server keeps it: a write needs the version that is stored.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Stored>>);

#[derive(Default)]
struct Stored {
    lease: Option<Value>,
    version: u64,
    down: bool,
}

impl Server {
    fn answer(&self, method: &Method, body: Value) -> (u16, Value) {
        let mut stored = self.0.lock().unwrap();
        let status =
            |code: u16, reason: &str| (code, json!({"kind": "Status", "code": code, "reason": reason, "message": reason}));
        if stored.down {
            return status(500, "InternalError");
        }
        let found = stored.lease.clone();
        match (method.as_str(), found) {
            ("GET", Some(lease)) => (200, lease),
            ("GET", None) => status(404, "NotFound"),
            ("POST", Some(_)) => status(409, "AlreadyExists"),
            ("PUT", Some(lease)) if lease["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"] => {
                status(409, "Conflict")
            }
            ("POST" | "PUT", _) => {
                stored.version += 1;
                let mut lease = body;
                lease["metadata"]["resourceVersion"] = stored.version.to_string().into();
                stored.lease = Some(lease.clone());
                (200, lease)
            }
            _ => status(405, "MethodNotAllowed"),
        }
    }

    fn client(&self) -> kube::Client {
        let server = self.clone();
        kube::Client::new(
            tower::service_fn(move |request: Request<Body>| {
                let server = server.clone();
                async move {
                    let (parts, body) = request.into_parts();
                    let bytes = body.collect_bytes().await?;
                    let body = serde_json::from_slice(&bytes).unwrap_or_default();
                    let (code, answer) = server.answer(&parts.method, body);
                    let answer = Response::builder().status(code).body(Body::from(answer.to_string().into_bytes()))?;
                    Ok::<_, tower::BoxError>(answer)
                }
            }),
            "default",
        )
    }

    fn candidate(&self, identity: &str, metrics: &Arc<Metrics>) -> Candidate {
        Candidate {
            leases: Api::namespaced(self.client(), "flux-system"),
            name: "c-leader-election".into(),
            identity: identity.into(),
            flags: LeaderElectionFlags {
                enable: true,
                release_on_cancel: true,
                lease_duration: Duration::from_secs(35),
                renew_deadline: Duration::from_secs(30),
                retry_period: Duration::from_secs(5),
            },
            metrics: Arc::clone(metrics),
        }
    }

    fn spec(&self) -> Value {
        self.0.lock().unwrap().lease.clone().unwrap()["spec"].clone()
    }

    fn change(&self, change: impl FnOnce(&mut Stored)) {
        change(&mut self.0.lock().unwrap());
    }
}

fn leading(metrics: &Metrics) -> bool {
    metrics.text().unwrap().contains("leader_election_master_status{name=\"c-leader-election\"} 1")
}

#[tokio::test(start_paused = true)]
async fn the_first_candidate_leads_and_writes_what_client_go_writes() {
    let (server, metrics, shutdown) = (Server::default(), Metrics::new(), CancellationToken::new());
    let held = server.candidate("pod-1_x", &metrics).acquire(&shutdown).await.unwrap();
    let spec = server.spec();
    assert_eq!((&spec["holderIdentity"], &spec["leaseDurationSeconds"]), (&"pod-1_x".into(), &35.into()));
    assert_eq!((&spec["leaseTransitions"], &spec["acquireTime"]), (&0.into(), &spec["renewTime"]));
    assert!(leading(&metrics));
    held.release().await;
    assert!(!leading(&metrics));
}

#[tokio::test(start_paused = true)]
async fn the_next_one_takes_over_when_the_lease_of_a_dead_holder_ran_out() {
    let (server, metrics, shutdown) = (Server::default(), Metrics::new(), CancellationToken::new());
    drop(server.candidate("a", &metrics).acquire(&shutdown).await.unwrap());
    let start = Instant::now();
    let _held = server.candidate("b", &metrics).acquire(&shutdown).await.unwrap();
    let waited = start.elapsed();
    // The lease, and at most one more pause of up to 2.2 retry periods.
    assert!((Duration::from_secs(35)..Duration::from_secs(47)).contains(&waited), "{waited:?}");
    assert_eq!((&server.spec()["holderIdentity"], &server.spec()["leaseTransitions"]), (&"b".into(), &1.into()));
}

#[tokio::test(start_paused = true)]
async fn a_released_lease_is_free_at_once() {
    let (server, metrics, shutdown) = (Server::default(), Metrics::new(), CancellationToken::new());
    server.candidate("a", &metrics).acquire(&shutdown).await.unwrap().release().await;
    assert_eq!((&server.spec()["holderIdentity"], &server.spec()["leaseDurationSeconds"]), (&"".into(), &1.into()));
    let start = Instant::now();
    let _held = server.candidate("b", &metrics).acquire(&shutdown).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_renews_keeps_the_others_out() {
    let (server, metrics, shutdown) = (Server::default(), Metrics::new(), CancellationToken::new());
    let mut held = server.candidate("a", &metrics).acquire(&shutdown).await.unwrap();
    let acquired = server.spec()["acquireTime"].clone();
    let other = server.candidate("b", &metrics);
    tokio::select! {
        _ = held.keep(&shutdown) => panic!("the holder lost it"),
        _ = other.acquire(&shutdown) => panic!("two leaders"),
        () = sleep(Duration::from_secs(600)) => {}
    }
    assert_eq!((&server.spec()["holderIdentity"], &server.spec()["acquireTime"]), (&"a".into(), &acquired));
}

#[tokio::test(start_paused = true)]
async fn sec_l3_a_holder_that_cannot_renew_stops_before_another_may_start() {
    let (server, metrics, shutdown) = (Server::default(), Metrics::new(), CancellationToken::new());
    let mut held = server.candidate("a", &metrics).acquire(&shutdown).await.unwrap();
    server.change(|stored| stored.down = true);
    let start = Instant::now();
    assert_eq!(held.keep(&shutdown).await, Err(ElectionError::Lost));
    assert!(start.elapsed() < Duration::from_secs(35), "{:?}", start.elapsed());
    assert!(!leading(&metrics));
}

#[tokio::test(start_paused = true)]
async fn sec_l3_a_holder_that_was_replaced_stops_at_its_next_look() {
    let (server, metrics, shutdown) = (Server::default(), Metrics::new(), CancellationToken::new());
    let mut held = server.candidate("a", &metrics).acquire(&shutdown).await.unwrap();
    server.change(|stored| stored.lease.as_mut().unwrap()["spec"]["holderIdentity"] = "b".into());
    assert_eq!(held.keep(&shutdown).await, Err(ElectionError::Lost));
    // What is not ours is not released.
    held.release().await;
    assert_eq!(server.spec()["holderIdentity"], "b");
}

#[tokio::test(start_paused = true)]
async fn a_short_failure_of_the_server_does_not_end_a_leadership() {
    let (server, metrics, shutdown) = (Server::default(), Metrics::new(), CancellationToken::new());
    let mut held = server.candidate("a", &metrics).acquire(&shutdown).await.unwrap();
    let outage = async {
        server.change(|stored| stored.down = true);
        sleep(Duration::from_secs(20)).await;
        // Someone touched the Lease meanwhile, so that the known version is an old one.
        server.change(|stored| {
            stored.down = false;
            stored.lease.as_mut().unwrap()["metadata"]["resourceVersion"] = "999".into();
        });
        sleep(Duration::from_secs(120)).await;
        shutdown.cancel();
    };
    let (kept, ()) = tokio::join!(held.keep(&shutdown), outage);
    assert_eq!(kept, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_is_told_to_end_stops_waiting() {
    let (server, metrics, shutdown) = (Server::default(), Metrics::new(), CancellationToken::new());
    let _held = server.candidate("a", &metrics).acquire(&shutdown).await.unwrap();
    shutdown.cancel();
    assert!(server.candidate("b", &metrics).acquire(&shutdown).await.is_none());
}
