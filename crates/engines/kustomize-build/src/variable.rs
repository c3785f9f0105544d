//! Variables: `$(NAME)` in the configured fields becomes a field of another object.

use crate::error::BuildError;
use crate::fields::FieldPath;
use crate::identity::{Gvk, ObjectId};
use crate::kustomization::Var;
use crate::loader::Session;
use crate::object::Object;
use crate::objects::Objects;
use crate::transform::failed;
use crate::tree::{Body, Fault, Kind, Node, Style, Tag};
use std::collections::BTreeMap;

/// The variables of a build, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, Var>);

/// What a variable stands for.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// A mapping or list, which cannot replace anything.
    Structure,
}

impl Variables {
    /// Adds variables and remembers in the objects that they are read.
    pub(crate) fn add(&mut self, session: &Session<'_>, objects: &mut Objects, vars: &[Var]) -> Result<(), BuildError> {
        for var in vars {
            let object = &var.object;
            let mut gvk = Gvk { group: object.group.clone(), version: object.version.clone(), kind: object.kind.clone() };
            match object.api_version.split('/').collect::<Vec<_>>().as_slice() {
                [""] => {}
                [version] => (*version).clone_into(&mut gvk.version),
                [group, version] => {
                    (*group).clone_into(&mut gvk.group);
                    (*version).clone_into(&mut gvk.version);
                }
                _ => {}
            }
            let wanted = ObjectId { gvk, name: object.name.clone(), namespace: object.namespace.clone(), cluster_scoped: false };
            let matches = |id: &ObjectId| match wanted.namespace.is_empty() {
                true => wanted.same_name_and_kind(id),
                false => wanted.equals(id),
            };
            let mut found: Vec<&mut Object> =
                objects.list_mut().iter_mut().filter(|object| object.had_id(matches, &session.schema)).collect();
            if found.len() > 1 {
                let problem =
                    format!("found {} matches for {wanted} (unable to disambiguate); set objref.namespace", found.len());
                return Err(BuildError::step(format!("read var '{}'", var.name), problem));
            }
            if let Some(object) = found.pop() {
                object.var_names.push(var.name.clone());
            }
        }
        self.merge(vars.iter().cloned())
    }

    /// Takes over the variables of another kustomization.
    pub(crate) fn absorb(&mut self, other: Self) -> Result<(), BuildError> {
        self.merge(other.0.into_values())
    }

    fn merge(&mut self, vars: impl Iterator<Item = Var>) -> Result<(), BuildError> {
        for mut var in vars {
            if self.0.contains_key(&var.name) {
                let problem = "already encountered; give it another name or remove one of the two";
                return Err(BuildError::step(format!("read var '{}'", var.name), problem));
            }
            if var.field.path.is_empty() {
                "metadata.name".clone_into(&mut var.field.path);
            }
            self.0.insert(var.name.clone(), var);
        }
        Ok(())
    }

    /// Replaces the variables in the objects.
    pub(crate) fn resolve(&self, session: &Session<'_>, objects: &mut Objects, fields: &[FieldPath]) -> Result<(), BuildError> {
        let mut values = BTreeMap::new();
        for var in self.0.values() {
            values.insert(var.name.as_str(), value_of(var, objects.list())?);
        }
        if values.is_empty() {
            return Ok(());
        }
        for object in objects.list_mut() {
            for field in fields {
                let applied = field.apply(&mut object.node, None, &mut |node| replace(node, &values));
                applied.map_err(|fault| failed(session, &format!("replace vars in '{}'", field.text), object, fault))?;
            }
        }
        Ok(())
    }
}

