//! From an artifact to objects: fetch, kustomize, substitute.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use api::kustomize::{SubstituteKind, SubstituteStrategy};
use api::meta::Reason;
use file_tree::{FileTree, Files, TreePath};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::Api;
use kustomize_build::{BuildError, LoadRestrictions, NoRemoteResources, Options};
use manifest::yaml::{Dialect, parse_value, to_yaml};
use runtime::artifact_fetch::FetchError;
use runtime::error_chain::error_chain;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::act::{Failure, Retry};
use super::decide::{Substitution, Work};
use crate::context::{Context, lock};

/// How much recent builds may take in memory, in bytes of YAML.
const CACHE_BYTES: usize = 32 << 20;

/// The files to build from, and where in them.
pub(crate) struct Source {
    tree: Arc<FileTree>,
    directory: TreePath,
}

/// What a build gave.
#[derive(Debug)]
pub(crate) struct Built {
    /// The objects in kustomize's order.
    pub(crate) objects: Vec<Value>,
    /// Checksum of their YAML.
    pub(crate) digest: String,
}

/// Fetches the artifact and finds the directory.
pub(crate) async fn fetch(work: &Work, context: &Context) -> Result<Source, Failure> {
    let tree = context.artifacts.fetch(&work.artifact).await.map_err(|error| fetch_failure(&error, context))?;
    let directory = confined(&work.path);
    match tree.kind(&directory) {
        Ok(Some(_)) => Ok(Source { tree, directory }),
        _ => {
            let message = format!("kustomization path not found: stat {directory}: no such file or directory");
            Err(Failure::new(Reason::ArtifactFailed, message))
        }
    }
}

fn fetch_failure(error: &FetchError, context: &Context) -> Failure {
    if error.is_not_found() {
        let pause = context.policy.dependency_pause();
        let message = format!("Source is not ready, artifact not found, retrying in {pause}");
        return Failure { retry: Retry::WhenPublished, ..Failure::new(Reason::ArtifactFailed, message) };
    }
    Failure::new(Reason::ArtifactFailed, error_chain(error))
}

/// `spec.path` below the root of the artifact: what leads above it stops there, as Flux's join does.
fn confined(path: &str) -> TreePath {
    let mut components: Vec<&str> = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => drop(components.pop()),
            name => components.push(name),
        }
    }
    TreePath::parse(&components.join("/")).unwrap_or_default()
}

/// Builds, or takes a recent build of the same input; then substitutes variables.
pub(crate) async fn build(work: &Work, source: &Source, namespace: &str, context: &Context) -> Result<Arc<Built>, Failure> {
    let failed = |message: String| Failure::new(Reason::BuildFailed, message);
    let input = format!("{}\0{}\0{:?}", work.artifact.digest, source.directory, work.overlay);
    let built = match context.builds.get(&input) {
        Some(built) => built,
        None => {
            let built = Arc::new(kustomize(work, source).await.map_err(failed)?);
            context.builds.insert(input, &built);
            built
        }
    };
    let built = match &work.substitution {
        Some(substitution) => Arc::new(substitute(&built, substitution, namespace, context).await.map_err(failed)?),
        None => built,
    };
    Ok(built)
}

async fn kustomize(work: &Work, source: &Source) -> Result<Built, String> {
    let options =
        Options { load_restrictions: LoadRestrictions::None, overlay: Some(work.overlay.clone()), ..Options::default() };
    let (tree, directory) = (Arc::clone(&source.tree), source.directory.clone());
    // Large builds take seconds of CPU.
    let work = tokio::task::spawn_blocking(move || {
        let built =
            kustomize_build::build(&*tree, &directory, &options, &NoRemoteResources).map_err(|error| in_flux_words(&error))?;
        let digest = checksum(&built.to_yaml());
        Ok(Built { objects: built.into_objects(), digest })
    });
    work.await.map_err(|_| "kustomize build failed: the build was aborted".to_owned())?
}

/// Files are read, and components checked, before the build proper: only what fails after that is a failed build to Flux.
fn in_flux_words(error: &BuildError) -> String {
    let text = error_chain(error);
    let before = ["failed to decode Kubernetes YAML from", "component path '"];
    if before.iter().any(|start| text.starts_with(start)) { text } else { format!("kustomize build failed: {text}") }
}

async fn substitute(built: &Built, substitution: &Substitution, namespace: &str, context: &Context) -> Result<Built, String> {
    let mut variables: Option<BTreeMap<String, String>> = None;
    let mut objects = Vec::with_capacity(built.objects.len());
    for object in &built.objects {
        if apply_plan::controls::substitution_is_disabled(object) {
            objects.push(object.clone());
            continue;
        }
        let failed = |error: String| {
            format!("post build failed for '{}/{}': {error}", resource_id(object), manifest::object::name(object))
        };
        let variables = match &variables {
            Some(variables) => variables,
            None => variables.insert(load_variables(substitution, namespace, context).await.map_err(failed)?),
        };
        if variables.is_empty() && substitution.strategy == SubstituteStrategy::WithVariables {
            objects.push(object.clone());
            continue;
        }
        let text = variable_substitution::substitute(&to_yaml(object), variables, context.policy.strictness)
            .map_err(|error| failed(format!("envsubst error: {}", error_chain(&error))))?;
        let value = parse_value(&text, Dialect::V2).map_err(|error| failed(format!("envsubst error: YAMLToJSON: {error}")))?;
        objects.push(value);
    }
    let yaml: Vec<String> = objects.iter().map(to_yaml).collect();
    Ok(Built { digest: checksum(&yaml.join("---\n")), objects })
}

