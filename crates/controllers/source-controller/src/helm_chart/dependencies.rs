//! The charts that a chart in a source depends on and does not bring.

use super::HelmCharts;
use super::build::Fault;
use super::local::Loaded;
use crate::helm_repository::{self, Secrets, Way};
use crate::source::Seen;
use api::meta::Reason;
use api::source::{HelmChart, HelmRepository, HelmRepositorySpec, HelmRepositoryType};
use chart_build::Origin;
use helm_chart::{Chart, Dependency};
use kube::ResourceExt;
use runtime::error_chain::error_chain;
use std::sync::Arc;

/// The most dependencies of one chart.
const MOST_DEPENDENCIES: usize = 200;

impl HelmCharts {
    /// Adds what the chart lacks, from its source or from repositories.
    pub(super) async fn add_dependencies(&self, loaded: &mut Loaded, seen: &Seen<HelmChart>) -> Result<(), Fault> {
        let failed = |message: String| Fault::new(Reason::DependencyBuildError, &message);
        let missing = chart_build::missing(&loaded.chart);
        if missing.len() > MOST_DEPENDENCIES {
            return Err(failed(format!("the chart has more than {MOST_DEPENDENCIES} dependencies")));
        }
        for dependency in missing {
            let name = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
            let origin = chart_build::origin(&dependency, &loaded.place);
            let chart = match origin {
                Err(error) => Err(format!("failed to add remote dependency '{name}': {}", error_chain(&error))),
                Ok(Origin::Local(place)) => {
                    let limits = helm_chart::Limits::default();
                    chart_build::load_local(&*loaded.tree, &place, &dependency, self.limits.file_bytes, &limits)
                        .map_err(|error| format!("failed to add local dependency '{name}': {}", error_chain(&error)))
                }
                Ok(Origin::Repository(address)) => self
                    .fetch_dependency(&address, &dependency, &seen.object)
                    .await
                    .map_err(|error| format!("failed to add remote dependency '{name}': {error}")),
            };
            chart_build::add(&mut loaded.chart, &dependency, chart.map_err(failed)?);
        }
        Ok(())
    }

    async fn fetch_dependency(&self, address: &str, dependency: &Dependency, chart: &HelmChart) -> Result<Chart, String> {
        let way = self.way_to(address, chart).await;
        let way = way.map_err(|error| format!("failed to get chart repository for URL '{address}': {error}"))?;
        let (name, range) = (&dependency.name, &dependency.version);
        let located = self.locate(&way, name, range).await.map_err(|error| {
            format!("failed to get chart '{name}' version '{range}' from '{address}': {}", error_chain(&error))
        })?;
        let version = located.version.clone();
        let archive = self.download(&way, &located).await;
        let archive = archive.map_err(|error| format!("chart download of version '{version}' failed: {error}"))?;
        let loading = tokio::task::spawn_blocking(move || helm_chart::load_archive(&archive, &helm_chart::Limits::default()));
        let loaded = loading.await.map_err(|error| error.to_string())?;
        loaded.map_err(|error| format!("failed to load downloaded archive of version '{version}': {}", error_chain(&error)))
    }

    /// How the repository at an address is reached: as the HelmRepository of the namespace with that address says, else as nobody.
    async fn way_to(&self, address: &str, chart: &HelmChart) -> Result<Way, String> {
        let wanted = helm_repository_address(address).ok_or_else(|| format!("parse \"{address}\""))?;
        self.stores.helm.synced().await;
        let here = |object: &Arc<HelmRepository>| {
            object.namespace() == chart.namespace() && helm_repository_address(&object.spec.url) == Some(wanted.clone())
        };
        let (repository, secrets) = match self.stores.helm.all().into_iter().find(here) {
            Some(repository) => {
                let secrets = helm_repository::read_secrets(&self.client, &repository).await;
                (repository, secrets)
            }
            None => (Arc::new(anonymous(&wanted)), Secrets::none()),
        };
        let way = helm_repository::way(&repository, &secrets).map_err(|failure| failure.message)?;
        let index = self.stored(repository.status.as_ref().and_then(|status| status.artifact.clone())).await;
        self.identify(Way { index, ..way }, chart).await
    }
}

fn helm_repository_address(address: &str) -> Option<String> {
    ::helm_repository::normalized(address).ok()
}

/// A repository that nobody has declared.
fn anonymous(address: &str) -> HelmRepository {
    let spec = HelmRepositorySpec {
        url: address.to_owned(),
        repository_type: address.starts_with("oci://").then_some(HelmRepositoryType::Oci),
        ..HelmRepositorySpec::default()
    };
    HelmRepository::new("", spec)
}
