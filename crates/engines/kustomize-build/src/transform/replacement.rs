//! Replacements: a field of one object, or a value, goes into fields of others.

use crate::error::BuildError;
use crate::identity::{Gvk, ObjectId};
use crate::kustomization::{FieldOptions, Replacement, SourceSelector, TargetSelector};
use crate::loader::Session;
use crate::matches::{self, Place};
use crate::object::Object;
use crate::objects::Objects;
use crate::paths::{lookup, split_dotted};
use crate::selector::Matcher;
use crate::structured;
use crate::tree::{Body, Fault, Kind, MAX_DEPTH, Node};

const DEFAULT_PATH: &str = "metadata.name";

/// Applies replacements one after the other.
pub(crate) fn apply(session: &Session<'_>, objects: &mut Objects, replacements: &[Replacement]) -> Result<(), BuildError> {
    for replacement in replacements {
        let step = |problem: String| BuildError::step("apply replacement", problem);
        let Some(targets) =
            replacement.targets.as_ref().filter(|_| replacement.source.is_some() || replacement.source_value.is_some())
        else {
            return Err(step("replacements must specify a source and at least one target".to_owned()));
        };
        let mut value = match (&replacement.source, &replacement.source_value) {
            (Some(_), Some(_)) => return Err(step("value and resource selectors are mutually exclusive".to_owned())),
            (None, Some(value)) => Source { value: Node::plain(value.as_str()), live: None },
            (Some(source), _) => source_value(session, objects.list(), source)?,
            (None, None) => continue,
        };
        for target in targets {
            let target = target.as_ref().ok_or_else(|| step("target must specify resources to select".to_owned()))?;
            apply_to(session, objects, target, &mut value)?;
        }
    }
    Ok(())
}

/// What a replacement puts into fields.
struct Source {
    value: Node,
    /// The place of a value that is read as a whole: a replacement that changes its own source goes on with what came of it.
    live: Option<(usize, Vec<String>)>,
}

impl Source {
    /// Reads the value again after a change to an object.
    fn refresh(&mut self, object: &Node) {
        if let Some((_, path)) = &self.live
            && let Ok(Some(node)) = lookup(object, path)
        {
            self.value = node.clone();
        }
    }
}

/// All identities for comparisons with selectors, which do not know of kinds outside of namespaces.
fn ids(object: &Object) -> Vec<ObjectId> {
    let current = ObjectId {
        gvk: object.gvk(),
        name: object.name().to_owned(),
        namespace: object.namespace().to_owned(),
        cluster_scoped: false,
    };
    std::iter::once(current).chain(object.previous_ids()).collect()
}

fn source_value(session: &Session<'_>, objects: &[Object], source: &SourceSelector) -> Result<Source, BuildError> {
    let wanted = ObjectId {
        gvk: Gvk { group: source.group.clone(), version: source.version.clone(), kind: source.kind.clone() },
        name: source.name.clone(),
        namespace: source.namespace.clone(),
        cluster_scoped: false,
    };
    let is_selected = |id: &ObjectId| {
        (wanted.name.is_empty() || wanted.name == id.name)
            && (wanted.namespace.is_empty() || wanted.same_namespace(id))
            && id.gvk.is_selected_by(&wanted.gvk)
    };
    let step = |problem: String| BuildError::step("apply replacement", problem);
    let mut found = objects.iter().enumerate().filter(|(_, object)| ids(object).iter().any(is_selected));
    let (at, object) = found.next().ok_or_else(|| step(format!("nothing selected by source {wanted}")))?;
    if found.next().is_some() {
        return Err(step(format!("multiple matches for source {wanted}; name it more closely")));
    }
    let path = if source.field_path.is_empty() { DEFAULT_PATH } else { &source.field_path };
    let failed =
        |fault: Fault| BuildError::object(format!("read replacement source '{path}'"), &object.id(&session.schema), fault);
    let parts = split_dotted(path);
    let node = lookup(&object.node, &parts).map_err(failed)?.filter(|node| !node.is_nil_or_empty());
    let node = node.ok_or_else(|| failed(Fault::Other("the field is missing; correct the fieldPath".to_owned())))?;
    let part = refined(source.options.as_ref(), node).map_err(failed)?;
    Ok(match part {
        Some(value) => Source { value, live: None },
        None => Source { value: node.clone(), live: Some((at, parts)) },
    })
}

/// The part of a value that the options mean; `None` where they mean the whole.
fn refined(options: Option<&FieldOptions>, node: &Node) -> Result<Option<Node>, Fault> {
    let Some(options) = options.filter(|options| !options.delimiter.is_empty()) else { return Ok(None) };
    if node.kind() != Kind::Scalar {
        return Err(Fault::Other(
            "delimiter option can only be used with scalar nodes; remove it, or name a field that holds one value".to_owned(),
        ));
    }
    let part = usize::try_from(options.index).ok().and_then(|index| node.value_text().split(&options.delimiter).nth(index));
    let out_of_bounds = || {
        Fault::Other(format!(
            "options.index {} is out of bounds for value {}; choose a part that is there",
            options.index,
            node.value_text()
        ))
    };
    let part = part.ok_or_else(out_of_bounds)?;
    Ok(Some(Node { body: Body::Scalar(part.into()), ..node.clone() }))
}

