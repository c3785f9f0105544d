//! Fields that no index has: in JSON they are passed over, in YAML they are errors, as `UnmarshalStrict` has it.

use serde_json::Value;

const INDEX: [&str; 6] = ["annotations", "apiVersion", "entries", "generated", "publicKeys", "serverInfo"];
const VERSION: [&str; 25] = [
    "annotations",
    "apiVersion",
    "appVersion",
    "checksum",
    "condition",
    "created",
    "dependencies",
    "deprecated",
    "description",
    "digest",
    "engine",
    "home",
    "icon",
    "keywords",
    "kubeVersion",
    "maintainers",
    "name",
    "removed",
    "sources",
    "tags",
    "tillerVersion",
    "type",
    "url",
    "urls",
    "version",
];
const MAINTAINER: [&str; 3] = ["email", "name", "url"];
const DEPENDENCY: [&str; 8] = ["alias", "condition", "enabled", "import-values", "name", "repository", "tags", "version"];

/// The name of a field that no index has; `None` where there is none. What has another form than an index is left to its reader.
pub(crate) fn unknown_field(index: &Value) -> Option<&String> {
    let versions =
        || index["entries"].as_object().into_iter().flatten().filter_map(|(_, versions)| versions.as_array()).flatten();
    unknown(index, &INDEX)
        .or_else(|| versions().find_map(|version| unknown(version, &VERSION)))
        .or_else(|| versions().find_map(|version| unknown_of(&version["maintainers"], &MAINTAINER)))
        .or_else(|| versions().find_map(|version| unknown_of(&version["dependencies"], &DEPENDENCY)))
}

fn unknown_of<'v>(items: &'v Value, known: &[&str]) -> Option<&'v String> {
    items.as_array()?.iter().find_map(|item| unknown(item, known))
}

fn unknown<'v>(value: &'v Value, known: &[&str]) -> Option<&'v String> {
    value.as_object()?.keys().find(|key| known.binary_search(&key.as_str()).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_known_by_where_they_are() {
        for (index, expect) in [
            (
                json!({ "apiVersion": "v1", "entries": { "unknown": [{ "name": "a", "created": "t", "dependencies": [{ "import-values": [] }] }] } }),
                None,
            ),
            (json!({ "other": 1 }), Some("other")),
            (json!({ "entries": { "a": [null, { "alias": "x" }] } }), Some("alias")),
            (json!({ "entries": { "a": [{ "maintainers": [{ "name": "m" }, { "age": 1 }] }] } }), Some("age")),
            (json!({ "entries": { "a": [{ "dependencies": [{ "home": "h" }] }] } }), Some("home")),
            (json!([1]), None),
        ] {
            assert_eq!(unknown_field(&index).map(String::as_str), expect, "{index}");
        }
        for known in [&INDEX[..], &VERSION, &MAINTAINER, &DEPENDENCY] {
            assert!(known.is_sorted());
        }
    }
}
