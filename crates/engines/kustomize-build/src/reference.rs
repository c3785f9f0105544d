//! Names that objects use for each other follow the objects' changed names.

use crate::config::{BackReference, FieldConfig};
use crate::error::BuildError;
use crate::fields::FieldPath;
use crate::identity::{Gvk, ObjectId};
use crate::loader::Session;
use crate::object::Object;
use crate::objects::Objects;
use crate::tree::{Body, Fault, Kind, Node};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What is needed to know of an object to refer to it.
struct Candidate {
    id: ObjectId,
    original_namespace: String,
    previous: Vec<ObjectId>,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
}

/// All objects, and which of them had which name.
struct Directory {
    candidates: Vec<Candidate>,
    by_former_name: HashMap<String, Vec<usize>>,
}

/// Updates all references.
pub(crate) fn fix(session: &Session<'_>, objects: &mut Objects, config: &FieldConfig) -> Result<(), BuildError> {
    let directory = Directory::new(session, objects.list());
    let mut by_kind: BTreeMap<Gvk, Vec<(&BackReference, &FieldPath)>> = BTreeMap::new();
    for (at, object) in objects.list_mut().iter_mut().enumerate() {
        let original = object.original_id(&session.schema).gvk;
        let fields = by_kind.entry(original).or_insert_with_key(|kind| fields_of(config, kind));
        if fields.is_empty() {
            continue;
        }
        check_header(object)
            .map_err(|fault| BuildError::object("update name references", &directory.candidates[at].id, fault))?;
        let referrer = Referrer::new(&directory, at, object)?;
        for (reference, field) in fields.iter() {
            let role = field.text.ends_with("roleRef/name").then(|| role_kind(&object.node)).flatten();
            let finder = Finder { referrer: &referrer, target: &reference.target, role };
            let fixed = field.visit(&mut object.node, &mut |node| finder.fix(node));
            fixed.map_err(|fault| {
                let operation = format!("update the name reference in '{}'", field.text);
                BuildError::object(operation, &directory.candidates[at].id, fault)
            })?;
        }
    }
    Ok(())
}

/// The original refuses an object whose apiVersion or kind is a null, or whose group is empty but written.
fn check_header(object: &Object) -> Result<(), Fault> {
    for (name, expected) in [("apiVersion", object.gvk().api_version()), ("kind", object.kind().to_owned())] {
        let found = object.node.field(name).map_or("", Node::value_text);
        if found != expected {
            return Err(Fault::Other(format!("the {name} '{expected}' is not one; write group/version and a kind")));
        }
    }
    Ok(())
}

/// The fields that a kind refers with; they apply whatever the kind has become.
fn fields_of<'c>(config: &'c FieldConfig, kind: &Gvk) -> Vec<(&'c BackReference, &'c FieldPath)> {
    let all = config.name_reference.iter().flat_map(|reference| reference.referrers.iter().map(move |field| (reference, field)));
    all.filter(|(_, field)| kind.is_selected_by(&field.gvk)).collect()
}

impl Directory {
    fn new(session: &Session<'_>, objects: &[Object]) -> Self {
        let candidate = |object: &Object| Candidate {
            id: object.id(&session.schema),
            original_namespace: object.original_id(&session.schema).effective_namespace().to_owned(),
            previous: object.previous_ids().collect(),
            prefixes: object.notes.prefixes.clone(),
            suffixes: object.notes.suffixes.clone(),
        };
        let candidates: Vec<Candidate> = objects.iter().map(candidate).collect();
        let mut by_former_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            let names: BTreeSet<&str> = candidate.previous.iter().map(|id| id.name.as_str()).collect();
            for name in names {
                by_former_name.entry(name.to_owned()).or_default().push(at);
            }
        }
        Self { candidates, by_former_name }
    }
}

/// The object whose references are updated.
struct Referrer<'d> {
    directory: &'d Directory,
    own: &'d Candidate,
    /// Further namespaces whose objects a role binding may mean.
    namespaces: BTreeSet<String>,
}

impl<'d> Referrer<'d> {
    fn new(directory: &'d Directory, at: usize, object: &Object) -> Result<Self, BuildError> {
        let own = &directory.candidates[at];
        let mut namespaces = BTreeSet::new();
        if object.kind() == "RoleBinding" {
            let invalid = |problem: &str| BuildError::object("update name references", &own.id, Fault::Other(problem.to_owned()));
            for subject in object.node.field("subjects").into_iter().flat_map(Node::items) {
                if subject.kind() != Kind::Mapping {
                    return Err(invalid("a subject is no mapping; give it a kind and a name"));
                }
                let (Some(namespace), Some(kind)) = (subject.field("namespace"), subject.field("kind")) else { continue };
                if kind.is_null() || !kind.is_string() {
                    return Err(invalid("the kind of a subject is no string; write User, Group or ServiceAccount"));
                }
                if kind.text() != "ServiceAccount" {
                    continue;
                }
                if namespace.is_null() || !namespace.is_string() {
                    return Err(invalid("the namespace of a subject is blank; set or remove it"));
                }
                namespaces.insert(namespace.text().to_owned());
            }
        }
        Ok(Self { directory, own, namespaces })
    }

    /// Whether an object is near enough to be meant.
    fn reaches(&self, candidate: &Candidate) -> bool {
        self.own.id.cluster_scoped
            || candidate.id.cluster_scoped
            || candidate.id.same_namespace(&self.own.id)
            || self.namespaces.contains(&candidate.id.namespace)
    }
}

/// Finds what one field refers to.
struct Finder<'f> {
    referrer: &'f Referrer<'f>,
    target: &'f Gvk,
    /// The kind that a `roleRef` names.
    role: Option<Gvk>,
}

