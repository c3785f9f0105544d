//! From what was seen to how the bucket is reached: pure, and every way to fail is a plan.

use super::observe::Secrets;
use crate::secrets::{SecretRead, proxy};
use crate::source::Failure;
use api::meta::{LocalObjectReference, Reason};
use api::source::{Bucket, BucketProvider, BucketStsSpec, StsProvider};
use bucket_client::{Credentials, DirectoryUser, Options, Secret, SecretData, Tls, Url};
use kube::ResourceExt;
use runtime::error_chain::error_chain;
use std::time::Duration;

/// The time that one operation may take where the object does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// How the bucket is reached.
#[derive(Debug)]
pub(super) struct Plan {
    /// Which bucket, and how.
    pub(super) options: Options,
    /// For whom temporary credentials are asked for first, if for anybody.
    pub(super) user: Option<DirectoryUser>,
}

/// How to reach the bucket.
pub(super) fn decide(object: &Bucket, secrets: &Secrets, object_level_identity: bool) -> Result<Plan, Failure> {
    let spec = &object.spec;
    let provider = spec.provider.unwrap_or_default();
    if provider != BucketProvider::Generic && spec.service_account_name.is_some() && !object_level_identity {
        let message = "to use spec.serviceAccountName for provider authentication please enable the \
                       ObjectLevelWorkloadIdentity feature gate in the controller";
        return Err(Failure::stalled(Reason::FeatureGateDisabled, message));
    }
    let namespace = object.namespace().unwrap_or_default();
    let secret =
        found(&secrets.credentials, |error| format!("failed to get secret '{namespace}/{}': {error}", name(&spec.secret_ref)))?;
    let proxy = proxy(&secrets.proxy).map_err(|error| authentication(format!("failed to get proxy URL: {error}")))?;
    let certificates = found(&secrets.certificates, |error| format!("failed to get TLS config: {error}"))?;
    let tls = certificates.map(Tls::from_secret).transpose();
    let tls = tls.map_err(|error| authentication(format!("failed to get TLS config: {}", error_chain(&error))))?;
    if matches!(provider, BucketProvider::Gcp | BucketProvider::Azure) {
        return Err(unsupported(provider));
    }
    if let Some(sts) = &spec.sts {
        sts_is_valid(provider, sts).map_err(|message| Failure::stalled(Reason::InvalidStsConfiguration, message))?;
    }
    let timeout = spec.timeout.as_ref().map_or(DEFAULT_TIMEOUT, |timeout| timeout.to_std());
    let user = spec.sts.as_ref().filter(|sts| sts.provider == StsProvider::Ldap);
    let user = user.map(|sts| directory_user(object, sts, secrets)).transpose()?;
    let user = user.map(|user| DirectoryUser { proxy: proxy.clone(), timeout, ..user });
    let credentials = match secret {
        Some(data) => credentials(data, name(&spec.secret_ref))?,
        None if provider == BucketProvider::Aws => return Err(no_identity()),
        None => None,
    };
    let user = user.filter(|_| secret.is_none());
    let options = Options {
        endpoint: spec.endpoint.clone(),
        bucket: spec.bucket_name.clone(),
        region: spec.region.clone(),
        credentials,
        insecure: spec.insecure,
        tls: tls.filter(|_| !spec.insecure).unwrap_or_default(),
        proxy,
        timeout,
    };
    Ok(Plan { options, user })
}

fn authentication(message: String) -> Failure {
    Failure::fetch(Reason::AuthenticationFailed, message)
}

fn name(reference: &Option<LocalObjectReference>) -> &str {
    reference.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default()
}

fn found(secret: &SecretRead, message: impl FnOnce(&str) -> String) -> Result<Option<&SecretData>, Failure> {
    match secret {
        SecretRead::NotWanted => Ok(None),
        SecretRead::Found(data) => Ok(Some(data)),
        SecretRead::Failed(error) => Err(authentication(message(error))),
    }
}

