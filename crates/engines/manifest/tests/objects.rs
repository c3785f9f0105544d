//! Ids, order and streams, against a table that github.com/fluxcd/pkg/ssa 0.77.0 wrote (`ReadObjects`, `SortableUnstructureds`).

use manifest::object::{self, ObjectId, SplitError, format_id, sort_ids, sort_objects, split};
use manifest::yaml::Limits;
use serde_json::{Value, json};

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn streams_are_split_and_sorted_as_flux_does() {
    for line in include_str!("data/streams.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let input = row["in"].as_str().unwrap();
        let result = split(input, &Limits::default());
        if row["error"].is_string() {
            assert!(result.is_err(), "Flux refuses {input:?}: {}", row["error"]);
            continue;
        }
        let mut objects = result.unwrap_or_else(|error| panic!("{input:?}: {error}"));
        assert_eq!(Value::Array(objects.clone()), if row["objects"].is_null() { json!([]) } else { row["objects"].clone() });
        let mut ids: Vec<ObjectId> = objects.iter().map(ObjectId::of).collect();
        let encode = |ids: &[ObjectId]| ids.iter().map(ObjectId::inventory_id).collect::<Vec<_>>();
        assert_eq!(encode(&ids), texts(&row["ids"]), "{input:?}");
        assert_eq!(objects.iter().map(format_id).collect::<Vec<_>>(), texts(&row["formats"]), "{input:?}");
        sort_ids(&mut ids);
        assert_eq!(encode(&ids), texts(&row["sorted"]), "{input:?}");
        sort_objects(&mut objects);
        assert_eq!(objects.iter().map(ObjectId::of).collect::<Vec<_>>(), ids);
    }
}

#[test]
fn errors_of_streams_name_the_document_and_the_cause() {
    let broken = "a: 1\nkind: X\n---\n# second\na: b: c\n";
    let error = split(broken, &Limits::default()).unwrap_err();
    assert!(matches!(error, SplitError::Yaml { document: 2, first_line: 3, .. }), "{error:?}");
    assert_eq!(error.to_string(), "error converting YAML to JSON");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "yaml: line 3: mapping values are not allowed in this context");

    let error = split("a: 1\n--- x\n", &Limits::default()).unwrap_err();
    assert_eq!(error, SplitError::Separator { text: "x".to_owned(), line: 2 });
    assert_eq!(error.to_string(), "invalid Yaml document separator: x");
}

#[test]
fn inventory_ids_are_read_back() {
    for (id, namespace, name, group, kind) in [
        ("default_app_apps_Deployment", "default", "app", "apps", "Deployment"),
        ("_system__node_rbac.authorization.k8s.io_ClusterRole", "", "system:node", "rbac.authorization.k8s.io", "ClusterRole"),
        ("ns_a.b-c__ConfigMap", "ns", "a.b-c", "", "ConfigMap"),
        ("___", "", "", "", ""),
    ] {
        let parsed = ObjectId::parse_inventory_id(id).unwrap();
        assert_eq!((&*parsed.namespace, &*parsed.name, &*parsed.group, &*parsed.kind), (namespace, name, group, kind));
        assert_eq!(parsed.inventory_id(), id);
    }
    // A colon outside of RBAC is not encoded, but two underscores are always decoded.
    let id = ObjectId { name: "a:b".to_owned(), kind: "ConfigMap".to_owned(), ..ObjectId::default() };
    assert_eq!(id.inventory_id(), "_a:b__ConfigMap");
    for broken in ["", "a", "a_b", "a_b_c"] {
        let error = ObjectId::parse_inventory_id(broken).unwrap_err();
        assert!(error.to_string().starts_with("unable to parse stored object metadata: "), "{error}");
    }
}

#[test]
fn accessors_take_a_field_of_the_wrong_type_as_absent() {
    let object = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a", "namespace": 7, "labels": {"x": "y"}, "annotations": {"x": "y", "n": 1}},
    });
    assert_eq!(object::api_version(&object), "apps/v1");
    assert_eq!(object::kind(&object), "Deployment");
    assert_eq!((object::name(&object), object::namespace(&object)), ("a", ""));
    assert_eq!(object::labels(&object).get("x"), Some(&"y"));
    assert!(object::annotations(&object).is_empty());
    assert_eq!(format_id(&object), "Deployment/a");
    assert_eq!(object::api_group("a/b/c"), None);
    assert_eq!(ObjectId::of(&json!({"apiVersion": "a/b/c", "kind": "X", "metadata": {"name": "n"}})).to_string(), "/n");
    assert_eq!(object::name(&json!("text")), "");
}
