//! From what was seen to what is to be done with which repository: pure, total, and every way to fail is a plan.

use super::editor::Editor;
use super::observe::{Found, Observation};
use crate::selector;
use crate::signing;
use crate::source::{self, Access, Branches, SourceFailure};
use api::image::{GitSpec, ImagePolicy, ImageReference, ImageUpdateAutomationStatus};
use api::meta::Reason;
use commit_signature::SigningKey;
use file_tree::TreePath;
use git_client::Start;
use git_model::write::Refspec;
use kube::ResourceExt;
use oci_client::Repository;
use std::collections::BTreeMap;
use yaml_setters::{Image, Setters};

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Only a change of the automation helps.
    Stall(Reason, String),
    /// It does not work now.
    Fail(Reason, String),
    /// The repository is to be looked at.
    Work(Box<Work>),
}

/// What to do with which repository.
#[derive(Debug)]
pub(crate) struct Work {
    /// The repository.
    pub(crate) access: Access,
    /// From which commit, to which branch.
    pub(crate) branches: Branches,
    /// What a push branch that exists is to the edit.
    pub(crate) start: Start,
    /// Where the commit is pushed to besides.
    pub(crate) refspec: Option<Refspec>,
    /// That as it was written, for messages.
    pub(crate) refspec_text: Option<String>,
    /// `git push -o`.
    pub(crate) options: Vec<String>,
    /// The revision of which it is known that nothing is to be changed.
    pub(crate) settled: Option<String>,
    /// The wanted images, by policy.
    pub(crate) images: BTreeMap<String, ImageReference>,
    /// Whoever changes the files.
    pub(crate) editor: Editor,
}

/// What to do.
pub(crate) fn decide(seen: &Observation) -> Plan {
    work(seen).map_or_else(|plan| plan, |work| Plan::Work(Box::new(work)))
}

fn work(seen: &Observation) -> Result<Work, Plan> {
    let spec = &seen.object.spec;
    let policies = policies(seen)?;
    let images = policies.iter().map(|(policy, image)| (policy.name_any(), (*image).clone())).collect();
    let Some(git) = &spec.git else {
        let message = "source kind 'GitRepository' necessitates field .spec.git: invalid source configuration";
        return Err(Plan::Stall(Reason::InvalidSourceConfiguration, message.to_owned()));
    };
    let (access, branches, key) = source(seen, git)?;
    let Some(update) = &spec.update else {
        return Err(Plan::Stall(Reason::InvalidUpdateStrategy, "no update strategy".to_owned()));
    };
    let path = update.path.as_deref().unwrap_or_default().trim_start_matches('/');
    let path = TreePath::parse(path).map_err(|error| update_failed(&error.to_string()))?;
    let push = git.push.clone().unwrap_or_default();
    let refspec_text = push.refspec.filter(|refspec| !refspec.is_empty());
    let refspec = refspec_text
        .as_deref()
        .map(Refspec::parse)
        .transpose()
        .map_err(|error| Plan::Fail(Reason::GitOperationFailed, format!("failed to update source: {error}")))?;
    Ok(Work {
        start: if seen.rules.keeps_push_branch || !branches.switches { Start::Branch } else { Start::Base },
        settled: settled(seen, &images).filter(|_| !branches.switches && refspec.is_none()),
        options: push.options.iter().map(|(key, value)| format!("{key}={value}")).collect(),
        editor: editor(seen, git, setters(&policies)?, (path, key)),
        access,
        branches,
        refspec,
        refspec_text,
        images,
    })
}

fn update_failed(error: &str) -> Plan {
    Plan::Fail(Reason::UpdateFailed, format!("failed to apply policies: {error}"))
}

type Selected<'a> = Vec<(&'a ImagePolicy, &'a ImageReference)>;

