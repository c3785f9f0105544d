//! Reading `Chart.yaml`, `requirements.yaml` and the lock files.

use serde_json::Value;

use super::{Dependency, Lock, Maintainer, Metadata};
use crate::decode::{DecodeError, Place, known_field, parse};
use crate::values::use_floats;

/// Names that Go's messages call the structures by.
const METADATA: &str = "Metadata";
const DEPENDENCY: &str = "Dependency";
const MAINTAINER: &str = "Maintainer";
const LOCK: &str = "Lock";

impl Metadata {
    /// Lays the fields of a text over those that are there.
    pub(crate) fn read_over(&mut self, text: &[u8]) -> Result<(), DecodeError> {
        let value = parse(text)?;
        let root = Place::default();
        for (key, value) in root.entries(&value, "v2.Metadata")?.into_iter().flatten() {
            let Some(name) = known_field(key, &FIELDS) else { continue };
            if !value.is_null() {
                self.read_field(&root.field(METADATA, name), name, value)?;
            }
        }
        Ok(())
    }

    fn read_field(&mut self, place: &Place, name: &str, value: &Value) -> Result<(), DecodeError> {
        match name {
            "name" => self.name = place.text(value)?,
            "home" => self.home = place.text(value)?,
            "sources" => self.sources = place.texts(value)?,
            "version" => self.version = place.text(value)?,
            "description" => self.description = place.text(value)?,
            "keywords" => self.keywords = place.texts(value)?,
            "maintainers" => self.maintainers = maintainers(place, value)?,
            "icon" => self.icon = place.text(value)?,
            "apiVersion" => self.api_version = place.text(value)?,
            "condition" => self.condition = place.text(value)?,
            "tags" => self.tags = place.text(value)?,
            "appVersion" => self.app_version = place.text(value)?,
            "deprecated" => self.deprecated = place.truth(value)?,
            "annotations" => self.annotations = place.text_map(value)?,
            "kubeVersion" => self.kube_version = place.text(value)?,
            "dependencies" => self.dependencies = Some(dependencies(place, value)?),
            _ => self.kind = place.text(value)?,
        }
        Ok(())
    }
}

const FIELDS: [&str; 17] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];

fn maintainers(place: &Place, value: &Value) -> Result<Vec<Maintainer>, DecodeError> {
    let items = place.structures(value, "maintainers", "[]*v2.Maintainer")?;
    items.iter().map(|item| maintainer(place, item)).collect()
}

fn maintainer(place: &Place, value: &Value) -> Result<Maintainer, DecodeError> {
    let mut maintainer = Maintainer::default();
    for (key, value) in place.entries(value, "v2.Maintainer")?.into_iter().flatten() {
        let Some(name) = known_field(key, &["name", "email", "url"]) else { continue };
        let text = place.field(MAINTAINER, name).text(value)?;
        match name {
            "name" => maintainer.name = text,
            "email" => maintainer.email = text,
            _ => maintainer.url = text,
        }
    }
    Ok(maintainer)
}

fn dependencies(place: &Place, value: &Value) -> Result<Vec<Dependency>, DecodeError> {
    let items = place.structures(value, "dependencies", "[]*v2.Dependency")?;
    items.iter().map(|item| dependency(place, item)).collect()
}

fn dependency(place: &Place, value: &Value) -> Result<Dependency, DecodeError> {
    const FIELDS: [&str; 8] = ["name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias"];
    let mut dependency = Dependency::default();
    for (key, value) in place.entries(value, "v2.Dependency")?.into_iter().flatten() {
        let Some(name) = known_field(key, &FIELDS) else { continue };
        let place = place.field(DEPENDENCY, name);
        match name {
            "name" => dependency.name = place.text(value)?,
            "version" => dependency.version = place.text(value)?,
            "repository" => dependency.repository = place.text(value)?,
            "condition" => dependency.condition = place.text(value)?,
            "tags" => dependency.tags = place.texts(value)?,
            "enabled" => dependency.enabled = place.truth(value)?,
            "import-values" => {
                dependency.import_values = place.items(value, "[]interface {}")?.unwrap_or_default().to_vec();
                dependency.import_values.iter_mut().for_each(use_floats);
            }
            _ => dependency.alias = place.text(value)?,
        }
    }
    Ok(dependency)
}

impl Lock {
    /// Reads a lock file; `None` when it holds nothing.
    pub(crate) fn read(text: &[u8]) -> Result<Option<Self>, DecodeError> {
        let value = parse(text)?;
        let root = Place::default();
        let Some(entries) = root.entries(&value, "v2.Lock")? else { return Ok(None) };
        let mut lock = Self::default();
        for (key, value) in entries {
            let Some(name) = known_field(key, &["generated", "digest", "dependencies"]) else { continue };
            let place = root.field(LOCK, name);
            match name {
                "generated" => lock.generated = place.time(value)?,
                "digest" => lock.digest = place.text(value)?,
                _ => lock.dependencies = dependencies(&place, value)?,
            }
        }
        Ok(Some(lock))
    }
}
