//! Secrets that objects name: reading them, and what their keys mean for connections.

use http_client::{Proxy, Secret as Hidden, SecretData};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kube::{Api, Client};
use oci_client::DockerConfig;
use runtime::error_chain::error_chain;

/// The key of a Secret of type `kubernetes.io/dockerconfigjson`.
const DOCKER_CONFIG: &str = ".dockerconfigjson";

/// A Secret that an object names.
pub(crate) enum SecretRead {
    /// The object names none.
    NotWanted,
    /// Its data.
    Found(SecretData),
    /// It cannot be read; in words without its content.
    Failed(String),
}

/// Reads the Secret of that name, if one is named.
pub(crate) async fn read(client: &Client, namespace: &str, name: Option<&str>) -> SecretRead {
    let Some(name) = name else { return SecretRead::NotWanted };
    match Api::<Secret>::namespaced(client.clone(), namespace).get(name).await {
        Ok(secret) => {
            let data = secret.data.unwrap_or_default();
            SecretRead::Found(data.into_iter().map(|(key, value)| (key, value.0)).collect())
        }
        Err(kube::Error::Api(status)) => SecretRead::Failed(status.message.clone()),
        Err(error) => SecretRead::Failed(error_chain(&error)),
    }
}

/// What the pull Secrets of a ServiceAccount say.
///
/// # Errors
/// When the account or one of its Secrets cannot be read, in Flux's words.
pub(crate) async fn pull_secrets(client: &Client, namespace: &str, account: &str) -> Result<DockerConfig, String> {
    let found = Api::<ServiceAccount>::namespaced(client.clone(), namespace).get(account).await;
    let found = found.map_err(|error| {
        let error = if let kube::Error::Api(status) = &error { status.message.clone() } else { error_chain(&error) };
        format!("failed to get service account '{namespace}/{account}': {error}")
    })?;
    let mut config = DockerConfig::default();
    for reference in found.image_pull_secrets.unwrap_or_default() {
        match read(client, namespace, Some(&reference.name)).await {
            SecretRead::Found(data) => {
                config.extend(docker_config(&data).map_err(|error| format!("{}: {error}", reference.name))?)
            }
            SecretRead::Failed(error) => {
                return Err(format!("failed to get image pull secret '{namespace}/{}': {error}", reference.name));
            }
            SecretRead::NotWanted => {}
        }
    }
    Ok(config)
}

/// The credentials for registries in a Secret; none where it is not of that type.
///
/// # Errors
/// When they cannot be read; nothing of them is in the text.
pub(crate) fn docker_config(data: &SecretData) -> Result<DockerConfig, String> {
    let Some(json) = data.get(DOCKER_CONFIG) else { return Ok(DockerConfig::default()) };
    DockerConfig::parse(json).map_err(|error| error.to_string())
}

/// The proxy that a Secret describes by `address`, `username` and `password`; `None` where none is wanted.
///
/// # Errors
/// When the Secret cannot be read or lacks an address that can be used.
pub(crate) fn proxy(secret: &SecretRead) -> Result<Option<Proxy>, String> {
    let data = match secret {
        SecretRead::NotWanted => return Ok(None),
        SecretRead::Failed(error) => return Err(error.clone()),
        SecretRead::Found(data) => data,
    };
    let text = |key: &str| data.get(key).map(|value| String::from_utf8_lossy(value).trim().to_owned());
    let address = text("address").filter(|address| !address.is_empty());
    let address = address.ok_or_else(|| "invalid proxy secret: key 'address' is missing".to_owned())?;
    let known = ["http://", "https://", "socks5://"].iter().any(|scheme| address.starts_with(scheme));
    if !known || address.len() > 2048 || address.contains('@') || address.chars().any(char::is_control) {
        return Err("invalid proxy secret: key 'address' is not a http, https or socks5 address".to_owned());
    }
    let credentials = text("username").map(|username| {
        let password = data.get("password").cloned().unwrap_or_default();
        (username, Hidden::new(password))
    });
    Ok(Some(Proxy { address, credentials }))
}
