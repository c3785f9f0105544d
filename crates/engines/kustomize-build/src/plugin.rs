//! Built-in generators and transformers, configured by a kustomization's fields or by configurations of their own.

use crate::config::{FieldConfig, merge_all, merge_one, paths};
use crate::decode::{Decode, DecodeFault, Strictness, decoded};
use crate::error::{BuildError, Cause};
use crate::fields::FieldPath;
use crate::generate::{Generated, generate};
use crate::identity::Gvk;
use crate::json_patch::JsonPatch;
use crate::kustomization::*;
use crate::loader::{Root, Session};
use crate::object::Object;
use crate::origin::{ConfiguredBy, Origin};
use crate::scalar;
use crate::transform::Transformer;
use crate::transform::namespace::{NamespaceTransformer, Subjects};
use crate::transform::patch::{EitherPatch, JsonPatchTransformer, PatchTransformer};
use crate::transform::value_add::{ValueAdd, ValueTarget};
use crate::written::Written;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a configuration makes.
pub(crate) enum Plugin {
    Generator(Box<Object>),
    Transformer(Vec<Transformer>),
}

decoded! {
    struct MapConfig {
        "labels" => labels: BTreeMap<String, String>,
        "annotations" => annotations: BTreeMap<String, String>,
        "fieldSpecs" => fields: Vec<FieldSpec>,
    }
    struct NamespaceConfig {
        "metadata" => metadata: Metadata,
        "fieldSpecs" => fields: Vec<FieldSpec>,
        "unsetOnly" => unset_only: bool,
        "setRoleBindingSubjects" => subjects: String,
    }
    struct AffixConfig {
        "prefix" => prefix: String,
        "suffix" => suffix: String,
        "fieldSpecs" => fields: Option<Vec<FieldSpec>>,
    }
    struct ImageConfig {
        "imageTag" => image: Image,
        "fieldSpecs" => fields: Vec<FieldSpec>,
    }
    struct ReplicaConfig {
        "replica" => replica: Replica,
        "fieldSpecs" => fields: Vec<FieldSpec>,
    }
    struct ReplacementConfig {
        "replacements" => replacements: Vec<ReplacementField>,
    }
    struct JsonPatchConfig {
        "target" => target: Option<SelectorFields>,
        "path" => path: String,
        "jsonOp" => patch: String,
    }
    struct StrategicConfig {
        "paths" => paths: Vec<String>,
        "patches" => patches: String,
    }
    struct ValueAddConfig {
        "value" => value: String,
        "targets" => targets: Vec<ValueTarget>,
        "targetFilePath" => target_file: String,
    }
    struct TargetFile {
        "targets" => targets: Vec<ValueTarget>,
    }
    struct GeneratorConfig {
        "metadata" => metadata: Metadata,
        ..arguments: GeneratorArguments,
    }
    struct PolicyConfig {
        "cloud" => cloud: String as embedded,
        "kubernetesService" => service: PolicyService as embedded,
        "serviceAccount" => account: PolicyAccount as embedded,
    }
    struct PolicyService {
        "name" => name: String,
        "namespace" => namespace: String,
    }
    struct PolicyAccount {
        "name" => name: String,
        "projectId" => project: String,
    }
}

/// The error of a generator among transformers, or the other way round.
pub(crate) fn wrong_kind(config: &Object, wanted: &str) -> BuildError {
    let problem = format!("plugin {} is not a {wanted}; list it under the field of its kind", config.kind());
    BuildError::step("load plugin", problem)
}

/// Where a configuration comes from, given the text of its own origin.
pub(crate) fn origin_of(config: &Object, text: &str) -> Origin {
    let value = crate::yaml::value(text).unwrap_or_default();
    let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Origin {
        path: String::new(),
        repo: field("repo"),
        reference: field("ref"),
        configured_in: field("path"),
        configured_by: ConfiguredBy {
            api_version: config.api_version().to_owned(),
            kind: config.kind().to_owned(),
            name: config.name().to_owned(),
            namespace: config.namespace().to_owned(),
        },
    }
}

