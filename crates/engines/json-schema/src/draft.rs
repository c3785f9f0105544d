//! The versions of JSON Schema and how they differ before keywords are looked at.

use crate::json::{Json, Object};
use crate::pointer;

/// A version of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Draft {
    Draft4,
    Draft6,
    Draft7,
    Draft2019,
    Draft2020,
}

impl Draft {
    /// Every draft.
    pub(crate) const ALL: [Draft; 5] = [Draft::Draft4, Draft::Draft6, Draft::Draft7, Draft::Draft2019, Draft::Draft2020];
    /// What a schema without `$schema` is.
    pub(crate) const LATEST: Draft = Draft::Draft2020;

    /// The address of the metaschema.
    pub(crate) fn url(self) -> &'static str {
        match self {
            Draft::Draft4 => "http://json-schema.org/draft-04/schema",
            Draft::Draft6 => "http://json-schema.org/draft-06/schema",
            Draft::Draft7 => "http://json-schema.org/draft-07/schema",
            Draft::Draft2019 => "https://json-schema.org/draft/2019-09/schema",
            Draft::Draft2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The draft that a `$schema` names; with `http` as with `https`, with an empty fragment or none.
    pub(crate) fn from_url(url: &str) -> Option<Draft> {
        let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
        let path = without_scheme(url);
        if !fragment.is_empty() {
            None
        } else if path == "json-schema.org/schema" {
            Some(Draft::LATEST)
        } else {
            Draft::ALL.into_iter().find(|draft| without_scheme(draft.url()) == path)
        }
    }

    /// What the address of a vocabulary begins with.
    pub(crate) fn vocabulary_prefix(self) -> Option<&'static str> {
        match self {
            Draft::Draft2019 => Some("https://json-schema.org/draft/2019-09/vocab/"),
            Draft::Draft2020 => Some("https://json-schema.org/draft/2020-12/vocab/"),
            _ => None,
        }
    }

    /// The vocabularies that a metaschema can name.
    pub(crate) fn vocabularies(self) -> &'static [&'static str] {
        match self {
            Draft::Draft2019 => &["core", "applicator", "validation", "meta-data", "format", "content"],
            Draft::Draft2020 => &[
                "core",
                "applicator",
                "unevaluated",
                "validation",
                "meta-data",
                "format-annotation",
                "format-assertion",
                "content",
            ],
            _ => &[],
        }
    }

    /// The keyword that gives a schema its address.
    pub(crate) fn id_keyword(self) -> &'static str {
        if self == Draft::Draft4 { "id" } else { "$id" }
    }

    /// The address that a schema gives itself, without fragment; empty if none.
    pub(crate) fn id<'a>(self, schema: &'a Object<'_>) -> &'a str {
        if self < Draft::Draft2019 && schema.contains_key("$ref") {
            // In these drafts a reference stands alone.
            return "";
        }
        let id = schema.get(self.id_keyword()).and_then(Json::as_str).unwrap_or_default();
        id.split('#').next().unwrap_or_default()
    }

    /// Whether keywords beside `$ref` count.
    pub(crate) fn has_rules_beside_references(self) -> bool {
        self >= Draft::Draft2019
    }

    /// The schemas directly inside of a schema, each with its pointer.
    pub(crate) fn subschemas<'a>(self, schema: &'a Object<'a>, at: &str) -> Vec<(String, &'a Json<'a>)> {
        let order = |keyword: &str| PLACES.iter().position(|(known, _, since)| *known == keyword && self >= *since);
        let mut present: Vec<(usize, &Json<'_>)> =
            schema.iter().filter_map(|(keyword, value)| Some((order(keyword)?, value))).collect();
        present.sort_by_key(|(order, _)| *order);
        let mut found = Vec::new();
        for (order, value) in present {
            let (keyword, place, _) = &PLACES[order];
            let below = pointer::append(at, keyword);
            match (place, value) {
                (Place::Members, Json::Object(members)) => {
                    found.extend(members.iter().map(|(name, member)| (pointer::append(&below, name), member)));
                }
                (Place::Items | Place::ItselfOrItems, Json::Array(items)) => {
                    found.extend(items.iter().enumerate().map(|(index, item)| (format!("{below}/{index}"), item)));
                }
                (Place::Itself | Place::ItselfOrItems, _) => found.push((below, value)),
                (Place::Members | Place::Items, _) => {}
            }
        }
        found
    }
}

fn without_scheme(url: &str) -> &str {
    url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).unwrap_or(url)
}

/// Where schemas are in the value of a keyword.
#[derive(Clone, Copy)]
enum Place {
    Itself,
    Items,
    ItselfOrItems,
    Members,
}

const PLACES: &[(&str, Place, Draft)] = &[
    ("definitions", Place::Members, Draft::Draft4),
    ("not", Place::Itself, Draft::Draft4),
    ("allOf", Place::Items, Draft::Draft4),
    ("anyOf", Place::Items, Draft::Draft4),
    ("oneOf", Place::Items, Draft::Draft4),
    ("properties", Place::Members, Draft::Draft4),
    ("additionalProperties", Place::Itself, Draft::Draft4),
    ("patternProperties", Place::Members, Draft::Draft4),
    ("items", Place::ItselfOrItems, Draft::Draft4),
    ("additionalItems", Place::Itself, Draft::Draft4),
    ("dependencies", Place::Members, Draft::Draft4),
    ("propertyNames", Place::Itself, Draft::Draft6),
    ("contains", Place::Itself, Draft::Draft6),
    ("if", Place::Itself, Draft::Draft7),
    ("then", Place::Itself, Draft::Draft7),
    ("else", Place::Itself, Draft::Draft7),
    ("$defs", Place::Members, Draft::Draft2019),
    ("dependentSchemas", Place::Members, Draft::Draft2019),
    ("unevaluatedProperties", Place::Itself, Draft::Draft2019),
    ("unevaluatedItems", Place::Itself, Draft::Draft2019),
    ("contentSchema", Place::Itself, Draft::Draft2019),
    ("prefixItems", Place::Items, Draft::Draft2020),
];

/// A draft and the vocabularies of it that a schema uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) draft: Draft,
    /// `None` is what the draft has without a metaschema that says otherwise.
    pub(crate) vocabularies: Option<Vec<String>>,
}

impl Dialect {
    /// The draft as it is.
    pub(crate) fn of(draft: Draft) -> Dialect {
        Dialect { draft, vocabularies: None }
    }

    /// Whether keywords of the vocabulary count.
    pub(crate) fn has(&self, vocabulary: &str) -> bool {
        if vocabulary == "core" || self.draft < Draft::Draft2019 {
            return true;
        }
        match &self.vocabularies {
            Some(vocabularies) => vocabularies.iter().any(|name| name == vocabulary),
            None => match vocabulary {
                "applicator" | "validation" => true,
                "unevaluated" => self.draft == Draft::Draft2020,
                _ => false,
            },
        }
    }

    /// Whether `format` is a condition and not only a remark.
    pub(crate) fn asserts_format(&self) -> bool {
        match self.draft {
            Draft::Draft2019 => self.has("format"),
            Draft::Draft2020 => self.has("format-assertion"),
            _ => true,
        }
    }
}
