//! From what was seen to how the bucket is reached: pure, and every way to fail is a plan.

use super::azure;
use super::observe::Secrets;
use crate::identity::NO_OBJECT_IDENTITY;
use crate::secrets::{SecretRead, proxy};
use crate::source::Failure;
use api::meta::{LocalObjectReference, Reason};
use api::source::{Bucket, BucketProvider, BucketStsSpec, StsProvider};
use bucket_client::{Credentials, DirectoryUser, Google, Options, S3, Secret, SecretData, Store, Tls, Url};
use cloud_identity::{AwsWish, AzureClient};
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
    /// Who is to be asked first for what opens it.
    pub(super) wish: Wish,
}

/// Who is asked for what opens a bucket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nobody: it is there, or nothing opens it.
    Nothing,
    /// A token service, by a user of a directory.
    Directory(DirectoryUser),
    /// Amazon, by this process.
    Aws(AwsWish),
    /// Google, by whoever has a key.
    GoogleKey(Secret),
    /// Google, by this process.
    Google,
    /// Entra ID, by an application.
    AzureClient(AzureClient),
    /// Entra ID, by this process.
    Azure,
}

/// What a controller is told of all buckets.
#[derive(Debug, Clone, Default)]
pub(crate) struct Terms {
    /// Whether the gate ObjectLevelWorkloadIdentity is on.
    pub(crate) object_level_identity: bool,
    /// Where an emulator of Google's store is, instead of the store itself.
    pub(crate) google_emulator: Option<String>,
}

/// How to reach the bucket.
pub(super) fn decide(object: &Bucket, secrets: &Secrets, terms: &Terms) -> Result<Plan, Failure> {
    let spec = &object.spec;
    let provider = spec.provider.unwrap_or_default();
    if provider != BucketProvider::Generic && spec.service_account_name.is_some() && !terms.object_level_identity {
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
    if provider != BucketProvider::Generic && spec.service_account_name.is_some() {
        return Err(authentication(NO_OBJECT_IDENTITY.to_owned()));
    }
    let timeout = spec.timeout.as_ref().map_or(DEFAULT_TIMEOUT, |timeout| timeout.to_std());
    let (store, wish) = match provider {
        BucketProvider::Generic | BucketProvider::Aws => {
            let (s3, wish) = s3(object, secrets, secret)?;
            let wish = match wish {
                Wish::Directory(user) => Wish::Directory(DirectoryUser { proxy: proxy.clone(), timeout, ..user }),
                wish => wish,
            };
            (Store::S3(s3), wish)
        }
        BucketProvider::Gcp => {
            let (google, wish) = google(secret, name(&spec.secret_ref), terms)?;
            (Store::Google(google), wish)
        }
        BucketProvider::Azure => {
            let secret = secret.map(|data| (name(&spec.secret_ref), data));
            let (azure, wish) = azure::store(&spec.endpoint, secret).map_err(authentication)?;
            (Store::Azure(azure), wish)
        }
    };
    // As in Flux, certificates are for stores that speak S3 over TLS.
    let tls = tls.filter(|_| matches!(store, Store::S3(_)) && !spec.insecure).unwrap_or_default();
    Ok(Plan { options: Options { bucket: spec.bucket_name.clone(), store, tls, proxy, timeout }, wish })
}

fn s3(object: &Bucket, secrets: &Secrets, secret: Option<&SecretData>) -> Result<(S3, Wish), Failure> {
    let spec = &object.spec;
    let provider = spec.provider.unwrap_or_default();
    if let Some(sts) = &spec.sts {
        sts_is_valid(provider, sts).map_err(|message| Failure::stalled(Reason::InvalidStsConfiguration, message))?;
    }
    let directory = spec.sts.as_ref().filter(|sts| sts.provider == StsProvider::Ldap);
    let user = directory.map(|sts| directory_user(object, sts, secrets)).transpose()?;
    let credentials = secret.map(|data| credentials(data, name(&spec.secret_ref))).transpose()?.flatten();
    let wish = match (secret, provider, user) {
        (None, BucketProvider::Aws, _) => {
            let endpoint = spec.sts.as_ref().map(|sts| sts.endpoint.clone());
            Wish::Aws(AwsWish { region: spec.region.clone(), endpoint })
        }
        (None, _, Some(user)) => Wish::Directory(user),
        _ => Wish::Nothing,
    };
    let s3 = S3 { endpoint: spec.endpoint.clone(), region: spec.region.clone(), credentials, insecure: spec.insecure };
    Ok((s3, wish))
}

/// The endpoint does not count, as in Flux: there is one.
fn google(secret: Option<&SecretData>, name: &str, terms: &Terms) -> Result<(Google, Wish), Failure> {
    let google = Google { emulator: terms.google_emulator.clone(), token: None };
    let wish = match secret {
        // An emulator knows nobody.
        _ if google.emulator.is_some() => Wish::Nothing,
        None => Wish::Google,
        Some(data) => {
            let key = data.get("serviceaccount");
            let missing = || authentication(format!("invalid '{name}' secret data: required fields 'serviceaccount'"));
            Wish::GoogleKey(Secret::new(key.ok_or_else(missing)?.clone()))
        }
    };
    Ok((google, wish))
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