/// The field of a kustomization, and where there is one the entry, that a transformer stands for.
pub(crate) type Place = (&'static str, Option<usize>);

/// The transformers that the fields of a kustomization ask for, in the order in which they work, with their names.
pub(crate) fn of_kustomization<'b>(
    session: &mut Session<'b>,
    (root, written): (&Root<'b>, &Written),
    from: &Kustomization,
    config: &FieldConfig,
) -> Result<Vec<(&'static str, Place, Transformer)>, BuildError> {
    let mut made = Vec::new();
    if !from.patches_strategic_merge.is_empty() {
        let patches = strategic_patches(session, root, &from.patches_strategic_merge);
        let patches = patches.map_err(written.field("patchesStrategicMerge"))?;
        made.push(("PatchStrategicMergeTransformer", ("patchesStrategicMerge", None), Transformer::StrategicPatches(patches)));
    }
    for (at, patch) in from.patches.iter().enumerate() {
        let transformer = patch_transformer(session, root, patch).map_err(written.entry("patches", at))?;
        made.push(("PatchTransformer", ("patches", Some(at)), Transformer::Patch(transformer)));
    }
    if !from.namespace.is_empty() {
        let transformer = NamespaceTransformer {
            namespace: from.namespace.clone(),
            fields: config.namespace.clone(),
            unset_only: false,
            subjects: Subjects::Default,
        };
        made.push(("NamespaceTransformer", ("namespace", None), Transformer::Namespace(transformer)));
    }
    if !from.name_prefix.is_empty() {
        let transformer = Transformer::Prefix { prefix: from.name_prefix.clone(), fields: config.name_prefix.clone() };
        made.push(("PrefixTransformer", ("namePrefix", None), transformer));
    }
    if !from.name_suffix.is_empty() {
        let transformer = Transformer::Suffix { suffix: from.name_suffix.clone(), fields: config.name_suffix.clone() };
        made.push(("SuffixTransformer", ("nameSuffix", None), transformer));
    }
    let labels = label_transformers(from, config).map_err(written.field("labels"))?;
    for (at, transformer) in labels.into_iter().enumerate() {
        let place = if at < from.labels.len() { ("labels", Some(at)) } else { ("commonLabels", None) };
        made.push(("LabelTransformer", place, transformer));
    }
    if !from.common_annotations.is_empty() {
        let annotations = from.common_annotations.clone();
        made.push((
            "AnnotationsTransformer",
            ("commonAnnotations", None),
            Transformer::Annotations { annotations, fields: config.common_annotations.clone() },
        ));
    }
    for (at, patch) in from.patches_json6902.iter().enumerate() {
        let transformer = json_patch_transformer(session, root, (patch.target.as_ref(), &patch.path, &patch.patch));
        let transformer = transformer.map_err(written.entry("patchesJson6902", at))?;
        made.push(("PatchJson6902Transformer", ("patchesJson6902", Some(at)), transformer));
    }
    for (at, replica) in from.replicas.iter().enumerate() {
        made.push((
            "ReplicaCountTransformer",
            ("replicas", Some(at)),
            Transformer::Replicas { replica: replica.clone(), fields: config.replicas.clone() },
        ));
    }
    for (at, image) in from.images.iter().enumerate() {
        let transformer = Transformer::Image { image: image.clone(), fields: config.images.clone() };
        made.push(("ImageTagTransformer", ("images", Some(at)), transformer));
    }
    if !from.replacements.is_empty() {
        let list = replacements_in_place(session, root, &from.replacements).map_err(written.field("replacements"))?;
        made.push(("ReplacementTransformer", ("replacements", None), Transformer::Replacements(list)));
    }
    Ok(made)
}

/// The replacements of a kustomization: written in place, an empty list of targets counts as none at all.
fn replacements_in_place<'b>(
    session: &mut Session<'b>,
    root: &Root<'b>,
    entries: &[ReplacementField],
) -> Result<Vec<Replacement>, BuildError> {
    let mut entries = entries.to_vec();
    for entry in entries.iter_mut().filter(|entry| entry.replacement.targets.as_ref().is_some_and(Vec::is_empty)) {
        entry.replacement.targets = None;
    }
    replacements(session, root, &entries)
}

