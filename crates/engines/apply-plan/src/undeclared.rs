//! Unknown fields of built-in kinds. Flux loses them in Go structs and applies the rest; the API server refuses them and names
//! them, so they are removed when it has. Custom resources keep theirs, and fail, as with Flux.

use serde_json::Value;

use crate::object::{group_and_version, text};

/// What the API server says after the path of a field it does not know.
const UNDECLARED: &str = ": field not declared in schema";

/// Groups of built-in kinds.
const GROUPS: [&str; 21] = [
    "",
    "admissionregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
];

/// Removes the fields that `message`, a refusal of the API server, calls undeclared. Whether any was removed: if so, try again.
///
/// The API server names only some at a time, so it may take several tries. Each removes a field, so they end.
pub fn remove_undeclared_fields(object: &mut Value, message: &str) -> bool {
    if !is_built_in(object) {
        return false;
    }
    let paths: Vec<Vec<Step>> = message
        .match_indices(UNDECLARED)
        .filter_map(|(end, _)| {
            let before = message.get(..end)?;
            // A path starts with a dot after the white space before it; keys within may hold spaces, so take the last that parses.
            let starts = before.match_indices('.').map(|(start, _)| start);
            starts
                .filter(|start| before.get(..*start).is_some_and(|text| text.is_empty() || text.ends_with(char::is_whitespace)))
                .filter_map(|start| parse_path(before.get(start..)?))
                .next_back()
        })
        .collect();
    paths.iter().filter(|path| remove(object, path)).count() > 0
}

/// Whether an object is of a group that Kubernetes itself serves, so that its API server and Go's clients know its type.
#[must_use]
pub fn is_built_in(object: &Value) -> bool {
    GROUPS.contains(&group_and_version(text(object, "apiVersion")).0)
}

enum Step {
    Field(String),
    Index(usize),
    Keys(Vec<(String, Value)>),
}

/// Reads `.spec.containers[name="a"].image`. Field names hold neither dots nor brackets in built-in kinds' schemas.
fn parse_path(path: &str) -> Option<Vec<Step>> {
    let (mut steps, mut rest) = (Vec::new(), path);
    while !rest.is_empty() {
        if let Some(field) = rest.strip_prefix('.') {
            let end = field.find(['.', '[']).unwrap_or(field.len());
            let (name, after) = field.split_at_checked(end)?;
            if name.is_empty() || name.contains(char::is_whitespace) {
                return None;
            }
            steps.push(Step::Field(name.to_owned()));
            rest = after;
        } else {
            let (selector, after) = split_selector(rest.strip_prefix('[')?)?;
            steps.push(selector);
            rest = after;
        }
    }
    Some(steps)
}

/// Reads `0]` or `name="a",port=1]`.
fn split_selector(text: &str) -> Option<(Step, &str)> {
    if let Some((Ok(index), after)) = text.split_once(']').map(|(index, after)| (index.parse(), after)) {
        return Some((Step::Index(index), after));
    }
    let (mut pairs, mut rest) = (Vec::new(), text);
    loop {
        let (name, value) = rest.split_once('=')?;
        let mut values = serde_json::Deserializer::from_str(value).into_iter::<Value>();
        let parsed = values.next()?.ok()?;
        rest = value.get(values.byte_offset()..)?;
        pairs.push((name.to_owned(), parsed));
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Some((Step::Keys(pairs), rest.strip_prefix(']')?)),
        }
    }
}

fn remove(value: &mut Value, path: &[Step]) -> bool {
    match path {
        [Step::Field(name)] => value.as_object_mut().and_then(|fields| fields.remove(name)).is_some(),
        [Step::Field(name), rest @ ..] => value.get_mut(name).is_some_and(|value| remove(value, rest)),
        [Step::Index(index), rest @ ..] => value.get_mut(*index).is_some_and(|value| remove(value, rest)),
        [Step::Keys(pairs), rest @ ..] => {
            let fits = |item: &&mut Value| pairs.iter().all(|(name, value)| item.get(name) == Some(value));
            value.as_array_mut().and_then(|items| items.iter_mut().find(fits)).is_some_and(|item| remove(item, rest))
        }
        [] => false,
    }
}
