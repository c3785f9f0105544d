//! `weir helm template` from outside: output, exit codes, flags. Expected texts are those of `helm template` 4.3.1.

use std::path::Path;
use std::process::{Command, Output};

fn write(directory: &Path, name: &str, text: &str) {
    let file = directory.join(name);
    std::fs::create_dir_all(file.parent().expect("the file has a directory")).expect("the directory can be made");
    std::fs::write(file, text).expect("the file can be written");
}

/// A chart with a manifest, a test hook and notes.
fn chart() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("there is a temporary directory");
    write(directory.path(), "app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
    write(directory.path(), "app/values.yaml", "who: world\n");
    write(directory.path(), "app/templates/cm.yaml", "kind: ConfigMap\nhello: {{ .Values.who }}, {{ .Release.Name }}\n");
    write(directory.path(), "app/templates/test.yaml", "kind: Pod\nmetadata: {name: t, annotations: {\"helm.sh/hook\": test}}\n");
    write(directory.path(), "app/templates/NOTES.txt", "thank you\n");
    write(directory.path(), "app/crds/crd.yaml", "kind: CustomResourceDefinition\n");
    directory
}

fn weir(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    command.args(["helm", "template"]).args(arguments).current_dir(directory).output().expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const MANIFEST: &str = "---\n# Source: app/templates/cm.yaml\nkind: ConfigMap\nhello: world, release-name\n";
const HOOK: &str =
    "---\n# Source: app/templates/test.yaml\nkind: Pod\nmetadata: {name: t, annotations: {\"helm.sh/hook\": test}}\n\n";

fn check(arguments: &[&str], expect: &str) {
    let directory = chart();
    let output = weir(directory.path(), arguments);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), expect.to_owned()), "{}", text(&output.stderr));
}

fn check_refused(arguments: &[&str], expect: &str) {
    let directory = chart();
    let output = weir(directory.path(), arguments);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), format!("Error: {expect}\n")));
    assert!(output.stdout.is_empty());
}

#[test]
fn manifests_are_printed_before_hooks_and_notes_are_not() {
    check(&["app"], &format!("{MANIFEST}{HOOK}"));
    check(&["app", "--no-hooks"], MANIFEST);
    check(&["app", "--skip-tests"], MANIFEST);
    let crd = "---\n# Source: app/crds/crd.yaml\nkind: CustomResourceDefinition\n\n";
    check(&["app", "--include-crds", "--skip-tests"], &format!("{crd}{MANIFEST}"));
}

#[test]
fn the_name_is_given_or_made_by_a_template() {
    let named = MANIFEST.replace("release-name", "mine");
    check(&["mine", "app", "--no-hooks"], &named);
    check(&["app", "--no-hooks", "--name-template", "{{ \"MINE\" | lower }}"], &named);
    check_refused(&["mine", "app", "-g"], "cannot set --generate-name and also specify a name");
}

#[test]
fn values_come_from_flags() {
    let you = MANIFEST.replace("world", "you");
    check(&["app", "--no-hooks", "--set", "who=you"], &you);
    check(&["app", "--no-hooks", "--set-json", "who=\"you\""], &you);
    check(&["app", "--no-hooks", "--set-literal", "who=you"], &you);
    check_refused(&["app", "--set", "who"], "failed parsing --set data: key \"who\" has no value");
    check_refused(&["app", "-f", "none.yaml"], "open none.yaml: no such file or directory");
}

#[test]
fn single_templates_are_shown() {
    let shown = MANIFEST.replacen("---\n", "", 1);
    check(&["app", "-s", "templates/cm.yaml"], &format!("---\n{shown}\n"));
    check(&["app", "-s", "templates/c*"], &format!("---\n{shown}\n"));
    check_refused(&["app", "-s", "templates/none.yaml"], "could not find template templates/none.yaml in chart");
}

#[test]
fn what_fails_exits_with_one_in_helms_words() {
    check_refused(&["./none"], "path \"./none\" not found");
    check_refused(&["app", "--kube-version", "x"], "invalid kube version 'x': could not parse \"x\" as version");
}

