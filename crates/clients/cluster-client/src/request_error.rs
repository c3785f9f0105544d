//! Why a request to the API server failed, in the words that Flux's users know.

use kube::core::Status;
use thiserror::Error;

/// Failure of one request, without the object it was about.
#[derive(Debug, Error)]
pub enum RequestError {
    /// The API server does not serve this kind in this version.
    #[error("no matches for kind \"{kind}\" in version \"{api_version}\"")]
    NoMatch {
        /// Kind asked for.
        kind: String,
        /// `group/version` asked for.
        api_version: String,
    },
    /// The API server answered with an error.
    #[error("{}", .0.message)]
    Api(Box<Status>),
    /// A namespaced object without namespace: the API server has no such path and answers 404.
    #[error("the server could not find the requested resource")]
    NamespaceMissing,
    /// Name, namespace or resource that cannot be part of a request path.
    #[error("invalid path segment {segment:?} in a request")]
    PathSegment {
        /// What was refused.
        segment: String,
    },
    /// An object that cannot be written as JSON.
    #[error("cannot encode the request")]
    Encode(#[source] serde_json::Error),
    /// An answer that is not what the API promises. The body is not repeated: it may hold a Secret.
    #[error("cannot decode the answer of the API server")]
    Decode,
    /// The request did not reach the API server, or its answer did not reach us.
    #[error("{message}")]
    Transport {
        /// What the HTTP stack said, without bodies.
        message: String,
    },
}

impl RequestError {
    /// The machine-readable reason the API server gave (`Invalid`, `Forbidden`, …), empty when it gave none.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            // kube writes this text where the body was no Status.
            Self::Api(status) if status.reason == "Failed to parse error data" => "",
            Self::Api(status) => &status.reason,
            _ => "",
        }
    }

    /// Whether the object, or the path to it, does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Api(status) => status.is_not_found(),
            Self::NamespaceMissing => true,
            _ => false,
        }
    }

    /// Whether this identity may not do it.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Api(status) if status.is_forbidden())
    }

    /// Whether another writer was faster (409).
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Api(status) if status.is_conflict())
    }

    /// Whether the resourceVersion to watch from is too old (410).
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Api(status) if status.code == 410 || status.reason == "Expired" || status.reason == "Gone")
    }

    /// Whether recreating the object may help: Conflict, Invalid, or a message that speaks of an immutable field.
    ///
    /// Webhooks and CEL rules phrase their refusals freely; kubectl and Flux match the two phrases too.
    #[must_use]
    pub fn is_immutable_field(&self) -> bool {
        let Self::Api(status) = self else { return false };
        status.is_conflict()
            || status.is_invalid()
            || status.message.contains("is immutable")
            || status.message.contains("immutable field")
    }

    /// Reason to print in parentheses: that of the server, or of a conflict between field managers.
    #[must_use]
    pub(crate) fn printed_reason(&self) -> &str {
        if let Self::Api(status) = self
            && let Some(details) = &status.details
            && details.causes.iter().any(|cause| cause.reason == "FieldManagerConflict")
        {
            return "FieldManagerConflict";
        }
        self.reason()
    }
}

impl From<kube::Error> for RequestError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::Api(status),
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => Self::Decode,
            other => Self::Transport { message: last_cause(&other) },
        }
    }
}

/// The innermost cause says what happened ("Connection refused"); the outer ones only which layer passed it on.
fn last_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    // Bounded: a cause that cycles must not hang us.
    for _ in 0..16 {
        match cause.source() {
            Some(next) => cause = next,
            None => break,
        }
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(code: u16, reason: &str, message: &str) -> RequestError {
        RequestError::Api(Status::failure(message, reason).with_code(code).boxed())
    }

    #[test]
    fn refusals_that_recreation_may_cure_are_recognised() {
        // Flux pkg ssa/errors/immutable_test.go: Invalid, Conflict, and the phrases of webhooks and CEL.
        assert!(api(422, "Invalid", "Job.batch \"x\" is invalid: spec.template: Invalid value: field is immutable").is_immutable_field());
        assert!(api(409, "Conflict", "object has been modified").is_immutable_field());
        assert!(api(403, "Forbidden", "ValidatingAdmissionPolicy 'x' denied request: value is immutable").is_immutable_field());
        assert!(api(400, "BadRequest", "storageClassName is an immutable field").is_immutable_field());
        assert!(!api(403, "Forbidden", "not allowed").is_immutable_field());
        assert!(!RequestError::Decode.is_immutable_field());
    }

    #[test]
    fn unparsable_answers_have_no_reason() {
        assert_eq!(api(404, "Failed to parse error data", "404 page not found").reason(), "");
        assert!(api(404, "Failed to parse error data", "404 page not found").is_not_found());
    }
}
