//! `.Chart`: the metadata as a map with Go's names of the fields.

use go_template::{List, Map, STRING_MAP, Text, Value};

use super::{map, to_template};
use crate::metadata::{Dependency, Maintainer, Metadata};

/// The metadata as templates see them. A field that does not exist prints nothing there.
pub(crate) fn metadata(metadata: &Metadata, is_root: bool) -> Map {
    map([
        ("Name", text(&metadata.name)),
        ("Home", text(&metadata.home)),
        ("Sources", texts(&metadata.sources)),
        ("Version", text(&metadata.version)),
        ("Description", text(&metadata.description)),
        ("Keywords", texts(&metadata.keywords)),
        ("Maintainers", list(metadata.maintainers.iter().map(maintainer))),
        ("Icon", text(&metadata.icon)),
        ("APIVersion", text(&metadata.api_version)),
        ("Condition", text(&metadata.condition)),
        ("Tags", text(&metadata.tags)),
        ("AppVersion", text(&metadata.app_version)),
        ("Deprecated", Value::Bool(metadata.deprecated)),
        ("Annotations", annotations(metadata)),
        ("KubeVersion", text(&metadata.kube_version)),
        ("Dependencies", list(metadata.dependencies.iter().flatten().map(dependency))),
        ("Type", text(&metadata.kind)),
        ("IsRoot", Value::Bool(is_root)),
    ])
}

fn text(text: &str) -> Value {
    Value::from(text)
}

fn texts(texts: &[String]) -> Value {
    list(texts.iter().map(|item| text(item)))
}

fn list(items: impl Iterator<Item = Value>) -> Value {
    Value::List(List::new(items.collect()))
}

fn annotations(metadata: &Metadata) -> Value {
    Value::Map(match &metadata.annotations {
        None => Map::nil(STRING_MAP),
        Some(annotations) => {
            let entries = annotations.iter().map(|(key, value)| (Text::from(key.as_str()), text(value)));
            Map::with_type(entries.collect(), STRING_MAP)
        }
    })
}

fn maintainer(maintainer: &Maintainer) -> Value {
    Value::Map(map([("Name", text(&maintainer.name)), ("Email", text(&maintainer.email)), ("URL", text(&maintainer.url))]))
}

fn dependency(dependency: &Dependency) -> Value {
    Value::Map(map([
        ("Name", text(&dependency.name)),
        ("Version", text(&dependency.version)),
        ("Repository", text(&dependency.repository)),
        ("Condition", text(&dependency.condition)),
        ("Tags", texts(&dependency.tags)),
        ("Enabled", Value::Bool(dependency.enabled)),
        ("ImportValues", list(dependency.import_values.iter().map(to_template))),
        ("Alias", text(&dependency.alias)),
    ]))
}
