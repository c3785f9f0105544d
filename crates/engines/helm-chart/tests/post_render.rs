//! Patches and images on what was rendered, by each strategy.

use std::rc::Rc;

use bytes::Bytes;
use helm_chart::{
    Capabilities, Limits, Notes, Operation, OverlayImage, OverlayPatch, OverlaySelector, PostRenderStep, PostRenderStrategy,
    PostRenderer, Prepared, RenderError, Rendered, Request, Schemas, Values, load_files,
};
use helm_engine::{Offline, Ports};

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - image: nginx:1\n    name: c\n";
const HOOK: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    helm.sh/hook: test\n  name: h\n";

fn render(strategy: PostRenderStrategy) -> Rendered {
    let patch = "- op: add\n  path: /metadata/labels\n  value: {patched: 'yes'}\n".to_owned();
    let target = OverlaySelector { kind: "Pod".to_owned(), ..OverlaySelector::default() };
    let kustomize = PostRenderStep::Kustomize {
        patches: vec![OverlayPatch { patch, target: Some(target) }],
        images: vec![OverlayImage { name: "nginx".to_owned(), new_tag: "2".to_owned(), ..OverlayImage::default() }],
    };
    render_with(&PostRenderer { steps: vec![kustomize] }, strategy).expect("the chart renders")
}

fn render_with(renderer: &PostRenderer, strategy: PostRenderStrategy) -> Result<Rendered, RenderError> {
    let files =
        [("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"), ("templates/p.yaml", POD), ("templates/h.yaml", HOOK)];
    let chart = load_files(files.map(|(path, text)| (path.to_owned(), Bytes::from(text))), &Limits::default());
    let request = Request {
        release: "r",
        namespace: "default",
        revision: 1,
        operation: Operation::Install,
        values: &Values::new(),
        capabilities: &Capabilities::default(),
        schemas: Schemas::Check,
        notes: Notes::Root,
        post_renderer: Some((renderer, strategy)),
        limits: helm_engine::Limits::default(),
    };
    let ports: Rc<dyn Ports> = Rc::new(Offline::default());
    Prepared::new(chart.expect("the chart is well formed")).render(&request, &ports)
}

#[test]
fn manifests_are_patched_and_keep_the_paths_of_their_templates() {
    for strategy in [PostRenderStrategy::Combined, PostRenderStrategy::Separate, PostRenderStrategy::NoHooks] {
        let rendered = render(strategy);
        let expected = "---\n# Source: a/templates/p.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    patched: \"yes\"\n  name: p\n\
                        spec:\n  containers:\n  - image: nginx:2\n    name: c\n\n";
        assert_eq!(rendered.manifest(), expected, "{strategy:?}");
    }
}

#[test]
fn hooks_are_patched_unless_they_are_to_stay() {
    let hook = |strategy| render(strategy).hooks.first().map(|hook| hook.content.clone());
    let patched = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    helm.sh/hook: test\n  labels:\n    patched: \"yes\"\n  name: h\n";
    assert_eq!(hook(PostRenderStrategy::Combined).as_deref(), Some(patched));
    assert_eq!(hook(PostRenderStrategy::Separate).as_deref(), Some(patched));
    assert_eq!(hook(PostRenderStrategy::NoHooks).as_deref(), Some(HOOK));
}

#[test]
fn labels_and_annotations_come_over_those_of_the_objects_step_by_step() {
    let metadata = |labels: &[(&str, &str)], annotations: &[(&str, &str)]| {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        PostRenderStep::Metadata { labels: map(labels), annotations: map(annotations) }
    };
    let steps = vec![metadata(&[("a", "1"), ("b", "1")], &[("c", "true")]), metadata(&[("b", "2")], &[])];
    let rendered = render_with(&PostRenderer { steps }, PostRenderStrategy::Combined).expect("the chart renders");
    let expected = "---\n# Source: a/templates/p.yaml\napiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    c: \"true\"\n  labels:\n    a: \"1\"\n    b: \"2\"\n\
                    \x20 name: p\nspec:\n  containers:\n  - image: nginx:1\n    name: c\n\n";
    assert_eq!(rendered.manifest(), expected);
}
