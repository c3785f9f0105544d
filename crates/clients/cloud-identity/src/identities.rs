//! The entry point: who we are, kept until shortly before it expires.

use crate::ask::Way;
use crate::aws::{self, AwsWish};
use crate::azure::{self, AzureClient};
use crate::credential::{Credential, GitLogin, Provider};
use crate::error::Error;
use crate::github::{self, GithubApp};
use crate::google;
use crate::kept::{Keeping, Kept};
use crate::surroundings::{ProcessSurroundings, Surroundings};
use http_client::{Pool, Proxy, Secret, Tls};
use reqwest::Url;
use std::sync::Arc;

/// Whether a credential was kept from before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Looked {
    /// It was.
    Hit,
    /// It was asked for.
    Miss,
}

/// Credentials of clouds. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Identities {
    shared: Arc<Shared>,
    counting: Option<Counting>,
    /// What to use instead of what this process is, where that is not to be used.
    instead: Option<&'static str>,
}

#[derive(Debug)]
struct Shared {
    asking: Asking,
    kept: Kept<Key>,
}

/// What is told each time that a credential is looked for: whether it was kept, and how many are.
#[derive(Clone)]
struct Counting(Arc<dyn Fn(Looked, usize) + Send + Sync>);

impl std::fmt::Debug for Counting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Counting")
    }
}

/// What all questions need.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) pool: Pool,
    pub(crate) surroundings: Arc<dyn Surroundings>,
}

/// Everything that a credential follows from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    who: Who,
    purpose: Vec<String>,
    way: Way,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// This process, by what is around it.
    Process(Provider),
    /// Whoever has this key of a Google service account.
    GoogleKey(Secret),
    /// An application in Entra ID.
    AzureClient(AzureClient),
    /// A GitHub App.
    GithubApp(GithubApp),
}

impl Identities {
    /// The identities that this process has, or is given. Requests name `user_agent`.
    pub fn new(user_agent: impl Into<String>, keeping: Keeping) -> Self {
        Self::of(user_agent, keeping, Arc::new(ProcessSurroundings))
    }

    /// The same in other surroundings.
    pub fn of(user_agent: impl Into<String>, keeping: Keeping, surroundings: Arc<dyn Surroundings>) -> Self {
        let asking = Asking { pool: Pool::new(user_agent.into()), surroundings };
        Self { shared: Arc::new(Shared { asking, kept: Kept::new(keeping) }), counting: None, instead: None }
    }

    /// The same, with the same credentials, which tells `counting` of each look for one that was given, and how many are kept after it.
    #[must_use]
    pub fn counted(&self, counting: impl Fn(Looked, usize) + Send + Sync + 'static) -> Self {
        Self { counting: Some(Counting(Arc::new(counting))), ..self.clone() }
    }

    /// The same without what this process is itself: what that would open is refused, saying `instead`.
    #[must_use]
    pub fn without_process(self, instead: &'static str) -> Self {
        Self { instead: Some(instead), ..self }
    }

    /// Keys of Amazon for this process: those in the environment, or those of the role that it may take on.
    ///
    /// # Errors
    /// When there is no such identity, or the token service does not give keys.
    pub async fn aws(&self, wish: &AwsWish, proxy: Option<&Proxy>) -> Result<Credential, Error> {
        let way = Way::through(proxy);
        let region = wish.region.clone().unwrap_or_default();
        let purpose = vec![region, wish.endpoint.clone().unwrap_or_default()];
        let key = Key { who: Who::Process(Provider::Aws), purpose, way: way.clone() };
        self.get(key, aws::credential(self.asking(), wish, &way)).await
    }

    /// A token of Google for this process: of the file that GOOGLE_APPLICATION_CREDENTIALS names.
    ///
    /// # Errors
    /// When there is no such file, or the token service does not give a token.
    pub async fn google(&self, scopes: &[&str], proxy: Option<&Proxy>) -> Result<Credential, Error> {
        let way = Way::through(proxy);
        let purpose = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let key = Key { who: Who::Process(Provider::Gcp), purpose, way: way.clone() };
        self.get(key, google::credential(self.asking(), scopes, &way)).await
    }

    /// A token of Google for whoever has a service account's key, in JSON. Other kinds of files, which lead to commands and files of
    /// this machine, are refused.
    ///
    /// # Errors
    /// When the key cannot be used, or its token service does not give a token.
    pub async fn google_key(&self, key: &Secret, scopes: &[&str], proxy: Option<&Proxy>) -> Result<Credential, Error> {
        let way = Way::through(proxy);
        let purpose = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let kept = Key { who: Who::GoogleKey(key.clone()), purpose, way: way.clone() };
        self.get(kept, google::credential_of_key(self.asking(), key, scopes, &way)).await
    }

