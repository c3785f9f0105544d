//! Fields that others may change (`spec.ignore`): they are no drift, and an apply for another reason leaves them as they are.

use serde_json::Value;

use crate::field_set;
use crate::object::{group_and_version, metadata, text, text_map};
use crate::pointer;
use crate::selector::{InvalidSelector, LabelSelector};

/// Which objects a rule is for. Patterns match whole values; an empty field matches any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// Pattern of the API group.
    pub group: String,
    /// Pattern of the version.
    pub version: String,
    /// Pattern of the kind.
    pub kind: String,
    /// Pattern of the name.
    pub name: String,
    /// Pattern of the namespace.
    pub namespace: String,
    /// Selector over labels.
    pub label_selector: String,
    /// Selector over annotations.
    pub annotation_selector: String,
}

/// One rule as the owner wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreRule {
    /// JSON pointers.
    pub paths: Vec<String>,
    /// Which objects; all when absent.
    pub target: Option<Target>,
}

/// A rule that does not compile. Flux puts `failed to create ignore rule selector: ` before it.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRule {
    /// A pattern does not compile.
    #[error("invalid {field} regex")]
    Pattern {
        /// Which pattern.
        field: &'static str,
        /// Why.
        source: Box<regex::Error>,
    },
    /// A selector does not parse.
    #[error("invalid {field} selector")]
    Selector {
        /// Which selector.
        field: &'static str,
        /// Why.
        source: InvalidSelector,
    },
}

/// Rules, compiled.
#[derive(Debug, Default)]
pub struct IgnoreRules {
    rules: Vec<(Option<CompiledTarget>, Vec<String>)>,
}

#[derive(Debug)]
struct CompiledTarget {
    /// Group, version, kind, name, namespace.
    patterns: [Option<regex::Regex>; 5],
    labels: Option<LabelSelector>,
    annotations: Option<LabelSelector>,
}

impl IgnoreRules {
    /// Compiles rules.
    ///
    /// # Errors
    /// [`InvalidRule`] for the first pattern or selector that is malformed.
    pub fn compile(rules: &[IgnoreRule]) -> Result<Self, InvalidRule> {
        let compiled = rules.iter().map(|rule| {
            let target = rule.target.as_ref().map(CompiledTarget::compile).transpose()?;
            Ok((target, rule.paths.clone()))
        });
        Ok(Self { rules: compiled.collect::<Result<_, InvalidRule>>()? })
    }

    /// The pointers that are ignored in an object.
    #[must_use]
    pub fn pointers_for(&self, object: &Value) -> Vec<&str> {
        let matching = self.rules.iter().filter(|(target, _)| target.as_ref().is_none_or(|target| target.matches(object)));
        matching.flat_map(|(_, paths)| paths.iter().map(String::as_str)).collect()
    }

    /// The payload of an apply to an object that is there: `desired` with each ignored field that differs either left out, when
    /// another manager applies it, or at its live value. `manager` is the owner's field manager.
    #[must_use]
    pub fn payload(&self, desired: &Value, live: &Value, dry_run: &Value, manager: &str) -> Value {
        let mut payload = desired.clone();
        let differs = |path: &&str| pointer::get(live, path) != pointer::get(dry_run, path);
        let (stripped, adopted): (Vec<&str>, Vec<&str>) = self
            .pointers_for(dry_run)
            .into_iter()
            .filter(differs)
            .partition(|path| field_set::is_applied_by_other(live, path, manager));
        stripped.iter().for_each(|path| pointer::remove(&mut payload, path));
        for path in adopted {
            pointer::set(&mut payload, path, pointer::get(live, path).cloned().unwrap_or_default());
        }
        payload
    }
}

impl CompiledTarget {
    fn compile(target: &Target) -> Result<Self, InvalidRule> {
        let pattern = |field: &'static str, pattern: &str| {
            if pattern.is_empty() {
                return Ok(None);
            }
            let compiled = regex::Regex::new(&format!("^(?:{pattern})$"));
            compiled.map(Some).map_err(|source| InvalidRule::Pattern { field, source: Box::new(source) })
        };
        let selector = |field: &'static str, selector: &str| {
            if selector.is_empty() {
                return Ok(None);
            }
            LabelSelector::parse(selector).map(Some).map_err(|source| InvalidRule::Selector { field, source })
        };
        Ok(Self {
            patterns: [
                pattern("group", &target.group)?,
                pattern("version", &target.version)?,
                pattern("kind", &target.kind)?,
                pattern("name", &target.name)?,
                pattern("namespace", &target.namespace)?,
            ],
            labels: selector("label", &target.label_selector)?,
            annotations: selector("annotation", &target.annotation_selector)?,
        })
    }

    fn matches(&self, object: &Value) -> bool {
        let (group, version) = group_and_version(text(object, "apiVersion"));
        let values = [group, version, text(object, "kind"), metadata(object, "name"), metadata(object, "namespace")];
        self.patterns.iter().zip(values).all(|(pattern, value)| pattern.as_ref().is_none_or(|pattern| pattern.is_match(value)))
            && self.labels.as_ref().is_none_or(|selector| selector.matches(&text_map(object, "labels")))
            && self.annotations.as_ref().is_none_or(|selector| selector.matches(&text_map(object, "annotations")))
    }
}
