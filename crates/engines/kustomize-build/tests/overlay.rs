//! What Flux's controllers lay over a root kustomization. The expected results are kustomize's for the file that Flux would write
//! (fluxcd/pkg `kustomize`, `GenerateManifest`); the cases follow its tests.

use bytes::Bytes;
use file_tree::{EntryKind, FileTree, TreePath};
use kustomize_build::{
    Build, BuildError, LoadRestrictions, MissingComponents, NoRemoteResources, Options, Overlay, OverlayImage, OverlayPatch,
    OverlaySelector, build, generate,
};
use std::error::Error;

fn tree(files: &[(&str, &str)]) -> FileTree {
    let mut tree = FileTree::new();
    for (path, text) in files {
        let path = TreePath::parse(path).expect("the path is valid");
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        tree.insert_file(&path, bytes, EntryKind::File { executable: false }).expect("the path is free");
    }
    tree
}

fn build_with(files: &[(&str, &str)], overlay: Overlay) -> Result<Build, BuildError> {
    let options = Options { load_restrictions: LoadRestrictions::None, overlay: Some(overlay), ..Options::default() };
    let mut tree = tree(files);
    let app = TreePath::parse("app").expect("the path is valid");
    tree.insert_directory(&app).expect("the directory is free");
    build(&tree, &app, &options, &NoRemoteResources)
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: podinfo
spec:
  template:
    spec:
      containers:
      - name: podinfo
        image: ghcr.io/stefanprodan/podinfo:6.0.0
      - name: other
        image: redis:7
";

const KUSTOMIZATION: &str = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [deploy.yaml]
namespace: own
unknownFields: are ignored
images:
- name: ghcr.io/stefanprodan/podinfo
  newName: example.com/podinfo
  newTag: 1
- name: redis
  newTag: \"8\"
  digest: sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3
";

const COMPONENT: &str = "\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
commonAnnotations: {component: \"yes\"}
";

#[test]
fn every_override_reaches_the_root() {
    let target = |name: &str| OverlaySelector { kind: "Deployment".into(), name: name.into(), ..OverlaySelector::default() };
    let image = |name: &str, tag: &str| OverlayImage { name: name.into(), new_tag: tag.into(), ..OverlayImage::default() };
    let overlay = Overlay {
        namespace: Some("target".into()),
        name_prefix: Some("pre-".into()),
        name_suffix: Some("-suf".into()),
        patches: vec![OverlayPatch {
            patch: "- op: add\n  path: /metadata/labels\n  value: {patched: \"yes\"}\n".into(),
            target: Some(target("")),
        }],
        patches_strategic_merge: vec![
            r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"podinfo"},"spec":{"replicas":2}}"#.into(),
        ],
        patches_json6902: vec![OverlayPatch {
            patch: r#"[{"op":"add","path":"/spec/paused","value":true}]"#.into(),
            target: Some(target("podinfo")),
        }],
        components: vec!["extra".into()],
        images: vec![image("ghcr.io/stefanprodan/podinfo", "2"), image("redis", ""), image("nothing", "9")],
        ..Overlay::default()
    };
    let files =
        [("app/deploy.yaml", DEPLOYMENT), ("app/kustomization.yaml", KUSTOMIZATION), ("app/extra/kustomization.yaml", COMPONENT)];
    let expected = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  annotations:
    component: \"yes\"
  labels:
    patched: \"yes\"
  name: pre-podinfo-suf
  namespace: target
spec:
  paused: true
  replicas: 2
  template:
    metadata:
      annotations:
        component: \"yes\"
    spec:
      containers:
      - image: example.com/podinfo:2
        name: podinfo
      - image: redis:8@sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3
        name: other
";
    assert_eq!(build_with(&files, overlay).expect("the overlay is valid").to_yaml(), expected);
}

