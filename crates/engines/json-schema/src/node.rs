//! A compiled schema. Schemas refer to each other by number, so that cycles cost nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decimal::Decimal;
use crate::draft::Draft;
use crate::format::Format;
use crate::pattern::Pattern;
use crate::pointer;
use crate::types::Types;

/// The number of a schema.
pub(crate) type NodeId = usize;

/// Where a schema is: the address of its document, and the pointer to it there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) url: Arc<str>,
    pub(crate) pointer: Arc<str>,
}

/// A schema. What is `None` or empty is no condition.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) draft: Draft,
    /// The nearest schema around it, or itself, that has an address of its own.
    pub(crate) resource: NodeId,
    /// Of a resource: the schemas that `$dynamicRef` can mean.
    pub(crate) dynamic_anchors: BTreeMap<String, NodeId>,
    /// A schema that is a boolean or has no keywords.
    pub(crate) always: Option<bool>,
    pub(crate) types: Option<Types>,
    /// The conditions beside the type. Most schemas have none, and share that.
    pub(crate) rules: Arc<Rules>,
}

/// All that a schema can say but the type of a value.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) references: References,
    pub(crate) constant: Option<Choice>,
    pub(crate) choices: Option<Choice>,
    pub(crate) format: Option<Format>,
    pub(crate) object: ObjectRules,
    pub(crate) array: ArrayRules,
    pub(crate) string: StringRules,
    pub(crate) number: NumberRules,
    pub(crate) logic: LogicRules,
}

impl Node {
    /// A schema with these conditions, whatever the type.
    pub(crate) fn new(place: Place, rules: Arc<Rules>) -> Node {
        Node { place, draft: Draft::LATEST, resource: 0, dynamic_anchors: BTreeMap::new(), always: None, types: None, rules }
    }

    /// What its place is called in messages.
    pub(crate) fn location(&self) -> String {
        format!("{}{}", self.place.url, pointer::fragment(&self.place.pointer))
    }
}

/// `$ref` and its younger relatives.
#[derive(Debug, Default)]
pub(crate) struct References {
    pub(crate) plain: Option<NodeId>,
    pub(crate) recursive: Option<NodeId>,
    pub(crate) recursive_anchor: bool,
    pub(crate) dynamic: Option<DynamicReference>,
    pub(crate) dynamic_anchor: Option<String>,
}

/// `$dynamicRef`: the schema that it means at first sight, and the anchor in it if it is not a pointer.
#[derive(Debug)]
pub(crate) struct DynamicReference {
    pub(crate) target: NodeId,
    pub(crate) anchor: Option<String>,
}

/// `const` or `enum`.
#[derive(Debug)]
pub(crate) struct Choice {
    /// The values, in the text that equal values share.
    pub(crate) values: BTreeSet<String>,
    pub(crate) message: String,
}

#[derive(Debug, Default)]
pub(crate) struct ObjectRules {
    pub(crate) min_properties: Option<usize>,
    pub(crate) max_properties: Option<usize>,
    pub(crate) required: Vec<String>,
    pub(crate) dependencies: BTreeMap<String, Dependency>,
    pub(crate) properties: BTreeMap<String, NodeId>,
    pub(crate) patterns: Vec<(Pattern, NodeId)>,
    pub(crate) additional: Option<Additional>,
    pub(crate) names: Option<NodeId>,
    pub(crate) dependent_schemas: BTreeMap<String, NodeId>,
    pub(crate) dependent_required: BTreeMap<String, Vec<String>>,
    pub(crate) unevaluated: Option<NodeId>,
}

/// What `dependencies` asks for when a property is there.
#[derive(Debug)]
pub(crate) enum Dependency {
    Properties(Vec<String>),
    Schema(NodeId),
}

/// `additionalProperties` and `additionalItems`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Additional {
    Allowed(bool),
    Schema(NodeId),
}

#[derive(Debug, Default)]
pub(crate) struct ArrayRules {
    pub(crate) min_items: Option<usize>,
    pub(crate) max_items: Option<usize>,
    pub(crate) unique: bool,
    /// The first items: `prefixItems`, or `items` as an array.
    pub(crate) prefix: Vec<NodeId>,
    /// The items behind the prefix: `items` as a schema, or `additionalItems`.
    pub(crate) rest: Option<Additional>,
    pub(crate) contains: Option<NodeId>,
    pub(crate) min_contains: Option<usize>,
    pub(crate) max_contains: Option<usize>,
    pub(crate) unevaluated: Option<NodeId>,
}

#[derive(Debug, Default)]
pub(crate) struct StringRules {
    pub(crate) min_length: Option<usize>,
    pub(crate) max_length: Option<usize>,
    pub(crate) pattern: Option<Pattern>,
}

#[derive(Debug, Default)]
pub(crate) struct NumberRules {
    pub(crate) minimum: Option<Decimal>,
    pub(crate) maximum: Option<Decimal>,
    pub(crate) exclusive_minimum: Option<Decimal>,
    pub(crate) exclusive_maximum: Option<Decimal>,
    pub(crate) multiple_of: Option<Decimal>,
}

#[derive(Debug, Default)]
pub(crate) struct LogicRules {
    pub(crate) not: Option<NodeId>,
    pub(crate) all_of: Vec<NodeId>,
    pub(crate) any_of: Vec<NodeId>,
    pub(crate) one_of: Vec<NodeId>,
    pub(crate) condition: Option<NodeId>,
    pub(crate) then: Option<NodeId>,
    pub(crate) otherwise: Option<NodeId>,
}
