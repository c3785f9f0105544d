//! What is done to manifests after rendering, and the digests by which a change of that is noticed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use api::helm::{HelmRelease, HelmReleaseSpec, KustomizePostRenderer, PostRenderStrategy as Strategy};
use api::kustomize::{Image, Patch, Selector};
use api::meta::annotations::{HELM_NAME, HELM_NAMESPACE};
use helm_chart::{OverlayImage, OverlayPatch, OverlaySelector, PostRenderStep, PostRenderStrategy, PostRenderer};
use kube::ResourceExt;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The labels that every object gets: which HelmRelease it comes from.
pub(crate) fn origin_labels(object: &HelmRelease) -> BTreeMap<String, String> {
    let namespace = object.namespace().unwrap_or_default();
    BTreeMap::from([(HELM_NAME.to_owned(), object.name_any()), (HELM_NAMESPACE.to_owned(), namespace)])
}

/// The steps: those of the spec in order, then the common metadata, and over all where the objects come from.
pub(crate) fn post_renderer(object: &HelmRelease) -> PostRenderer {
    let mut steps: Vec<PostRenderStep> =
        object.spec.post_renderers.iter().filter_map(|renderer| renderer.kustomize.as_ref()).map(kustomize).collect();
    if let Some(common) = &object.spec.common_metadata {
        steps.push(PostRenderStep::Metadata { labels: common.labels.clone(), annotations: common.annotations.clone() });
    }
    steps.push(PostRenderStep::Metadata { labels: origin_labels(object), annotations: BTreeMap::new() });
    PostRenderer { steps }
}

/// What becomes of hooks; Helm 3 left them alone.
pub(crate) fn strategy(spec: &HelmReleaseSpec, helm3_defaults: bool) -> PostRenderStrategy {
    match spec.post_render_strategy {
        Some(Strategy::Combined) => PostRenderStrategy::Combined,
        Some(Strategy::Separate) => PostRenderStrategy::Separate,
        Some(Strategy::Nohooks) => PostRenderStrategy::NoHooks,
        None if helm3_defaults => PostRenderStrategy::NoHooks,
        None => PostRenderStrategy::Combined,
    }
}

fn kustomize(renderer: &KustomizePostRenderer) -> PostRenderStep {
    let patch = |Patch { patch, target }: &Patch| OverlayPatch { patch: patch.clone(), target: target.as_ref().map(selector) };
    let image = |Image { name, new_name, new_tag, digest }: &Image| OverlayImage {
        name: name.clone(),
        new_name: new_name.clone().unwrap_or_default(),
        new_tag: new_tag.clone().unwrap_or_default(),
        digest: digest.clone().unwrap_or_default(),
    };
    PostRenderStep::Kustomize {
        patches: renderer.patches.iter().map(patch).collect(),
        images: renderer.images.iter().map(image).collect(),
    }
}

fn selector(selector: &Selector) -> OverlaySelector {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    OverlaySelector {
        group: text(&selector.group),
        version: text(&selector.version),
        kind: text(&selector.kind),
        name: text(&selector.name),
        namespace: text(&selector.namespace),
        annotation_selector: text(&selector.annotation_selector),
        label_selector: text(&selector.label_selector),
    }
}

/// `status.observedPostRenderersDigest`.
pub(crate) fn post_renderers_digest(spec: &HelmReleaseSpec) -> Option<String> {
    (!spec.post_renderers.is_empty()).then(|| digest(&spec.post_renderers))
}

/// `status.observedCommonMetadataDigest`.
pub(crate) fn common_metadata_digest(spec: &HelmReleaseSpec) -> Option<String> {
    spec.common_metadata.as_ref().map(|metadata| digest(&metadata))
}

/// Of the JSON line that Go's encoder writes.
fn digest(value: &impl Serialize) -> String {
    // Serialising maps with text as keys cannot fail.
    let json = serde_json::to_string(value).unwrap_or_default();
    let mut line = String::with_capacity(json.len() + 1);
    for letter in json.chars() {
        // Go escapes what browsers take for markup, and two separators; they stand in texts only.
        if matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') {
            let _ = write!(line, "\\u{:04x}", u32::from(letter));
        } else {
            line.push(letter);
        }
    }
    line.push('\n');
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(line.as_bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm_release::test_data::object;
    use serde_json::json;

    #[test]
    fn the_origin_comes_last() {
        let spec = json!({"commonMetadata": {"labels": {"team": "a"}, "annotations": {"b": "c"}},
            "postRenderers": [{"kustomize": {"images": [{"name": "nginx", "newTag": "2"}]}}, {}]});
        let steps = post_renderer(&object(spec, json!({}))).steps;
        assert!(matches!(&steps[0], PostRenderStep::Kustomize { images, .. } if images[0].new_tag == "2"));
        assert!(
            matches!(&steps[1], PostRenderStep::Metadata { labels, annotations } if labels["team"] == "a" && annotations["b"] == "c")
        );
        let origin = "helm.toolkit.fluxcd.io/name";
        assert!(matches!(&steps[2], PostRenderStep::Metadata { labels, .. } if labels[origin] == "hr" && labels.len() == 2));
        assert_eq!(steps.len(), 3);
    }

    /// Expected: `sha256sum` of the line that Go's encoder writes.
    #[test]
    fn digests_are_of_the_json_that_go_writes() {
        let metadata = object(json!({"commonMetadata": {"labels": {"team": "<a>"}}}), json!({}));
        let expected = "sha256:c18a4337ca6dbb4d08da36f9d633bb56de1ba285039d53adb86b9b8450ab1d3d";
        assert_eq!(common_metadata_digest(&metadata.spec).as_deref(), Some(expected));
        let kustomize = json!({"patches": [{"patch": "a: 1\n", "target": {"name": "x", "kind": "Pod"}}],
            "images": [{"name": "nginx", "newTag": "2"}]});
        let renderers = object(json!({"postRenderers": [{ "kustomize": kustomize }]}), json!({}));
        let expected = "sha256:dea71921436d5db2d8bf5095cabb6c815a7a74bc8da6111b0b59352c7341048f";
        assert_eq!(post_renderers_digest(&renderers.spec).as_deref(), Some(expected));
        assert_eq!(post_renderers_digest(&metadata.spec), None);
    }

    #[test]
    fn helm_3_left_hooks_alone() {
        let of = |spec, helm3| strategy(&object(spec, json!({})).spec, helm3);
        assert_eq!(of(json!({}), false), PostRenderStrategy::Combined);
        assert_eq!(of(json!({}), true), PostRenderStrategy::NoHooks);
        assert_eq!(of(json!({"postRenderStrategy": "separate"}), true), PostRenderStrategy::Separate);
    }
}
