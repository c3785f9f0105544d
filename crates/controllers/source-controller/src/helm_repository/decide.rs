//! From what was seen to what is fetched, and how: pure, and every way to fail is a plan.

use super::observe::Secrets;
use crate::secrets::SecretRead;
use crate::source::Failure;
use api::meta::Reason;
use api::source::HelmRepository;
use helm_repository_client::{OptionError, Options, Secret, SecretData, Tls};
use kube::ResourceExt;
use std::time::Duration;
use url::Url;

/// The time that one file may take where the object does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// What is fetched.
#[derive(Debug)]
pub(crate) struct Question {
    /// The repository, with one slash at its end.
    pub(crate) repository: Url,
    /// Its index.
    pub(crate) index: Url,
    /// How it is reached.
    pub(crate) options: Options,
}

/// What to fetch.
pub(crate) fn decide(object: &HelmRepository, secrets: &Secrets) -> Result<Question, Failure> {
    let url = &object.spec.url;
    if url.starts_with("oci://") {
        return Err(invalid_url("'oci' URL scheme cannot be used with 'default' HelmRepository type"));
    }
    let repository = helm_repository::normalized(url).map_err(|error| invalid_url(&error.to_string()))?;
    let repository = Url::parse(&repository).map_err(|error| invalid_url(&error.to_string()))?;
    let index = helm_repository::index_address(url).map_err(|error| invalid_url(&error.to_string()))?;
    let options = options(object, secrets).map_err(|message| Failure::fetch(Reason::AuthenticationFailed, message))?;
    Ok(Question { repository, index, options })
}

fn invalid_url(why: &str) -> Failure {
    Failure::stalled(Reason::UrlInvalid, format!("invalid Helm repository URL: {why}"))
}

/// How the files of a repository are reached; the failure in Flux's words.
pub(crate) fn options(object: &HelmRepository, secrets: &Secrets) -> Result<Options, String> {
    let spec = &object.spec;
    let full_name = |reference: &Option<api::meta::LocalObjectReference>| {
        let name = reference.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default();
        format!("{}/{name}", object.namespace().unwrap_or_default())
    };
    let certificates = match &secrets.certificates {
        SecretRead::NotWanted => None,
        SecretRead::Found(data) => {
            let name = full_name(&spec.cert_secret_ref);
            let tls = tls(data, &name).map_err(|error| format!("failed to construct Helm client's TLS config: {error}"))?;
            let nothing = || format!("secret '{name}' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'");
            Some(tls.ok_or_else(|| format!("failed to construct Helm client's TLS config: {}", nothing()))?)
        }
        SecretRead::Failed(error) => {
            let name = full_name(&spec.cert_secret_ref);
            return Err(format!("failed to get TLS authentication secret '{name}': {error}"));
        }
    };
    let (credentials, deprecated) = match &secrets.credentials {
        SecretRead::NotWanted => (None, None),
        SecretRead::Found(data) => {
            let name = full_name(&spec.secret_ref);
            let failed = |error| format!("failed to detect authentication methods: {error}");
            (user(data, &name).map_err(failed)?, tls(data, &name).map_err(failed)?)
        }
        SecretRead::Failed(error) => {
            return Err(format!("failed to get authentication secret '{}': {error}", full_name(&spec.secret_ref)));
        }
    };
    Ok(Options {
        credentials,
        pass_credentials: spec.pass_credentials,
        // Certificates beside a password are Flux's old way, which still works.
        tls: certificates.or(deprecated).unwrap_or_default(),
        timeout: spec.timeout.as_ref().map_or(DEFAULT_TIMEOUT, |timeout| timeout.to_std()),
    })
}

fn user(data: &SecretData, secret: &str) -> Result<Option<(String, Secret)>, String> {
    let half = |present: &str, missing: &str| {
        format!("secret '{secret}': malformed basic auth - has '{present}' but missing '{missing}'")
    };
    match (data.get("username"), data.get("password")) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(half("username", "password")),
        (None, Some(_)) => Err(half("password", "username")),
        (Some(user), Some(password)) => {
            let user = String::from_utf8(user.clone()).map_err(|_| format!("secret '{secret}': 'username' is not UTF-8 text"))?;
            Ok(Some((user, Secret::new(password.clone()))))
        }
    }
}

/// The certificates of a Secret; `None` where it has none.
fn tls(data: &SecretData, secret: &str) -> Result<Option<Tls>, String> {
    let tls = Tls::from_secret(data).map_err(|error| match error {
        OptionError::HalfCertificate { present, missing } => {
            format!("secret '{secret}' contains '{present}' but missing '{missing}'")
        }
        other => other.to_string(),
    })?;
    Ok(Some(tls).filter(|tls| *tls != Tls::default()))
}
