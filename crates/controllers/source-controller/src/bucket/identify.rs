//! Who asks for the bucket, where that takes a question to somebody else first.

use super::Buckets;
use super::decide::{Plan, Wish};
use crate::source::{Failure, Seen};
use api::meta::Reason;
use api::source::Bucket;
use bucket_client::{AzureProof, Options, Secret, Store};
use cloud_identity::{BLOB_SCOPE, CLOUD_SCOPES, Credential, Error, STORAGE_SCOPE};
use runtime::error_chain::error_chain;

impl Buckets {
    /// How the bucket is reached, by whom it is reached included.
    pub(super) async fn identify(&self, plan: Plan, seen: &Seen<Bucket>) -> Result<Options, Failure> {
        let Plan { mut options, wish } = plan;
        let identities = self.identification.of("Bucket", &*seen.object);
        let proxy = options.proxy.clone();
        let proxy = proxy.as_ref();
        let name = &seen.object.spec.bucket_name;
        let failed = |error: Error| failure(name, &error);
        match (wish, &mut options.store) {
            (Wish::Directory(user), Store::S3(s3)) => {
                let given = self.stores.temporary_credentials(&user).await;
                let unconfirmed = |error: bucket_client::Error| unconfirmed(name, &error_chain(&error));
                s3.credentials = Some(given.map_err(unconfirmed)?);
            }
            (Wish::Aws(wish), Store::S3(s3)) => {
                let given = identities.aws(&wish, proxy).await.map_err(|error| {
                    Failure::fetch(Reason::AuthenticationFailed, format!("AWS authentication failed: {}", error_chain(&error)))
                })?;
                s3.credentials = Some(given.signing());
            }
            (Wish::GoogleKey(key), Store::Google(google)) => {
                google.token = Some(token(identities.google_key(&key, &[STORAGE_SCOPE], proxy).await.map_err(failed)?));
            }
            (Wish::Google, Store::Google(google)) => {
                google.token = Some(token(identities.google(CLOUD_SCOPES, proxy).await.map_err(failed)?));
            }
            (Wish::AzureClient(client), Store::Azure(azure)) => {
                let given = identities.azure_client(&client, BLOB_SCOPE, proxy).await.map_err(failed)?;
                azure.proof = AzureProof::Token(token(given));
            }
            (Wish::Azure, Store::Azure(azure)) => {
                azure.proof = AzureProof::Token(token(identities.azure(BLOB_SCOPE, proxy).await.map_err(failed)?));
            }
            // Whatever is wished for otherwise is of another kind of store, which no plan has.
            _ => {}
        }
        Ok(options)
    }
}

fn token(credential: Credential) -> Secret {
    credential.secret
}

/// As in Flux, tokens are part of the first question to the store; what cannot be asked at all is told before.
fn failure(bucket: &str, error: &Error) -> Failure {
    match error {
        Error::Ask { .. } => unconfirmed(bucket, &error_chain(error)),
        _ => Failure::fetch(Reason::AuthenticationFailed, error_chain(error)),
    }
}

fn unconfirmed(bucket: &str, error: &str) -> Failure {
    Failure::fetch(Reason::BucketOperationFailed, format!("failed to confirm existence of '{bucket}' bucket: {error}"))
}
