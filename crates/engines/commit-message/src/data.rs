//! What was changed, as values of templates with the types and fields that Flux's have.

use crate::Subject;
use crate::structure::{Structure, StructureMap};
use go_template::{List, Map, STRING_MAP, Text, Type, Value};
use std::collections::BTreeMap;
use std::rc::Rc;
use yaml_setters::{Change, Changes, ObjectChanges, ObjectIdentifier};

const CHANGE: Type = Type::Object("update.Change");
const CHANGE_LIST: Type = Type::List(&CHANGE);
const OBJECT_CHANGES: Type = Type::Object("update.ObjectChanges");
const FILE_CHANGES: Type = Type::Map(&OBJECT_CHANGES);

/// What `.` is.
pub(crate) fn of(subject: &Subject<'_>) -> Value {
    let Subject { namespace, name, changes, values } = subject;
    let values: BTreeMap<Text, Value> =
        values.iter().map(|(key, value)| (Text::from(key.as_str()), Value::from(value.as_str()))).collect();
    let object = Structure {
        text: Some(format!("{namespace}/{name}")),
        ..Structure::plain("types.NamespacedName", vec![("Namespace", Value::from(*namespace)), ("Name", Value::from(*name))])
    };
    let fields = vec![
        ("AutomationObject", object.value()),
        ("Changed", changed(changes)),
        ("Values", Value::Map(Map::with_type(values, STRING_MAP))),
    ];
    Structure::plain("source.TemplateData", fields).value()
}

fn changed(changes: &Changes) -> Value {
    let files = changes.file_changes.iter();
    let files: BTreeMap<Text, Value> =
        files.map(|(file, objects)| (Text::from(file.as_str()), object_changes(objects))).collect();
    let files = Value::Map(Map::with_type(files, FILE_CHANGES));
    Structure {
        methods: vec![("Changes", list(&changes.changes())), ("Objects", object_changes(&changes.objects()))],
        ..Structure::plain("update.Result", vec![("FileChanges", files)])
    }
    .value()
}

fn object_changes(objects: &ObjectChanges) -> Value {
    let entries = objects.iter().map(|(object, changes)| (identifier(object), list(changes))).collect();
    Value::Object(Rc::new(StructureMap { type_name: "update.ObjectChanges", entries }))
}

fn identifier(object: &ObjectIdentifier) -> Value {
    let text = |text: &str| Value::from(text);
    let types = vec![("APIVersion", text(&object.api_version)), ("Kind", text(&object.kind))];
    let names = vec![("Name", text(&object.name)), ("Namespace", text(&object.namespace))];
    let promoted = types.iter().chain(&names).cloned().collect();
    let parts = vec![
        ("TypeMeta", Structure::plain("yaml.TypeMeta", types).value()),
        ("NameMeta", Structure::plain("yaml.NameMeta", names).value()),
    ];
    let whole = Structure::plain("yaml.ResourceIdentifier", parts).value();
    Structure { promoted, ..Structure::plain("update.ObjectIdentifier", vec![("ResourceIdentifier", whole)]) }.value()
}

fn list(changes: &[Change]) -> Value {
    let items = changes.iter().map(|change| {
        let fields = vec![
            ("OldValue", Value::from(change.old_value.as_str())),
            ("NewValue", Value::from(change.new_value.as_str())),
            ("Setter", Value::from(change.setter.as_str())),
        ];
        Structure::plain("update.Change", fields).value()
    });
    Value::List(List::with_type(items.collect(), CHANGE_LIST))
}
