//! Built-in transformers and generators given as `transformers:`, `generators:` and `validators:`, and `configurations:`.

use super::Maker;
use super::scalar::labels;
use crate::yaml::{Item, list, map, raw, text, write, write_json};

/// What a transformer expects in a field.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Holds {
    Scalar,
    Entries,
}

impl Maker<'_, '_> {
    /// Which field of which kinds.
    pub(super) fn field(&mut self, holds: Holds) -> Item {
        let paths = [
            "metadata/name",
            "metadata/labels",
            "spec/template/metadata/annotations",
            "spec/template/metadata/labels",
            "spec/selector/matchLabels",
            "spec/replicas",
            "metadata/namespace",
            "spec/template/spec/containers[]/image",
            "spec/items/value",
            "data",
            "spec/app",
            "spec/configRef/name",
            "metadata/labels/app\\.kubernetes.io\\/name",
        ];
        let path = match holds {
            _ if self.careless => self.choices.of(&paths),
            Holds::Scalar => self.choices.of(&["spec/configRef/name", "spec/storageClassName", "spec/template/spec/hostname"]),
            Holds::Entries => self.choices.of(&["spec/template/metadata/annotations", "spec/nodeSelector", "spec/podLabels"]),
        };
        let mut field = map([("path", text(path))]);
        if self.slips(2) || holds == Holds::Entries && self.choices.once_in(3) {
            field.put("create", raw("true"));
        }
        if self.choices.once_in(3) {
            field.put("kind", text(self.choices.of(&["Deployment", "ConfigMap", "Widget", "Service"])));
        }
        if self.choices.once_in(8) {
            field.put("group", text(self.choices.of(&["apps", "example.com", ""])));
        }
        field
    }

    fn fields_of(&mut self, holds: Holds) -> Item {
        // The same path twice is a conflict.
        let count = if self.careless { 1 + self.choices.below(2) } else { 1 };
        list((0..count).map(|_| self.field(holds)).collect::<Vec<_>>())
    }

    /// An entry of `transformers`.
    pub(super) fn transformer(&mut self, directory: &str, at: usize) -> Option<Item> {
        let kinds = [
            "LabelTransformer",
            "AnnotationsTransformer",
            "PrefixTransformer",
            "SuffixTransformer",
            "NamespaceTransformer",
            "PatchTransformer",
            "PatchJson6902Transformer",
            "PatchStrategicMergeTransformer",
            "ReplicaCountTransformer",
            "ImageTagTransformer",
            "ReplacementTransformer",
            "ValueAddTransformer",
            "HashTransformer",
            "PrefixSuffixTransformer",
        ];
        let kind = self.choices.of(&kinds);
        let mut metadata = map([("name", text(format!("t{at}")))]);
        if kind == "NamespaceTransformer" {
            metadata.put("namespace", text(self.choices.of(&["prod", "new-space"])));
        }
        let config = map([("apiVersion", text("builtin")), ("kind", text(kind)), ("metadata", metadata)]);
        let target = self.target()?;
        let config = match kind {
            "LabelTransformer" => config.with("labels", labels(self.choices)).with("fieldSpecs", self.fields_of(Holds::Entries)),
            "AnnotationsTransformer" => {
                config.with("annotations", labels(self.choices)).with("fieldSpecs", self.fields_of(Holds::Entries))
            }
            "PrefixTransformer" => config.with("prefix", text("p-")).with("fieldSpecs", self.fields_of(Holds::Scalar)),
            "SuffixTransformer" => config.with("suffix", text("-s")).with("fieldSpecs", self.fields_of(Holds::Scalar)),
            "PrefixSuffixTransformer" => {
                config.with("prefix", text("p-")).with("suffix", text("-s")).with("fieldSpecs", self.fields_of(Holds::Scalar))
            }
            "NamespaceTransformer" => {
                let config = if self.choices.once_in(2) { config.with("unsetOnly", raw("true")) } else { config };
                let mode = self.choices.of(&["defaultOnly", "none", "allServiceAccounts"]);
                let config = if self.choices.once_in(2) { config.with("setRoleBindingSubjects", text(mode)) } else { config };
                let path = map([("path", text("metadata/namespace")), ("create", raw("true"))]);
                config.with("fieldSpecs", list([path]))
            }
            "PatchTransformer" => {
                let entry = self.patch_entry(directory)?;
                let Item::Map(entries) = entry else { return None };
                entries.into_iter().fold(config, |config, (key, value)| config.with(&key, value))
            }
            "PatchJson6902Transformer" => {
                let selector = map([("kind", text(target.kind)), ("name", text(target.name.as_str()))]);
                let body = self.json_patch(&target);
                config.with("target", selector).with("jsonOp", text(body))
            }
            "PatchStrategicMergeTransformer" => {
                let patch = self.strategic(&target);
                let body = write(&patch, self.choices);
                config.with("patches", text(body))
            }
            "ReplicaCountTransformer" => {
                let replica = map([("name", text(target.name.as_str())), ("count", raw("7"))]);
                let path = map([("path", text("spec/replicas")), ("create", raw("true")), ("kind", text(target.kind))]);
                config.with("replica", replica).with("fieldSpecs", list([path]))
            }
            "ImageTagTransformer" => {
                let image = self.image();
                let path = map([("path", text("spec/image")), ("create", raw("true"))]);
                config.with("imageTag", image).with("fieldSpecs", list([path]))
            }
            "ReplacementTransformer" => {
                let replacement = self.replacement()?;
                config.with("replacements", list([replacement]))
            }
            "ValueAddTransformer" => {
                let selector = self.selector(&target);
                let mut entry =
                    map([("selector", selector), ("fieldPath", text(self.choices.of(&["data", "spec/app", "metadata/name"])))]);
                if self.choices.once_in(2) {
                    entry.put("filePathPosition", raw(self.choices.of(&["0", "1", "2"])));
                }
                config.with("value", text(self.choices.of(&["added", "a/b/c", ""]))).with("targets", list([entry]))
            }
            _ => config,
        };
        Some(self.held(directory, "transformer", &config))
    }