fn value_of(var: &Var, objects: &[Object]) -> Result<Value, BuildError> {
    let step = |problem: String| BuildError::step(format!("read var '{}'", var.name), problem);
    let Some(object) = objects.iter().find(|object| object.var_names.contains(&var.name)) else {
        return Err(step("cannot be mapped to a field in the set of known resources; check its objref".to_owned()));
    };
    let path = indices(crate::paths::split_dotted(&var.field.path));
    let missing = || step(format!("field '{}' not found in corresponding resource", var.field.path));
    let node = crate::paths::lookup(&object.node, &path).map_err(|fault| step(fault.to_string()))?.ok_or_else(missing)?;
    let text = node.text();
    match (node.kind(), node.tag) {
        (Kind::Mapping | Kind::Sequence, _) => Ok(Value::Structure),
        (_, Tag::Int) => text.parse().map(Value::Int).map_err(|_| missing()),
        (_, Tag::Float) => text.parse().map(Value::Float).map_err(|_| missing()),
        (_, Tag::Bool) => text.to_ascii_lowercase().parse().map(Value::Bool).map_err(|_| missing()),
        _ => Ok(Value::Text(text.to_owned())),
    }
}

/// Makes `ports[0]` two parts.
fn indices(parts: Vec<String>) -> Vec<String> {
    let mut result = Vec::new();
    for part in parts {
        let inner = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
        match inner {
            Some((name, index)) if !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) => {
                if !name.is_empty() {
                    result.push(name.to_owned());
                }
                result.push(index.to_owned());
            }
            _ => result.push(part),
        }
    }
    result
}

fn replace(node: &mut Node, values: &BTreeMap<&str, Value>) -> Result<(), Fault> {
    if node.is_null() {
        return Ok(());
    }
    match &mut node.body {
        Body::Scalar(_) => replace_scalar(node, values),
        Body::Mapping(entries) => {
            for entry in entries {
                if !matches!(entry.key.tag, Tag::Str | Tag::Unset) {
                    return Err(Fault::Other(format!("invalid map key: value='{}'; quote it", entry.key.text)));
                }
                replace_scalar(&mut entry.value, values);
            }
        }
        Body::Sequence(items) => {
            for item in items {
                if !item.is_string() {
                    return Err(Fault::Other("invalid value type: expected a string in the list; quote it".to_owned()));
                }
                replace_scalar(item, values);
            }
        }
        Body::Nothing => return Err(Fault::Other("invalid type encountered".to_owned())),
    }
    Ok(())
}

fn replace_scalar(node: &mut Node, values: &BTreeMap<&str, Value>) {
    if !node.is_string() {
        return;
    }
    let (text, tag) = match expand(node.text(), values) {
        Value::Text(text) => (text, Tag::Str),
        Value::Int(integer) => (integer.to_string(), Tag::Int),
        Value::Bool(bool) => (bool.to_string(), Tag::Bool),
        Value::Float(float) => (format!("{float}"), Tag::Float),
        Value::Structure => return,
    };
    *node = Node { body: Body::Scalar(text.into()), tag, style: Style::Plain, link: 0 };
}

/// Replaces `$(NAME)`; a text that consists of one reference takes over the value's type, and `$$` is a dollar sign.
fn expand(input: &str, values: &BTreeMap<&str, Value>) -> Value {
    let mut out = String::new();
    let mut rest = input;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if after.is_empty() {
            rest = &rest[at..];
            break;
        }
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(inner) = after.strip_prefix('(') {
            match inner.split_once(')') {
                Some((name, after)) => {
                    let value = values.get(name).filter(|value| **value != Value::Structure);
                    if let Some(value) = value
                        && input.len() == name.len() + 3
                    {
                        return value.clone();
                    }
                    match value {
                        Some(value) => out.push_str(&value.text()),
                        None => out.push_str(&format!("$({name})")),
                    }
                    rest = after;
                }
                None => {
                    out.push_str("$(");
                    rest = inner;
                }
            }
        } else {
            // Whatever follows is copied with the dollar sign.
            let next = after.chars().next().map_or(0, char::len_utf8);
            out.push('$');
            out.push_str(&after[..next]);
            rest = &after[next..];
        }
    }
    out.push_str(rest);
    Value::Text(out)
}

impl Value {
    /// As Go's `%v` prints it.
    fn text(&self) -> String {
        match self {
            Value::Text(text) => text.clone(),
            Value::Int(integer) => integer.to_string(),
            Value::Bool(bool) => bool.to_string(),
            Value::Float(float) if *float != 0.0 && !(1e-4..1e21).contains(&float.abs()) => crate::scalar::go_float(*float),
            Value::Float(float) => format!("{float}"),
            Value::Structure => String::new(),
        }
    }
}
