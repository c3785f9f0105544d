//! `weir kustomize build` from outside: output, exit codes, flags.

use std::path::Path;
use std::process::{Command, Output};

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: space\n";

fn write(directory: &Path, name: &str, text: &str) {
    let file = directory.join(name);
    std::fs::create_dir_all(file.parent().expect("the file has a directory")).expect("the directory can be made");
    std::fs::write(file, text).expect("the file can be written");
}

fn weir(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    command.args(["kustomize", "build"]).args(arguments).current_dir(directory).output().expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn objects_are_printed_in_the_order_asked_for() {
    let directory = tempfile::tempdir().expect("there is a temporary directory");
    write(directory.path(), "app/kustomization.yaml", "resources: [cm.yaml, ns.yaml]\n");
    write(directory.path(), "app/cm.yaml", CONFIG_MAP);
    write(directory.path(), "app/ns.yaml", NAMESPACE);
    let legacy = weir(directory.path(), &["app"]);
    assert_eq!((legacy.status.code(), text(&legacy.stdout)), (Some(0), format!("{NAMESPACE}---\n{CONFIG_MAP}")));
    let none = weir(&directory.path().join("app"), &["--reorder", "none"]);
    assert_eq!((none.status.code(), text(&none.stdout)), (Some(0), format!("{CONFIG_MAP}---\n{NAMESPACE}")));
}

#[test]
fn a_failed_build_exits_with_one_and_says_where() {
    let directory = tempfile::tempdir().expect("there is a temporary directory");
    write(directory.path(), "kustomization.yaml", "namespace: x\nresuorces: [cm.yaml]\n");
    let failed = weir(directory.path(), &[]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(failed.stdout.is_empty());
    let message = text(&failed.stderr);
    assert!(message.contains("kustomization.yaml:2: field 'resuorces': unknown field"), "{message}");
}

#[test]
fn files_outside_need_the_restriction_lifted() {
    let directory = tempfile::tempdir().expect("there is a temporary directory");
    write(directory.path(), "app/kustomization.yaml", "resources: [../cm.yaml]\n");
    write(directory.path(), "cm.yaml", CONFIG_MAP);
    assert_eq!(weir(directory.path(), &["app"]).status.code(), Some(1));
    let free = weir(directory.path(), &["app", "--load-restrictor", "LoadRestrictionsNone"]);
    assert_eq!(text(&free.stdout), CONFIG_MAP);
}

#[cfg(unix)]
#[test]
fn sec_d2_a_link_leads_out_of_its_directory_only_without_restrictions() {
    let directory = tempfile::tempdir().expect("there is a temporary directory");
    write(directory.path(), "app/kustomization.yaml", "resources: [cm.yaml]\n");
    write(directory.path(), "secret.yaml", CONFIG_MAP);
    let link = directory.path().join("app/cm.yaml");
    std::os::unix::fs::symlink(directory.path().join("secret.yaml"), link).expect("the link can be made");
    let refused = weir(directory.path(), &["app"]);
    assert!(text(&refused.stderr).contains("a symbolic link leads out"), "{}", text(&refused.stderr));
    let free = weir(directory.path(), &["app", "--load-restrictor", "LoadRestrictionsNone"]);
    assert_eq!(text(&free.stdout), CONFIG_MAP);
}

#[test]
fn output_goes_to_a_file_or_one_per_object_into_a_directory() {
    let directory = tempfile::tempdir().expect("there is a temporary directory");
    write(directory.path(), "kustomization.yaml", "resources: [cm.yaml, ns.yaml]\nnamespace: space\n");
    write(directory.path(), "cm.yaml", CONFIG_MAP);
    write(directory.path(), "ns.yaml", NAMESPACE);
    assert_eq!(weir(directory.path(), &["-o", "all.yaml"]).status.code(), Some(0));
    let all = std::fs::read_to_string(directory.path().join("all.yaml")).expect("the file is written");
    assert_eq!(all, format!("{NAMESPACE}---\n{CONFIG_MAP}  namespace: space\n"));
    std::fs::create_dir(directory.path().join("out")).expect("the directory can be made");
    assert_eq!(weir(directory.path(), &["-o", "out"]).status.code(), Some(0));
    let one = std::fs::read_to_string(directory.path().join("out/v1_configmap_a.yaml")).expect("the file is written");
    assert_eq!(one, format!("{CONFIG_MAP}  namespace: space\n"));
}
