//! What each keyword means, by draft and vocabulary.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{FormatRule, Keywords};
use crate::decimal::Decimal;
use crate::draft::Draft;
use crate::error::SchemaError;
use crate::format::Format;
use crate::json::{Json, Object};
use crate::node::{Additional, Choice, Dependency, DynamicReference, Node, NodeId, Place, Rules};
use crate::pattern::Pattern;
use crate::pointer;
use crate::reference::split_fragment;
use crate::text::display;
use crate::types::{Types, canonical};

type Result<T> = std::result::Result<T, SchemaError>;

impl Keywords<'_, '_, '_> {
    /// Fills `node` with what the keywords say.
    pub(super) fn read(&mut self, node: &mut Node) -> Result<()> {
        if let Some(types) = self.keywords.only("type") {
            // As of most schemas.
            node.types = if self.dialect.has("validation") { Types::read(types) } else { None };
            return Ok(());
        }
        let mut rules = Rules::default();
        self.read_rules(node, &mut rules)?;
        node.rules = Arc::new(rules);
        Ok(())
    }

    fn read_rules(&mut self, node: &mut Node, rules: &mut Rules) -> Result<()> {
        let draft = self.dialect.draft;
        if let Some(reference) = self.text("$ref") {
            rules.references.plain = Some(self.follow(reference)?);
        }
        let reference_stands_alone = draft < Draft::Draft2019 && rules.references.plain.is_some();
        if !reference_stands_alone {
            if self.dialect.has("applicator") {
                self.read_applicators(rules)?;
            }
            if self.dialect.has("validation") {
                node.types = self.keywords.get("type").and_then(Types::read);
                self.read_validation(rules)?;
            }
            if self.compiler.formats == FormatRule::Always || self.dialect.asserts_format() {
                rules.format = self.text("format").and_then(Format::find);
            }
        }
        self.read_later_applicators(rules)?;
        self.read_later_validation(rules);
        self.read_later_references(rules)
    }

    /// The keywords of draft 4 with schemas in them.
    fn read_applicators(&mut self, rules: &mut Rules) -> Result<()> {
        rules.logic.all_of = self.schemas("allOf");
        rules.logic.any_of = self.schemas("anyOf");
        rules.logic.one_of = self.schemas("oneOf");
        rules.logic.not = self.schema("not");
        if self.dialect.draft < Draft::Draft2020 {
            if self.keywords.get("items").is_some_and(|items| items.as_array().is_some()) {
                rules.array.prefix = self.schemas("items");
                rules.array.rest = self.additional("additionalItems");
            } else {
                rules.array.rest = self.schema("items").map(Additional::Schema);
            }
        }
        rules.object.properties = self.schemas_by_name("properties");
        for (source, schema) in self.schemas_by_name("patternProperties") {
            rules.object.patterns.push((self.compile_pattern("patternProperties", &source)?, schema));
        }
        rules.object.additional = self.additional("additionalProperties");
        if let Some(dependencies) = self.object("dependencies") {
            for (property, value) in dependencies.iter() {
                let dependency = match value {
                    Json::Array(names) => Dependency::Properties(strings(names)),
                    _ => Dependency::Schema(self.below("dependencies", Some(property))),
                };
                rules.object.dependencies.insert(property.clone(), dependency);
            }
        }
        Ok(())
    }

    /// The keywords of draft 4 without schemas in them.
    fn read_validation(&mut self, rules: &mut Rules) -> Result<()> {
        rules.choices = self.array("enum").map(choices);
        self.read_bounds(rules);
        rules.string.min_length = self.count("minLength");
        rules.string.max_length = self.count("maxLength");
        if let Some(source) = self.text("pattern") {
            rules.string.pattern = Some(self.compile_pattern("pattern", source)?);
        }
        rules.array.min_items = self.count("minItems");
        rules.array.max_items = self.count("maxItems");
        rules.array.unique = self.is_true("uniqueItems");
        rules.object.min_properties = self.count("minProperties");
        rules.object.max_properties = self.count("maxProperties");
        rules.object.required = self.array("required").map(strings).unwrap_or_default();
        Ok(())
    }

    /// Bounds of numbers. The exclusive ones are flags in draft 4 and numbers since.
    fn read_bounds(&mut self, rules: &mut Rules) {
        let number = &mut rules.number;
        number.multiple_of = self.number("multipleOf");
        number.maximum = self.number("maximum");
        number.exclusive_maximum =
            if self.is_true("exclusiveMaximum") { number.maximum.take() } else { self.number("exclusiveMaximum") };
        number.minimum = self.number("minimum");
        number.exclusive_minimum =
            if self.is_true("exclusiveMinimum") { number.minimum.take() } else { self.number("exclusiveMinimum") };
    }

    /// The keywords with schemas in them that drafts 6 and later brought.
    fn read_later_applicators(&mut self, rules: &mut Rules) -> Result<()> {
        let draft = self.dialect.draft;
        let has_applicators = self.dialect.has("applicator");
        if draft >= Draft::Draft6 && has_applicators {
            rules.array.contains = self.schema("contains");
            rules.object.names = self.schema("propertyNames");
        }
        if draft >= Draft::Draft7 && has_applicators {
            rules.logic.condition = self.schema("if");
            if rules.logic.condition.is_some() {
                let fixed = self.boolean("if");
                rules.logic.then = if fixed == Some(false) { None } else { self.schema("then") };
                rules.logic.otherwise = if fixed == Some(true) { None } else { self.schema("else") };
            }
        }
        if draft >= Draft::Draft2019 && has_applicators {
            rules.object.dependent_schemas = self.schemas_by_name("dependentSchemas");
        }
        let unevaluated = if draft == Draft::Draft2019 { "applicator" } else { "unevaluated" };
        if draft >= Draft::Draft2019 && self.dialect.has(unevaluated) {
            rules.array.unevaluated = self.schema("unevaluatedItems");
            rules.object.unevaluated = self.schema("unevaluatedProperties");
        }
        if draft >= Draft::Draft2020 && has_applicators {
            rules.array.prefix = self.schemas("prefixItems");
            rules.array.rest = self.schema("items").map(Additional::Schema);
        }
        Ok(())
    }

    /// The keywords without schemas in them that drafts 6 and later brought.
    fn read_later_validation(&mut self, rules: &mut Rules) {
        let draft = self.dialect.draft;
        if !self.dialect.has("validation") {
            return;
        }
        if draft >= Draft::Draft6 {
            rules.constant = self.keywords.get("const").map(constant);
        }
        if draft >= Draft::Draft2019 {
            if rules.array.contains.is_some() {
                rules.array.min_contains = self.count("minContains");
                rules.array.max_contains = self.count("maxContains");
            }
            let required = self.object("dependentRequired").into_iter().flat_map(Object::iter);
            let required = required.filter_map(|(property, names)| Some((property.clone(), strings(names.as_array()?))));
            rules.object.dependent_required = required.collect();
        }
    }

    fn read_later_references(&mut self, rules: &mut Rules) -> Result<()> {
        let draft = self.dialect.draft;
        if draft >= Draft::Draft2019 {
            rules.references.recursive = self.text("$recursiveRef").map(|reference| self.follow(reference)).transpose()?;
            rules.references.recursive_anchor = self.is_true("$recursiveAnchor");
        }
        if draft >= Draft::Draft2020 {
            if let Some(reference) = self.text("$dynamicRef") {
                let target = self.follow(reference)?;
                let (_, fragment) = split_fragment(reference)?;
                let anchor = (!fragment.is_empty() && !fragment.starts_with('/')).then_some(fragment);
                rules.references.dynamic = Some(DynamicReference { target, anchor });
            }
            rules.references.dynamic_anchor = self.text("$dynamicAnchor").map(str::to_owned);
        }
        Ok(())
    }

    fn compile_pattern(&self, keyword: &str, source: &str) -> Result<Pattern> {
        Pattern::compile(source).map_err(|error| {
            let at = pointer::fragment(&pointer::append(&self.place.pointer, keyword));
            SchemaError::Regex { pattern: source.to_owned(), place: format!("{}{at}", self.place.url), reason: error.to_string() }
        })
    }
}