/// What two candidates must have in common to count as one.
#[derive(Clone, Copy, PartialEq)]
enum Same {
    Name,
    NameAndNamespace,
}

impl Finder<'_> {
    fn fix(&self, node: &mut Node) -> Result<(), Fault> {
        if node.is_null() {
            return Ok(());
        }
        match &mut node.body {
            Body::Scalar(_) => self.fix_scalar(node),
            Body::Mapping(_) => self.fix_mapping(node),
            Body::Sequence(items) => items.iter_mut().filter(|item| !item.is_null()).try_for_each(|item| match item.kind() {
                Kind::Scalar => self.fix_scalar(item),
                Kind::Mapping => self.fix_mapping(item),
                _ => Err(Fault::Other("an element is expected to be either a string or a map of string".to_owned())),
            }),
            Body::Nothing => Err(Fault::Other("node must be a scalar, sequence or map".to_owned())),
        }
    }

    fn fix_scalar(&self, node: &mut Node) -> Result<(), Fault> {
        let Some(found) = self.find(node.text(), |_| true, Same::Name)? else { return Ok(()) };
        if found.id.name == node.text() {
            return Ok(());
        }
        node.set_scalar(Node::plain(found.id.name.as_str()))
    }

    fn fix_mapping(&self, node: &mut Node) -> Result<(), Fault> {
        let Some(name) = node.get("name")? else {
            return Err(Fault::Other(
                "path config error; no 'name' field in node; name the field itself in `nameReference`".to_owned(),
            ));
        };
        let name = name.text().to_owned();
        let found = match node.get("namespace")?.map(Node::text) {
            None => self.find(&name, |_| true, Same::NameAndNamespace)?,
            Some(namespace) => {
                // A former namespace is tried first; if nothing reachable ever was in it, the present one.
                let reachable = || self.referrer.directory.candidates.iter().filter(|candidate| self.referrer.reaches(candidate));
                let is_former = namespace != crate::identity::NO_NAMESPACE
                    && reachable().any(|candidate| candidate.original_namespace == namespace);
                let is_in = |candidate: &Candidate| match is_former {
                    true => candidate.original_namespace == namespace,
                    false => candidate.id.effective_namespace() == namespace && !candidate.id.cluster_scoped,
                };
                self.find(&name, is_in, Same::NameAndNamespace)?
            }
        };
        let Some(found) = found else { return Ok(()) };
        let (new_name, new_namespace) = (found.id.name.as_str(), found.id.namespace.as_str());
        if new_name == name && new_namespace.is_empty() {
            return Ok(());
        }
        node.set_field("name", Node::plain(new_name))?;
        if new_namespace.is_empty() {
            return Ok(());
        }
        node.set_field("namespace", Node::plain(new_namespace))
    }

    /// The one object that had the name, is of the kind and near enough.
    fn find(&self, name: &str, is_in: impl Fn(&Candidate) -> bool, same: Same) -> Result<Option<&Candidate>, Fault> {
        let directory = self.referrer.directory;
        let own = self.referrer.own;
        let had_kind = |candidate: &Candidate, kind: &Gvk| candidate.previous.iter().any(|id| id.gvk.is_selected_by(kind));
        let is_near = |candidate: &Candidate| {
            own.id.cluster_scoped
                || candidate.id.cluster_scoped
                || candidate.id.gvk.kind == "ServiceAccount"
                || own.id.same_namespace(&candidate.id)
        };
        let named = directory.by_former_name.get(name).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<&Candidate> = named
            .iter()
            .map(|&at| &directory.candidates[at])
            .filter(|candidate| self.referrer.reaches(candidate) && is_in(candidate) && had_kind(candidate, self.target))
            .filter(|candidate| self.role.as_ref().is_none_or(|role| had_kind(candidate, role)))
            .filter(|candidate| is_near(candidate))
            .collect();
        if found.len() == 1 {
            return Ok(found.pop());
        }
        found.retain(|candidate| same_affixes(candidate, own, Empty::MatchesAll));
        if found.len() > 1 {
            found.retain(|candidate| same_affixes(candidate, own, Empty::MatchesEmpty));
        }
        let Some(&first) = found.first() else { return Ok(None) };
        let is_same = |other: &&Candidate| {
            other.id.name == first.id.name && (same == Same::Name || other.id.namespace == first.id.namespace)
        };
        if found.iter().all(is_same) {
            return Ok(Some(first));
        }
        let ids: Vec<String> = found.iter().map(|candidate| candidate.id.to_string()).collect();
        Err(Fault::Other(format!("'{name}' has multiple possible referrals: {}; give them distinct names", ids.join(", "))))
    }
}

/// How an object without prefixes or suffixes compares.
#[derive(Clone, Copy, PartialEq)]
enum Empty {
    MatchesAll,
    MatchesEmpty,
}

fn same_affixes(one: &Candidate, other: &Candidate, empty: Empty) -> bool {
    let same = |one: &[String], other: &[String]| {
        let any = empty == Empty::MatchesAll && (one.is_empty() || other.is_empty());
        any || same_ending(one, other)
    };
    same(&one.prefixes, &other.prefixes) && same(&one.suffixes, &other.suffixes)
}

fn same_ending(one: &[String], other: &[String]) -> bool {
    let (short, long) = if one.len() > other.len() { (other, one) } else { (one, other) };
    if short.is_empty() { long.is_empty() } else { long.ends_with(short) }
}

/// Group and kind that a `roleRef` names; nothing where it lacks one of them.
fn role_kind(node: &Node) -> Option<Gvk> {
    let role = node.field("roleRef")?;
    let text = |name: &str| role.field(name).map(|field| field.text().to_owned());
    Some(Gvk { group: text("apiGroup")?, version: String::new(), kind: text("kind")? })
}
