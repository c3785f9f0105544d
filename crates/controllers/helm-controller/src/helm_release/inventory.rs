//! `status.inventory`: the objects of a release, its CustomResourceDefinitions included.

use std::collections::BTreeMap;

use api::meta::{ResourceInventory, ResourceRef};
use cluster_client::{Cluster, KindKey, Scope};
use helm_chart::Prepared;
use manifest::object::{ObjectId, SplitError, annotations, api_version, kind, namespace, split};
use manifest::yaml::Limits;
use runtime::error_chain::error_chain;
use serde_json::{Value, json};

/// The annotation that makes an object a hook.
const HOOK: &str = "helm.sh/hook";

/// The objects of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The objects.
    pub(crate) inventory: ResourceInventory,
    /// Kinds of which it is not known whether they have namespaces, and why; worded as Flux.
    pub(crate) warnings: Vec<String>,
}

/// Lists the objects of a manifest and of a chart's `crds/`. Objects without a namespace get that of the release if their kind has namespaces.
///
/// # Errors
/// A message in Flux's words.
pub(crate) async fn list(cluster: &Cluster, text: &str, release_namespace: &str, chart: &Prepared) -> Result<Listed, String> {
    let mut objects = objects(text).map_err(|error| format!("failed to parse manifest: {}", error_chain(&error)))?;
    objects.retain(|object| !annotations(object).contains_key(HOOK));
    let mut warnings = Vec::new();
    let mut known: BTreeMap<KindKey, bool> = BTreeMap::new();
    for object in objects.iter_mut().filter(|object| namespace(object).is_empty()) {
        let key = kind_key(object);
        let has_namespace = match known.get(&key) {
            Some(known) => *known,
            None => match cluster.resource(&key).await {
                Ok(resource) => *known.entry(key).or_insert(resource.scope == Scope::Namespaced),
                Err(error) => {
                    let error = error_chain(&error);
                    warnings
                        .push(format!("failed to determine if {} is namespace scoped, skipping namespace: {error}", key.kind));
                    continue;
                }
            },
        };
        if has_namespace {
            object["metadata"]["namespace"] = json!(release_namespace);
        }
    }
    for (path, data) in crd_files(chart) {
        let definitions = split(data, &Limits::default());
        objects.extend(definitions.map_err(|error| format!("failed to parse CRD {path}: {}", error_chain(&error)))?);
    }
    Ok(Listed { inventory: ResourceInventory { entries: objects.iter().map(entry).collect() }, warnings })
}

fn objects(text: &str) -> Result<Vec<Value>, SplitError> {
    split(text, &Limits::default())
}

/// The files in `crds/` of a chart and of the charts in it.
fn crd_files(chart: &Prepared) -> Vec<(String, Vec<u8>)> {
    fn walk(chart: &helm_chart::Chart, files: &mut Vec<(String, Vec<u8>)>) {
        let is_definition =
            |name: &str| name.starts_with("crds/") && [".yaml", ".yml", ".json"].iter().any(|end| name.ends_with(end));
        let own = chart.files.iter().filter(|file| is_definition(&file.name));
        files.extend(own.map(|file| (file.name.clone(), file.data.to_vec())));
        chart.dependencies.iter().for_each(|chart| walk(chart, files));
    }
    let mut files = Vec::new();
    walk(chart.chart(), &mut files);
    files
}

fn kind_key(object: &Value) -> KindKey {
    let (group, version) = api_version(object).rsplit_once('/').unwrap_or(("", api_version(object)));
    KindKey { group: group.to_owned(), version: version.to_owned(), kind: kind(object).to_owned() }
}

fn entry(object: &Value) -> ResourceRef {
    ResourceRef { id: ObjectId::of(object).inventory_id(), version: kind_key(object).version }
}
