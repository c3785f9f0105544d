//! What is in packages. That they are what Helm makes of the same files is a scenario's to show.

use bytes::Bytes;
use chart_build::{Origin, files_of, load_local, missing, origin};
use file_tree::{FileTree, Files, TreePath};
use helm_chart::{Chart, Limits, load_files};

/// More than any file here has.
const FILE_LIMIT: u64 = 1 << 20;

fn chart(files: &[(&str, &str)]) -> Chart {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), Bytes::from((*text).to_owned())));
    load_files(files, &Limits::default()).expect("the chart is well formed")
}

fn text(tree: &FileTree, path: &str) -> String {
    let read = tree.read(&TreePath::confined(path)).expect("the file is there");
    String::from_utf8(read.to_vec()).expect("it is text")
}

#[test]
fn charts_of_one_name_have_folders_of_their_own() {
    let version = |version: &str| format!("apiVersion: v2\nname: near\nversion: {version}\n");
    let parent = chart(&[
        ("Chart.yaml", "apiVersion: v2\nname: parent\nversion: 1.0.0\n"),
        ("charts/a/Chart.yaml", &version("1.0.0")),
        ("charts/b/Chart.yaml", &version("2.0.0")),
    ]);
    let tree = files_of(&parent).expect("it can be packaged");
    assert!(text(&tree, "parent/charts/near/Chart.yaml").contains("version: 1.0.0"));
    assert!(text(&tree, "parent/charts/near-2.0.0/Chart.yaml").contains("version: 2.0.0"));
}

/// Helm's `writeTarContents`: the first format keeps its dependencies in a file of their own.
#[test]
fn dependencies_of_the_first_format_stay_in_their_file() {
    let requirements = "dependencies:\n- {name: a, version: '1', repository: 'https://h'}\n";
    let old = chart(&[("Chart.yaml", "name: old\nversion: 1.0.0\n"), ("requirements.yaml", requirements)]);
    let tree = files_of(&old).expect("it can be packaged");
    assert_eq!(text(&tree, "old/Chart.yaml"), "apiVersion: v1\nname: old\nversion: 1.0.0\n");
    assert_eq!(text(&tree, "old/requirements.yaml"), requirements);
}

/// Upstream's `collectMissing`: the lock counts, and as many charts as dependencies are all of them.
#[test]
fn what_is_missing_is_what_the_lock_names() {
    let named = "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: b, version: 1.x, repository: 'https://h'}\n\
                 - {name: c, version: 1.x, repository: 'https://h', alias: d}\n";
    let lock = "dependencies:\n- {name: b, version: 1.2.3, repository: 'https://h'}\n- {name: c, version: 1.0.0, repository: 'https://h'}\n\
                digest: sha256:0\ngenerated: 2026-01-01T00:00:00Z\n";
    let versions = |chart: &Chart| missing(chart).into_iter().map(|dependency| dependency.version).collect::<Vec<_>>();
    let sub = |name: &str| format!("apiVersion: v2\nname: {name}\nversion: 9.0.0\n");
    assert_eq!(versions(&chart(&[("Chart.yaml", named)])), ["1.x", "1.x"]);
    assert_eq!(versions(&chart(&[("Chart.yaml", named), ("Chart.lock", lock)])), ["1.2.3", "1.0.0"]);
    let one = [("Chart.yaml", named), ("Chart.lock", lock), ("charts/b/Chart.yaml", &sub("b"))];
    assert_eq!(versions(&chart(&one)), ["1.0.0"]);
    let two = [("Chart.yaml", named), ("charts/x/Chart.yaml", &sub("x")), ("charts/y/Chart.yaml", &sub("y"))];
    assert_eq!(versions(&chart(&two)), Vec::<String>::new());
}

#[test]
fn sec_e4_a_dependency_comes_from_the_source_or_from_a_repository() {
    let parent = chart(&[(
        "Chart.yaml",
        "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: b}\n- {name: c, repository: 'file://../../../etc'}\n\
         - {name: d, repository: 'https://h/charts'}\n- {name: e, repository: '@alias'}\n- {name: f, repository: 'ftp://h'}\n\
         - {name: g, repository: 'gopher'}\n- {name: h, repository: 'oci://h/charts'}\n",
    )]);
    let directory = TreePath::confined("charts/a");
    let origins: Vec<String> = missing(&parent)
        .iter()
        .map(|dependency| match origin(dependency, &directory) {
            Ok(Origin::Local(place)) => place.to_string(),
            Ok(Origin::Repository(address)) => address,
            Err(error) => error.to_string(),
        })
        .collect();
    let expect = [
        "charts/a/charts/b",
        "etc",
        "https://h/charts",
        "aliased repository dependency is not supported: @alias",
        "invalid dependency repository URL: ftp://h",
        "invalid dependency repository URL: gopher",
        "oci://h/charts",
    ];
    assert_eq!(origins, expect);
}

#[test]
fn a_local_dependency_that_names_itself_is_loaded_once() {
    let files = [
        (
            "a/Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n- {name: a, version: '*', repository: 'file://.'}\n",
        ),
        ("a/values.yaml", "large: file\n"),
    ];
    let files = files.map(|(name, text)| (name, Bytes::from_static(text.as_bytes())));
    let tree = FileTree::from_files(files).expect("the paths differ");
    let parent = load_local(&tree, &TreePath::confined("a"), &Default::default(), FILE_LIMIT, &Limits::default());
    let parent = parent.err().map(|error| error.to_string());
    assert_eq!(parent.as_deref(), Some("invalid version/constraint format ''"));
    let loaded =
        chart_build::load_directory(&tree, &TreePath::confined("a"), FILE_LIMIT, &Limits::default()).expect("it is a chart");
    let dependency = missing(&loaded).remove(0);
    let near = load_local(&tree, &TreePath::confined("a"), &dependency, FILE_LIMIT, &Limits::default()).expect("it is there");
    assert!(near.dependencies.is_empty());
    let small =
        load_local(&tree, &TreePath::confined("a"), &dependency, 3, &Limits::default()).expect_err("the file is too large");
    assert!(small.to_string().starts_with("failed to load chart from '/a'"), "{small}");
}