fn label_transformers(from: &Kustomization, config: &FieldConfig) -> Result<Vec<Transformer>, BuildError> {
    if from.labels.is_empty() && from.common_labels.is_empty() {
        return Ok(Vec::new());
    }
    let conflict = |error: crate::config::Conflict| BuildError::step("merge labels", error.to_string());
    let mut made = Vec::new();
    for set in &from.labels {
        let mut fields = paths(&set.fields);
        merge_all(&mut fields, config.labels.clone()).map_err(conflict)?;
        if set.include_selectors {
            merge_all(&mut fields, config.common_labels.clone()).map_err(conflict)?;
        } else {
            if set.include_templates {
                merge_all(&mut fields, config.template_labels.clone()).map_err(conflict)?;
            }
            if set.include_volume_claim_templates {
                merge_all(&mut fields, config.volume_claim_template_labels.clone()).map_err(conflict)?;
            }
            merge_one(&mut fields, FieldPath::new(Gvk::default(), "metadata/labels", true)).map_err(conflict)?;
        }
        made.push(Transformer::Labels { labels: set.pairs.clone(), fields });
    }
    made.push(Transformer::Labels { labels: from.common_labels.clone(), fields: config.common_labels.clone() });
    Ok(made)
}

/// Patches from texts or files.
fn strategic_patches<'b>(session: &mut Session<'b>, root: &Root<'b>, entries: &[String]) -> Result<Vec<Object>, BuildError> {
    let mut patches = Vec::new();
    for entry in entries {
        if let Ok(objects) = crate::read::objects(entry.as_bytes()) {
            patches.extend(objects);
            continue;
        }
        let bytes = root.load(session, entry)?;
        let objects = crate::read::objects(&bytes);
        patches.extend(objects.map_err(|error| BuildError::content(entry.clone(), "a strategic merge patch", error))?);
    }
    if patches.is_empty() {
        return Err(BuildError::step("read patchesStrategicMerge", "the patches appear to be empty; remove them"));
    }
    Ok(patches)
}

fn patch_transformer<'b>(session: &mut Session<'b>, root: &Root<'b>, entry: &Patch) -> Result<PatchTransformer, BuildError> {
    let inline = go_trimmed(&entry.patch);
    let step = |problem: &str| BuildError::step(format!("read a patch of '{}'", root.path), problem.to_owned());
    let (text, source) = match (inline.is_empty(), entry.path.is_empty()) {
        (true, true) => return Err(step("must specify one of patch and path")),
        (false, false) => return Err(step("patch and path can't be set at the same time")),
        (false, true) => (inline.to_owned(), format!("in the kustomization of '{}'", root.path)),
        (true, false) => {
            let bytes = root.load(session, &entry.path)?;
            (String::from_utf8_lossy(&bytes).into_owned(), format!("'{}'", entry.path))
        }
    };
    let strategic = crate::read::objects(text.as_bytes());
    let json = if text.is_empty() { Err("empty JSON patch operations".into()) } else { JsonPatch::parse(&text) };
    let patch = match (strategic, json) {
        (Ok(objects), Ok(json)) if !objects.is_empty() && !json.is_empty() => {
            return Err(step(&format!("patch {source} illegally qualifies as both an SM and JSON patch")));
        }
        (Ok(mut objects), _) => {
            for object in &mut objects {
                object.notes.name_change |= entry.options.allow_name_change;
                object.notes.kind_change |= entry.options.allow_kind_change;
                if entry.options.allow_name_change || entry.options.allow_kind_change {
                    // The original notes that among the annotations, which all become strings by it: a null deletes nothing.
                    let rewritten = object.rewrite_metadata_map("annotations", &[]);
                    rewritten.map_err(|fault| BuildError::object("read the patch", &object.id(&session.schema), fault))?;
                }
            }
            EitherPatch::Strategic(objects)
        }
        (Err(_), Ok(json)) => EitherPatch::Json(json),
        (Err(strategic), Err(json)) => {
            let begins_as_json = text.trim_start().starts_with(['[', '-']);
            let cause = if begins_as_json { json } else { strategic };
            return Err(BuildError::content(source, "a strategic merge patch or a JSON patch", cause));
        }
    };
    Ok(PatchTransformer { patch, target: entry.target.as_ref().map(SelectorFields::selector), source })
}

