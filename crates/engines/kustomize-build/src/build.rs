//! A whole build: the root kustomization, then what is done once at the end.

use crate::error::BuildError;
use crate::loader::{Root, Session};
use crate::object::Object;
use crate::objects::Objects;
use crate::options::{Options, Reorder};
use crate::origin::{self, Origin};
use crate::remote::RemoteResources;
use crate::target::{Accumulator, Target};
use crate::transform::Transformer;
use crate::tree::Node;
use file_tree::{Files, TreePath};

/// What stands for the version in the managed-by label: this is not a release of kustomize.
const MANAGED_BY: &str = "kustomize-(devel)";
const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Builds a directory to trees, with what is to be said about deprecated fields.
pub(crate) fn build(
    files: &dyn Files,
    directory: &TreePath,
    options: &Options,
    remote: &dyn RemoteResources,
) -> Result<(Vec<Node>, Vec<&'static str>), BuildError> {
    let mut session = Session::new(options, remote);
    let session = &mut session;
    let root = Root::new(files, directory.clone(), options.load_restrictions)?;
    let mut target = match &options.overlay {
        None => Target::read(session, root, None)?,
        Some(overlay) => crate::overlay::target(session, (root, files), overlay)?,
    };
    let metadata = target.kustomization.build_metadata.clone();
    if !metadata.is_empty() {
        target.set_origin(Origin::default());
    }
    let sort_options = target.kustomization.sort_options.clone();
    target.set_schema(session)?;
    let mut all = target.accumulate(session, Accumulator::default())?;
    Transformer::Hash.apply(session, &mut all.objects)?;
    crate::reference::fix(session, &mut all.objects, &all.config)?;
    all.variables.resolve(session, &mut all.objects, &all.config.var_reference)?;
    drop_local(session, &mut all.objects)?;
    if sort_options.is_some() || options.reorder == Reorder::Legacy {
        let sorted = crate::order::sort(all.objects.list_mut(), sort_options.as_ref(), &session.schema);
        sorted.map_err(|problem| BuildError::step("sort", problem))?;
        if sort_options.as_ref().is_none_or(|options| options.order == "legacy") {
            all.objects.check_distinct(&session.schema)?;
        }
    }
    if options.managed_by_label || metadata.iter().any(|option| option == "managedByLabel") {
        let labels = [(MANAGED_BY_LABEL.to_owned(), MANAGED_BY.to_owned())].into();
        let fields = vec![crate::fields::FieldPath::new(crate::identity::Gvk::default(), "metadata/labels", true)];
        Transformer::Labels { labels, fields }.apply(session, &mut all.objects)?;
    }
    let mut removed: Vec<(&str, Option<&str>)> = Vec::new();
    for (option, annotation) in [("originAnnotations", origin::ANNOTATION), ("transformerAnnotations", origin::TRANSFORMATIONS)] {
        if !metadata.iter().any(|known| known == option) {
            removed.push((annotation, None));
        }
    }
    let mut nodes = Vec::with_capacity(all.objects.list().len());
    for mut object in all.objects.into_list() {
        // The origins of all objects stay only where both kinds of annotations do and there was nothing else to remove.
        let finished =
            if removed.is_empty() && !object.has_notes() { Ok(()) } else { object.rewrite_metadata_map("annotations", &removed) };
        finished.map_err(|fault| BuildError::object("finish", &object.id(&session.schema), fault))?;
        nodes.push(object.node);
    }
    Ok((nodes, std::mem::take(&mut session.warnings)))
}

/// Removes objects that are configuration for tools rather than for a cluster.
fn drop_local(session: &Session<'_>, objects: &mut Objects) -> Result<(), BuildError> {
    let is_local = |object: &Object| object.annotation(LOCAL_CONFIG).is_some_and(|value| value != "false");
    for object in objects.list() {
        let problem = if object.is_gone() {
            None
        } else if object.kind().is_empty() {
            Some("missing kind")
        } else if object.name().is_empty() && !object.kind().ends_with("List") {
            Some("missing metadata.name")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(BuildError::step(format!("finish {}", object.id(&session.schema)), problem));
        }
    }
    if objects.list().iter().any(|object| is_local(object) || object.is_gone()) {
        objects.list_mut().retain(|object| !is_local(object) && !object.is_gone());
    }
    Ok(())
}
