//! What documents show: the YAML of every Flux kind in them is applied as it stands, and the API server keeps all of it.

use anyhow::{Context, ensure};
use e2e::world::at_hand;
use kube::api::{DynamicObject, Patch, PatchParams};
use kube::discovery::{Scope, pinned_kind};
use kube::{Api, Client};
use serde_json::{Value, json};
use test_support::{Cluster, workspace};

/// Documents of this workspace.
const OURS: [&str; 1] = ["README.md"];
/// Documents beside it.
const SHARED: [&str; 1] = ["tutorial.txt"];

/// The objects that a text shows. A block begins with `apiVersion:`, at any indentation, and ends before the first line that is
/// neither empty nor further in nor another field.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let content = line.trim_start_matches(' ');
        if !content.starts_with("apiVersion:") {
            continue;
        }
        let indentation = &line[..line.len() - content.len()];
        let mut block = format!("{content}\n");
        while let Some(line) = lines.next_if(|line| continues(line, indentation)) {
            block.push_str(line.strip_prefix(indentation).unwrap_or_default());
            block.push('\n');
        }
        blocks.push(block);
    }
    blocks
}

fn continues(line: &str, indentation: &str) -> bool {
    if line.trim().is_empty() {
        return true;
    }
    let Some(rest) = line.strip_prefix(indentation) else { return false };
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphabetic());
    rest.starts_with(' ')
        || rest.starts_with("- ")
        || rest.split_once(':').is_some_and(|(key, _)| is_key(key) && key != "apiVersion")
}

/// Applies an object; nothing where its kind is not served.
async fn apply(client: &Client, object: &Value, dry_run: bool) -> anyhow::Result<Option<Value>> {
    let parsed: DynamicObject = serde_json::from_value(object.clone()).context("read the object")?;
    let types = parsed.types.clone().context("an object without kind")?;
    let Ok((resource, capabilities)) = pinned_kind(client, &(&types).try_into()?).await else { return Ok(None) };
    let namespace = parsed.metadata.namespace.as_deref().unwrap_or("default");
    let api: Api<DynamicObject> = match capabilities.scope {
        Scope::Namespaced => Api::namespaced_with(client.clone(), namespace, &resource),
        Scope::Cluster => Api::all_with(client.clone(), &resource),
    };
    let name = parsed.metadata.name.as_deref().context("an object without name")?;
    let parameters = PatchParams { dry_run, ..PatchParams::apply("reader") };
    let applied = api.patch(name, &parameters, &Patch::Apply(object)).await?;
    Ok(Some(serde_json::to_value(applied)?))
}

/// Whether all of `wanted` is in `live`.
fn holds(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Object(live), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| live.get(key).is_some_and(|live| holds(live, wanted)))
        }
        (Value::Array(live), Value::Array(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| holds(live, wanted))
        }
        _ => live == wanted,
    }
}

#[tokio::test]
async fn what_documents_show_of_flux_is_applied_as_it_stands() -> anyhow::Result<()> {
    let shared = workspace::root().join("../shared");
    if !shared.exists() {
        ensure!(std::env::var("CI").as_deref() != Ok("true"), "{} is not there", shared.display());
        eprintln!("SKIPPED in part: {} is not there", shared.display());
    }
    let ours = OURS.iter().map(|name| workspace::root().join(name));
    let documents: Vec<_> = ours.chain(SHARED.iter().map(|name| shared.join(name)).filter(|_| shared.exists())).collect();
    if !at_hand()? {
        return Ok(());
    }
    let cluster = Cluster::start().await?;
    cluster.apply_crds().await?;
    let client = cluster.client().await?;
    for document in documents {
        let text = std::fs::read_to_string(&document).with_context(|| format!("read {}", document.display()))?;
        let found = blocks(&text);
        ensure!(!found.is_empty(), "no YAML in {}", document.display());
        for block in found {
            show(&client, &block).await.with_context(|| format!("{}:\n{block}", document.display()))?;
        }
    }
    Ok(())
}

/// Applies the object where it is of Flux; of other kinds the API server says whether it would take it, if it knows the kind.
async fn show(client: &Client, block: &str) -> anyhow::Result<()> {
    let object: Value = yaml_serde::from_str(block).context("read the YAML")?;
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let is_flux = version.split('/').next().is_some_and(|group| group.ends_with(".fluxcd.io"));
    if let Some(namespace) = object["metadata"]["namespace"].as_str() {
        let made = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": namespace } });
        apply(client, &made, false).await.context("make the namespace")?;
    }
    match apply(client, &object, !is_flux).await? {
        Some(live) => ensure!(!is_flux || holds(&live, &object), "not all of it is kept: {live:#}"),
        None => {
            ensure!(!is_flux, "{version} {} is not served", object["kind"]);
            eprintln!("not served and not of Flux: {version} {}", object["kind"]);
        }
    }
    Ok(())
}

#[test]
fn blocks_are_found_in_prose_and_between_fences() {
    let text = "Text.\n\napiVersion: a/v1\nkind: A\nspec:\n  b: 1\n\n  c:\n  - d\n\nspec.b: matters.\n```yaml\n  apiVersion: v1\n  kind: B\n```\n\
                apiVersion: v1\nkind: C\n---\napiVersion: v1\nkind: D\nThis ends: it.\n";
    assert_eq!(
        blocks(text),
        [
            "apiVersion: a/v1\nkind: A\nspec:\n  b: 1\n\n  c:\n  - d\n\n",
            "apiVersion: v1\nkind: B\n",
            "apiVersion: v1\nkind: C\n",
            "apiVersion: v1\nkind: D\n"
        ]
    );
}
