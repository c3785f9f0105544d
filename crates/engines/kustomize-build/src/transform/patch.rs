//! Patches: strategic merges and JSON patches, with and without targets.

use crate::error::BuildError;
use crate::json_patch::{Bounds, JsonPatch};
use crate::loader::Session;
use crate::object::Object;
use crate::objects::Objects;
use crate::scalar;
use crate::selector::Selector;
use crate::transform::failed;
use crate::tree::Fault;

/// An entry of `patches`.
#[derive(Debug)]
pub(crate) struct PatchTransformer {
    pub(crate) patch: EitherPatch,
    pub(crate) target: Option<Selector>,
    /// Where the patch stands, for errors.
    pub(crate) source: String,
}

/// A patch of one of the two kinds.
#[derive(Debug)]
pub(crate) enum EitherPatch {
    Strategic(Vec<Object>),
    Json(JsonPatch),
}

/// An entry of `patchesJson6902`.
#[derive(Debug)]
pub(crate) struct JsonPatchTransformer {
    pub(crate) patch: JsonPatch,
    pub(crate) target: Selector,
}

/// Whether an object's present identity is remembered before a JSON patch changes it.
#[derive(Clone, Copy, PartialEq)]
enum Memory {
    Remember,
    Forget,
}

fn select(session: &Session<'_>, objects: &Objects, target: &Selector) -> Result<Vec<usize>, BuildError> {
    objects.select(target, &session.schema).map_err(|error| BuildError::step("select the patch's target", error_text(&error)))
}

/// An error with its causes, for the places that keep only words.
fn error_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

impl PatchTransformer {
    pub(crate) fn apply(&self, session: &Session<'_>, objects: &mut Objects) -> Result<(), BuildError> {
        match (&self.patch, &self.target) {
            (EitherPatch::Json(patch), _) if patch.is_empty() => Ok(()),
            (EitherPatch::Json(patch), Some(target)) => {
                let selected = select(session, objects, target)?;
                apply_json(session, objects, patch, (&selected, Memory::Remember))
            }
            (EitherPatch::Json(_), None) => Err(BuildError::step(
                format!("apply patch {}", self.source),
                "must specify a target for JSON patch; add `target` to the entry",
            )),
            (EitherPatch::Strategic(patches), Some(target)) => match patches.as_slice() {
                [] => Ok(()),
                [patch] => {
                    let selected = select(session, objects, target)?;
                    merge_into(session, objects, &selected, patch)
                }
                _ => {
                    let problem = "several strategic merge patches in one `patches` entry cannot have a target; make them entries of their own";
                    Err(BuildError::step(format!("apply patch {}", self.source), problem))
                }
            },
            (EitherPatch::Strategic(patches), None) => patches.iter().try_for_each(|patch| {
                let id = patch.original_id(&session.schema);
                let at = objects.one_with_any_id(&id, &session.schema).map_err(|problem| {
                    BuildError::step(
                        format!("apply patch {}", self.source),
                        format!("no resource matches strategic merge patch: {problem}"),
                    )
                })?;
                merge_one(session, objects, at, patch)
            }),
        }
    }
}

impl JsonPatchTransformer {
    pub(crate) fn apply(&self, session: &Session<'_>, objects: &mut Objects) -> Result<(), BuildError> {
        let selected = select(session, objects, &self.target)?;
        apply_json(session, objects, &self.patch, (&selected, Memory::Forget))
    }
}

/// Applies the entries of `patchesStrategicMerge`.
pub(crate) fn apply_strategic(session: &Session<'_>, objects: &mut Objects, patches: &[Object]) -> Result<(), BuildError> {
    for patch in patches {
        let id = patch.original_id(&session.schema);
        let at = objects
            .one_with_any_id(&id, &session.schema)
            .map_err(|problem| BuildError::step("apply strategic merge patch", problem))?;
        merge_into(session, objects, &[at], patch)?;
    }
    Ok(())
}

/// Merges a patch into an object without touching the index of names, which stays right unless the patch may change names.
fn merge_one(session: &Session<'_>, objects: &mut Objects, at: usize, patch: &Object) -> Result<(), BuildError> {
    let changes_ids = patch.notes.name_change || patch.notes.kind_change;
    let object = if changes_ids { objects.list_mut().get_mut(at) } else { objects.same_id_mut(at) };
    let Some(object) = object else { return Ok(()) };
    let name = object.id(&session.schema);
    object.merge_patch(&session.schema, patch).map_err(|fault| BuildError::object("apply strategic merge patch", &name, fault))
}

/// Merges a patch into selected objects, whatever kind and name the patch says.
fn merge_into(session: &Session<'_>, objects: &mut Objects, selected: &[usize], patch: &Object) -> Result<(), BuildError> {
    let fault = |fault: Fault| BuildError::object("prepare strategic merge patch", &patch.id(&session.schema), fault);
    let mut prepared = patch.clone();
    prepared.inherit(patch).map_err(fault)?;
    for &at in selected {
        let Some(object) = objects.list().get(at) else { continue };
        let api_version = object.gvk().api_version();
        prepared.set_api_version(&api_version).map_err(fault)?;
        prepared.set_kind(patch.kind()).map_err(fault)?;
        merge_one(session, objects, at, &prepared)?;
    }
    objects.drop_gone();
    if prepared.notes.name_change || prepared.notes.kind_change {
        objects.check_distinct(&session.schema)?;
    }
    Ok(())
}

fn apply_json(
    session: &Session<'_>,
    objects: &mut Objects,
    patch: &JsonPatch,
    (selected, memory): (&[usize], Memory),
) -> Result<(), BuildError> {
    let limits = &session.options.limits;
    let bounds = Bounds { operations: limits.patch_operations, bytes: limits.object_bytes };
    let with_annotations = patch.touches_annotations();
    for &at in selected {
        let Some(object) = objects.list_mut().get_mut(at) else { continue };
        if memory == Memory::Remember {
            object.remember_id(&session.schema);
        }
        let id = object.id(&session.schema);
        let failure = |source: crate::error::Cause| BuildError::object("apply JSON patch", &id, source);
        let notes = object.notes.clone();
        if with_annotations {
            object.materialise().map_err(|fault| failed(session, "apply JSON patch", object, fault))?;
        }
        let mut value = scalar::to_value(&object.node).map_err(|fault| failure(fault.into()))?;
        patch.apply(&mut value, bounds).map_err(|fault| failure(fault.into()))?;
        object.node = scalar::from_value(&value);
        object.absorb();
        object.notes = notes;
        object.finish().map_err(|fault| failed(session, "apply JSON patch", object, fault))?;
    }
    Ok(())
}
