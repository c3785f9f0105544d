//! `cargo xtask layers`: which crate may use which. A folder is a layer; arrows point down only.

use crate::cargo::{metadata, root};
use anyhow::{Context, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A layer, named by the folder that its crates are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    Api,
    Engine,
    Client,
    Runtime,
    Controller,
    CommandLine,
    TestSupport,
    RandomCases,
    Automation,
    Scenarios,
}

impl Layer {
    fn of(folder: &str) -> Option<Self> {
        Some(match folder {
            "crates/api" => Self::Api,
            "crates/runtime" => Self::Runtime,
            "crates/cli" => Self::CommandLine,
            "crates/test-support" => Self::TestSupport,
            "crates/random-cases" => Self::RandomCases,
            "e2e" | "xtask" => Self::Automation,
            "e2e/scenarios" => Self::Scenarios,
            _ if folder.starts_with("crates/engines/") => Self::Engine,
            _ if folder.starts_with("crates/clients/") => Self::Client,
            _ if folder.starts_with("crates/controllers/") => Self::Controller,
            _ => return None,
        })
    }

    /// Whether a crate of this layer may use `name` of the layer `other`.
    fn may_use(self, other: Self, name: &str) -> bool {
        match self {
            Self::Api => false,
            Self::Engine => other == Self::Engine,
            // What all clients that speak HTTP share. Helm's actions are requests to the API server, which one client only makes.
            Self::Client => other == Self::Engine || ["http-client", KUBERNETES_CLIENT].contains(&name),
            // The runtime knows no kind and computes nothing: of the engines it needs only what an artifact is.
            Self::Runtime => other == Self::Api || ["artifact", "file-tree"].contains(&name),
            Self::Controller => matches!(other, Self::Api | Self::Engine | Self::Client | Self::Runtime),
            Self::CommandLine => matches!(other, Self::Api | Self::Engine | Self::Client),
            Self::TestSupport => matches!(other, Self::Api | Self::Engine),
            Self::RandomCases => other == Self::Engine,
            Self::Automation => !matches!(other, Self::Automation | Self::Scenarios),
            // They know the controllers by their command lines and their objects only, as users do.
            Self::Scenarios => other == Self::TestSupport || name == "e2e",
        }
    }

    /// Crates from elsewhere that this layer must not use, directly.
    fn forbidden(self) -> &'static [&'static str] {
        match self {
            Self::Engine => &[
                "tokio",
                "kube",
                "k8s-openapi",
                "reqwest",
                "hyper",
                "axum",
                "tower",
                "gix",
                "tracing-subscriber",
                "rand",
                "tempfile",
            ],
            Self::Api => &["tokio", "reqwest", "hyper", "axum", "gix"],
            _ => &[],
        }
    }
}

/// Only this client talks to the API server.
const KUBERNETES_CLIENT: &str = "cluster-client";

/// One crate of the workspace and what it uses outside its own tests.
#[derive(Debug, Clone)]
struct Member {
    name: String,
    folder: String,
    dependencies: BTreeSet<String>,
}

/// Prints that all is well, or every wrong arrow.
pub(crate) fn run() -> anyhow::Result<()> {
    check()?;
    println!("every crate uses only what its layer may");
    Ok(())
}

/// Fails with every wrong arrow.
pub(crate) fn check() -> anyhow::Result<()> {
    let wrong = violations(&members(&metadata(&["--no-deps"])?)?);
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("wrong dependencies (ARCHITECTURE.md says which are right):\n  {}", wrong.join("\n  "))
}

fn members(metadata: &Value) -> anyhow::Result<Vec<Member>> {
    let root = root().canonicalize().context("find the workspace")?;
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    packages.iter().map(|package| member(package, &root)).collect()
}

fn member(package: &Value, root: &Path) -> anyhow::Result<Member> {
    let name = package["name"].as_str().context("a package has no name")?;
    let manifest = package["manifest_path"].as_str().context("a package has no manifest")?;
    let folder = Path::new(manifest).parent().and_then(|folder| folder.strip_prefix(root).ok());
    let folder = folder.with_context(|| format!("{name} is not in the workspace"))?.display().to_string();
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let dependencies =
        dependencies.filter(|dependency| dependency["kind"] != "dev").filter_map(|dependency| dependency["name"].as_str());
    Ok(Member { name: name.to_owned(), folder, dependencies: dependencies.map(str::to_owned).collect() })
}

fn violations(members: &[Member]) -> Vec<String> {
    let layers: BTreeMap<&str, Option<Layer>> = members.iter().map(|member| (&*member.name, Layer::of(&member.folder))).collect();
    let mut wrong = Vec::new();
    for Member { name, folder, dependencies } in members {
        let Some(layer) = layers.get(&**name).copied().flatten() else {
            wrong.push(format!("{name}: the folder {folder} is no layer"));
            continue;
        };
        for dependency in dependencies {
            let allowed = match layers.get(&**dependency) {
                Some(Some(other)) => layer.may_use(*other, dependency),
                Some(None) => false,
                None => !layer.forbidden().contains(&&**dependency),
            };
            let kubernetes = dependency == "kube" && layer == Layer::Client && name != KUBERNETES_CLIENT;
            if !allowed || kubernetes {
                wrong.push(format!("{name} ({layer:?}) may not use {dependency}"));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(folder: &str, dependencies: &[&str]) -> Member {
        let name = folder.rsplit('/').next().unwrap().to_owned();
        Member { name, folder: folder.to_owned(), dependencies: dependencies.iter().map(|name| (*name).to_owned()).collect() }
    }

    #[test]
    fn every_crate_uses_only_what_its_layer_may() {
        check().unwrap();
    }

    #[test]
    fn arrows_that_point_back_are_found() {
        let all = [
            member("crates/api", &["serde"]),
            member("crates/engines/artifact", &[]),
            member("crates/engines/manifest", &[]),
            member("crates/clients/git-client", &["artifact"]),
            member("crates/runtime", &["api", "artifact"]),
            member("crates/controllers/one", &["runtime"]),
        ];
        assert_eq!(violations(&all), Vec::<String>::new());
        for (folder, dependency) in [
            ("crates/engines/bad", "tokio"),
            ("crates/engines/bad", "api"),
            ("crates/engines/bad", "git-client"),
            ("crates/clients/bad", "kube"),
            ("crates/clients/bad", "git-client"),
            ("crates/clients/bad", "api"),
            ("crates/runtime/bad", "serde"),
            ("crates/controllers/bad", "one"),
            ("crates/cli", "runtime"),
        ] {
            let mut all = all.to_vec();
            all.push(member(folder, &[dependency]));
            assert_eq!(violations(&all).len(), 1, "{folder} → {dependency}");
        }
        let mut runtime = all.to_vec();
        runtime[4] = member("crates/runtime", &["manifest"]);
        assert_eq!(violations(&runtime).len(), 1);
    }
}
