//! The HelmChart that a HelmRelease with `spec.chart` asks for.

use api::helm::{ChartTemplate, HelmRelease};
use api::meta::annotations::{HELM_NAME, HELM_NAMESPACE};
use kube::ResourceExt;
use runtime::queue::ObjectKey;
use serde_json::{Value, json};

/// A HelmChart that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WantedChart {
    /// Where.
    pub(crate) key: ObjectKey,
    /// The object, to be applied.
    pub(crate) object: Value,
    /// Its source as `Kind/namespace/name`, for messages.
    pub(crate) source: String,
}

/// What is done about HelmCharts.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ChartPlan {
    /// The one of before, which is wanted no more.
    pub(crate) delete: Option<ObjectKey>,
    /// The one that is wanted; none where the release names an object that is there.
    pub(crate) apply: Option<WantedChart>,
}

/// Decides about HelmCharts.
pub(crate) fn plan(object: &HelmRelease) -> ChartPlan {
    let apply = object.spec.chart.as_ref().map(|template| wanted(object, template));
    let recorded = recorded(object);
    let delete = recorded.filter(|recorded| apply.as_ref().is_none_or(|wanted| wanted.key != *recorded));
    ChartPlan { delete, apply }
}

/// The HelmChart that status names.
pub(crate) fn recorded(object: &HelmRelease) -> Option<ObjectKey> {
    let text = object.status.as_ref()?.helm_chart.as_deref()?;
    let (namespace, name) = text.split_once('/')?;
    Some(ObjectKey::new(namespace, name))
}

fn wanted(object: &HelmRelease, template: &ChartTemplate) -> WantedChart {
    let own = object.namespace().unwrap_or_default();
    let spec = &template.spec;
    let reference = &spec.source_ref;
    let namespace = reference.namespace.clone().unwrap_or_else(|| own.clone());
    let name = format!("{own}-{}", object.name_any());
    let metadata = template.metadata.clone().unwrap_or_default();
    let mut labels = metadata.labels;
    labels.insert(HELM_NAME.to_owned(), object.name_any());
    labels.insert(HELM_NAMESPACE.to_owned(), own);
    let mut chart = json!({
        "apiVersion": format!("{}/v1", api::source::GROUP),
        "kind": "HelmChart",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "chart": spec.chart,
            // As Go prints it: Flux and we must write the same text, or each of us would change what the other wrote.
            "interval": spec.interval.as_ref().unwrap_or(&object.spec.interval).to_string(),
            "sourceRef": {"kind": reference.kind, "name": reference.name},
        },
    });
    if !metadata.annotations.is_empty() {
        chart["metadata"]["annotations"] = json!(metadata.annotations);
    }
    let optional = [
        ("version", json!(spec.version)),
        ("reconcileStrategy", json!(spec.reconcile_strategy)),
        ("valuesFiles", if spec.values_files.is_empty() { Value::Null } else { json!(spec.values_files) }),
        ("ignoreMissingValuesFiles", if spec.ignore_missing_values_files { json!(true) } else { Value::Null }),
        ("verify", json!(spec.verification)),
    ];
    for (field, value) in optional.into_iter().filter(|(_, value)| !value.is_null()) {
        chart["spec"][field] = value;
    }
    let source = format!("{}/{namespace}/{}", reference.kind.as_str(), reference.name);
    WantedChart { key: ObjectKey::new(namespace, name), object: chart, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::helm_release::test_data::object;

    /// The object that Flux applied in the recorded scenario `hr-install`, as far as this controller owns it.
    #[test]
    fn the_template_becomes_a_chart_next_to_its_source() {
        let plan = plan(&object(json!({}), json!({})));
        let chart = plan.apply.expect("there is a template");
        assert_eq!(chart.key, ObjectKey::new("ns", "ns-hr"));
        assert_eq!(chart.source, "GitRepository/ns/src");
        let expected = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart",
            "metadata": {"name": "ns-hr", "namespace": "ns",
                "labels": {"helm.toolkit.fluxcd.io/name": "hr", "helm.toolkit.fluxcd.io/namespace": "ns"}},
            "spec": {"chart": "./chart", "interval": "10m0s", "sourceRef": {"kind": "GitRepository", "name": "src"}}});
        assert_eq!(chart.object, expected);
        assert_eq!(plan.delete, None);
    }

    #[test]
    fn everything_of_the_template_comes_along() {
        let template = json!({"metadata": {"labels": {"sharding.fluxcd.io/key": "one"}, "annotations": {"a": "b"}},
            "spec": {"chart": "app", "version": "1.x", "interval": "1m", "reconcileStrategy": "Revision", "valuesFiles": ["v.yaml"],
                "ignoreMissingValuesFiles": true, "verify": {"provider": "cosign", "secretRef": {"name": "keys"}},
                "sourceRef": {"kind": "HelmRepository", "name": "repo", "namespace": "sources"}}});
        let chart = plan(&object(json!({ "chart": template }), json!({}))).apply.expect("there is a template").object;
        assert_eq!(chart["metadata"]["namespace"], "sources");
        assert_eq!(chart["metadata"]["labels"]["sharding.fluxcd.io/key"], "one");
        assert_eq!(chart["metadata"]["annotations"], json!({"a": "b"}));
        let expected = json!({"chart": "app", "version": "1.x", "interval": "1m0s", "reconcileStrategy": "Revision", "valuesFiles": ["v.yaml"],
            "ignoreMissingValuesFiles": true, "verify": {"provider": "cosign", "secretRef": {"name": "keys"}},
            "sourceRef": {"kind": "HelmRepository", "name": "repo"}});
        assert_eq!(chart["spec"], expected);
    }

    #[test]
    fn a_chart_that_is_wanted_no_more_is_deleted() {
        let moved = plan(&object(json!({}), json!({"helmChart": "elsewhere/ns-hr"})));
        assert_eq!(moved.delete, Some(ObjectKey::new("elsewhere", "ns-hr")));
        let reference = json!({"chartRef": {"kind": "OCIRepository", "name": "app"}});
        let switched = plan(&object(reference, json!({"helmChart": "ns/ns-hr"})));
        assert_eq!((switched.delete, switched.apply), (Some(ObjectKey::new("ns", "ns-hr")), None));
        assert_eq!(plan(&object(json!({}), json!({"helmChart": "ns/ns-hr"}))).delete, None);
    }
}
