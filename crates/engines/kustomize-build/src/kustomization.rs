//! The kustomization file as data, and how it is read.

use crate::decode::{Decode, DecodeFault, Strictness, decoded};
use crate::identity::Gvk;
use crate::selector::Selector;
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) const KIND: &str = "Kustomization";
pub(crate) const VERSION: &str = "kustomize.config.k8s.io/v1beta1";
pub(crate) const COMPONENT_KIND: &str = "Component";
const COMPONENT_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";

/// The names that a kustomization file may have.
pub(crate) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

decoded! {
    /// A kustomization or component.
    struct Kustomization {
        "apiVersion" => api_version: String as embedded,
        "kind" => kind: String as embedded,
        "metadata" => metadata: Option<Metadata>,
        "openapi" => openapi: BTreeMap<String, String>,
        "namePrefix" => name_prefix: String,
        "nameSuffix" => name_suffix: String,
        "namespace" => namespace: String,
        "commonLabels" => common_labels: BTreeMap<String, String>,
        "labels" => labels: Vec<LabelSet>,
        "commonAnnotations" => common_annotations: BTreeMap<String, String>,
        "patchesStrategicMerge" => patches_strategic_merge: Vec<String>,
        "patchesJson6902" => patches_json6902: Vec<Patch>,
        "patches" => patches: Vec<Patch>,
        "images" => images: Vec<Image>,
        "imageTags" => image_tags: Vec<Image>,
        "replacements" => replacements: Vec<ReplacementField>,
        "replicas" => replicas: Vec<Replica>,
        "vars" => vars: Vec<Var>,
        "sortOptions" => sort_options: Option<SortOptions>,
        "resources" => resources: Vec<String>,
        "components" => components: Vec<String>,
        "crds" => crds: Vec<String>,
        "bases" => bases: Vec<String>,
        "configMapGenerator" => config_map_generator: Vec<GeneratorArguments>,
        "secretGenerator" => secret_generator: Vec<GeneratorArguments>,
        "helmGlobals" => helm_globals: Value,
        "helmCharts" => helm_charts: Vec<Value>,
        "helmChartInflationGenerator" => helm_chart_inflation_generator: Vec<Value>,
        "generatorOptions" => generator_options: Option<GeneratorOptions>,
        "configurations" => configurations: Vec<String>,
        "generators" => generators: Vec<String>,
        "transformers" => transformers: Vec<String>,
        "validators" => validators: Vec<String>,
        "buildMetadata" => build_metadata: Vec<String>,
    }

    /// The metadata of a kustomization or of a transformer's configuration.
    struct Metadata {
        "name" => name: String,
        "namespace" => namespace: String,
        "labels" => labels: BTreeMap<String, String>,
        "annotations" => annotations: BTreeMap<String, String>,
    }

    /// An entry of `labels`.
    struct LabelSet {
        "pairs" => pairs: BTreeMap<String, String>,
        "includeSelectors" => include_selectors: bool,
        "includeTemplates" => include_templates: bool,
        "includeVolumeClaimTemplates" => include_volume_claim_templates: bool,
        "fields" => fields: Vec<FieldSpec>,
    }

    /// Which field of which kinds.
    struct FieldSpec {
        "group" => group: String as embedded,
        "version" => version: String as embedded,
        "kind" => kind: String as embedded,
        "path" => path: String,
        "create" => create: bool,
    }

    /// A patch of either kind.
    struct Patch {
        "path" => path: String,
        "patch" => patch: String,
        "target" => target: Option<SelectorFields>,
        "options" => options: PatchOptions,
    }

    /// What a patch may change beyond fields.
    struct PatchOptions {
        "allowNameChange" => allow_name_change: bool,
        "allowKindChange" => allow_kind_change: bool,
    }

    /// A selector as written.
    struct SelectorFields {
        "group" => group: String as embedded,
        "version" => version: String as embedded,
        "kind" => kind: String as embedded,
        "name" => name: String as embedded,
        "namespace" => namespace: String as embedded,
        "annotationSelector" => annotation_selector: String,
        "labelSelector" => label_selector: String,
    }

    /// An image and what becomes of it.
    struct Image {
        "name" => name: String,
        "newName" => new_name: String,
        "tagSuffix" => tag_suffix: String,
        "newTag" => new_tag: String,
        "digest" => digest: String,
    }

    /// An entry of `replacements`: in place or in a file.
    struct ReplacementField {
        "path" => path: String,
        ..replacement: Replacement,
    }

    /// From one field to others.
    struct Replacement {
        "source" => source: Option<SourceSelector>,
        "targets" => targets: Option<Vec<Option<TargetSelector>>>,
        "sourceValue" => source_value: Option<String>,
    }

    /// Where a replacement reads.
    struct SourceSelector {
        "group" => group: String as embedded,
        "version" => version: String as embedded,
        "kind" => kind: String as embedded,
        "name" => name: String as embedded,
        "namespace" => namespace: String as embedded,
        "fieldPath" => field_path: String,
        "options" => options: Option<FieldOptions>,
    }

    /// Where a replacement writes.
    struct TargetSelector {
        "select" => select: Option<SelectorFields>,
        "reject" => reject: Vec<SelectorFields>,
        "fieldPaths" => field_paths: Vec<String>,
        "options" => options: Option<FieldOptions>,
    }

    /// Which part of a field a replacement means.
    struct FieldOptions {
        "delimiter" => delimiter: String,
        "index" => index: i64,
        "encoding" => encoding: String,
        "create" => create: bool,
    }

    /// An entry of `replicas`.
    struct Replica {
        "name" => name: String,
        "count" => count: i64,
    }

    /// A variable.
    struct Var {
        "name" => name: String,
        "objref" => object: VarObject,
        "fieldref" => field: VarField,
    }

    /// The object that a variable reads.
    struct VarObject {
        "apiVersion" => api_version: String,
        "group" => group: String as embedded,
        "version" => version: String as embedded,
        "kind" => kind: String as embedded,
        "name" => name: String,
        "namespace" => namespace: String,
    }

    /// The field that a variable reads.
    struct VarField {
        "fieldPath" => path: String,
    }

    /// The order of the result.
    struct SortOptions {
        "order" => order: String,
        "legacySortOptions" => legacy: Option<LegacySortOptions>,
    }

    /// Kinds that come first and last.
    struct LegacySortOptions {
        "orderFirst" => first: Vec<String>,
        "orderLast" => last: Vec<String>,
    }

    /// Arguments of a generator of ConfigMaps or Secrets.
    struct GeneratorArguments {
        "namespace" => namespace: String as embedded,
        "name" => name: String as embedded,
        "behavior" => behavior: String as embedded,
        "literals" => literals: Vec<String> as embedded,
        "files" => files: Vec<String> as embedded,
        "envs" => envs: Vec<String> as embedded,
        "env" => env: String as embedded,
        "options" => options: Option<GeneratorOptions> as embedded,
        "type" => secret_type: String,
    }

    /// What generated objects have in common.
    struct GeneratorOptions {
        "labels" => labels: BTreeMap<String, String>,
        "annotations" => annotations: BTreeMap<String, String>,
        "disableNameSuffixHash" => disable_name_suffix_hash: bool,
        "immutable" => immutable: bool,
    }
}

