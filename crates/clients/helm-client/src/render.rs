//! Rendering a chart in the course of an action: with what the cluster can do, and with what is in it.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use cluster_client::Cluster;
use helm_chart::{Capabilities, KubeVersion, Notes, Operation, Prepared, Rendered, Request, Values};
use helm_engine::{Limits, Ports};
use tokio::runtime::Handle;

use crate::error::ActionError;
use crate::options::Source;
use crate::ports::ClusterPorts;

/// How many bytes of text a rendering may compute: half of the memory that the install chart lets the controller have.
const MAX_TEXT: u64 = 512 << 20;

/// The release that a chart is rendered for.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) revision: i64,
    pub(crate) operation: Operation,
}

/// Renders `chart` with `values`, and otherwise as `source` says, on a thread that may block.
pub(crate) async fn render(
    cluster: &Cluster,
    source: &Source,
    chart: Arc<Prepared>,
    values: Values,
    subject: Subject,
) -> Result<Rendered, ActionError> {
    let capabilities = capabilities(cluster).await?;
    let (schemas, post_renderer, dns) = (source.schemas, source.post_renderer.clone(), source.dns);
    let (cluster, runtime) = (cluster.clone(), Handle::current());
    let rendering = tokio::task::spawn_blocking(move || {
        let ports: Rc<dyn Ports> = Rc::new(ClusterPorts { cluster, runtime, dns, lookups: Cell::new(0) });
        let request = Request {
            release: &subject.name,
            namespace: &subject.namespace,
            revision: subject.revision,
            operation: subject.operation,
            values: &values,
            capabilities: &capabilities,
            schemas,
            notes: Notes::Root,
            post_renderer: post_renderer.as_ref().map(|(renderer, strategy)| (renderer, *strategy)),
            limits: Limits { bytes: MAX_TEXT, ..Limits::default() },
        };
        chart.render(&request, &ports)
    });
    rendering.await.map_err(|_| ActionError::RenderingLost)?.map_err(ActionError::Render)
}

/// The version of the cluster and all that it serves.
async fn capabilities(cluster: &Cluster) -> Result<Capabilities, ActionError> {
    let version = cluster.version().await.map_err(ActionError::Capabilities)?;
    let kube_version = KubeVersion::parse(&version.git_version).map_err(ActionError::KubeVersion)?;
    let api_versions = cluster.api_versions().await.map_err(ActionError::ApiVersions)?;
    Ok(Capabilities { kube_version, api_versions })
}
