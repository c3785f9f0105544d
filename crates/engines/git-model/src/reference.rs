//! From `spec.ref` to a commit and a revision.

use crate::{InvalidRefName, ObjectId, check_ref_name};
use version_select::{Constraint, ConstraintError, highest_tags};

/// The branch that is taken where nothing is asked for.
const DEFAULT_BRANCH: &str = "master";

const HEADS: &str = "refs/heads/";
const TAGS: &str = "refs/tags/";

/// The suffix that stands for what an annotated tag points to.
const PEELED: &str = "^{}";

/// The fields of `spec.ref`, as they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// A branch.
    pub branch: Option<&'a str>,
    /// A tag.
    pub tag: Option<&'a str>,
    /// A range of versions.
    pub semver: Option<&'a str>,
    /// The full name of a reference.
    pub name: Option<&'a str>,
    /// A commit.
    pub commit: Option<&'a str>,
}

/// The one reference that `spec.ref` comes down to.
#[derive(Debug, Clone)]
pub enum Reference {
    /// A commit, with the names that go into its revision.
    Commit {
        /// The commit.
        id: ObjectId,
        /// The branch it is expected on; only that one needs to be fetched.
        branch: Option<String>,
        /// `spec.ref.name`, which then names the revision.
        name: Option<String>,
    },
    /// A reference by its full name, as given; a tag's may end in `^{}`.
    Name(String),
    /// A tag by its short name.
    Tag(String),
    /// The highest tag in a range.
    Semver(Constraint),
    /// A branch by its short name.
    Branch(String),
}

/// A reference that the remote has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvertisedRef {
    /// Its full name.
    pub name: String,
    /// What it points to: a commit, or the object of an annotated tag.
    pub object: ObjectId,
    /// What an annotated tag points to in the end.
    pub peeled: Option<ObjectId>,
}

/// The commit that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The full name of the reference it was found by, without `^{}`; `None` for a bare commit.
    pub reference: Option<String>,
    /// The commit.
    pub commit: ObjectId,
    /// The object of the annotated tag that points to it; needed to verify the tag.
    pub tag_object: Option<ObjectId>,
    /// The artifact's revision.
    pub revision: String,
}

/// The answer to a [`Reference`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The commit is known.
    Found(Resolved),
    /// Several tags have the highest version; the one with the newest committer date counts. See [`newest`].
    Newest(Vec<Resolved>),
}