/// The keys of a Secret; nobody where one of them is empty, as Flux has it.
fn credentials(data: &SecretData, secret: &str) -> Result<Option<Credentials>, Failure> {
    let (Some(access_key), Some(secret_key)) = (data.get("accesskey"), data.get("secretkey")) else {
        let message = format!("invalid '{secret}' secret data: required fields 'accesskey' and 'secretkey'");
        return Err(authentication(message));
    };
    if access_key.is_empty() || secret_key.is_empty() {
        return Ok(None);
    }
    let access_key = String::from_utf8(access_key.clone())
        .map_err(|_| authentication(format!("invalid '{secret}' secret data: 'accesskey' is not UTF-8 text")))?;
    Ok(Some(Credentials { access_key, secret_key: secret_key.clone(), session_token: None }))
}

/// Identities of cloud providers are not known yet; what cannot work is said at once.
fn no_identity() -> Failure {
    let instead = "set spec.secretRef to a Secret with 'accesskey' and 'secretkey'";
    authentication(format!("AWS authentication failed: identities of the provider aws are not supported; {instead}"))
}

/// Who asks the token service; a Secret that is not named is a user without name and password.
fn directory_user(object: &Bucket, sts: &BucketStsSpec, secrets: &Secrets) -> Result<DirectoryUser, Failure> {
    let endpoint = Url::parse(&sts.endpoint).map_err(|error| {
        Failure::stalled(Reason::UrlInvalid, format!("failed to parse STS endpoint '{}': {error}", sts.endpoint))
    })?;
    let (namespace, secret) = (object.namespace().unwrap_or_default(), name(&sts.secret_ref));
    let data = found(&secrets.user, |error| format!("failed to get STS secret '{namespace}/{secret}': {error}"))?;
    let (username, password) = match data {
        None => (Vec::new(), Vec::new()),
        Some(data) => {
            let field = |key: &str| data.get(key).filter(|value| !value.is_empty()).cloned();
            let both = field("username").zip(field("password"));
            both.ok_or_else(|| {
                let why = "required fields username, password";
                authentication(format!("invalid '{secret}' secret data for 'ldap' STS provider: {why}"))
            })?
        }
    };
    let certificates = found(&secrets.user_certificates, |error| format!("failed to get STS TLS config: {error}"))?;
    let tls = certificates.map(Tls::from_secret).transpose();
    let tls = tls.map_err(|error| authentication(format!("failed to get STS TLS config: {}", error_chain(&error))))?;
    Ok(DirectoryUser {
        endpoint,
        username: String::from_utf8_lossy(&username).into_owned(),
        password: Secret::new(password),
        tls: tls.unwrap_or_default(),
        proxy: None,
        timeout: DEFAULT_TIMEOUT,
    })
}

fn unsupported(provider: BucketProvider) -> Failure {
    let name = if provider == BucketProvider::Gcp { "gcp" } else { "azure" };
    let message = format!(
        "buckets of the provider '{name}' are not supported; use the provider 'generic' where the store speaks S3, or let a controller \
         that knows the provider reconcile this object"
    );
    Failure::stalled(Reason::InvalidProviderConfiguration, message)
}

/// The rules that the definition has, too, for definitions of other origin.
fn sts_is_valid(provider: BucketProvider, sts: &BucketStsSpec) -> Result<(), String> {
    let (bucket, service) = match (provider, sts.provider) {
        (BucketProvider::Aws, StsProvider::Aws) => {
            let unwanted = [("secretRef", &sts.secret_ref), ("certSecretRef", &sts.cert_secret_ref)];
            return match unwanted.into_iter().find(|(_, reference)| reference.is_some()) {
                Some((field, _)) => Err(format!("spec.sts.{field} is not required for the 'aws' STS provider")),
                None => Ok(()),
            };
        }
        (BucketProvider::Generic, StsProvider::Ldap) => return Ok(()),
        (bucket, StsProvider::Aws) => (bucket, "aws"),
        (bucket, StsProvider::Ldap) => (bucket, "ldap"),
    };
    let bucket = if bucket == BucketProvider::Aws { "aws" } else { "generic" };
    Err(format!("STS provider '{service}' is not supported for '{bucket}' bucket provider"))
}
