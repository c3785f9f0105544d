//! Which fields the transformers change: the defaults, what `configurations:` and `crds:` add, and how they are merged.

use crate::decode::{Decode, DecodeFault, Strictness, decoded};
use crate::fields::FieldPath;
use crate::identity::Gvk;
use crate::kustomization::FieldSpec;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

mod defaults;

/// Where the name of objects of one kind is referred to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BackReference {
    pub(crate) target: Gvk,
    pub(crate) referrers: Vec<FieldPath>,
}

/// The fields of each transformer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FieldConfig {
    pub(crate) name_prefix: Vec<FieldPath>,
    pub(crate) name_suffix: Vec<FieldPath>,
    pub(crate) namespace: Vec<FieldPath>,
    pub(crate) common_labels: Vec<FieldPath>,
    pub(crate) labels: Vec<FieldPath>,
    pub(crate) template_labels: Vec<FieldPath>,
    pub(crate) volume_claim_template_labels: Vec<FieldPath>,
    pub(crate) common_annotations: Vec<FieldPath>,
    pub(crate) name_reference: Vec<BackReference>,
    pub(crate) var_reference: Vec<FieldPath>,
    pub(crate) images: Vec<FieldPath>,
    pub(crate) replicas: Vec<FieldPath>,
}

/// The same field twice, once to be created and once not.
#[derive(Debug, thiserror::Error)]
#[error("conflicting field specifications for '{path}' of {gvk}: one has `create`, the other has not")]
pub(crate) struct Conflict {
    path: String,
    gvk: Gvk,
}

decoded! {
    struct ConfigFile {
        "namePrefix" => name_prefix: Vec<FieldSpec>,
        "nameSuffix" => name_suffix: Vec<FieldSpec>,
        "namespace" => namespace: Vec<FieldSpec>,
        "commonLabels" => common_labels: Vec<FieldSpec>,
        "labels" => labels: Vec<FieldSpec>,
        "templateLabels" => template_labels: Vec<FieldSpec>,
        "volumeClaimTemplateLabels" => volume_claim_template_labels: Vec<FieldSpec>,
        "commonAnnotations" => common_annotations: Vec<FieldSpec>,
        "nameReference" => name_reference: Vec<ReferenceSpec>,
        "varReference" => var_reference: Vec<FieldSpec>,
        "images" => images: Vec<FieldSpec>,
        "replicas" => replicas: Vec<FieldSpec>,
    }

    struct ReferenceSpec {
        "group" => group: String as embedded,
        "version" => version: String as embedded,
        "kind" => kind: String as embedded,
        "fieldSpecs" => fields: Vec<FieldSpec>,
    }
}

/// Field specifications as the transformers use them.
pub(crate) fn paths(specs: &[FieldSpec]) -> Vec<FieldPath> {
    specs.iter().map(|spec| FieldPath::new(spec.gvk(), &spec.path, spec.create)).collect()
}

impl FieldConfig {
    /// The defaults.
    pub(crate) fn default_fields() -> Arc<Self> {
        static DEFAULT: OnceLock<Arc<FieldConfig>> = OnceLock::new();
        DEFAULT
            .get_or_init(|| {
                let mut config = defaults::config();
                config.sort();
                Arc::new(config)
            })
            .clone()
    }

    /// Reads a file of `configurations:`.
    pub(crate) fn read(value: &Value) -> Result<Self, DecodeFault> {
        if value.is_null() {
            return Ok(Self::default());
        }
        let file = ConfigFile::decode(value, Strictness::KNOWN_FIELDS)?;
        let reference = |spec: &ReferenceSpec| BackReference {
            target: Gvk { group: spec.group.clone(), version: spec.version.clone(), kind: spec.kind.clone() },
            referrers: paths(&spec.fields),
        };
        let mut config = Self {
            name_prefix: paths(&file.name_prefix),
            name_suffix: paths(&file.name_suffix),
            namespace: paths(&file.namespace),
            common_labels: paths(&file.common_labels),
            labels: paths(&file.labels),
            template_labels: paths(&file.template_labels),
            volume_claim_template_labels: paths(&file.volume_claim_template_labels),
            common_annotations: paths(&file.common_annotations),
            name_reference: file.name_reference.iter().map(reference).collect(),
            var_reference: paths(&file.var_reference),
            images: paths(&file.images),
            replicas: paths(&file.replicas),
        };
        config.sort();
        Ok(config)
    }

    fn lists(&mut self) -> [&mut Vec<FieldPath>; 11] {
        [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.volume_claim_template_labels,
            &mut self.common_annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ]
    }

    fn sort(&mut self) {
        for list in self.lists() {
            list.sort_by_cached_key(|path| crate::order::gvk_key(&path.gvk));
        }
        self.name_reference.sort_by_cached_key(|reference| crate::order::gvk_key(&reference.target));
    }

    /// This configuration and another one; equal fields count once.
    pub(crate) fn merged(self: &Arc<Self>, other: &Arc<Self>) -> Result<Arc<Self>, Conflict> {
        if Arc::ptr_eq(self, other) || **other == Self::default() {
            return Ok(self.clone());
        }
        if **self == Self::default() && Arc::ptr_eq(other, &Self::default_fields()) {
            return Ok(other.clone());
        }
        // Also what goes into an empty configuration goes one by one: a field of all kinds is left out behind one of some kind.
        let mut merged = Self::clone(self);
        let mut incoming = Self::clone(other);
        for (list, other) in merged.lists().into_iter().zip(incoming.lists()) {
            merge_all(list, std::mem::take(other))?;
        }
        for reference in incoming.name_reference {
            merged.add_reference(reference)?;
        }
        merged.sort();
        Ok(if merged == **self { self.clone() } else { Arc::new(merged) })
    }

    /// Adds a back reference to what is known about its kind.
    pub(crate) fn add_reference(&mut self, reference: BackReference) -> Result<(), Conflict> {
        let mut found = false;
        for known in self.name_reference.iter_mut().filter(|known| known.target == reference.target) {
            merge_all(&mut known.referrers, reference.referrers.clone())?;
            found = true;
        }
        if !found {
            self.name_reference.push(reference);
        }
        Ok(())
    }
}

/// Adds fields that are not there yet.
pub(crate) fn merge_all(list: &mut Vec<FieldPath>, incoming: Vec<FieldPath>) -> Result<(), Conflict> {
    incoming.into_iter().try_for_each(|path| merge_one(list, path))
}

/// Adds a field unless it is there.
pub(crate) fn merge_one(list: &mut Vec<FieldPath>, path: FieldPath) -> Result<(), Conflict> {
    match list.iter().find(|known| known.is_same_as(&path)) {
        Some(known) if known.create != path.create => Err(Conflict { path: path.text, gvk: path.gvk }),
        Some(_) => Ok(()),
        None => {
            list.push(path);
            Ok(())
        }
    }
}
