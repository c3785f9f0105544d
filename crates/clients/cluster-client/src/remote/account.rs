//! Whose tokens are shown to another cluster.

use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::core::v1::ServiceAccount;
use kube::api::PostParams;
use kube::{Api, Client};

use super::{RemotePolicy, answer, is_missing};
use crate::kubeconfig::Allowed;

/// Why there is no token of a ServiceAccount.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The operator does not allow it.
    #[error("ObjectLevelWorkloadIdentity feature gate is not enabled")]
    NotAllowed,
    /// The account cannot be read.
    #[error("failed to get service account '{account}': {}", answer(error))]
    Read {
        /// Namespace and name.
        account: String,
        /// Why not; its text is part of the message.
        error: Box<kube::Error>,
    },
    /// The account that the operator has for those who name none is not there.
    #[error(
        "failed to get service account '{0}': the specified default service account does not exist in the object namespace. your cluster is \
         subject to multi-tenant workload identity lockdown, reach out to your cluster administrator for help"
    )]
    NoDefault(String),
    /// The controller cannot find out who it is.
    #[error("failed to find the service account of the controller: {0}")]
    Own(String),
    /// The token is refused.
    #[error("failed to create kubernetes token for service account '{account}': {}", answer(error))]
    Token {
        /// Namespace and name.
        account: String,
        /// Why; its text is part of the message.
        error: Box<kube::Error>,
    },
    /// The answer has no token.
    #[error("failed to create kubernetes token for service account '{0}': there is none in the answer")]
    NoToken(String),
}

impl AccountError {
    /// Whether the account does not exist.
    pub(super) fn is_missing(&self) -> bool {
        match self {
            Self::NoDefault(_) => true,
            Self::Read { error, .. } | Self::Token { error, .. } => is_missing(error),
            _ => false,
        }
    }
}

/// A ServiceAccount of this cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) namespace: String,
    pub(super) name: String,
}

impl std::fmt::Display for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.namespace, self.name)
    }
}

/// The account that is named, or the operator's default for that, or the controller's own.
pub(super) async fn choose(
    client: &Client,
    namespace: &str,
    named: Option<&str>,
    policy: &RemotePolicy,
) -> Result<Account, AccountError> {
    let Some(name) = named.or(policy.default_account.as_deref()) else { return own(client).await };
    let account = Account { namespace: namespace.to_owned(), name: name.to_owned() };
    let api: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    match api.get_metadata(name).await {
        Ok(_) if policy.accounts == Allowed::No => Err(AccountError::NotAllowed),
        Ok(_) => Ok(account),
        Err(error) if named.is_none() && is_missing(&error) => Err(AccountError::NoDefault(account.to_string())),
        Err(error) => Err(AccountError::Read { account: account.to_string(), error: Box::new(error) }),
    }
}

/// The API server says who it is that asks: that holds in a pod and outside of one.
async fn own(client: &Client) -> Result<Account, AccountError> {
    let api: Api<SelfSubjectReview> = Api::all(client.clone());
    let review = api.create(&PostParams::default(), &SelfSubjectReview::default()).await;
    let review = review.map_err(|error| AccountError::Own(answer(&error)))?;
    let user = review.status.and_then(|status| status.user_info).and_then(|user| user.username).unwrap_or_default();
    account_of(&user).ok_or_else(|| AccountError::Own(format!("{user:?} is none")))
}

/// The ServiceAccount behind a user.
fn account_of(user: &str) -> Option<Account> {
    let (namespace, name) = user.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    Some(Account { namespace: namespace.to_owned(), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_that_are_no_accounts_have_none() {
        let account = account_of("system:serviceaccount:flux-system:helm-controller").map(|account| account.to_string());
        assert_eq!(account.as_deref(), Some("flux-system/helm-controller"));
        assert_eq!([account_of("admin"), account_of("system:serviceaccount:a"), account_of("")], [None, None, None]);
    }
}
