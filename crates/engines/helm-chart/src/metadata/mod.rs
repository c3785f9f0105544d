//! What `Chart.yaml` says about a chart, and `Chart.lock` about its dependencies.

mod read;
mod validate;

use std::collections::BTreeMap;

use serde_json::Value;

pub use validate::ValidationError;

/// The content of `Chart.yaml`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// The chart's name.
    pub name: String,
    /// The address of a page about it.
    pub home: String,
    /// Addresses of its source.
    pub sources: Vec<String>,
    /// Its version.
    pub version: String,
    /// One sentence about it.
    pub description: String,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Who maintains it.
    pub maintainers: Vec<Maintainer>,
    /// The address of an icon.
    pub icon: String,
    /// The version of the format: `v1` or `v2`.
    pub api_version: String,
    /// The path of a value that enables it; of no effect here.
    pub condition: String,
    /// The tags that enable it; of no effect here.
    pub tags: String,
    /// The version of what it installs.
    pub app_version: String,
    /// Whether it should not be used any more.
    pub deprecated: bool,
    /// Annotations; `None` where there is no such field.
    pub annotations: Option<BTreeMap<String, String>>,
    /// The range of Kubernetes versions it runs on.
    pub kube_version: String,
    /// What it depends on; `None` where there is no such field.
    pub dependencies: Option<Vec<Dependency>>,
    /// `application`, `library`, or nothing, which is an application.
    pub kind: String,
}

/// Somebody who maintains a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maintainer {
    /// The name.
    pub name: String,
    /// The address for mail.
    pub email: String,
    /// The address of a page.
    pub url: String,
}

/// A chart that another depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dependency {
    /// The name of the chart; its alias once dependencies are resolved.
    pub name: String,
    /// The range of versions that fit.
    pub version: String,
    /// Where it comes from.
    pub repository: String,
    /// Paths of values that enable it, joined by commas; the first that holds a truth value counts.
    pub condition: String,
    /// Tags that enable it.
    pub tags: Vec<String>,
    /// Whether it is enabled; decided when dependencies are resolved.
    pub enabled: bool,
    /// What of its values the parent takes over: texts, or maps with `child` and `parent`.
    pub import_values: Vec<Value>,
    /// The name under which the parent knows it.
    pub alias: String,
}

/// The content of `Chart.lock`: the versions that were chosen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lock {
    /// When it was written, as RFC 3339.
    pub generated: String,
    /// The hash of the dependencies for which it was written.
    pub digest: String,
    /// The chosen dependencies.
    pub dependencies: Vec<Dependency>,
}

impl Metadata {
    /// Whether the chart only serves others.
    pub fn is_library(&self) -> bool {
        self.kind.eq_ignore_ascii_case("library")
    }
}
