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
