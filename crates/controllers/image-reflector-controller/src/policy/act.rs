//! Asks the registry for the digest of the wanted image, where one is wanted.

use super::ImagePolicies;
use super::decide::{Plan, Question};
use super::report::Outcome;
use api::image::ImageReference;
use api::meta::Reason;
use oci_client::Reference;
use runtime::error_chain::error_chain;

impl ImagePolicies {
    pub(super) async fn act(&self, plan: Plan) -> Outcome {
        match plan {
            Plan::Stall(reason, message) => Outcome::Stalled(reason, message),
            Plan::Fail(reason, message) => Outcome::Failed(reason, message),
            Plan::Wait(message, delay) => Outcome::Waiting(message, delay),
            Plan::Done(image) => Outcome::Resolved(image),
            Plan::Ask(question) => {
                let image = question.image.clone();
                match self.digest(*question).await {
                    Ok(digest) => Outcome::Resolved(ImageReference { digest: Some(digest), ..image }),
                    Err(error) => Outcome::Failed(Reason::Failed, format!("failed fetching digest of {image}: {error}")),
                }
            }
        }
    }

    async fn digest(&self, question: Question) -> Result<String, String> {
        let failed = |error| format!("failed to configure authentication options: {error}");
        let access = question.access.map_err(failed)?;
        let options = access.log_in(&self.identities, &question.repository).await.map_err(failed)?;
        let registry = self.registries.repository(&question.repository, &options).map_err(|error| error_chain(&error))?;
        let tag = Reference::tag(&question.image.tag).map_err(|error| error.to_string())?;
        let resolved = registry.resolve(&tag).await.map_err(|error| {
            let name = format!("{}:{}", question.repository, question.image.tag);
            format!("failed fetching descriptor for \"{name}\": {}", error_chain(&error))
        })?;
        is_digest(&resolved.digest)
            .then_some(resolved.digest)
            .ok_or_else(|| "the registry names a digest that is none".to_owned())
    }
}

/// Whether a text is `algorithm:hex`: it goes into files and commits.
fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        let length = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return false,
        };
        hex.len() == length && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::is_digest;

    #[test]
    fn digests_are_told_from_other_texts() {
        assert!(is_digest(&format!("sha256:{}", "0a".repeat(32))));
        for text in ["", "sha256:", "sha256:xyz", &format!("sha1:{}", "0a".repeat(20)), &format!("sha256:{}\n", "0a".repeat(32))]
        {
            assert!(!is_digest(text), "{text}");
        }
    }
}