/// Go's `TrimSpace`.
fn go_trimmed(text: &str) -> &str {
    text.trim()
}

fn json_patch_transformer<'b>(
    session: &mut Session<'b>,
    root: &Root<'b>,
    (target, path, text): (Option<&SelectorFields>, &str, &str),
) -> Result<Transformer, BuildError> {
    let step = |problem: &str| BuildError::step(format!("read patchesJson6902 of '{}'", root.path), problem.to_owned());
    let target = target.filter(|target| !target.name.is_empty()).ok_or_else(|| step("must specify the target name"))?;
    let text = match (path.is_empty(), text.is_empty()) {
        (true, true) => return Err(step("empty file path and empty jsonOp; set path or patch")),
        (false, false) => return Err(step("must specify a file path or jsonOp, not both")),
        (true, false) => text.to_owned(),
        (false, true) => String::from_utf8_lossy(&root.load(session, path)?).into_owned(),
    };
    if text.is_empty() {
        return Err(step(&format!("patch file '{path}' seems to be empty")));
    }
    let patch = JsonPatch::parse(&text).map_err(|error| BuildError::content(path.to_owned(), "a JSON patch", error))?;
    if patch.is_empty() {
        return Err(step("the patch appears to be empty"));
    }
    Ok(Transformer::JsonPatch(JsonPatchTransformer { patch, target: target.selector() }))
}

fn replacements<'b>(
    session: &mut Session<'b>,
    root: &Root<'b>,
    entries: &[ReplacementField],
) -> Result<Vec<Replacement>, BuildError> {
    let mut list = Vec::new();
    for entry in entries {
        if entry.path.is_empty() {
            list.push(entry.replacement.clone());
            continue;
        }
        let has_inline =
            entry.replacement.source.is_some() || entry.replacement.targets.as_ref().is_some_and(|list| !list.is_empty());
        if has_inline {
            return Err(BuildError::step(
                "read replacements",
                "cannot specify both path and inline replacement; keep one of the two",
            ));
        }
        let bytes = root.load(session, &entry.path)?;
        let unusable = |source: Cause| BuildError::content(entry.path.clone(), "replacements", source);
        let value = crate::read::value(&bytes).map_err(unusable)?;
        match &value {
            Value::Array(_) => {
                list.extend(<Vec<Replacement>>::decode(&value, Strictness::LENIENT).map_err(|error| unusable(error.into()))?)
            }
            Value::Object(_) => {
                list.push(Replacement::decode(&value, Strictness::LENIENT).map_err(|error| unusable(error.into()))?)
            }
            _ => return Err(unusable("expected a replacement or a list of them".into())),
        }
    }
    Ok(list)
}