impl SelectorFields {
    pub(crate) fn selector(&self) -> Selector {
        Selector {
            gvk: Gvk { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() },
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            annotation_selector: self.annotation_selector.clone(),
            label_selector: self.label_selector.clone(),
        }
    }
}

impl FieldSpec {
    pub(crate) fn gvk(&self) -> Gvk {
        Gvk { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() }
    }
}

impl Kustomization {
    /// Reads a kustomization; deprecated fields are moved to their successors.
    pub(crate) fn read(value: &Value, strictness: Strictness) -> Result<Self, DecodeFault> {
        if let (true, Some(map)) = (strictness.refuses_unknown(), value.as_object()) {
            let config_maps = map.iter().find(|(key, _)| key.eq_ignore_ascii_case("configMapGenerator"));
            for (at, entry) in config_maps.into_iter().flat_map(|(_, list)| list.as_array()).flatten().enumerate() {
                if entry.as_object().is_some_and(|entry| entry.keys().any(|key| key.eq_ignore_ascii_case("type"))) {
                    let fault = DecodeFault::new("unknown field; only a secretGenerator has a type").below("type");
                    return Err(fault.below(&at.to_string()).below("configMapGenerator"));
                }
            }
        }
        if value.is_null() {
            return Ok(Self::default());
        }
        Self::decode(value, strictness)
    }

    /// Moves deprecated fields to their successors and fills in kind and version.
    pub(crate) fn modernise(&mut self) {
        if self.kind.is_empty() {
            KIND.clone_into(&mut self.kind);
        }
        if self.api_version.is_empty() {
            let version = if self.kind == COMPONENT_KIND { COMPONENT_VERSION } else { VERSION };
            version.clone_into(&mut self.api_version);
        }
        self.resources.append(&mut self.bases);
        self.images.append(&mut self.image_tags);
        for generator in self.config_map_generator.iter_mut().chain(&mut self.secret_generator) {
            if !generator.env.is_empty() {
                generator.envs.push(std::mem::take(&mut generator.env));
            }
        }
        self.helm_charts.append(&mut self.helm_chart_inflation_generator);
    }

    /// What is wrong with kind and version, if anything.
    pub(crate) fn header_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.kind != KIND && self.kind != COMPONENT_KIND {
            faults.push(format!("kind should be {KIND} or {COMPONENT_KIND}"));
        }
        let required = if self.kind == COMPONENT_KIND { COMPONENT_VERSION } else { VERSION };
        if self.api_version != required {
            faults.push(format!("apiVersion for {} should be {required}", self.kind));
        }
        faults
    }
}

/// What kustomize says about each deprecated field, in its words and order.
const DEPRECATED: [(&str, &str); 6] = [
    (
        "bases",
        "# Warning: 'bases' is deprecated. Please use 'resources' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "commonLabels",
        "# Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "imageTags",
        "# Warning: 'imageTags' is deprecated. Please use 'images' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "patchesJson6902",
        "# Warning: 'patchesJson6902' is deprecated. Please use 'patches' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "patchesStrategicMerge",
        "# Warning: 'patchesStrategicMerge' is deprecated. Please use 'patches' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
    (
        "vars",
        "# Warning: 'vars' is deprecated. Please use 'replacements' instead. [EXPERIMENTAL] Run 'kustomize edit fix' to update your Kustomization automatically.",
    ),
];

/// The warnings that a kustomization file deserves: a deprecated field counts even when its list is empty.
pub(crate) fn warnings(value: &Value) -> Vec<&'static str> {
    let is_set = |name: &str| {
        value.as_object().is_some_and(|map| map.iter().any(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null()))
    };
    DEPRECATED.into_iter().filter(|(name, _)| is_set(name)).map(|(_, warning)| warning).collect()
}

/// Whether a kustomization file says nothing but its kind.
pub(crate) fn is_empty(value: &Value) -> bool {
    let Some(map) = value.as_object() else { return true };
    map.iter().all(|(key, value)| {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        let moved = is("bases") || is("imageTags") || is("helmChartInflationGenerator");
        match value {
            _ if is("apiVersion") || is("kind") => true,
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => moved && items.is_empty(),
            _ => false,
        }
    })
}
