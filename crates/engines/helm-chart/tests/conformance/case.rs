//! One case: what `helm template` would do with it.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::rc::Rc;

use bytes::Bytes;
use helm_chart::manifests::Hook;
use helm_chart::{
    Capabilities, Chart, KubeVersion, Limits, Notes, Operation, Prepared, Rendered, Request, Schemas, Source, check_release_name,
    load_files, user_values,
};
use helm_engine::{Offline, Ports};
use helm_release::action::{self, Action};
use helm_release::storage::{self, Stamp};
use helm_release::{ApplyMethod, Time};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Runs a case; gives the fields of its expectation, or the text of the error.
pub(super) fn run(case: &Value) -> Result<Value, String> {
    render(case).map_err(|error| chain(error.as_ref()))
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

fn render(case: &Value) -> Result<Value, Box<dyn Error>> {
    let options = &case["options"];
    let engine_only = options["engineOnly"] == true;
    let chart = load(case)?;
    if !engine_only {
        check(&chart)?;
    }
    let values = values(case)?;
    let mut capabilities = Capabilities::default();
    if let Some(text) = options["kubeVersion"].as_str().filter(|text| !text.is_empty()) {
        capabilities.kube_version =
            KubeVersion::parse(text).map_err(|error| format!("invalid kube version '{text}': {error}"))?;
    }
    capabilities.api_versions.extend(texts(&options["apiVersions"]));
    let release = options["release"].as_str().filter(|name| !name.is_empty()).unwrap_or("release-name");
    check_release_name(release).map_err(|error| format!("release name check failed: {error}"))?;
    let request = Request {
        release,
        namespace: options["namespace"].as_str().unwrap_or("default"),
        revision: 1,
        operation: if options["isUpgrade"] == true { Operation::Upgrade } else { Operation::Install },
        values: &values,
        capabilities: &capabilities,
        schemas: if options["skipSchemaValidation"] == true { Schemas::Skip } else { Schemas::Check },
        notes: if options["subNotes"] == true { Notes::All } else { Notes::Root },
        post_renderer: None,
        limits: helm_engine::Limits::default(),
    };
    let ports: Rc<dyn Ports> = Rc::new(Offline::default());
    let prepared = Prepared::new(chart);
    if engine_only {
        let files = prepared.render_files(&request, &ports)?;
        let file = |(path, content): (String, Vec<u8>)| json!({"path": path, "content": String::from_utf8_lossy(&content)});
        return Ok(json!({"rendered": files.into_iter().map(file).collect::<Vec<_>>()}));
    }
    let rendered = prepared.render(&request, &ports)?;
    if !case["expect"]["secret"].is_null() {
        return record(rendered, values.clone(), &case["expect"]["secret"]);
    }
    Ok(result(&rendered, options["includeCRDs"] == true))
}

/// The record of an install at a given time, and the Secret that holds it. The bytes of its compression are another matter; they are
/// taken from the expectation if they hold the same record.
fn record(rendered: Rendered, config: helm_chart::Values, expect: &Value) -> Result<Value, Box<dyn Error>> {
    let labels: BTreeMap<String, String> = serde_json::from_value(expect["metadata"]["labels"].clone())?;
    let now = Time::parse("2020-01-02T03:04:05.678901234Z").ok_or("the time is none")?;
    let rendered = rendered.into_record(config, ApplyMethod::ServerSide, storage::custom_labels(&labels));
    let mut release = action::install("release-name", "default", 1, rendered, now);
    action::succeed(&mut release, Action::Install, "");
    let mut secret = storage::secret(&release, Stamp::Created(Timestamp::from_second(1_577_934_245)?));
    if storage::read(&secret)?.to_json() == storage::read(expect)?.to_json() {
        secret["data"]["release"] = expect["data"]["release"].clone();
    }
    if let (Some(secret), Some(expect)) = (secret.as_object_mut(), expect.as_object()) {
        secret.retain(|key, _| expect.contains_key(key));
    }
    Ok(json!({"release": release.to_json(), "secret": secret}))
}

fn load(case: &Value) -> Result<Chart, Box<dyn Error>> {
    let files = case["files"].as_object().into_iter().flatten();
    let file = |(path, text): (&String, &Value)| (path.clone(), Bytes::from(text.as_str().unwrap_or_default().to_owned()));
    Ok(load_files(files.map(file), &Limits::default())?)
}

/// What the command line checks before it renders.
fn check(chart: &Chart) -> Result<(), Box<dyn Error>> {
    if chart.metadata.is_library() {
        return Err("library charts are not installable".into());
    }
    chart.check_dependencies().map_err(|error| {
        let advice = "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch \
                      missing dependencies";
        format!("{advice}: {error}").into()
    })
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn values(case: &Value) -> Result<helm_chart::Values, Box<dyn Error>> {
    let options = &case["options"];
    let json = if case["values"].is_null() { None } else { Some(case["values"].to_string()) };
    let [json_lines, typed, strings] = ["setJSON", "set", "setString"].map(|name| texts(&options[name]));
    let sources = json.iter().chain(&json_lines).map(|line| Source::Json(line));
    let sources = sources.chain(typed.iter().map(|line| Source::Typed(line)));
    let sources = sources.chain(strings.iter().map(|line| Source::Text(line)));
    Ok(user_values(sources, &mut |_| Err("there are no files here".to_owned()))?)
}

fn result(rendered: &Rendered, with_crds: bool) -> Value {
    let crds = if with_crds { rendered.crds() } else { String::new() };
    let mut stdout = format!("{crds}{}", rendered.manifest()).trim().to_owned();
    stdout.push('\n');
    for hook in &rendered.hooks {
        let _ = write!(stdout, "---\n# Source: {}\n{}\n", hook.path, hook.content);
    }
    let sum: String = Sha256::digest(&stdout).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "sha256": sum,
        "bytes": stdout.len(),
        "stdout": stdout,
        "notes": rendered.notes,
        "hooks": rendered.hooks.iter().map(hook).collect::<Vec<_>>(),
    })
}

fn hook(hook: &Hook) -> Value {
    let mut value = json!({
        "path": hook.path,
        "name": hook.name,
        "kind": hook.kind,
        "weight": hook.weight,
        "events": hook.events.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "deletePolicies": hook.delete_policies,
        "content": hook.content,
    });
    if !hook.output_log_policies.is_empty() {
        value["outputLogPolicies"] = json!(hook.output_log_policies);
    }
    value
}