#[test]
fn images_merge_as_flux_merges_them() {
    let existing = "sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3";
    let other = "sha256:0000c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3";
    for (own, (new_name, new_tag, digest), expected) in [
        ("newTag: v1", ("new", "", ""), "new:v1".to_owned()),
        ("newName: own", ("", "v2", ""), "own:v2".to_owned()),
        (&*format!("digest: {existing}"), ("new", "", ""), format!("new@{existing}")),
        (&*format!("digest: {existing}"), ("", "v2", ""), "app:v2".to_owned()),
        ("newTag: v1", ("", "", other), format!("app@{other}")),
        ("newName: own", ("", "v2", other), format!("own:v2@{other}")),
        ("newTag: v1", ("", "", ""), "app:v1".to_owned()),
    ] {
        let kustomization = format!("resources: [pod.yaml]\nimages:\n- name: app\n  {own}\n");
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: app:v0}]}\n";
        let image =
            OverlayImage { name: "app".into(), new_name: new_name.into(), new_tag: new_tag.into(), digest: digest.into() };
        let overlay = Overlay { images: vec![image], ..Overlay::default() };
        let files = [("app/kustomization.yaml", kustomization.as_str()), ("app/pod.yaml", pod)];
        let objects = build_with(&files, overlay).expect("the overlay is valid").into_objects();
        assert_eq!(objects[0]["spec"]["containers"][0]["image"], *expected, "{own}");
    }
}

#[test]
fn a_root_without_resources_notes_origins() {
    let kustomization = "buildMetadata: [managedByLabel]\nconfigMapGenerator:\n- name: c\n  literals: [a=b]\n";
    let expected = "\
apiVersion: v1
data:
  a: b
kind: ConfigMap
metadata:
  annotations:
    config.kubernetes.io/origin: |
      configuredIn: kustomization.yaml
      configuredBy:
        apiVersion: builtin
        kind: ConfigMapGenerator
  name: c-4h2mbtbbt6
";
    let built = build_with(&[("app/kustomization.yaml", kustomization)], Overlay::default());
    assert_eq!(built.expect("the overlay is valid").to_yaml(), expected);
}

#[test]
fn an_empty_root_builds_nothing() {
    let header = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    assert!(build_with(&[("app/kustomization.yaml", header)], Overlay::default()).expect("it may be empty").is_empty());
    assert!(build_with(&[], Overlay::default()).expect("one is generated").is_empty());
}

#[test]
fn build_metadata_replaces_that_of_the_root() {
    let files = [
        ("app/kustomization.yaml", "resources: [deploy.yaml]\nbuildMetadata: [originAnnotations]\n"),
        ("app/deploy.yaml", DEPLOYMENT),
    ];
    let overlay = Overlay { build_metadata: vec!["managedByLabel".into()], ..Overlay::default() };
    let objects = build_with(&files, overlay).expect("the overlay is valid").into_objects();
    assert_eq!(objects[0]["metadata"]["labels"]["app.kubernetes.io/managed-by"], "kustomize-(devel)");
    assert!(objects[0]["metadata"].get("annotations").is_none());
}

#[test]
fn missing_components_fail_unless_they_may_be_missing() {
    let files = [
        ("app/kustomization.yaml", "resources: [deploy.yaml]\n"),
        ("app/deploy.yaml", DEPLOYMENT),
        ("app/extra/kustomization.yaml", COMPONENT),
    ];
    let overlay = |missing_components| Overlay {
        components: vec!["extra".into(), "missing".into()],
        missing_components,
        ..Overlay::default()
    };
    assert!(build_with(&files, overlay(MissingComponents::Fail)).is_err());
    let objects = build_with(&files, overlay(MissingComponents::Ignore)).expect("the component may be missing").into_objects();
    assert_eq!(objects[0]["metadata"]["annotations"]["component"], "yes");
}

