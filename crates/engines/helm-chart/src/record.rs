//! From a rendering to what Helm records of it.

use std::collections::BTreeMap;

use helm_release::{ApplyMethod, action};

use crate::dependencies::ResolvedChart;
use crate::file::File;
use crate::manifests::Hook;
use crate::metadata::{Dependency, Lock, Maintainer, Metadata};
use crate::render::Rendered;
use crate::values::Values;

impl Rendered {
    /// What a record keeps of the rendering: the chart without its subcharts, the values that were given, manifests, hooks and
    /// notes. Times of files are not known here, and left out as Helm does for charts from archives without them.
    #[must_use]
    pub fn into_record(self, config: Values, apply_method: ApplyMethod, labels: BTreeMap<String, String>) -> action::Rendered {
        action::Rendered {
            manifest: self.manifest(),
            chart: chart(&self.chart),
            config,
            hooks: self.hooks.into_iter().map(hook).collect(),
            notes: self.notes,
            apply_method,
            labels,
        }
    }
}

fn chart(chart: &ResolvedChart) -> helm_release::Chart {
    // Go's nil stays nil where nothing was read and nothing was worked out.
    let none = chart.values.is_empty() && chart.source.values_file.is_none() && chart.metadata.dependencies.is_none();
    helm_release::Chart {
        metadata: Some(chart.metadata.clone().into()),
        lock: chart.source.lock.clone().map(Into::into),
        templates: files(&chart.source.templates),
        values: (!none).then(|| (*chart.values).clone()),
        schema: chart.source.schema.as_ref().map(|schema| schema.to_vec()),
        files: files(&chart.source.files),
        ..helm_release::Chart::default()
    }
}

/// Go's nil where there are none.
fn files(files: &[File]) -> Option<Vec<helm_release::File>> {
    let file = |file: &File| helm_release::File {
        name: file.name.clone(),
        data: Some(file.data.to_vec()),
        ..helm_release::File::default()
    };
    (!files.is_empty()).then(|| files.iter().map(file).collect())
}

impl From<Metadata> for helm_release::Metadata {
    fn from(metadata: Metadata) -> Self {
        let maintainer = |one: Maintainer| helm_release::Maintainer { name: one.name, email: one.email, url: one.url };
        Self {
            name: metadata.name,
            home: metadata.home,
            sources: metadata.sources,
            version: metadata.version,
            description: metadata.description,
            keywords: metadata.keywords,
            maintainers: metadata.maintainers.into_iter().map(maintainer).collect(),
            icon: metadata.icon,
            api_version: metadata.api_version,
            condition: metadata.condition,
            tags: metadata.tags,
            app_version: metadata.app_version,
            deprecated: metadata.deprecated,
            annotations: metadata.annotations.unwrap_or_default(),
            kube_version: metadata.kube_version,
            dependencies: metadata.dependencies.unwrap_or_default().into_iter().map(dependency).collect(),
            kind: metadata.kind,
        }
    }
}

fn dependency(dependency: Dependency) -> helm_release::Dependency {
    helm_release::Dependency {
        name: dependency.name,
        version: dependency.version,
        repository: dependency.repository,
        condition: dependency.condition,
        tags: dependency.tags,
        enabled: dependency.enabled,
        import_values: dependency.import_values,
        alias: dependency.alias,
    }
}

impl From<Lock> for helm_release::Lock {
    fn from(lock: Lock) -> Self {
        Self {
            generated: helm_release::Time::parse(&lock.generated).unwrap_or_default(),
            digest: lock.digest,
            dependencies: Some(lock.dependencies.into_iter().map(dependency).collect()),
        }
    }
}

fn hook(hook: Hook) -> helm_release::Hook {
    helm_release::Hook {
        name: hook.name,
        kind: hook.kind,
        path: hook.path,
        manifest: hook.content,
        events: hook.events.iter().map(ToString::to_string).collect(),
        weight: hook.weight,
        delete_policies: hook.delete_policies,
        output_log_policies: hook.output_log_policies,
        ..helm_release::Hook::default()
    }
}
