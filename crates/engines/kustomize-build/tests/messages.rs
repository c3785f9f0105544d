//! What a build says to the person who wrote the kustomization: where an error is, and what is deprecated.

use bytes::Bytes;
use file_tree::{EntryKind, FileTree, TreePath};
use kustomize_build::{Build, BuildError, NoRemoteResources, Options, build};
use std::error::Error;
use std::fmt::Write;

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

/// Builds `app`, beside which there are an object in `r.yaml` and a base.
fn built(kustomization: &str) -> Result<Build, BuildError> {
    let mut tree = FileTree::new();
    let base = "apiVersion: v1\ncommonLabels: {a: b}\nnamePrefix: [\n";
    for (path, text) in [("app/kustomization.yaml", kustomization), ("app/r.yaml", CONFIG_MAP), ("base/kustomization.yaml", base)]
    {
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        let path = TreePath::parse(path).expect("the path is valid");
        tree.insert_file(&path, bytes, EntryKind::File { executable: false }).expect("the path is free");
    }
    let directory = TreePath::parse("app").expect("the directory is valid");
    build(&tree, &directory, &Options::default(), &NoRemoteResources)
}

fn message(kustomization: &str) -> String {
    let error = built(kustomization).expect_err("the build is refused");
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[test]
fn errors_name_the_file_the_line_and_the_field() {
    for (kustomization, place) in [
        ("resources:\n- r.yaml\n- none.yaml\n", "3: field 'resources[1]'"),
        ("# first\nresources: [r.yaml]\nbases:\n- none\n", "4: field 'bases[0]'"),
        ("resources: [r.yaml]\ncomponents:\n- none\n", "3: field 'components[0]'"),
        ("resources:\n- ../base\n", "2: field 'resources[0]'"),
        ("resources: [r.yaml, r.yaml]\n", "1: field 'resources[1]'"),
        ("resources: [r.yaml]\npatches:\n- patch: |\n    kind: X\n- path: none.yaml\n", "3: field 'patches[0]'"),
        ("resources: [r.yaml]\npatches:\n- path: none.yaml\n", "3: field 'patches[0]'"),
        (
            "resources: [r.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: '[{\"op\": \"remove\", \"path\": \"/x\"}]'\n",
            "3: field 'patches[0]'",
        ),
        ("resources: [r.yaml]\npatchesStrategicMerge:\n- none.yaml\n", "2: field 'patchesStrategicMerge'"),
        ("resources: [r.yaml]\npatchesJson6902:\n- path: none.yaml\n  target: {name: a}\n", "3: field 'patchesJson6902[0]'"),
        (
            "resources: [r.yaml]\nreplacements:\n- source: {kind: Nothing}\n  targets: [{select: {kind: ConfigMap}}]\n",
            "2: field 'replacements'",
        ),
        ("resources: [r.yaml]\nreplicas:\n- {name: a, count: 1}\n- {name: none, count: 1}\n", "3: field 'replicas[0]'"),
        ("configMapGenerator:\n- name: a\n- name: b\n  files: [none]\n", "3: field 'configMapGenerator[1]'"),
        ("secretGenerator:\n- name: a\n  literals: [none]\n", "2: field 'secretGenerator[0]'"),
        ("resources: [r.yaml]\ntransformers:\n- none.yaml\n", "3: field 'transformers[0]'"),
        ("generators:\n- r.yaml\n", "1: field 'generators'"),
        ("resources: [r.yaml]\nconfigurations:\n- none.yaml\n", "2: field 'configurations'"),
        ("resources: [r.yaml]\ncrds: [none.json]\n", "2: field 'crds'"),
        ("resources: [r.yaml]\nopenapi: {path: none.json}\n", "2: field 'openapi'"),
        ("resources: [r.yaml]\nnamePrefix: 1\n", "2: field 'namePrefix'"),
        ("resources: [r.yaml]\nimages:\n- newTag: 1.10\n", "3: field 'images[0].newTag'"),
    ] {
        let message = message(kustomization);
        assert!(message.starts_with(&format!("app/kustomization.yaml:{place}: ")), "{kustomization}\n{message}");
    }
}

#[test]
fn deprecated_fields_are_warned_of_in_the_words_of_kustomize() {
    let to_fix = "Run 'kustomize edit fix' to update your Kustomization automatically.";
    for (field, expected) in [
        ("bases: []", format!("# Warning: 'bases' is deprecated. Please use 'resources' instead. {to_fix}")),
        ("commonLabels: {a: b}", format!("# Warning: 'commonLabels' is deprecated. Please use 'labels' instead. {to_fix}")),
        ("imageTags: []", format!("# Warning: 'imageTags' is deprecated. Please use 'images' instead. {to_fix}")),
        ("patchesJson6902: []", format!("# Warning: 'patchesJson6902' is deprecated. Please use 'patches' instead. {to_fix}")),
        (
            "patchesStrategicMerge: []",
            format!("# Warning: 'patchesStrategicMerge' is deprecated. Please use 'patches' instead. {to_fix}"),
        ),
        ("vars: []", format!("# Warning: 'vars' is deprecated. Please use 'replacements' instead. [EXPERIMENTAL] {to_fix}")),
    ] {
        let built = built(&format!("resources: [r.yaml]\n{field}\n")).expect("the field is valid");
        assert_eq!(built.warnings(), [expected]);
    }
    assert!(built("resources: [r.yaml]\nvars:\nlabels: []\n").expect("the fields are valid").warnings().is_empty());
}

#[test]
fn builds_run_at_the_same_time_and_give_what_they_give_alone() {
    let kustomization =
        |thread: usize| format!("resources: [r.yaml]\nnamePrefix: p{thread}-\ncommonLabels: {{thread: t{thread}}}\n");
    let alone: Vec<String> = (0..8).map(|thread| built(&kustomization(thread)).expect("it is valid").to_yaml()).collect();
    std::thread::scope(|scope| {
        let builds = (0..8).map(|thread| scope.spawn(move || built(&kustomization(thread)).expect("it is valid").to_yaml()));
        let together: Vec<String> =
            builds.collect::<Vec<_>>().into_iter().map(|build| build.join().expect("no build panics")).collect();
        assert_eq!(together, alone);
    });
}
