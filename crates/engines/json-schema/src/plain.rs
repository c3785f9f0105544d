//! Schemas that are certainly well formed, which saves asking their metaschema.
//!
//! This knows the keywords that nearly all schemas of charts are made of, in the forms that the metaschemas of draft 7 and later
//! allow. It knows no errors: of anything else, be it malformed or merely rare, it says that it is not certain.

use std::collections::BTreeSet;

use crate::document::Document;
use crate::draft::Draft;
use crate::format::Format;
use crate::json::{Json, Object};
use crate::types;

/// Whether the schema at a place of a document is certainly one.
pub(crate) fn is_plain(document: &Document, schema: &Json, at: &str) -> bool {
    // A resource in it may be of another draft.
    let is_alone = document.resources.len() == 1;
    let is_late = document.resources.get("").is_some_and(|root| root.dialect.draft >= Draft::Draft7);
    is_alone && is_late && if at.is_empty() { is_root(schema) } else { is_schema(schema) }
}

fn is_root(schema: &Json) -> bool {
    schema.as_object().is_some_and(|keywords| {
        keywords.iter().all(|(keyword, value)| match keyword {
            "$schema" => value.as_str().is_some_and(|url| Draft::from_url(url).is_some()),
            keyword => is_keyword(keyword, value),
        })
    })
}

fn is_schema(schema: &Json) -> bool {
    match schema {
        Json::Bool(_) => true,
        Json::Object(keywords) => keywords.iter().all(|(keyword, value)| is_keyword(keyword, value)),
        _ => false,
    }
}

fn is_keyword(keyword: &str, value: &Json) -> bool {
    match keyword {
        "type" => is_type(value),
        "properties" | "definitions" | "$defs" => value.as_object().is_some_and(are_schemas),
        "items" | "additionalProperties" | "not" | "if" | "then" | "else" | "contains" => is_schema(value),
        "allOf" | "anyOf" | "oneOf" => value.as_array().is_some_and(|items| !items.is_empty() && items.iter().all(is_schema)),
        "required" => are_unique_texts(value),
        "enum" => value.as_array().is_some_and(|values| !values.is_empty() && are_different(values)),
        "title" | "description" | "format" | "$comment" => value.as_str().is_some(),
        "default" | "const" => true,
        "examples" => value.as_array().is_some(),
        "pattern" => Format::find("regex").is_some_and(|format| value.as_str().is_some() && format.check(value).is_ok()),
        "$ref" => value.as_str().is_some_and(is_simple_reference),
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => matches!(value, Json::Number(_)),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => is_count(value),
        "uniqueItems" | "readOnly" | "writeOnly" | "deprecated" => matches!(value, Json::Bool(_)),
        _ => false,
    }
}

fn are_schemas(members: &Object) -> bool {
    members.iter().all(|(_, schema)| is_schema(schema))
}

fn is_type(value: &Json) -> bool {
    let is_name = |value: &Json| value.as_str().is_some_and(types::is_name);
    is_name(value)
        || value.as_array().is_some_and(|names| !names.is_empty() && names.iter().all(is_name)) && are_unique_texts(value)
}

fn are_unique_texts(value: &Json) -> bool {
    let is_text = |value: &Json| value.as_str().is_some();
    value.as_array().is_some_and(|texts| texts.iter().all(is_text) && are_different(texts))
}

fn are_different(values: &[Json]) -> bool {
    let mut seen = BTreeSet::new();
    values.iter().all(|value| seen.insert(types::canonical(value)))
}

/// A pointer within the document, without anything that could need an escape.
fn is_simple_reference(reference: &str) -> bool {
    let is_simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'.' | b'$');
    reference.strip_prefix("#/").is_some_and(|pointer| pointer.bytes().all(is_simple))
}

fn is_count(value: &Json) -> bool {
    matches!(value, Json::Number(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_plain_root(text: &str) -> bool {
        is_root(&crate::json::read(text.as_bytes()).expect("the schema is JSON"))
    }

    /// What this takes for a schema the metaschemas take for one too, also where values of keywords are exchanged.
    #[test]
    fn no_schema_is_plain_that_a_metaschema_refuses() {
        const VALUES: [&str; 26] = [
            "null",
            "true",
            "0",
            "-1",
            "1.5",
            "1e2",
            "\"\"",
            "\"string\"",
            "\"a b\"",
            "\"[\"",
            "\"#/$defs/a\"",
            "\"#/a b\"",
            "\"#a\"",
            "[]",
            "[\"string\"]",
            "[\"a\", \"a\"]",
            "[\"string\", \"null\"]",
            "[1]",
            "[true]",
            "[{}, {\"type\": 1}]",
            "{}",
            "{\"a\": true}",
            "{\"a\": 1}",
            "{\"type\": \"string\"}",
            "{\"type\": \"a\"}",
            "{\"a\": {\"required\": [1]}}",
        ];
        const KEYWORDS: [&str; 37] = [
            "type",
            "properties",
            "definitions",
            "$defs",
            "items",
            "additionalProperties",
            "not",
            "if",
            "then",
            "else",
            "contains",
            "allOf",
            "anyOf",
            "oneOf",
            "required",
            "enum",
            "title",
            "description",
            "format",
            "$comment",
            "default",
            "const",
            "examples",
            "pattern",
            "$ref",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "minLength",
            "maxItems",
            "minProperties",
            "uniqueItems",
            "readOnly",
            "deprecated",
            "$id",
            "$schema",
        ];
        let mut plain = 0;
        for draft in [Draft::Draft7, Draft::Draft2019, Draft::Draft2020] {
            let metaschemas = crate::metaschemas::Metaschemas::of(&[draft].into());
            for keyword in KEYWORDS {
                for value in VALUES {
                    let text = format!("{{\"{keyword}\": {value}}}");
                    let schema = crate::json::read(text.as_bytes()).expect("the schema is JSON");
                    let evaluation = crate::evaluate::Evaluation::new(&metaschemas.compiled.nodes);
                    if is_root(&schema) {
                        plain += 1;
                        assert_eq!(evaluation.run(metaschemas.root(draft), &schema), Ok(()), "{keyword}: {value} in {draft:?}");
                    }
                }
            }
        }
        assert!(plain > 400, "{plain}");
    }

    #[test]
    fn a_schema_of_a_chart_is_plain() {
        assert!(is_plain_root(
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "required": ["a"], "properties":
            {"a": {"anyOf": [{"type": "string", "pattern": "^a+$"}, {"$ref": "#/definitions/b"}]}, "c": {"enum": ["x", 1]}}}"##
        ));
    }
}