/// Makes the generator or transformer that a configuration of its own describes.
pub(crate) fn configure<'b>(session: &mut Session<'b>, root: &Root<'b>, config: &Object) -> Result<Plugin, BuildError> {
    let kind = config.kind();
    if config.api_version() != "builtin" {
        return Err(BuildError::Refused {
            what: format!("the plugin {} of {}", kind, config.api_version()),
            advice: "external plugins disabled: only built-in plugins (apiVersion: builtin) are available, nothing is executed",
        });
    }
    let unusable = |source: Cause| BuildError::content(format!("plugin {kind} '{}'", config.name()), "a configuration", source);
    let value = scalar::to_value(&config.node).map_err(|error| unusable(error.into()))?;
    match kind {
        "ConfigMapGenerator" => {
            generator(session, root, (Generated::ConfigMap, &value)).map_err(|error| error.within(format!("plugin {kind}")))
        }
        "SecretGenerator" => {
            generator(session, root, (Generated::Secret, &value)).map_err(|error| error.within(format!("plugin {kind}")))
        }
        "IAMPolicyGenerator" => {
            let config: PolicyConfig = decode(&value).map_err(|error| unusable(error.into()))?;
            policy(&config).map(|object| Plugin::Generator(Box::new(object))).map_err(unusable)
        }
        "HelmChartInflationGenerator" => Err(BuildError::Refused {
            what: "the plugin HelmChartInflationGenerator".to_owned(),
            advice: "charts are not inflated here; use a HelmRelease, or commit the output of `helm template` as a resource",
        }),
        "PatchTransformer" => {
            let config: Patch = decode(&value).map_err(|error| unusable(error.into()))?;
            Ok(Plugin::Transformer(vec![Transformer::Patch(patch_transformer(session, root, &config)?)]))
        }
        "PatchJson6902Transformer" => {
            let config: JsonPatchConfig = decode(&value).map_err(|error| unusable(error.into()))?;
            let parts = (config.target.as_ref(), config.path.as_str(), config.patch.as_str());
            Ok(Plugin::Transformer(vec![json_patch_transformer(session, root, parts)?]))
        }
        "PatchStrategicMergeTransformer" => {
            let config: StrategicConfig = decode(&value).map_err(|error| unusable(error.into()))?;
            if config.paths.is_empty() && config.patches.is_empty() {
                return Err(unusable("empty file path and empty patch content".into()));
            }
            let mut entries = config.paths;
            entries.extend((!config.patches.is_empty()).then_some(config.patches));
            Ok(Plugin::Transformer(vec![Transformer::StrategicPatches(strategic_patches(session, root, &entries)?)]))
        }
        "ReplacementTransformer" => {
            let config: ReplacementConfig = decode(&value).map_err(|error| unusable(error.into()))?;
            Ok(Plugin::Transformer(vec![Transformer::Replacements(replacements(session, root, &config.replacements)?)]))
        }
        "ValueAddTransformer" => {
            let config: ValueAddConfig = decode(&value).map_err(|error| unusable(error.into()))?;
            value_add(session, root, config).map(|transformer| Plugin::Transformer(vec![transformer]))
        }
        _ => simple(kind, &value).map(Plugin::Transformer).map_err(unusable),
    }
}

fn decode<T: Decode>(value: &Value) -> Result<T, DecodeFault> {
    T::decode(value, Strictness::LENIENT)
}

fn generator<'b>(session: &mut Session<'b>, root: &Root<'b>, (kind, value): (Generated, &Value)) -> Result<Plugin, BuildError> {
    let config: GeneratorConfig = decode(value).map_err(|error| BuildError::content("a generator", "a configuration", error))?;
    let mut arguments = config.arguments;
    if arguments.name.is_empty() {
        arguments.name = config.metadata.name;
    }
    if arguments.namespace.is_empty() {
        arguments.namespace = config.metadata.namespace;
    }
    // The deprecated `env` is read by kustomization files only.
    arguments.env.clear();
    if kind == Generated::ConfigMap {
        arguments.secret_type.clear();
    }
    generate(session, root, kind, &arguments).map(|object| Plugin::Generator(Box::new(object)))
}