    /// An entry of `generators`.
    pub(super) fn generator(&mut self, directory: &str) -> Item {
        let secret = self.choices.once_in(2);
        let kind = if secret { "SecretGenerator" } else { "ConfigMapGenerator" };
        let name = self.choices.of(&["made", "made-two"]);
        let mut config = map([("apiVersion", text("builtin")), ("kind", text(kind)), ("metadata", map([("name", text(name))]))]);
        config.put("literals", list([text("a=b")]));
        if self.choices.once_in(3) {
            config.put("options", map([("disableNameSuffixHash", raw("true")), ("labels", labels(self.choices))]));
        }
        self.held(directory, "generator", &config)
    }

    fn held(&mut self, directory: &str, stem: &str, config: &Item) -> Item {
        let body = write(config, self.choices);
        if self.choices.once_in(2) { text(body) } else { text(self.file(directory, stem, body)) }
    }

    /// A file of `crds`: where a kind refers to a ConfigMap.
    pub(super) fn crds(&mut self, directory: &str) -> Item {
        let reference = map([("type", text("string")), ("x-kubernetes-object-ref-api-version", text("v1"))])
            .with("x-kubernetes-object-ref-kind", text(self.choices.of(&["ConfigMap", "Secret"])))
            .with("x-kubernetes-object-ref-name-key", text("name"));
        let property = self.choices.of(&["configRef", "app", "k9"]);
        let spec = map([("Schema", map([("type", text("object")), ("properties", map([(property, reference)]))]))]);
        let widget = map([
            ("apiVersion", map([("type", text("string"))])),
            ("kind", map([("type", text("string"))])),
            ("metadata", map([("type", text("object"))])),
            ("spec", map([("$ref", text("example.com/v1.WidgetSpec"))])),
        ]);
        let all = map([
            ("example.com/v1.Widget", map([("Schema", map([("type", text("object")), ("properties", widget)]))])),
            ("example.com/v1.WidgetSpec", spec),
        ]);
        text(self.file(directory, "crds", write_json(&all)))
    }

    /// A file of `openapi`: a kind whose list `items` has a merge key.
    pub(super) fn openapi(&mut self, directory: &str) -> Item {
        let strategy = text(self.choices.of(&["merge", "merge", "replace"]));
        let elements = map([("type", text("object")), ("properties", map([("name", map([("type", text("string"))]))]))]);
        let items = map([("type", text("array")), ("x-kubernetes-patch-strategy", strategy), ("items", elements)])
            .with("x-kubernetes-patch-merge-key", text("name"));
        let spec = map([("type", text("object")), ("properties", map([("items", items)]))]);
        let kind = map([("group", text("example.com")), ("version", text("v1")), ("kind", text("Widget"))]);
        let widget = map([("type", text("object")), ("properties", map([("spec", spec)]))])
            .with("x-kubernetes-group-version-kind", list([kind]));
        let all = map([("definitions", map([("com.example.v1.Widget", widget)]))]);
        text(self.file(directory, "openapi", write_json(&all)))
    }

    /// A file of `configurations`.
    pub(super) fn configuration(&mut self, directory: &str) -> Item {
        let mut config = Item::Map(Vec::new());
        for name in
            ["namePrefix", "nameSuffix", "commonLabels", "commonAnnotations", "varReference", "namespace", "images", "replicas"]
        {
            if self.choices.once_in(5) {
                let holds = if matches!(name, "commonLabels" | "commonAnnotations") { Holds::Entries } else { Holds::Scalar };
                config.put(name, self.fields_of(holds));
            }
        }
        if self.choices.once_in(2) {
            let mut path =
                map([("path", text(self.choices.of(&["spec/configRef/name", "spec/app", "data/app", "spec/items/value"])))]);
            if self.choices.once_in(2) {
                path.put("kind", text(self.choices.of(&["Widget", "Gadget", "ConfigMap"])));
            }
            let kind = self.choices.of(&["ConfigMap", "Secret", "Widget", "Service"]);
            config.put("nameReference", list([map([("kind", text(kind)), ("fieldSpecs", list([path]))])]));
        }
        let body = write(&config, self.choices);
        text(self.file(directory, "config", body))
    }
}
