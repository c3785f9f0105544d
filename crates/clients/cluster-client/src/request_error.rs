//! Why a request to the API server failed, in the words that Flux's users know.

use apply_plan::failure::Refusal;
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
    /// The server behind an aggregated API does not answer, so nobody knows what it serves.
    #[error("the server for API version \"{api_version}\" is currently unavailable")]
    Unavailable {
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
    /// There is more than is read.
    #[error("the API server's answer is longer than {limit} bytes")]
    TooLarge {
        /// The bound in bytes.
        limit: usize,
    },
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
            Self::Api(status) => &status.reason,
            _ => "",
        }
    }

    /// Whether the object, or the path to it, does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Api(status) => is(status, "NotFound", 404),
            Self::NamespaceMissing => true,
            _ => false,
        }
    }

    /// Whether this identity may not do it.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Api(status) if is(status, "Forbidden", 403))
    }

    /// Whether an object of that name is there already (409).
    #[must_use]
    pub fn is_already_exists(&self) -> bool {
        self.reason() == "AlreadyExists"
    }

    /// Whether another writer was faster (409).
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Api(status) if is(status, "Conflict", 409))
    }

    /// Whether the resourceVersion to watch from is too old (410).
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Api(status) if status.code == 410 || status.reason == "Expired" || status.reason == "Gone")
    }

    pub(crate) fn malformed(error: http::Error) -> Self {
        Self::Transport { message: error.to_string() }
    }

    /// The parts that decide what comes next, for the engine that decides it.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        let mut refusal = Refusal { message: self.to_string(), reason: self.reason().to_owned(), ..Refusal::default() };
        match self {
            Self::Api(status) => {
                refusal.code = status.code;
                let causes = status.details.iter().flat_map(|details| &details.causes);
                refusal.causes = causes.map(|cause| cause.reason.clone()).collect();
            }
            Self::NamespaceMissing => refusal.code = 404,
            _ => {}
        }
        refusal
    }
}

impl From<kube::Error> for RequestError {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(mut status) => {
                // kube's text for a body that is no Status. It is no reason, and would hide the code.
                if status.reason == "Failed to parse error data" {
                    status.reason.clear();
                }
                Self::Api(status)
            }
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => Self::Decode,
            other => Self::Transport { message: last_cause(&other) },
        }
    }
}

/// The code decides only where the reason says nothing; kube's own test takes an empty reason for one that says something.
fn is(status: &Status, reason: &str, code: u16) -> bool {
    status.reason == reason || (status.code == code && (status.reason.is_empty() || status.reason == "Unknown"))
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

    #[test]
    fn refusal_keeps_what_decides() {
        let conflict = serde_json::json!({"message": "m", "reason": "Conflict", "code": 409, "details": {"causes": [{"reason": "FieldManagerConflict"}]}});
        let refusal = RequestError::Api(serde_json::from_value(conflict).unwrap()).refusal();
        assert_eq!(
            (refusal.code, refusal.reason.as_str(), refusal.causes),
            (409, "Conflict", vec!["FieldManagerConflict".to_owned()])
        );
        assert!(RequestError::NamespaceMissing.refusal().is_not_found());
    }

    #[test]
    fn answers_that_are_no_status_speak_by_their_code() {
        let error = RequestError::from(kube::Error::Api(
            Status::failure("404 page not found", "Failed to parse error data").with_code(404).boxed(),
        ));
        assert_eq!(error.reason(), "");
        assert!(error.is_not_found());
    }
}
