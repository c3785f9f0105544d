//! `weir install --export`: the install chart as plain manifests.

mod chart;

use crate::helm::arguments::ValueArguments;
use crate::helm::ports::Machine;
use crate::helm::source;
use anyhow::{Context, bail};
use clap::Args;
use helm_chart::{Capabilities, Limits as LoadLimits, Notes, Operation, Prepared, Request, Schemas, load_files};
use helm_engine::{Limits, Ports};
use std::io::{self, Write};
use std::rc::Rc;

/// The controllers that the chart knows.
const COMPONENTS: [&str; 5] =
    ["source-controller", "kustomize-controller", "helm-controller", "image-reflector-controller", "image-automation-controller"];

/// Arguments of `install`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print the manifests: `weir install --export | kubectl apply --server-side -f -`.
    #[arg(long)]
    export: bool,
    /// The namespace that the controllers run in.
    #[arg(short, long, default_value = "flux-system")]
    namespace: String,
    /// Only these controllers.
    #[arg(long, value_delimiter = ',', value_name = "CONTROLLERS")]
    components: Vec<String>,
    #[command(flatten)]
    values: ValueArguments,
}

/// Prints the namespace and everything that the chart makes.
pub(crate) fn run(mut arguments: Arguments) -> anyhow::Result<()> {
    if !arguments.export {
        bail!(
            "only --export is supported; print the manifests and apply them: weir install --export | kubectl apply --server-side -f -"
        );
    }
    if let Some(unknown) = arguments.components.iter().find(|name| !COMPONENTS.contains(&name.as_str())) {
        bail!("unknown component {unknown}; choose among {}", COMPONENTS.join(", "));
    }
    if !arguments.components.is_empty() {
        let is_on = |name: &str| arguments.components.iter().any(|component| component == name);
        let switches = COMPONENTS.map(|name| format!("controllers.{name}.enabled={}", is_on(name)));
        arguments.values.set.splice(0..0, switches);
    }
    let values = source::values(&arguments.values)?;
    let files = chart::FILES.iter().map(|(path, content)| ((*path).to_owned(), bytes::Bytes::from_static(content)));
    let chart = load_files(files, &LoadLimits::default()).context("load the install chart")?;
    let capabilities = Capabilities::default();
    let request = Request {
        release: "weir",
        namespace: &arguments.namespace,
        revision: 1,
        operation: Operation::Install,
        values: &values,
        capabilities: &capabilities,
        schemas: Schemas::Check,
        notes: Notes::Root,
        post_renderer: None,
        limits: Limits::default(),
    };
    let ports: Rc<dyn Ports> = Rc::new(Machine { dns: false });
    let rendered = Prepared::new(chart).render(&request, &ports)?;
    let mut output = io::stdout().lock();
    output.write_all(namespace(&arguments.namespace).as_bytes())?;
    output.write_all(rendered.manifest().trim().as_bytes())?;
    output.write_all(b"\n")?;
    Ok(output.flush()?)
}

/// The namespace, which a chart does not make; pods of Weir keep to the restricted standard.
fn namespace(name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels:\n    app.kubernetes.io/instance: {name}\n    \
         app.kubernetes.io/part-of: flux\n    pod-security.kubernetes.io/warn: restricted\n    \
         pod-security.kubernetes.io/warn-version: latest\n"
    )
}