#[test]
fn components_are_local_and_relative() {
    for path in
        ["https://x.example.com/c", "git::https://x", "github.com/o/r", "git@x:o/r", "/abs", "file:///abs", "gh:o/r", "ssh://x/y"]
    {
        let overlay = Overlay { components: vec![path.into()], ..Overlay::default() };
        let error = build_with(&[("app/kustomization.yaml", "namespace: x")], overlay).expect_err("the path is refused");
        assert!(error.to_string().contains("must be local and relative"), "{path}: {error}");
    }
}

#[test]
fn a_directory_without_a_kustomization_gets_one() {
    let config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let files = [
        ("app/b.yml", config_map),
        ("app/a.yaml", DEPLOYMENT),
        ("app/notes.txt", "not YAML: ["),
        ("app/below/c.yaml", "# nothing but a comment\n"),
        ("app/whole/kustomization.yaml", "resources: [not-looked-at.yaml]"),
        ("app/whole/not-looked-at.yaml", "[1"),
        ("app/whole/deeper/d.yaml", "[1"),
    ];
    let expected = "\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ./a.yaml
- ./b.yml
- ./below/c.yaml
- ./whole
";
    assert_eq!(generate(&tree(&files), &TreePath::parse("app").expect("valid")).expect("all files are valid"), expected);
    let built = build_with(&files[..2], Overlay { namespace: Some("ns".into()), ..Overlay::default() });
    let objects = built.expect("all files are valid").into_objects();
    assert_eq!((objects.len(), &objects[0]["metadata"]["namespace"]), (2, &"ns".into()));
}

#[test]
fn a_file_that_is_no_object_names_itself() {
    for text in ["a: [", "just text", "kind: NoName\n"] {
        let error = build_with(&[("app/x/bad.yaml", text)], Overlay::default()).expect_err("the file is refused");
        assert!(error.to_string().contains("failed to decode Kubernetes YAML from app/x/bad.yaml"), "{error}");
        assert!(error.source().is_some());
    }
}

#[test]
fn a_directory_with_nothing_to_apply_has_a_placeholder() {
    let text = generate(&tree(&[("app/readme.md", "")]), &TreePath::parse("app").expect("valid")).expect("nothing is wrong");
    assert_eq!(text, "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: _placeholder\n");
}

#[test]
fn builds_do_not_share_what_they_know_of_types() {
    let openapi = r#"{"definitions": {"io.x.Deployment": {"type": "object", "x-kubernetes-group-version-kind": [{"group": "apps", "version": "v1", "kind": "Deployment"}]}}}"#;
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: podinfo}\nspec: {template: {spec: {containers: [{name: other, image: x}]}}}\n";
    let polluting = [
        ("app/kustomization.yaml", "resources: [deploy.yaml]\nopenapi: {path: openapi.json}\npatches: [{path: patch.yaml}]\n"),
        ("app/deploy.yaml", DEPLOYMENT),
        ("app/patch.yaml", patch),
        ("app/openapi.json", openapi),
    ];
    let clean = [
        ("app/kustomization.yaml", "resources: [deploy.yaml]\npatches: [{path: patch.yaml}]\n"),
        ("app/deploy.yaml", DEPLOYMENT),
        ("app/patch.yaml", patch),
    ];
    let containers = |files: &[(&str, &str)]| {
        let objects = build_with(files, Overlay::default()).expect("the files are valid").into_objects();
        objects[0]["spec"]["template"]["spec"]["containers"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((containers(&polluting), containers(&clean)), (1, 2));
}

#[test]
fn memories_of_another_build_that_contradict_each_other_are_an_error() {
    let secret = "\
apiVersion: v1
kind: Secret
metadata:
  name: s
  annotations:
    internal.config.kubernetes.io/previousKinds: Secret,Secret
    internal.config.kubernetes.io/previousNames: s
    internal.config.kubernetes.io/previousNamespaces: default
";
    let files = [("app/kustomization.yaml", "resources: [s.yaml]"), ("app/s.yaml", secret)];
    assert!(build_with(&files, Overlay::default()).is_err());
}