    /// A token of Azure for this process: by a secret or federated token that the environment names.
    ///
    /// # Errors
    /// When there is no such identity, or Entra ID does not give a token.
    pub async fn azure(&self, scope: &str, proxy: Option<&Proxy>) -> Result<Credential, Error> {
        let way = Way::through(proxy);
        let key = Key { who: Who::Process(Provider::Azure), purpose: vec![scope.to_owned()], way: way.clone() };
        self.get(key, azure::credential(self.asking(), scope, &way)).await
    }

    /// A token of Azure for an application.
    ///
    /// # Errors
    /// When its secret or certificate cannot be used, or Entra ID does not give a token.
    pub async fn azure_client(&self, client: &AzureClient, scope: &str, proxy: Option<&Proxy>) -> Result<Credential, Error> {
        let way = Way::through(proxy);
        let key = Key { who: Who::AzureClient(client.clone()), purpose: vec![scope.to_owned()], way: way.clone() };
        self.get(key, azure::credential_of_client(self.asking(), client, scope, &way)).await
    }

    /// User and password for a registry of the provider, by its host. Only hosts that are the provider's get any.
    ///
    /// # Errors
    /// When the host is none of the provider's, there is no identity, or the provider does not give a password.
    pub async fn registry_login(
        &self,
        provider: Provider,
        registry: &str,
        proxy: Option<&Proxy>,
    ) -> Result<(String, Secret), Error> {
        let way = Way::through(proxy);
        let key =
            Key { who: Who::Process(provider), purpose: vec!["registry".to_owned(), registry.to_owned()], way: way.clone() };
        let ask = async {
            match provider {
                Provider::Aws => {
                    let place = aws::registry_of(registry)?;
                    let wish = AwsWish { region: Some(place.region.clone()), endpoint: None };
                    let keys = self.aws(&wish, proxy).await?;
                    aws::registry_login(self.asking(), &place, &keys, &way).await
                }
                Provider::Azure => {
                    azure::check_registry(registry)?;
                    let token = self.azure(azure::REGISTRY_SCOPE, proxy).await?;
                    azure::registry_login(self.asking(), registry, &token, &way).await
                }
                Provider::Gcp => {
                    google::check_registry(registry)?;
                    let token = self.google(CLOUD, proxy).await?;
                    Ok(Credential { name: google::REGISTRY_USER.to_owned(), ..token })
                }
            }
        };
        let login = self.get(key, ask).await?;
        Ok((login.name, login.secret))
    }

    /// Who we are to a Git server of the provider: Azure DevOps, or CodeCommit.
    ///
    /// # Errors
    /// When the address is none of the provider's, there is no identity, or the provider does not give a token.
    pub async fn git_login(&self, provider: Provider, address: &str, proxy: Option<&Proxy>) -> Result<GitLogin, Error> {
        match provider {
            Provider::Azure => {
                azure::check_git(address)?;
                Ok(GitLogin::Bearer(self.azure(azure::DEVOPS_SCOPE, proxy).await?.secret))
            }
            Provider::Aws => {
                let url = Url::parse(address).map_err(|error| Error::Invalid(format!("the address is no URL: {error}")))?;
                let region = aws::git_region(&url)?;
                let keys = self.aws(&AwsWish { region: Some(region.clone()), endpoint: None }, proxy).await?;
                let (username, password) = aws::git_login(&url, &region, &keys, self.asking().surroundings.now());
                Ok(GitLogin::Basic(username, password))
            }
            Provider::Gcp => Err(Error::unsupported("Git of the provider gcp", "use a Secret with username and password")),
        }
    }

    /// User and password for Git and the interface of GitHub, of an installation of a GitHub App.
    ///
    /// # Errors
    /// When the key cannot be used, or GitHub does not give a token.
    pub async fn github(&self, app: &GithubApp, tls: &Tls, proxy: Option<&Proxy>) -> Result<(String, Secret), Error> {
        let way = Way { tls: tls.clone(), proxy: proxy.cloned() };
        let key = Key { who: Who::GithubApp(app.clone()), purpose: Vec::new(), way: way.clone() };
        let login = self.get(key, github::credential(self.asking(), app, &way)).await?;
        Ok((login.name, login.secret))
    }

    fn asking(&self) -> &Asking {
        &self.shared.asking
    }

    async fn get(&self, key: Key, ask: impl Future<Output = Result<Credential, Error>>) -> Result<Credential, Error> {
        if let (Who::Process(_), Some(instead)) = (&key.who, self.instead) {
            return Err(Error::unsupported("the identity of a ServiceAccount that is the default", instead));
        }
        let now = self.asking().surroundings.now();
        let (credential, looked) = self.shared.kept.get(key, now, ask).await?;
        if let Some(counting) = &self.counting {
            (counting.0)(looked, self.shared.kept.count());
        }
        Ok(credential)
    }
}

/// What registries want.
const CLOUD: &[&str] = google::CLOUD_SCOPES;