/// Values of keywords by type.
impl<'s> Keywords<'_, '_, 's> {
    fn text(&self, keyword: &str) -> Option<&'s str> {
        self.keywords.get(keyword)?.as_str()
    }

    fn array(&self, keyword: &str) -> Option<&'s [Json]> {
        self.keywords.get(keyword)?.as_array()
    }

    fn object(&self, keyword: &str) -> Option<&'s Object> {
        self.keywords.get(keyword)?.as_object()
    }

    fn boolean(&self, keyword: &str) -> Option<bool> {
        match self.keywords.get(keyword) {
            Some(Json::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    fn is_true(&self, keyword: &str) -> bool {
        self.boolean(keyword) == Some(true)
    }

    fn number(&self, keyword: &str) -> Option<Decimal> {
        match self.keywords.get(keyword) {
            Some(Json::Number(text)) => Decimal::parse(text),
            _ => None,
        }
    }

    fn count(&self, keyword: &str) -> Option<usize> {
        self.number(keyword)?.to_usize()
    }

    /// The schema that is the value of a keyword, or a part of that.
    fn below(&mut self, keyword: &str, part: Option<&str>) -> NodeId {
        let mut pointer = pointer::append(&self.place.pointer, keyword);
        let mut schema = self.given.and_then(|keywords| keywords.get(keyword));
        if let Some(part) = part {
            pointer::push(&mut pointer, part);
            schema = schema.and_then(|value| pointer::step(value, part));
        }
        self.compiler.enqueue(Place { url: self.place.url.clone(), pointer: pointer.into() }, schema)
    }

    fn schema(&mut self, keyword: &str) -> Option<NodeId> {
        self.keywords.contains_key(keyword).then(|| self.below(keyword, None))
    }

    fn schemas(&mut self, keyword: &str) -> Vec<NodeId> {
        let count = self.array(keyword).map_or(0, <[Json]>::len);
        (0..count).map(|index| self.below(keyword, Some(&index.to_string()))).collect()
    }

    fn schemas_by_name(&mut self, keyword: &str) -> BTreeMap<String, NodeId> {
        let names = self.object(keyword).into_iter().flat_map(Object::keys);
        names.map(|name| (name.clone(), self.below(keyword, Some(name)))).collect()
    }

    fn additional(&mut self, keyword: &str) -> Option<Additional> {
        match self.boolean(keyword) {
            Some(allowed) => Some(Additional::Allowed(allowed)),
            None => self.schema(keyword).map(Additional::Schema),
        }
    }
}

fn strings(values: &[Json]) -> Vec<String> {
    values.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn is_simple(value: &Json) -> bool {
    !matches!(value, Json::Array(_) | Json::Object(_))
}

fn constant(value: &Json) -> Choice {
    let message = if is_simple(value) { format!("value must be {}", display(value)) } else { "'const' failed".to_owned() };
    Choice { values: [canonical(value)].into(), message }
}

fn choices(values: &[Json]) -> Choice {
    let message = match values {
        _ if !values.iter().all(is_simple) => "'enum' failed".to_owned(),
        [value] => format!("value must be {}", display(value)),
        _ => format!("value must be one of {}", values.iter().map(display).collect::<Vec<_>>().join(", ")),
    };
    Choice { values: values.iter().map(canonical).collect(), message }
}
