//! What the API server is asked about the kinds that it serves.

use std::sync::{Arc, Mutex};

use cluster_client::Cluster;
use http::Request;
use kube::Client;
use kube::client::Body;
use tower::BoxError;

use crate::world::TestResult;

#[tokio::test]
async fn what_is_served_is_sent_again_only_when_it_has_changed() -> TestResult {
    let Some(server) = test_support::Cluster::shared_if_at_hand().await? else { return Ok(()) };
    let base = server.client().await?;
    let answers = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&answers);
    let service = tower::service_fn(move |request: Request<Body>| {
        let (base, log) = (base.clone(), Arc::clone(&log));
        async move {
            let path = request.uri().path().to_owned();
            let answer = base.send(request).await.map_err(BoxError::from)?;
            log.lock().expect("because no test panics while it holds the lock").push((path, answer.status().as_u16()));
            Ok::<_, BoxError>(answer)
        }
    });
    let cluster = Cluster::new(Client::new(service, "default"));
    let first = cluster.api_versions().await?;
    for expected in ["v1", "v1/Pod", "v1/Eviction", "apps/v1", "apps/v1/Deployment", "apps/v1/Scale"] {
        assert!(first.binary_search(&expected.to_owned()).is_ok(), "{expected} is missing");
    }
    // Other tests may define kinds meanwhile, which changes the document of all groups, and never that of the core group.
    cluster.api_versions().await?;
    let seen = answers.lock().expect("because no test panics while it holds the lock").clone();
    let core: Vec<u16> = seen.iter().filter(|(path, _)| path == "/api").map(|(_, status)| *status).collect();
    assert_eq!(core, [200, 304]);
    Ok(())
}
