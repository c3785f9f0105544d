//! The namespace transformer.

use crate::error::BuildError;
use crate::fields::{Creation, FieldPath};
use crate::identity::Gvk;
use crate::loader::Session;
use crate::objects::Objects;
use crate::transform::failed;
use crate::tree::{Fault, Kind, Node, Tag};
use std::collections::HashMap;

/// Which subjects of role bindings get the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Subjects {
    /// Those named `default`.
    #[default]
    Default,
    /// None.
    None,
    /// All service accounts.
    ServiceAccounts,
}

impl Subjects {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "" | "defaultOnly" => Ok(Self::Default),
            "none" => Ok(Self::None),
            "allServiceAccounts" => Ok(Self::ServiceAccounts),
            other => Err(format!(
                "invalid value '{other}' for setRoleBindingSubjects: must be one of defaultOnly, none, allServiceAccounts"
            )),
        }
    }
}

/// Sets the namespace of objects and of what refers to it.
#[derive(Debug)]
pub(crate) struct NamespaceTransformer {
    pub(crate) namespace: String,
    pub(crate) fields: Vec<FieldPath>,
    pub(crate) unset_only: bool,
    pub(crate) subjects: Subjects,
}

impl NamespaceTransformer {
    pub(crate) fn apply(&self, session: &Session<'_>, objects: &mut Objects) -> Result<(), BuildError> {
        if self.namespace.is_empty() {
            return Ok(());
        }
        let id_of = |object: &crate::object::Object| {
            let id = object.id(&session.schema);
            (id.effective_namespace().to_owned(), id.gvk, id.name)
        };
        // An object may pass through the identity of one that is still to be moved: that counts as a conflict, too.
        let mut ids: Vec<_> = objects.list().iter().map(id_of).collect();
        let mut counts: HashMap<_, usize> = HashMap::new();
        for id in &ids {
            *counts.entry(id.clone()).or_default() += 1;
        }
        for (at, object) in objects.list_mut().iter_mut().enumerate() {
            if object.is_gone() || object.annotation("internal.config.kubernetes.io/helm-generated") == Some("true") {
                continue;
            }
            object.remember_id(&session.schema);
            let set = self.set_on(session, &mut object.node);
            set.map_err(|fault| failed(session, "set the namespace", object, fault))?;
            let id = id_of(object);
            if let Some(count) = counts.get_mut(&ids[at]) {
                *count -= 1;
            }
            let count = counts.entry(id.clone()).or_default();
            *count += 1;
            if *count != 1 {
                let problem = format!(
                    "namespace transformation produces ID conflict: {}; rename one of the two",
                    object.id(&session.schema)
                );
                return Err(BuildError::step("set the namespace", problem));
            }
            ids[at] = id;
        }
        Ok(())
    }

    pub(crate) fn set_on(&self, session: &Session<'_>, node: &mut Node) -> Result<(), Fault> {
        let text = |node: &Node, name: &str| node.field(name).map_or("", Node::text).to_owned();
        let (api_version, kind) = (text(node, "apiVersion"), text(node, "kind"));
        let is_binding = matches!(kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
        if !session.schema.is_cluster_scoped(&api_version, &kind) {
            let field = FieldPath::new(Gvk::default(), "metadata/namespace", true);
            field.apply(node, Some(Creation { kind: Kind::Scalar, tag: Tag::Unset }), &mut |node| self.set_scalar(node))?;
        }
        if is_binding {
            self.set_subjects(node)?;
        }
        let creation = Some(Creation { kind: Kind::Scalar, tag: Tag::Str });
        for field in &self.fields {
            let is_own = field.text == "metadata/namespace" || (api_version != "v1" && field.text == "metadata/name");
            let is_subject = is_binding
                && matches!(field.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding")
                && field.text == "subjects/namespace";
            if !is_own && !is_subject {
                field.apply(node, creation, &mut |node| self.set_scalar(node))?;
            }
        }
        Ok(())
    }

    fn set_scalar(&self, node: &mut Node) -> Result<(), Fault> {
        if self.unset_only && node.kind() == Kind::Scalar && !node.value_text().is_empty() {
            return Ok(());
        }
        node.set_scalar(Node::tagged(self.namespace.as_str(), Tag::Str))
    }

    fn set_subjects(&self, node: &mut Node) -> Result<(), Fault> {
        let (key, value) = match self.subjects {
            Subjects::None => return Ok(()),
            Subjects::Default => ("name", "default"),
            Subjects::ServiceAccounts => ("kind", "ServiceAccount"),
        };
        let Some(subjects) = node.get_mut("subjects")?.filter(|subjects| !subjects.is_null()) else { return Ok(()) };
        for subject in crate::paths::elements_mut(subjects)? {
            let Some(found) = subject.get(key)? else { continue };
            found.demand(Kind::Scalar)?;
            if found.is_null() || found.text() != value {
                continue;
            }
            if let Some(namespace) = subject.get_or_create("namespace", Kind::Scalar)? {
                self.set_scalar(namespace)?;
            }
        }
        Ok(())
    }
}
