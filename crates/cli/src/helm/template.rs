//! `helm template`.

use super::arguments::TemplateArguments;
use super::ports::Machine;
use super::{print, source};
use anyhow::{Context, anyhow, bail};
use helm_chart::{
    Capabilities, Chart, KubeVersion, Notes, Operation, Prepared, RenderError, Rendered, Request, Schemas, check_release_name,
};
use helm_engine::{Engine, Limits, Ports, Value};
use std::io::{self, Write};
use std::rc::Rc;

/// Renders a chart and prints it.
pub(crate) fn run(arguments: &TemplateArguments) -> anyhow::Result<()> {
    refuse(arguments)?;
    let mut capabilities = Capabilities::default();
    if let Some(version) = arguments.kube_version.as_deref().filter(|version| !version.is_empty()) {
        capabilities.kube_version = KubeVersion::parse(version).with_context(|| format!("invalid kube version '{version}'"))?;
    }
    capabilities.api_versions.extend(arguments.api_versions.iter().cloned());
    let ports: Rc<dyn Ports> = Rc::new(Machine { dns: arguments.enable_dns });
    let (release, chart) = name_and_chart(arguments, &ports)?;
    // The order is Helm's, which decides which of several faults is shown.
    if std::path::Path::new(chart.trim()).metadata().is_err() {
        source::chart(chart)?;
    }
    let values = source::values(&arguments.values)?;
    let chart = source::chart(chart)?;
    check(&chart, arguments.dependency_update)?;
    check_release_name(&release).context("release name check failed")?;
    let namespace = namespace(arguments);
    let request = Request {
        release: &release,
        namespace: &namespace,
        revision: 1,
        operation: if arguments.is_upgrade { Operation::Upgrade } else { Operation::Install },
        values: &values,
        capabilities: &capabilities,
        schemas: if arguments.skip_schema_validation { Schemas::Skip } else { Schemas::Check },
        notes: Notes::Root,
        post_renderer: None,
        limits: Limits::default(),
    };
    if chart.metadata.deprecated {
        writeln!(io::stderr(), "level=WARN msg=\"this chart is deprecated\"")?;
    }
    let prepared = Prepared::new(chart);
    let rendered = match prepared.render(&request, &ports) {
        Ok(rendered) => rendered,
        Err(error @ RenderError::Manifest(_)) if arguments.debug => {
            print::print_files(&prepared.render_files(&request, &ports)?)?;
            return Err(error.into());
        }
        Err(error) if arguments.debug => return Err(error.into()),
        Err(error) => return Err(with_hint(error)),
    };
    // The process ends here: taking a large result apart would be work for nothing.
    let rendered: std::mem::ManuallyDrop<Rendered> = std::mem::ManuallyDrop::new(rendered);
    let result = print::print(&rendered, &release, arguments);
    std::mem::forget(prepared);
    result
}

fn refuse(arguments: &TemplateArguments) -> anyhow::Result<()> {
    let refused = &arguments.refused;
    let asks_cluster = refused.validate || refused.dry_run.as_deref().is_some_and(|strategy| strategy == "server");
    if asks_cluster {
        bail!("--validate and --dry-run=server are not supported: charts are rendered without a cluster");
    }
    if refused.post_renderer.is_some() {
        bail!("--post-renderer is not supported: no programs are run");
    }
    if refused.repo.is_some() {
        bail!("--repo is not supported: charts are not fetched from repositories");
    }
    if refused.verify {
        bail!("--verify is not supported: signatures of charts are not checked");
    }
    Ok(())
}

fn name_and_chart<'a>(arguments: &'a TemplateArguments, ports: &Rc<dyn Ports>) -> anyhow::Result<(String, &'a str)> {
    match arguments.name_and_chart.as_slice() {
        [name, chart] => {
            if arguments.generate_name {
                bail!("cannot set --generate-name and also specify a name");
            }
            if arguments.name_template.is_some() {
                bail!("cannot set --name-template and also specify a name");
            }
            Ok((name.clone(), chart))
        }
        [chart] => match arguments.name_template.as_deref().filter(|template| !template.is_empty()) {
            Some(template) => Ok((templated_name(template, ports)?, chart)),
            // As in Helm, also when a name is to be generated.
            None => Ok(("release-name".to_owned(), chart)),
        },
        [_, _, rest @ ..] => bail!("expected at most two arguments, unexpected arguments: {}", rest.join(", ")),
        [] => bail!("\"helm template\" requires at least 1 argument"),
    }
}

/// The name that a template makes; it sees nothing.
fn templated_name(template: &str, ports: &Rc<dyn Ports>) -> anyhow::Result<String> {
    const NAME: &str = "name-template";
    let templates = Engine::new().parse([(NAME, template.as_bytes())])?;
    let name = templates.render_template(NAME, Value::Nil, ports, Limits::default())?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}

/// The namespace of the release, as flag and environment give it.
fn namespace(arguments: &TemplateArguments) -> String {
    let given = arguments.namespace.clone().or_else(|| std::env::var("HELM_NAMESPACE").ok());
    given.filter(|namespace| !namespace.is_empty()).unwrap_or_else(|| "default".to_owned())
}

/// What only the command line checks.
fn check(chart: &Chart, update: bool) -> anyhow::Result<()> {
    if !matches!(chart.metadata.kind.as_str(), "" | "application") {
        bail!("{} charts are not installable", chart.metadata.kind);
    }
    if update && let Err(missing) = chart.check_dependencies() {
        bail!("--dependency-update is not supported: dependencies are not fetched; {missing}");
    }
    chart.check_dependencies().context(
        "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing \
         dependencies",
    )
}

/// Helm's hint where it has rendered something.
fn with_hint(error: RenderError) -> anyhow::Error {
    let has_hint = matches!(error, RenderError::KubeVersion { .. } | RenderError::Template(_) | RenderError::Manifest(_));
    let error = anyhow::Error::new(error);
    if has_hint { anyhow!("{error:#}\n\nUse --debug flag to render out invalid YAML") } else { error }
}
