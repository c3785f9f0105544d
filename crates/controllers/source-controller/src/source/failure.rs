//! A run that did not do its work, and what is to be done about it.

use crate::storage::StorageError;
use api::meta::{ConditionType, Reason};
use runtime::error_chain::error_chain;

/// A run that did not do its work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// What to do about it.
    pub(crate) class: FailureClass,
    /// The condition that says so; `None` where only Ready does.
    pub(crate) condition: Option<ConditionType>,
    /// The reason of the condition and of the event.
    pub(crate) reason: Reason,
    /// The message of both.
    pub(crate) message: String,
    /// How far the work had come.
    pub(crate) reached: Reached,
    /// The revision of the object that was to be used, for kinds whose origin is another object with an artifact.
    pub(crate) source_revision: Option<String>,
}

/// What a failure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureClass {
    /// Try again, each time later.
    Retry,
    /// Only a change of the object helps.
    Stalled,
    /// Another object has to become ready: tried again like [`FailureClass::Retry`], and nobody is alarmed.
    Waiting,
}

/// The steps of the work, in their order. A later failure removes the conditions that earlier failures left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reached {
    /// The origin is being asked.
    Origin,
    /// The origin has this that is not stored yet, in words such as `new revision 'x'`.
    New(String),
    /// Everything was fetched and is being stored; in the words of [`Reached::New`], where it is new.
    Storage(Option<String>),
}

impl Failure {
    /// A failure to fetch that is tried again.
    pub(crate) fn fetch(reason: Reason, message: impl Into<String>) -> Self {
        let (class, condition) = (FailureClass::Retry, Some(ConditionType::FetchFailed));
        Self { class, condition, reason, message: message.into(), reached: Reached::Origin, source_revision: None }
    }

    /// The same, which only a change of the object helps against.
    pub(crate) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self { class: FailureClass::Stalled, ..Self::fetch(reason, message) }
    }

    /// A failure of the storage.
    pub(crate) fn storage(reason: Reason, message: impl Into<String>) -> Self {
        let condition = Some(ConditionType::StorageOperationFailed);
        Self { condition, reached: Reached::Storage(None), ..Self::fetch(reason, message) }
    }

    /// A write to the storage that failed.
    pub(crate) fn of_storage(error: &StorageError) -> Self {
        let reason = match error {
            StorageError::CreateDirectory { .. } => Reason::DirectoryCreationFailed,
            StorageError::Lock { .. } => Reason::AcquireLockFailed,
            _ => Reason::ArchiveOperationFailed,
        };
        Self::storage(reason, error_chain(error))
    }

    /// The same at another step.
    #[must_use]
    pub(crate) fn at(self, reached: Reached) -> Self {
        Self { reached, ..self }
    }

    /// The same, which only waits for another object.
    #[must_use]
    pub(crate) fn waiting(self) -> Self {
        Self { class: FailureClass::Waiting, ..self }
    }

    /// The same of that revision of the object's source.
    #[must_use]
    pub(crate) fn of_source(self, source_revision: Option<String>) -> Self {
        Self { source_revision, ..self }
    }

    /// The same under another condition.
    #[must_use]
    pub(crate) fn under(self, condition: Option<ConditionType>) -> Self {
        Self { condition, ..self }
    }
}
