//! Documents that a schema refers to.

use json_schema::{Invalid, Loader, Schema, SchemaError};
use serde_json::json;

/// Documents by address.
struct Web(&'static [(&'static str, &'static str)]);

impl Loader for Web {
    fn load(&self, url: &str) -> Result<Vec<u8>, String> {
        let found = self.0.iter().find(|(known, _)| *known == url);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "not found".to_owned())
    }
}

const WEB: Web = Web(&[
    (
        "https://example.com/types.json",
        r##"{"definitions": {"port": {"type": "integer"}, "name": {"$ref": "more/names.json"}}}"##,
    ),
    ("https://example.com/more/names.json", r#"{"pattern": "^[a-z]+$"}"#),
    ("https://example.com/broken.json", r#"{"type": "strin"}"#),
    ("https://example.com/text.json", "{"),
    (
        "https://example.com/only-types",
        r#"{"$schema": "https://json-schema.org/draft/2020-12/schema",
        "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": true, "https://json-schema.org/draft/2020-12/vocab/applicator": true,
                        "https://json-schema.org/draft/2020-12/vocab/format-assertion": true}}"#,
    ),
    (
        "https://example.com/with-units",
        r#"{"$schema": "https://json-schema.org/draft/2020-12/schema", "$vocabulary": {"https://example.com/units": true}}"#,
    ),
    ("https://example.com/circle", r#"{"$schema": "https://example.com/circle-too"}"#),
    ("https://example.com/circle-too", r#"{"$schema": "https://example.com/circle"}"#),
]);

fn error(text: &str) -> String {
    Schema::parse_with(text.as_bytes(), &WEB).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn documents_are_fetched_once_compiled_and_checked() {
    let text = r##"{"properties": {"port": {"$ref": "https://example.com/types.json#/definitions/port"},
                                   "name": {"$ref": "https://example.com/types.json#/definitions/name"}}}"##;
    let schema = Schema::parse_with(text.as_bytes(), &WEB).expect("a schema");
    assert_eq!(schema.validate(&json!({"port": 1, "name": "a"})), Ok(()));
    let Err(Invalid::Broken(report)) = schema.validate(&json!({"port": "x", "name": "A"})) else { panic!("accepted") };
    assert_eq!(
        report.helm_text(),
        "- at '/name': 'A' does not match pattern '^[a-z]+$'\n- at '/port': got string, want integer\n"
    );
    assert!(
        error(r#"{"$ref": "https://example.com/broken.json"}"#)
            .starts_with("\"https://example.com/broken.json#\" is not valid against metaschema: ")
    );
    assert_eq!(
        error(r#"{"$ref": "https://example.com/text.json"}"#),
        "failing loading \"https://example.com/text.json\": unexpected EOF"
    );
    assert_eq!(
        error(r#"{"$ref": "https://example.com/none.json#/a"}"#),
        "failing loading \"https://example.com/none.json\": not found"
    );
}

#[test]
fn without_a_loader_nothing_is_fetched() {
    let error = Schema::parse(br#"{"$ref": "https://example.com/types.json"}"#).expect_err("an error");
    assert!(matches!(error, SchemaError::Load { url, .. } if url == "https://example.com/types.json"));
}

#[test]
fn a_metaschema_chooses_vocabularies() {
    let text = r#"{"$schema": "https://example.com/only-types", "properties": {"a": {"type": "string", "format": "ipv4"}}}"#;
    let schema = Schema::parse_with(text.as_bytes(), &WEB).expect("a schema");
    assert_eq!(schema.validate(&json!({"a": 5})), Ok(()));
    let Err(Invalid::Broken(report)) = schema.validate(&json!({"a": "x"})) else { panic!("accepted") };
    assert_eq!(report.helm_text(), "- at '/a': 'x' is not valid ipv4: expected four decimals\n");
    assert_eq!(
        error(r#"{"$schema": "https://example.com/with-units"}"#),
        "unsupported vocabulary \"https://example.com/units\" in \"https://example.com/with-units\""
    );
    assert_eq!(
        error(r#"{"$schema": "https://example.com/circle"}"#),
        "cycle in resolving $schema in \"https://example.com/circle\""
    );
}

#[test]
fn a_schema_of_few_vocabularies_is_checked_against_the_whole_draft() {
    // Helm accepts this one: the vocabulary that its metaschema requires does not know `items`.
    let text = r#"{"$schema": "https://json-schema.org/draft/2020-12/meta/validation", "items": [{}]}"#;
    assert!(error(text).ends_with("- at '/items': got array, want boolean or object"), "{}", error(text));
}

#[test]
fn a_name_is_told_at_its_own_place() {
    // Helm tells it at `/1`, where the last item is.
    let schema = Schema::parse(br#"{"properties": {"v": {"items": {"propertyNames": {"maxLength": 1}}}}}"#).expect("a schema");
    let Err(Invalid::Broken(report)) = schema.validate(&json!({"v": [{"ab": 1}, {"c": 1}]})) else { panic!("accepted") };
    assert!(report.helm_text().starts_with("- at '/v/0': invalid propertyName 'ab'"));
}
