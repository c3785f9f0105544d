//! What untrusted kustomizations must not be able to do. The names carry the rows of the project's list of attacks.

use bytes::Bytes;
use file_tree::{EntryKind, FileTree, TreePath};
use kustomize_build::{Build, BuildError, Limits, LoadRestrictions, NoRemoteResources, Options, build};
use std::error::Error;
use std::fmt::Write;

fn tree(files: &[(&str, &str)]) -> FileTree {
    let mut tree = FileTree::new();
    for (path, text) in files {
        let path = TreePath::parse(path).expect("the path is valid");
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        tree.insert_file(&path, bytes, EntryKind::File { executable: false }).expect("the path is free");
    }
    tree
}

fn build_with(files: &[(&str, &str)], directory: &str, options: &Options) -> Result<Build, BuildError> {
    let directory = TreePath::parse(directory).expect("the directory is valid");
    build(&tree(files), &directory, options, &NoRemoteResources)
}

fn unrestricted() -> Options {
    Options { load_restrictions: LoadRestrictions::None, ..Options::default() }
}

/// The error with its causes.
fn text(error: &BuildError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

fn error_of(files: &[(&str, &str)], options: &Options) -> String {
    text(&build_with(files, "app", options).expect_err("the build is refused"))
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: {a: b}\ndata:\n  k: v\n";

#[test]
fn sec_d1_no_field_reaches_out_of_the_tree() {
    let fields = [
        "resources: [PATH]",
        "components: [PATH]",
        "bases: [PATH]",
        "crds: [PATH]",
        "configurations: [PATH]",
        "openapi: {path: PATH}",
        "patches: [{path: PATH}]",
        "patchesStrategicMerge: [PATH]",
        "patchesJson6902: [{path: PATH, target: {kind: ConfigMap, name: a}}]",
        "replacements: [{path: PATH}]",
        "configMapGenerator: [{name: g, files: [k=PATH]}]",
        "configMapGenerator: [{name: g, envs: [PATH]}]",
        "secretGenerator: [{name: g, files: [PATH]}]",
        "generators: [PATH]",
        "transformers: [PATH]",
        "validators: [PATH]",
    ];
    for field in fields {
        for path in ["../../secret", "/etc/passwd", "../../../../../../etc/passwd", "sub/../../../secret"] {
            for options in [Options::default(), unrestricted()] {
                let kustomization = field.replace("PATH", path);
                let files = [("app/kustomization.yaml", kustomization.as_str()), ("app/cm.yaml", CONFIG_MAP)];
                let error = error_of(&files, &options);
                assert!(error.contains("leads outside") || error.contains("absolute"), "{field} {path}: {error}");
            }
        }
    }
}

#[test]
fn sec_d1_a_file_beside_the_kustomization_needs_the_restriction_lifted() {
    let files = [("app/kustomization.yaml", "resources: [../other/cm.yaml]"), ("other/cm.yaml", CONFIG_MAP)];
    let error = error_of(&files, &Options::default());
    assert!(error.contains("security; the file is not in or below"), "{error}");
    let built = build_with(&files, "app", &unrestricted()).expect("the file is in the tree");
    assert_eq!(built.len(), 1);
}

#[test]
fn sec_d2_a_tree_has_no_links_so_a_dangling_name_is_missing() {
    let error = error_of(&[("app/kustomization.yaml", "resources: [base]")], &unrestricted());
    assert!(error.contains("there is no such file or directory"), "{error}");
}

#[test]
fn sec_d3_circles_are_found() {
    let files = [("app/kustomization.yaml", "resources: [../b]"), ("b/kustomization.yaml", "resources: [../app]")];
    assert!(error_of(&files, &unrestricted()).contains("cycle detected"));
    assert!(error_of(&[("app/kustomization.yaml", "resources: [.]")], &unrestricted()).contains("cycle detected"));
    assert!(error_of(&[("app/kustomization.yaml", "resources: [..]")], &unrestricted()).contains("cycle detected"));
    let files = [
        ("app/kustomization.yaml", "components: [../c]"),
        ("c/kustomization.yaml", "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\ncomponents: [../app]"),
    ];
    assert!(error_of(&files, &unrestricted()).contains("cycle detected"));
}

#[test]
fn sec_d3_a_long_chain_ends_at_the_limit() {
    let mut files: Vec<(String, String)> =
        (0..10_000).map(|at| (format!("d{at}/kustomization.yaml"), format!("resources: [../d{}]", at + 1))).collect();
    files.push(("app/kustomization.yaml".to_owned(), "resources: [../d0]".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert!(error_of(&files, &unrestricted()).contains("the depth of kustomizations"));
}

#[test]
fn sec_d3_a_base_that_multiplies_ends_at_the_limit() {
    let mut files = vec![("l20/kustomization.yaml".to_owned(), "resources: [cm.yaml]".to_owned())];
    files.push(("l20/cm.yaml".to_owned(), CONFIG_MAP.to_owned()));
    for level in 0..20 {
        for side in ["a", "b"] {
            let below =
                if level == 19 { "../../l20".to_owned() } else { format!("../../l{}/a\n- ../../l{}/b", level + 1, level + 1) };
            files.push((format!("l{level}/{side}/kustomization.yaml"), format!("namePrefix: {side}-\nresources:\n- {below}\n")));
        }
    }
    files.push(("app/kustomization.yaml".to_owned(), "resources: [../l0/a, ../l0/b]".to_owned()));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let options = Options { limits: Limits { kustomizations: 1_000, ..Limits::default() }, ..unrestricted() };
    assert!(error_of(&files, &options).contains("the number of kustomizations"));
}

#[test]
fn sec_d4_nothing_is_executed() {
    let plugin = "apiVersion: v1\nkind: Evil\nmetadata:\n  name: e\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./evil.sh}\n";
    for field in ["generators", "transformers", "validators"] {
        let kustomization = format!("{field}: [plugin.yaml]\nresources: [cm.yaml]");
        let files =
            [("app/kustomization.yaml", kustomization.as_str()), ("app/plugin.yaml", plugin), ("app/cm.yaml", CONFIG_MAP)];
        assert!(error_of(&files, &Options::default()).contains("external plugins disabled"));
    }
    let helm = "helmCharts:\n- name: evil\n  repo: https://evil.example.com\n";
    assert!(error_of(&[("app/kustomization.yaml", helm)], &Options::default()).contains("charts are not inflated here"));
}

#[test]
fn sec_d5_nothing_is_fetched_and_no_credential_is_shown() {
    for address in [
        "https://evil.example.com/x.yaml",
        "http://169.254.169.254/latest/meta-data",
        "github.com/o/r//p?ref=x",
        "git@evil.example.com:o/r.git",
        "ssh://git@evil.example.com/o/r",
        "file:///etc",
        "https://user:S3NTINEL@evil.example.com/o/r.git?token=S3NTINEL",
    ] {
        for field in ["resources", "components"] {
            let kustomization = format!("{field}: ['{address}']");
            let error = error_of(&[("app/kustomization.yaml", &kustomization)], &unrestricted());
            assert!(error.contains("remote resources are refused"), "{address}: {error}");
            assert!(!error.contains("S3NTINEL"), "{error}");
        }
    }
    let patch = "patches: [{path: 'https://evil.example.com/p.yaml'}]";
    assert!(error_of(&[("app/kustomization.yaml", patch)], &unrestricted()).contains("remote resources are refused"));
}

#[test]
fn sec_d6_yaml_bombs_are_defused() {
    let mut laughs = String::from(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\na0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n",
    );
    for level in 1..10 {
        let row = vec![format!("*a{}", level - 1); 9].join(", ");
        let _ = writeln!(laughs, "a{level}: &a{level} [{row}]");
    }
    let brackets = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nx: {}", "[".repeat(100_000));
    let deep = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\nx: {}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let python = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx: {.inf: 1}\n";
    let infinite = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nx: .inf\n";
    let twice = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b, a: c}\n";
    for resource in [laughs.as_str(), &brackets, &deep, python, infinite, twice] {
        for files in [
            [("app/kustomization.yaml", "resources: [r.yaml]"), ("app/r.yaml", resource)],
            [("app/r.yaml", resource), ("app/kustomization.yaml", resource)],
        ] {
            assert!(build_with(&files, "app", &Options::default()).is_err(), "{}", &resource[..resource.len().min(200)]);
        }
    }
}

#[test]
fn sec_d6_odd_scalars_keep_their_meaning() {
    let resource = "apiVersion: v1\nkind: Thing\nmetadata: {name: a}\nspec: {a: 0o777, b: 1e3, y: y, c: !!python/object x}\n";
    let built =
        build_with(&[("app/kustomization.yaml", "resources: [r.yaml]"), ("app/r.yaml", resource)], "app", &Options::default());
    let expected = "apiVersion: v1\nkind: Thing\nmetadata:\n  name: a\nspec:\n  a: 511\n  b: 1000\n  c: x\n  \"y\": \"y\"\n";
    assert_eq!(built.expect("the resource is valid").to_yaml(), expected);
}

#[test]
fn sec_d6_large_inputs_end_at_the_limits() {
    let files =
        [("app/kustomization.yaml", "resources: [r.yaml, s.yaml]"), ("app/r.yaml", CONFIG_MAP), ("app/s.yaml", CONFIG_MAP)];
    let one = Limits { file_bytes: 40, ..Limits::default() };
    assert!(error_of(&files, &Options { limits: one, ..Options::default() }).contains("beyond the limit of 40"));
    let all = Limits { total_bytes: 120, ..Limits::default() };
    assert!(error_of(&files, &Options { limits: all, ..Options::default() }).contains("the size of all files"));
    let many = format!("{CONFIG_MAP}---\n{}", CONFIG_MAP.replace("name: a", "name: b"));
    let files = [("app/kustomization.yaml", "resources: [r.yaml]"), ("app/r.yaml", many.as_str())];
    let objects = Limits { objects: 1, ..Limits::default() };
    assert!(error_of(&files, &Options { limits: objects, ..Options::default() }).contains("the number of objects"));
}

fn json_patch(operations: &str) -> String {
    format!(
        "resources: [cm.yaml]\npatches:\n- target: {{kind: ConfigMap}}\n  patch: |-\n    {}\n",
        operations.replace('\n', "\n    ")
    )
}

#[test]
fn sec_d7_json_patches_cannot_grow_without_bound() {
    let mut doubling = String::from("- {op: add, path: /data/l, value: [aaaaaaaaaaaaaaaa]}");
    for _ in 0..40 {
        doubling.push_str("\n- {op: copy, from: /data/l, path: /data/l/-}");
    }
    let mut nesting = String::from("- {op: add, path: /data/l, value: {}}");
    let mut path = "/data/l".to_owned();
    for _ in 0..20 {
        let _ = write!(nesting, "\n- {{op: copy, from: /data/l, path: {path}/x}}");
        path = format!("{path}{}", path.replace("/data/l", "/x"));
    }
    let many = vec!["- {op: add, path: /data/x, value: y}"; 200].join("\n");
    let few = Limits { patch_operations: 100, object_bytes: 1 << 20, ..Limits::default() };
    for operations in [doubling.as_str(), nesting.as_str(), many.as_str()] {
        let kustomization = json_patch(operations);
        let files = [("app/kustomization.yaml", kustomization.as_str()), ("app/cm.yaml", CONFIG_MAP)];
        let error = error_of(&files, &Options { limits: few.clone(), ..Options::default() });
        assert!(error.contains("beyond the limit") || error.contains("has no path"), "{error}");
    }
}

#[test]
fn sec_d7_an_index_is_one_of_the_list() {
    let kustomization = json_patch("- {op: add, path: /data/l, value: []}\n- {op: add, path: /data/l/4294967295, value: x}");
    let files = [("app/kustomization.yaml", kustomization.as_str()), ("app/cm.yaml", CONFIG_MAP)];
    assert!(error_of(&files, &Options::default()).contains("an index that is not in the list"));
}

#[test]
fn sec_d7_replacements_cannot_put_an_object_into_itself_without_bound() {
    let mut kustomization = String::from("resources: [cm.yaml]\nreplacements:\n");
    let mut path = "data".to_owned();
    for _ in 0..24 {
        let _ = writeln!(
            kustomization,
            "- source: {{kind: ConfigMap, fieldPath: data}}\n  targets:\n  - select: {{kind: ConfigMap}}\n    fieldPaths: [{path}.x]\n    options: {{create: true}}"
        );
        path = format!("{path}.x");
    }
    let files = [("app/kustomization.yaml", kustomization.as_str()), ("app/cm.yaml", CONFIG_MAP)];
    let limits = Limits { object_bytes: 1 << 20, ..Limits::default() };
    let _ = build_with(&files, "app", &Options { limits, ..Options::default() });
}

#[test]
fn sec_d8_expressions_are_linear_and_bounded() {
    let long = "a".repeat(50_000);
    let resource = CONFIG_MAP.replace("name: a", &format!("name: {long}"));
    let kustomization = "resources: [cm.yaml]\npatches:\n- target: {name: (a+)+$}\n  patch: '[{\"op\": \"add\", \"path\": \"/data/x\", \"value\": \"y\"}]'\n";
    let files = [("app/kustomization.yaml", kustomization), ("app/cm.yaml", resource.as_str())];
    assert_eq!(build_with(&files, "app", &Options::default()).expect("the expression is valid").len(), 1);
    let huge = "resources: [cm.yaml]\npatches:\n- target: {name: '((a{0,1000}){0,1000}){0,1000}'}\n  patch: '[{\"op\": \"add\", \"path\": \"/data/x\", \"value\": \"y\"}]'\n";
    let files = [("app/kustomization.yaml", huge), ("app/cm.yaml", CONFIG_MAP)];
    assert!(error_of(&files, &Options::default()).contains("is not a regular expression"));
}

#[test]
fn sec_d13_lists_and_nameless_objects_do_not_panic() {
    for (resource, count) in [
        ("apiVersion: v1\nkind: List\nitems: []\n", Some(0)),
        ("", Some(0)),
        ("# nothing\n", Some(0)),
        ("apiVersion: v1\nkind: List\nitems: [null, {}]\n", Some(0)),
        ("hello", None),
        ("[1, 2]", None),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n", None),
        ("apiVersion: v1\nkind: ConfigMap\n", None),
        ("kind: ConfigMap\nmetadata: text\n", None),
    ] {
        let files = [("app/kustomization.yaml", "resources: [r.yaml]"), ("app/r.yaml", resource)];
        let built = build_with(&files, "app", &Options::default());
        assert_eq!(built.ok().map(|built| built.len()), count, "{resource}");
    }
}
