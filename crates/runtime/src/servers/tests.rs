use super::*;

async fn started(routes: Router) -> (Server, CancellationToken) {
    let shutdown = CancellationToken::new();
    let listener = bind("--health-addr", "127.0.0.1:0").await.unwrap().unwrap();
    (serve(listener, routes, shutdown.clone()).unwrap(), shutdown)
}

async fn fetched(server: &Server, path: &str) -> (u16, String) {
    let response = reqwest::get(format!("http://{}{path}", server.address())).await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn probes_answer_as_those_of_controller_runtime() {
    let checks = HealthChecks::default();
    let (server, _shutdown) = started(health_routes(checks.clone())).await;
    for path in ["/healthz", "/readyz", "/healthz/ping", "/readyz/ping", "/healthz/"] {
        assert_eq!(fetched(&server, path).await, (200, "ok".to_owned()), "{path}");
    }
    assert_eq!(fetched(&server, "/readyz?verbose").await, (200, "[+]ping ok\nreadyz check passed\n".to_owned()));
    assert_eq!(fetched(&server, "/readyz/nope").await.0, 404);
    assert_eq!(fetched(&server, "/").await.0, 404);

    checks.register(Probe::Ready, "storage", || Err("S3NTINEL".to_owned()));
    let expected = "[+]ping ok\n[-]storage failed: reason withheld\nreadyz check failed\n";
    assert_eq!(fetched(&server, "/readyz").await, (500, expected.to_owned()));
    assert_eq!(fetched(&server, "/readyz/ping").await.0, 200);
    assert_eq!(fetched(&server, "/healthz").await.0, 200);
}

#[tokio::test]
async fn metrics_are_served_in_text_form() {
    let (server, _shutdown) = started(metrics_routes(Metrics::new())).await;
    let response = reqwest::get(format!("http://{}/metrics", server.address())).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert!(response.text().await.unwrap().contains("\nprocess_cpu_seconds_total "));
}

/// What Flux has besides and only a Go program can have.
#[tokio::test]
async fn nothing_of_the_go_runtime_is_served() {
    let (server, _shutdown) = started(metrics_routes(Metrics::new())).await;
    let get = |path: &str| reqwest::get(format!("http://{}{path}", server.address()));
    assert!(!get("/metrics").await.unwrap().text().await.unwrap().contains("\ngo_"));
    assert_eq!(get("/debug/pprof/").await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_address_that_cannot_be_bound_names_its_flag() {
    let taken = bind("--metrics-addr", "127.0.0.1:0").await.unwrap().unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = bind("--metrics-addr", &address).await.unwrap_err();
    assert_eq!(error.to_string(), format!("listen on --metrics-addr={address}"));
    assert!(bind("--metrics-addr", ":notaport").await.is_err());
    for off in ["", "0"] {
        assert!(bind("--metrics-addr", off).await.unwrap().is_none());
    }
    assert!(bind("--metrics-addr", ":0").await.unwrap().is_some());
}

#[tokio::test]
async fn a_server_ends_when_asked() {
    let (server, shutdown) = started(health_routes(HealthChecks::default())).await;
    let address = server.address();
    shutdown.cancel();
    server.finished(Duration::from_secs(5)).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