/// Why there is no commit; worded as Flux.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The remote does not have the reference.
    #[error("couldn't find remote ref {0:?}")]
    NotFound(String),
    /// The remote does not have the reference that `spec.ref.name` names.
    #[error("unable to resolve ref '{0}' to a specific commit")]
    Unresolved(String),
    /// `spec.ref.name` begins or ends with a slash.
    #[error("ref {0} is invalid; Git refs cannot begin or end with a slash '/'")]
    Slash(String),
    /// A name is none that a reference can have.
    #[error(transparent)]
    InvalidName(#[from] InvalidRefName),
    /// `spec.ref.commit` is not the name of a commit.
    #[error("unable to resolve commit object for '{0}': object not found")]
    Commit(String),
    /// `spec.ref.semver` is not a range.
    #[error("semver parse error")]
    Semver(#[source] ConstraintError),
    /// No tag is in the range.
    #[error("no match found for semver: {0}")]
    NoMatch(String),
}

impl Reference {
    /// Chooses among the fields of `spec.ref`: commit over name over tag over semver over branch; `master` where all are empty.
    pub fn choose(wanted: &Wanted<'_>) -> Result<Self, ReferenceError> {
        let given = |field: Option<&str>| field.filter(|text| !text.is_empty()).map(str::to_owned);
        let (branch, name) = (given(wanted.branch), given(wanted.name));
        if let Some(commit) = given(wanted.commit) {
            let id = commit.parse().map_err(|_| ReferenceError::Commit(commit))?;
            [&branch, &name].into_iter().flatten().try_for_each(|name| check(name))?;
            return Ok(Self::Commit { id, branch, name });
        }
        if let Some(name) = name {
            check(&name)?;
            return Ok(Self::Name(name));
        }
        if let Some(tag) = given(wanted.tag) {
            check_ref_name(&tag)?;
            return Ok(Self::Tag(tag));
        }
        if let Some(range) = given(wanted.semver) {
            return range.parse().map(Self::Semver).map_err(ReferenceError::Semver);
        }
        let branch = branch.unwrap_or_else(|| DEFAULT_BRANCH.to_owned());
        check_ref_name(&branch)?;
        Ok(Self::Branch(branch))
    }

    /// The prefixes of the references that the remote is to be asked for. A remote that advertises nothing for them may be empty
    /// or not have the reference; to tell, ask it for everything.
    pub fn prefixes(&self) -> Vec<String> {
        match self {
            Self::Commit { branch: Some(branch), .. } | Self::Branch(branch) => vec![format!("{HEADS}{branch}")],
            Self::Commit { branch: None, .. } => vec![HEADS.to_owned()],
            Self::Name(name) => vec![unpeeled(name).to_owned()],
            Self::Tag(tag) => vec![format!("{TAGS}{tag}")],
            Self::Semver(_) => vec![TAGS.to_owned()],
        }
    }

    /// Whether Flux compares the remote's references with the last revision before it fetches, and reports `no changes` itself.
    /// For commits and ranges it fetches every time.
    pub fn is_compared_first(&self) -> bool {
        matches!(self, Self::Name(_) | Self::Tag(_) | Self::Branch(_))
    }

    /// Finds the commit among the references of the remote, in whatever order these are.
    pub fn resolve(&self, advertised: &[AdvertisedRef]) -> Result<Resolution, ReferenceError> {
        let find = |name: &str| advertised.iter().find(|found| found.name == name);
        let full = |name: String| match find(&name) {
            Some(found) => Ok(Resolution::Found(resolved(found, short(&name)))),
            None => Err(ReferenceError::NotFound(name)),
        };
        match self {
            Self::Commit { id, branch, name } => Ok(Resolution::Found(self.commit(id, branch.as_deref(), name.as_deref()))),
            Self::Branch(branch) => full(format!("{HEADS}{branch}")),
            Self::Tag(tag) => full(format!("{TAGS}{tag}")),
            Self::Name(name) => match find(unpeeled(name)) {
                Some(found) => Ok(Resolution::Found(resolved(found, name))),
                None => Err(ReferenceError::Unresolved(name.clone())),
            },
            Self::Semver(constraint) => highest(constraint, advertised),
        }
    }

    fn commit(&self, id: &ObjectId, branch: Option<&str>, name: Option<&str>) -> Resolved {
        // With a name the revision is that of the name, even though the commit decides.
        let revision = match name.or(branch) {
            Some(label) => format!("{label}@{}", id.digest()),
            None => id.digest(),
        };
        let reference = name.map(|name| unpeeled(name).to_owned()).or_else(|| branch.map(|branch| format!("{HEADS}{branch}")));
        Resolved { reference, commit: id.clone(), tag_object: None, revision }
    }
}

/// Of candidates with the times of their commits in seconds, the newest; of equally new ones the last by name.
pub fn newest(candidates: impl IntoIterator<Item = (Resolved, i64)>) -> Option<Resolved> {
    let by_time = |(candidate, time): &(Resolved, i64)| (*time, candidate.revision.clone());
    candidates.into_iter().max_by_key(by_time).map(|(candidate, _)| candidate)
}

fn highest(constraint: &Constraint, advertised: &[AdvertisedRef]) -> Result<Resolution, ReferenceError> {
    let tags = advertised.iter().filter_map(|found| found.name.strip_prefix(TAGS));
    let chosen = highest_tags(constraint, tags);
    let of_tag = |tag: &str| advertised.iter().find(|found| found.name.strip_prefix(TAGS) == Some(tag));
    let mut found: Vec<Resolved> = chosen.into_iter().filter_map(|tag| of_tag(tag).map(|found| resolved(found, tag))).collect();
    found.sort_by(|left, right| left.revision.cmp(&right.revision));
    match found.len() {
        0 => Err(ReferenceError::NoMatch(constraint.to_string())),
        1 => Ok(Resolution::Found(found.remove(0))),
        _ => Ok(Resolution::Newest(found)),
    }
}

/// The commit that an advertised reference leads to. Only tags are followed: any other reference is taken for a commit.
fn resolved(found: &AdvertisedRef, label: &str) -> Resolved {
    let peeled = found.peeled.clone().filter(|_| found.name.starts_with(TAGS));
    let tag_object = peeled.is_some().then(|| found.object.clone());
    let commit = peeled.unwrap_or_else(|| found.object.clone());
    let revision = format!("{label}@{}", commit.digest());
    Resolved { reference: Some(found.name.clone()), commit, tag_object, revision }
}

fn check(name: &str) -> Result<(), ReferenceError> {
    if name.starts_with('/') || name.ends_with('/') {
        return Err(ReferenceError::Slash(name.to_owned()));
    }
    Ok(check_ref_name(unpeeled(name))?)
}

/// The name of a tag without the suffix for what it points to.
fn unpeeled(name: &str) -> &str {
    if name.starts_with(TAGS) { name.strip_suffix(PEELED).unwrap_or(name) } else { name }
}

/// The name without `refs/heads/` or `refs/tags/`.
fn short(name: &str) -> &str {
    name.splitn(3, '/').nth(2).unwrap_or(name)
}
