//! Google: service accounts with a key, and federated identities with a token in a file.

mod external;
mod key;

use crate::ask::Way;
use crate::aws::read_text;
use crate::credential::Credential;
use crate::error::Error;
use crate::identities::Asking;
use external::ExternalAccount;
use http_client::Secret;
use key::ServiceAccount;
use serde::Deserialize;

/// What tokens of this process are for, as in Flux.
pub const CLOUD_SCOPES: &[&str] =
    &["https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email"];
/// What tokens for reading buckets are for.
pub const STORAGE_SCOPE: &str = "https://www.googleapis.com/auth/devstorage.read_only";
/// The user of registries whose password is a token.
pub(crate) const REGISTRY_USER: &str = "oauth2accesstoken";

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type", default)]
    kind: String,
}

fn kind_of(json: &[u8]) -> Result<String, Error> {
    let kind: Kind =
        serde_json::from_slice(json).map_err(|_| Error::Invalid("the credentials are not JSON of Google's".to_owned()))?;
    Ok(kind.kind)
}

/// A token for this process.
pub(crate) async fn credential(asking: &Asking, scopes: &[&str], way: &Way) -> Result<Credential, Error> {
    let Some(path) = asking.surroundings.variable("GOOGLE_APPLICATION_CREDENTIALS") else {
        return Err(Error::unsupported(
            "the identity of the machine or of a GKE ServiceAccount, by the metadata service,",
            "mount a file with the configuration of workload identity federation, or a key, and name it in \
             GOOGLE_APPLICATION_CREDENTIALS for the controller",
        ));
    };
    let json = asking.surroundings.file(&path).map_err(|source| Error::File { path, source })?;
    match kind_of(&json)?.as_str() {
        "service_account" => ServiceAccount::parse(&json)?.token_for_process(asking, scopes, way).await,
        "external_account" => {
            let account = ExternalAccount::parse(&json)?;
            let subject = account.subject(|path| read_text(asking, path))?;
            account.token(asking, &subject, scopes, way).await
        }
        other => Err(Error::unsupported(
            format!("a file of the type '{other}'"),
            "use one of the type external_account, with a file as its source, or service_account",
        )),
    }
}

/// A token for whoever has a key.
pub(crate) async fn credential_of_key(asking: &Asking, json: &Secret, scopes: &[&str], way: &Way) -> Result<Credential, Error> {
    match kind_of(json.expose())?.as_str() {
        "service_account" => ServiceAccount::parse(json.expose())?.token_for_user(asking, scopes, way).await,
        other => Err(Error::unsupported(
            format!("a Secret with credentials of the type '{other}', which may name files of the controller,"),
            "use a key of a service account",
        )),
    }
}

/// Refuses hosts that are no registries of Google's: they would learn the token of this process.
pub(crate) fn check_registry(host: &str) -> Result<(), Error> {
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    let is_artifact_registry = host.strip_suffix("-docker.pkg.dev").is_some_and(|location| !location.is_empty());
    let is_container_registry = host == "gcr.io" || host.strip_suffix(".gcr.io").is_some_and(|location| !location.is_empty());
    if plain && (is_artifact_registry || is_container_registry || host == "docker.s3nsregistry.fr") {
        return Ok(());
    }
    Err(Error::Invalid(format!("invalid GCP registry: '{host}'")))
}

#[cfg(test)]
mod tests {
    use super::check_registry;

    /// Hosts of the tests of `fluxcd/pkg/auth/gcp`, and what only looks like one.
    #[test]
    fn sec_c2_the_token_of_the_process_goes_to_googles_registries_only() {
        for host in ["gcr.io", "us.gcr.io", "us-central1-docker.pkg.dev", "docker.s3nsregistry.fr"] {
            assert!(check_registry(host).is_ok(), "{host}");
        }
        for host in
            ["foogcr.io", ".gcr.io", "-docker.pkg.dev", "gcr.io.evil.example", "evil.example/x.gcr.io", "u@gcr.io", "ghcr.io"]
        {
            assert!(check_registry(host).is_err(), "{host}");
        }
    }
}