/// The policies that count and want an image.
fn policies(seen: &Observation) -> Result<Selected<'_>, Plan> {
    let selector = seen.object.spec.policy_selector.as_ref();
    selector
        .map(selector::check)
        .transpose()
        .map_err(|error| Plan::Stall(Reason::InvalidPolicySelector, format!("failed to parse policy selector: {error}")))?;
    let none = BTreeMap::new();
    let counts = |policy: &ImagePolicy| {
        let labels = policy.metadata.labels.as_ref().unwrap_or(&none);
        selector.is_none_or(|selector| selector::selects(selector, labels))
    };
    let policies = seen.policies.iter().map(AsRef::as_ref).filter(|policy| counts(policy));
    Ok(policies.filter_map(|policy| Some((policy, policy.status.as_ref()?.latest_ref.as_ref()?))).collect())
}

/// What to write for which marker. What is no image is written nowhere.
fn setters(policies: &Selected<'_>) -> Result<Setters, Plan> {
    let mut images = Vec::new();
    for (policy, image) in policies {
        let parsed = Repository::parse(&image.name).and_then(|_| oci_client::Reference::tag(&image.tag));
        parsed.map_err(|error| update_failed(&format!("encountered invalid image ref {:?}: {error}", image.to_string())))?;
        images.push(Image {
            policy_namespace: policy.namespace().unwrap_or_default(),
            policy_name: policy.name_any(),
            name: image.name.clone(),
            tag: image.tag.clone(),
            digest: image.digest.clone().unwrap_or_default(),
        });
    }
    Ok(Setters::new(&images))
}

/// How the repository is reached, what of it is wanted, and who signs.
fn source(seen: &Observation, git: &GitSpec) -> Result<(Access, Branches, Option<SigningKey>), Plan> {
    let failed = |error: String| Plan::Fail(Reason::SourceManagerFailed, format!("failed configuring source manager: {error}"));
    if seen.is_blocked() {
        let message = format!("can't access 'GitRepository/{}', cross-namespace references have been blocked", seen.source);
        return Err(Plan::Stall(Reason::AccessDenied, message));
    }
    let repository = match &seen.repository {
        Found::Repository(repository) => repository,
        Found::Nothing => {
            return Err(failed(format!(
                "referenced git repository does not exist: GitRepository.source.toolkit.fluxcd.io \"{}\" not found",
                seen.source.name
            )));
        }
        Found::Failed(error) => return Err(failed(format!("failed to get referenced git repository: {error}"))),
    };
    let branches = source::branches(git, repository).map_err(failed)?;
    let access =
        source::access(repository, &seen.secrets, seen.rules.object_level_identity).map_err(|failure| match failure {
            SourceFailure::Stalled(reason, message) => Plan::Stall(reason, message),
            SourceFailure::Retry(error) => failed(error),
        })?;
    let key = git.commit.signing_key.as_ref().map(|key| {
        let name = &key.secret_ref.name;
        let data = seen.signing.data().map_err(|error| format!("could not find signing key secret '{name}': {error}"))?;
        signing::key(data.unwrap_or(&BTreeMap::new()), key.key_type.unwrap_or_default(), name)
    });
    Ok((access, branches, key.transpose().map_err(failed)?))
}

/// The revision that was last looked at, if the same images were wanted then.
fn settled(seen: &Observation, images: &BTreeMap<String, ImageReference>) -> Option<String> {
    let ImageUpdateAutomationStatus { observed_policies, observed_source_revision, .. } = seen.object.status.as_ref()?;
    let revision = observed_source_revision.clone().filter(|revision| !revision.is_empty());
    revision.filter(|_| observed_policies == images)
}

fn editor(seen: &Observation, git: &GitSpec, setters: Setters, (path, key): (TreePath, Option<SigningKey>)) -> Editor {
    let commit = &git.commit;
    Editor {
        setters,
        path,
        namespace: seen.object.namespace().unwrap_or_default(),
        name: seen.object.name_any(),
        author: (commit.author.name.clone().unwrap_or_default(), commit.author.email.clone()),
        template: commit.message_template.clone().unwrap_or_default(),
        values: commit.message_template_values.clone(),
        key,
        seconds: 0,
        problems: std::sync::Arc::default(),
    }
}