fn policy(config: &PolicyConfig) -> Result<Object, Cause> {
    if config.cloud != "gke" {
        return Err(format!("cloud provider {} not supported yet", config.cloud).into());
    }
    let account = format!("{}@{}.iam.gserviceaccount.com", config.account.name, config.account.project);
    let mut metadata = serde_json::json!({
        "name": config.service.name,
        "annotations": {"iam.gke.io/gcp-service-account": account},
    });
    if !config.service.namespace.is_empty() {
        metadata["namespace"] = Value::String(config.service.namespace.clone());
    }
    let value = serde_json::json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
    Ok(Object::new(scalar::from_json(&value)))
}

fn value_add<'b>(session: &mut Session<'b>, root: &Root<'b>, config: ValueAddConfig) -> Result<Transformer, BuildError> {
    let step = |problem: &str| BuildError::step("configure ValueAddTransformer", problem.to_owned());
    let mut targets = config.targets;
    if !config.target_file.is_empty() {
        let bytes = root.load(session, &config.target_file)?;
        let unusable = |source: Cause| BuildError::content(config.target_file.clone(), "targets", source);
        let value = crate::read::value(&bytes).map_err(unusable)?;
        let file: TargetFile = decode(&value).map_err(|error| unusable(error.into()))?;
        targets.extend(file.targets);
    }
    if targets.is_empty() {
        return Err(step("must specify at least one target"));
    }
    if targets.iter().any(|target| target.field_path.is_empty()) {
        return Err(step("fieldPath cannot be empty"));
    }
    if targets.iter().any(|target| target.position < 0) {
        return Err(step("filePathPosition cannot be negative"));
    }
    let value = config.value.trim();
    let value = if value.is_empty() { root.name() } else { value };
    Ok(Transformer::ValueAdd(ValueAdd { value: value.to_owned(), targets }))
}

/// The transformers that need no files.
fn simple(kind: &str, value: &Value) -> Result<Vec<Transformer>, Cause> {
    let required =
        |fields: Option<Vec<FieldSpec>>| fields.map(|fields| paths(&fields)).ok_or("fieldSpecs is not expected to be nil");
    Ok(match kind {
        "AnnotationsTransformer" => {
            let config: MapConfig = decode(value)?;
            vec![Transformer::Annotations { annotations: config.annotations, fields: paths(&config.fields) }]
        }
        "LabelTransformer" => {
            let config: MapConfig = decode(value)?;
            vec![Transformer::Labels { labels: config.labels, fields: paths(&config.fields) }]
        }
        "HashTransformer" => vec![Transformer::Hash],
        "ImageTagTransformer" => {
            let config: ImageConfig = decode(value)?;
            vec![Transformer::Image { image: config.image, fields: paths(&config.fields) }]
        }
        "NamespaceTransformer" => {
            let config: NamespaceConfig = decode(value)?;
            vec![Transformer::Namespace(NamespaceTransformer {
                namespace: config.metadata.namespace,
                fields: paths(&config.fields),
                unset_only: config.unset_only,
                subjects: Subjects::parse(&config.subjects)?,
            })]
        }
        "PrefixTransformer" => {
            let config: AffixConfig = decode(value)?;
            vec![Transformer::Prefix { prefix: config.prefix, fields: required(config.fields)? }]
        }
        "SuffixTransformer" => {
            let config: AffixConfig = decode(value)?;
            vec![Transformer::Suffix { suffix: config.suffix, fields: required(config.fields)? }]
        }
        "PrefixSuffixTransformer" => {
            let config: AffixConfig = decode(value)?;
            vec![Transformer::PrefixAndSuffix { prefix: config.prefix, suffix: config.suffix, fields: required(config.fields)? }]
        }
        "ReplicaCountTransformer" => {
            let config: ReplicaConfig = decode(value)?;
            vec![Transformer::Replicas { replica: config.replica, fields: paths(&config.fields) }]
        }
        other => return Err(format!("unable to load builtin {other}; check the kind").into()),
    })
}