/// Reads ConfigMaps and Secrets with the controller's rights; those of the spec come last and win.
async fn load_variables(
    substitution: &Substitution,
    namespace: &str,
    context: &Context,
) -> Result<BTreeMap<String, String>, String> {
    let mut variables = BTreeMap::new();
    for reference in &substitution.from {
        let name = &reference.name;
        let data = match reference.kind {
            SubstituteKind::ConfigMap => {
                let api: Api<ConfigMap> = Api::namespaced(context.client.clone(), namespace);
                api.get(name).await.map(|found| found.data.unwrap_or_default())
            }
            SubstituteKind::Secret => {
                let api: Api<Secret> = Api::namespaced(context.client.clone(), namespace);
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                let decoded = |found: Secret| {
                    found.data.unwrap_or_default().into_iter().map(|(key, value)| (key, text(&value.0))).collect()
                };
                api.get(name).await.map(decoded)
            }
        };
        match data {
            Ok(data) => {
                variables.extend(data.into_iter().map(|(key, value)| (key, variable_substitution::without_newlines(&value))))
            }
            Err(kube::Error::Api(status)) if reference.optional && status.is_not_found() => {}
            Err(error) => {
                let error = match error {
                    kube::Error::Api(status) => status.message.clone(),
                    error => error_chain(&error),
                };
                return Err(format!("substitute from '{}/{name}' error: {error}", reference.kind.as_str()));
            }
        }
    }
    variables
        .extend(substitution.inline.iter().map(|(key, value)| (key.clone(), variable_substitution::without_newlines(value))));
    Ok(variables)
}

/// `Kind.version.group`, as kustomize prints a kind.
fn resource_id(object: &Value) -> String {
    let api_version = manifest::object::api_version(object);
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let or = |text: &str, instead: &str| if text.is_empty() { instead.to_owned() } else { text.to_owned() };
    format!("{}.{}.{}", or(manifest::object::kind(object), "[noKind]"), or(version, "[noVer]"), or(group, "[noGrp]"))
}

fn checksum(text: &str) -> String {
    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a String cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}

/// Recent builds by their input, within a bound; what was not used for longest goes first.
#[derive(Default)]
pub(crate) struct BuildCache {
    state: Mutex<Builds>,
}

#[derive(Default)]
struct Builds {
    entries: BTreeMap<[u8; 32], CachedBuild>,
    bytes: usize,
    clock: u64,
}

struct CachedBuild {
    built: Arc<Built>,
    bytes: usize,
    used: u64,
}

impl BuildCache {
    fn get(&self, input: &str) -> Option<Arc<Built>> {
        let mut state = lock(&self.state);
        state.clock += 1;
        let clock = state.clock;
        let entry = state.entries.get_mut(&key(input))?;
        entry.used = clock;
        Some(Arc::clone(&entry.built))
    }

    fn insert(&self, input: String, built: &Arc<Built>) {
        let bytes = input.len() + built.objects.iter().map(|object| object.to_string().len() * 3).sum::<usize>();
        if bytes > CACHE_BYTES {
            return;
        }
        let mut state = lock(&self.state);
        state.clock += 1;
        let entry = CachedBuild { built: Arc::clone(built), bytes, used: state.clock };
        if let Some(replaced) = state.entries.insert(key(&input), entry) {
            state.bytes -= replaced.bytes;
        }
        state.bytes += bytes;
        while state.bytes > CACHE_BYTES {
            let Some(oldest) = state.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key) else { break };
            if let Some(removed) = state.entries.remove(&oldest) {
                state.bytes -= removed.bytes;
            }
        }
    }
}

fn key(input: &str) -> [u8; 32] {
    Sha256::digest(input.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sec_d1_paths_stay_below_the_artifact() {
        for (path, expected) in
            [("", "."), ("./a/b", "a/b"), ("../../etc", "etc"), ("/a/../../b", "b"), ("a//b/", "a/b"), (".", ".")]
        {
            assert_eq!(confined(path).to_string(), expected, "{path}");
        }
    }

    #[test]
    fn kinds_print_as_in_kustomize() {
        assert_eq!(resource_id(&json!({"apiVersion": "v1", "kind": "ConfigMap"})), "ConfigMap.v1.[noGrp]");
        assert_eq!(resource_id(&json!({"apiVersion": "apps/v1", "kind": "Deployment"})), "Deployment.v1.apps");
    }

    #[test]
    fn the_checksum_of_nothing_is_that_of_flux() {
        // The scenario ks-empty of the recordings.
        assert_eq!(checksum(""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn the_cache_forgets_what_was_not_used_for_longest() {
        let cache = BuildCache::default();
        let large = |name: &str| {
            Arc::new(Built { objects: vec![json!({ name: "x".repeat(CACHE_BYTES / 10) })], digest: name.to_owned() })
        };
        for name in ["a", "b", "c"] {
            cache.insert(name.to_owned(), &large(name));
        }
        assert!(cache.get("a").is_some());
        cache.insert("d".to_owned(), &large("d"));
        assert!(cache.get("b").is_none() && cache.get("a").is_some() && cache.get("d").is_some());
        cache
            .insert("huge".to_owned(), &Arc::new(Built { objects: vec![json!("x".repeat(CACHE_BYTES))], digest: String::new() }));
        assert!(cache.get("huge").is_none() && cache.get("a").is_some());
    }
}