#[test]
fn a_file_that_is_no_archive_is_refused_with_a_hint() {
    let directory = chart();
    let output = weir(directory.path(), &["app/values.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    let message = text(&output.stderr);
    assert!(message.ends_with("app/values.yaml' seems to be a YAML file, but expected a gzipped archive\n"), "{message}");
}

#[test]
fn files_are_written_below_a_directory() {
    let directory = chart();
    let output = weir(directory.path(), &["app", "--output-dir", "out", "--release-name"]);
    let lines = "wrote out/release-name/app/templates/cm.yaml\nwrote out/release-name/app/templates/test.yaml\n\n";
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), lines.to_owned()));
    let file = directory.path().join("out/release-name/app/templates/cm.yaml");
    assert_eq!(std::fs::read_to_string(file).expect("the file is written"), format!("{MANIFEST}\n"));
}

#[test]
fn flags_that_matter_only_where_something_is_fetched_or_installed_are_accepted() {
    let flags = "app --no-hooks --ca-file a --cert-file a --key-file a --keyring a --username a --password a --plain-http \
                 --insecure-skip-tls-verify --pass-credentials --repository-config a --repository-cache a --registry-config a \
                 --content-cache a --kubeconfig a --kube-context a --kube-token a --kube-as-user a --kube-as-group a --qps 1 \
                 --burst-limit 1 --color never -l a=b --replace --server-side=false --take-ownership --wait-for-jobs \
                 --rollback-on-failure --force-conflicts --force-replace --dependency-update --debug";
    check(&flags.split_whitespace().collect::<Vec<_>>(), MANIFEST);
    check_refused(&["app", "--verify"], "--verify is not supported: signatures of charts are not checked");
}

#[test]
fn missing_dependencies_are_not_fetched() {
    let directory = chart();
    let metadata = "apiVersion: v2\nname: app\nversion: 1.0.0\ndependencies:\n- {name: b, version: 1.0.0, repository: x}\n";
    write(directory.path(), "app/Chart.yaml", metadata);
    let output = weir(directory.path(), &["app", "--dependency-update"]);
    let message = "Error: --dependency-update is not supported: dependencies are not fetched; \
                   found in Chart.yaml, but missing in charts/ directory: b\n";
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), message.to_owned()));
}

#[test]
fn the_namespace_is_the_environments_unless_it_is_given() {
    let directory = chart();
    write(directory.path(), "app/templates/cm.yaml", "in: {{ .Release.Namespace }}\n");
    let namespace = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
        command.args(["helm", "template", "app", "--no-hooks"]).args(arguments).current_dir(directory.path());
        text(&command.env("HELM_NAMESPACE", "environment").output().expect("the command starts").stdout)
    };
    assert!(namespace(&[]).ends_with("in: environment\n"));
    assert!(namespace(&["-n", "flag"]).ends_with("in: flag\n"));
    let unset = weir(directory.path(), &["app", "--no-hooks"]);
    assert!(text(&unset.stdout).ends_with("in: default\n"));
}

#[test]
fn what_is_no_yaml_is_printed_for_debugging() {
    let directory = chart();
    write(directory.path(), "app/templates/cm.yaml", "a: b: c\n");
    let output = weir(directory.path(), &["app"]);
    let message = "Error: YAML parse error on app/templates/cm.yaml: error converting YAML to JSON: \
                   yaml: mapping values are not allowed in this context";
    assert_eq!(text(&output.stderr), format!("{message}\n\nUse --debug flag to render out invalid YAML\n"));
    assert!(output.stdout.is_empty());
    let output = weir(directory.path(), &["app", "--debug"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), format!("{message}\n")));
    let manifest = "---\n# Source: app/templates/cm.yaml\na: b: c\n\n";
    assert_eq!(text(&output.stdout), format!("{manifest}{HOOK}"));
}

#[test]
fn a_deprecated_chart_is_warned_of() {
    let directory = chart();
    write(directory.path(), "app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\ndeprecated: true\n");
    let output = weir(directory.path(), &["app", "--no-hooks"]);
    assert_eq!(
        (text(&output.stdout), text(&output.stderr)),
        (MANIFEST.into(), "level=WARN msg=\"this chart is deprecated\"\n".into())
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_an_error() {
    let directory = chart();
    let templates = directory.path().join("app/templates").canonicalize().expect("the folder is there");
    std::os::unix::fs::symlink("none.yaml", templates.join("link.yaml")).expect("links can be made");
    let output = weir(directory.path(), &["app"]);
    let link = templates.join("link.yaml");
    let message = format!(
        "Error: error evaluating symlink {}: lstat {}: no such file or directory\n",
        link.display(),
        templates.join("none.yaml").display()
    );
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), message));
}
