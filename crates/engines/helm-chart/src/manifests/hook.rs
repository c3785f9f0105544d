//! Objects that are not part of a release but run at its events.

use std::fmt;

use super::head::Head;

/// An object that is created at events of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// The path of the template.
    pub path: String,
    /// The document.
    pub content: String,
    /// The events, in the order of the annotation.
    pub events: Vec<HookEvent>,
    /// Hooks of one event run in the order of their weights.
    pub weight: i64,
    /// When it is deleted, as the annotation says; none means before it is created again.
    pub delete_policies: Vec<String>,
    /// When its logs are shown.
    pub output_log_policies: Vec<String>,
}

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HookEvent {
    /// Before an installation.
    PreInstall,
    /// After it.
    PostInstall,
    /// Before an upgrade.
    PreUpgrade,
    /// After it.
    PostUpgrade,
    /// Before a rollback.
    PreRollback,
    /// After it.
    PostRollback,
    /// Before a release is deleted.
    PreDelete,
    /// After that.
    PostDelete,
    /// When the release is tested.
    Test,
}

impl HookEvent {
    /// The event of a word, as it stands in records; `test-success` is an old one for a test.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "pre-install" => Self::PreInstall,
            "post-install" => Self::PostInstall,
            "pre-upgrade" => Self::PreUpgrade,
            "post-upgrade" => Self::PostUpgrade,
            "pre-rollback" => Self::PreRollback,
            "post-rollback" => Self::PostRollback,
            "pre-delete" => Self::PreDelete,
            "post-delete" => Self::PostDelete,
            "test" | "test-success" => Self::Test,
            _ => return None,
        })
    }

    /// The word of the event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreInstall => "pre-install",
            Self::PostInstall => "post-install",
            Self::PreUpgrade => "pre-upgrade",
            Self::PostUpgrade => "post-upgrade",
            Self::PreRollback => "pre-rollback",
            Self::PostRollback => "post-rollback",
            Self::PreDelete => "pre-delete",
            Self::PostDelete => "post-delete",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for HookEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Whether a document is a hook.
pub(super) enum Recognised {
    /// It is none.
    NoHook,
    /// It is one for an event that nobody knows, and never runs.
    UnknownEvent,
    /// It is this one.
    Hook(Hook),
}

const EVENTS: &str = "helm.sh/hook";
const WEIGHT: &str = "helm.sh/hook-weight";
const DELETE_POLICIES: &str = "helm.sh/hook-delete-policy";
const OUTPUT_LOG_POLICIES: &str = "helm.sh/hook-output-log-policy";

/// What the annotations make of a document.
pub(super) fn recognise(head: &Head, path: &str, content: &str) -> Recognised {
    let Some(events) = head.annotations.get(EVENTS) else { return Recognised::NoHook };
    let events = words(events).map(|word| HookEvent::from_word(&word)).collect::<Option<Vec<_>>>();
    let Some(events) = events else { return Recognised::UnknownEvent };
    let annotated = |name| head.annotations.get(name).map(|text| words(text).collect()).unwrap_or_default();
    Recognised::Hook(Hook {
        name: head.name.clone(),
        kind: head.kind.clone(),
        path: path.to_owned(),
        content: content.to_owned(),
        events,
        weight: head.annotations.get(WEIGHT).and_then(|weight| weight.parse().ok()).unwrap_or_default(),
        delete_policies: annotated(DELETE_POLICIES),
        output_log_policies: annotated(OUTPUT_LOG_POLICIES),
    })
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(|word| word.trim().to_lowercase())
}
