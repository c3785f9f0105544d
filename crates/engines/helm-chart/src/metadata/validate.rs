//! What metadata must be like, and the characters that are taken out of them.

use std::collections::BTreeSet;

use go_template::is_printable;
use version_select::Version;

use super::{Dependency, Metadata};
use crate::file::base_name;

/// Why metadata are refused; worded as Helm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidationError {
    /// A field that every chart needs is missing or empty.
    #[error("validation: chart.metadata.{0} is required")]
    Missing(&'static str),
    /// The name is a special name of file systems.
    #[error("validation: chart.metadata.name {0:?} is not allowed")]
    NameNotAllowed(String),
    /// The name is a path.
    #[error("validation: chart.metadata.name {0:?} is invalid")]
    Name(String),
    /// The version is none.
    #[error("validation: chart.metadata.version {0:?} is invalid")]
    Version(String),
    /// The type is unknown.
    #[error("validation: chart.metadata.type must be application or library")]
    Kind,
    /// An alias holds characters that names cannot have.
    #[error("validation: dependency {0:?} has disallowed characters in the alias")]
    Alias(String),
    /// A list holds null.
    #[error("validation: {0} must not contain empty or null nodes")]
    NullNode(&'static str),
    /// Two dependencies would be known by one name.
    #[error("validation: more than one dependency with name or alias {0:?}")]
    DuplicateDependency(String),
}

impl Metadata {
    /// Takes characters out that cannot be printed, then checks.
    pub(crate) fn validate(&mut self) -> Result<(), ValidationError> {
        let texts = [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ];
        texts.into_iter().chain(&mut self.sources).chain(&mut self.keywords).for_each(sanitize);
        if self.api_version.is_empty() {
            return Err(ValidationError::Missing("apiVersion"));
        }
        if self.name.is_empty() {
            return Err(ValidationError::Missing("name"));
        }
        if self.name == "." || self.name == ".." {
            return Err(ValidationError::NameNotAllowed(self.name.clone()));
        }
        if self.name != base_name(&self.name) {
            return Err(ValidationError::Name(self.name.clone()));
        }
        if self.version.is_empty() {
            return Err(ValidationError::Missing("version"));
        }
        if self.version.parse::<Version>().is_err() {
            return Err(ValidationError::Version(self.version.clone()));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return Err(ValidationError::Kind);
        }
        for maintainer in &mut self.maintainers {
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url].into_iter().for_each(sanitize);
        }
        let mut names = BTreeSet::new();
        for dependency in self.dependencies.iter_mut().flatten() {
            dependency.validate()?;
            let name = if dependency.alias.is_empty() { &dependency.name } else { &dependency.alias };
            if !names.insert(name.clone()) {
                return Err(ValidationError::DuplicateDependency(name.clone()));
            }
        }
        Ok(())
    }
}

impl Dependency {
    fn validate(&mut self) -> Result<(), ValidationError> {
        let texts = [&mut self.name, &mut self.version, &mut self.repository, &mut self.condition];
        texts.into_iter().chain(&mut self.tags).for_each(sanitize);
        let is_allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
        if self.alias.chars().all(is_allowed) { Ok(()) } else { Err(ValidationError::Alias(self.name.clone())) }
    }
}

/// Makes spaces plain and takes out what cannot be printed.
fn sanitize(text: &mut String) {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return;
    }
    let keep = |character: char| match character {
        character if character.is_whitespace() => Some(' '),
        character => is_printable(character).then_some(character),
    };
    *text = text.chars().filter_map(keep).collect();
}
