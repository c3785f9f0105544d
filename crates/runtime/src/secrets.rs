//! Secrets that objects name, read once and without failing: what a missing one means is decided by whoever wanted it.

use crate::error_chain::error_chain;
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::{Api, Client};
use std::collections::BTreeMap;

/// The data of a Secret, decoded.
pub type SecretData = BTreeMap<String, Vec<u8>>;

/// A Secret that an object names. It prints without its content.
pub enum SecretRead {
    /// The object names none.
    NotWanted,
    /// Its data.
    Found(SecretData),
    /// It cannot be read; in the words of the API server.
    Failed(String),
}

impl std::fmt::Debug for SecretRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotWanted => f.write_str("NotWanted"),
            Self::Found(_) => f.write_str("Found(***)"),
            Self::Failed(error) => write!(f, "Failed({error:?})"),
        }
    }
}

impl SecretRead {
    /// The data; `None` where none is wanted.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn data(&self) -> Result<Option<&SecretData>, String> {
        match self {
            Self::NotWanted => Ok(None),
            Self::Found(data) => Ok(Some(data)),
            Self::Failed(error) => Err(error.clone()),
        }
    }
}

/// Reads the Secret of that name, if one is named.
pub async fn read(client: &Client, namespace: &str, name: Option<&str>) -> SecretRead {
    let Some(name) = name else { return SecretRead::NotWanted };
    match Api::<Secret>::namespaced(client.clone(), namespace).get(name).await {
        Ok(secret) => {
            let data = secret.data.unwrap_or_default();
            SecretRead::Found(data.into_iter().map(|(key, value)| (key, value.0)).collect())
        }
        Err(error) => SecretRead::Failed(words(&error)),
    }
}

/// The image pull Secrets of a ServiceAccount, in its order.
///
/// # Errors
/// When the account or one of its Secrets cannot be read, in Flux's words.
pub async fn pull_secrets(client: &Client, namespace: &str, account: &str) -> Result<Vec<SecretData>, String> {
    let found = Api::<ServiceAccount>::namespaced(client.clone(), namespace).get(account).await;
    let found = found.map_err(|error| format!("failed to get service account '{namespace}/{account}': {}", words(&error)))?;
    let mut secrets = Vec::new();
    for reference in found.image_pull_secrets.unwrap_or_default() {
        match read(client, namespace, Some(&reference.name)).await {
            SecretRead::Found(data) => secrets.push(data),
            SecretRead::Failed(error) => {
                return Err(format!("failed to get image pull secret '{namespace}/{}': {error}", reference.name));
            }
            SecretRead::NotWanted => {}
        }
    }
    Ok(secrets)
}

fn words(error: &kube::Error) -> String {
    if let kube::Error::Api(status) = error { status.message.clone() } else { error_chain(error) }
}