fn apply_to(
    session: &Session<'_>,
    objects: &mut Objects,
    target: &TargetSelector,
    source: &mut Source,
) -> Result<(), BuildError> {
    let step = |problem: String| BuildError::step("apply replacement", problem);
    let select = target.select.as_ref().ok_or_else(|| step("target must specify resources to select".to_owned()))?;
    let matcher = |selector: &crate::selector::Selector| selector.matcher().map_err(|error| step(error.to_string()));
    let selected = matcher(&select.selector())?;
    let mut rejected: Vec<(bool, Matcher)> = Vec::new();
    for reject in &target.reject {
        let selector = reject.selector();
        rejected.push((selector.names_nothing(), matcher(&selector)?));
    }
    let default = [DEFAULT_PATH.to_owned()];
    let paths: &[String] = if target.field_paths.is_empty() { &default } else { &target.field_paths };
    for (at, object) in objects.list_mut().iter_mut().enumerate() {
        let ids = ids(object);
        let has_labels = |matcher: &Matcher| {
            object.matches_labels("labels", &matcher.labels) && object.matches_labels("annotations", &matcher.annotations)
        };
        let names_labels = |matcher: &Matcher| !matcher.labels.is_empty() || !matcher.annotations.is_empty();
        let is_rejected = rejected.iter().any(|(names_nothing, matcher)| {
            (names_labels(matcher) && has_labels(matcher)) || (!names_nothing && ids.iter().any(|id| matcher.matches_id(id)))
        });
        if !has_labels(&selected) || is_rejected || !ids.iter().any(|id| selected.matches_id(id)) {
            continue;
        }
        // What is remembered stands among the annotations and is lost with them.
        let with_notes = paths.iter().any(|path| reaches_annotations(&split_dotted(path)));
        if with_notes {
            let id = object.id(&session.schema);
            object.materialise().map_err(|fault| BuildError::object("apply replacement", &id, fault))?;
        }
        let is_own = source.live.as_ref().is_some_and(|(of, _)| *of == at);
        for path in paths {
            set_path(&mut object.node, path, (target.options.as_ref(), source), is_own).map_err(|fault| {
                BuildError::object(format!("apply replacement to '{path}'"), &object.id(&session.schema), fault)
            })?;
        }
        object.absorb();
        check_size(session, object)?;
    }
    Ok(())
}

/// Whether a path leads to the annotations as a whole, or to what contains them.
fn reaches_annotations(path: &[String]) -> bool {
    let is = |at: usize, name: &str| path.get(at).is_none_or(|part| part == name || part == "*");
    path.len() <= 2 && is(0, "metadata") && is(1, "annotations")
}

/// A replacement may put an object into itself.
fn check_size(session: &Session<'_>, object: &Object) -> Result<(), BuildError> {
    const BYTES_OF_A_NODE: usize = 8;
    let limit = session.options.limits.object_bytes;
    let id = || object.id(&session.schema);
    if object.node.is_deeper_than(MAX_DEPTH) {
        return Err(BuildError::Limit { what: format!("the depth of {}", id()), limit: MAX_DEPTH });
    }
    if object.node.size().saturating_mul(BYTES_OF_A_NODE) > limit {
        return Err(BuildError::Limit { what: format!("the size of {}", id()), limit });
    }
    Ok(())
}

fn set_path(
    object: &mut Node,
    path: &str,
    (options, source): (Option<&FieldOptions>, &mut Source),
    is_own: bool,
) -> Result<(), Fault> {
    let parts = split_dotted(path);
    let create = if options.is_some_and(|options| options.create) { Some(source.value.kind()) } else { None };
    if structured::set(object, &parts, create, &mut |node| set_value(options, node, &source.value)) {
        if is_own {
            source.refresh(object);
        }
        return Ok(());
    }
    let retrieval = |fault: Option<Fault>| {
        let (verb, cure) = match create {
            Some(_) => ("find or create", "correct the path"),
            None => ("find", "correct the path, or set options.create"),
        };
        let cause = fault.map_or_else(String::new, |fault| format!(": {fault}"));
        Fault::Other(format!("unable to {verb} field \"{path}\" in replacement target{cause}; {cure}"))
    };
    let places = matches::find(object, &parts, create).map_err(|fault| retrieval(Some(fault)))?;
    if places.is_empty() {
        return Err(retrieval(None));
    }
    for place in places {
        if let Place::At(steps) = place
            && let Some(node) = matches::node_at(object, &steps)
        {
            set_value(options, node, &source.value)?;
            if is_own {
                source.refresh(object);
            }
        }
    }
    Ok(())
}

/// Sets a node; a scalar keeps its own type.
fn set_value(options: Option<&FieldOptions>, target: &mut Node, value: &Node) -> Result<(), Fault> {
    let mut text: crate::tree::Text = value.text().into();
    if let Some(options) = options.filter(|options| !options.delimiter.is_empty()) {
        if target.kind() != Kind::Scalar {
            return Err(Fault::Other(
                "delimiter option can only be used with scalar nodes; remove it, or name a field that holds one value".to_owned(),
            ));
        }
        let mut parts: Vec<&str> = target.text().split(&options.delimiter).collect();
        let part = value.value_text();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, part),
            Ok(index) => match parts.get_mut(index) {
                Some(known) => *known = part,
                None => parts.push(part),
            },
        }
        text = parts.join(&options.delimiter).into();
    }
    if target.kind() == Kind::Scalar {
        target.body = Body::Scalar(text);
    } else {
        *target = Node { link: target.link, ..value.clone() };
    }
    Ok(())
}
