//! How many requests for the applied objects the API server has answered, by its own count.

use anyhow::Context;

/// What is applied; nothing else in the cluster writes to the objects themselves, only to their status.
const RESOURCES: [&str; 4] = ["serviceaccounts", "services", "deployments", "ingresses"];

/// Requests for single objects of the workload so far, dry runs included, lists and watches not.
pub(super) async fn for_applied_objects(client: &kube::Client) -> anyhow::Result<u64> {
    let request = http::Request::get("/metrics").body(Vec::new()).context("make a request")?;
    let text = client.request_text(request).await.context("read the API server's metrics")?;
    Ok(text.lines().filter_map(count).sum())
}

fn count(line: &str) -> Option<u64> {
    let (labels, value) = line.strip_prefix("apiserver_request_total{")?.split_once("} ")?;
    let has = |label: &str, values: &[&str]| values.iter().any(|value| labels.contains(&format!("{label}=\"{value}\"")));
    let counts = has("resource", &RESOURCES) && has("subresource", &[""]) && !has("verb", &["LIST", "WATCH"]);
    counts.then(|| value.trim().parse::<f64>().ok().map(|number| number as u64)).flatten()
}
