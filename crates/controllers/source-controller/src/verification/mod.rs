//! Signatures of artifacts in registries: which are wanted, and whether there is one.
//!
//! ```text
//!   what the object says, its Secrets ──► wanted ──► Cosign ─┬─ verify ──► verified, passed over, or why not
//!                                                └─► Notation ┘
//! ```

mod cosign;
mod notation;

use crate::secrets::SecretRead;
use api::source::{HelmChartVerification, OciRepositoryVerification, OidcIdentityMatch, SignatureProvider};
use cosign_signature::Signers;
use jiff::Timestamp;
use oci_client::{Registry, Repository};
use std::sync::Arc;

/// The most signatures of one artifact that cosign made and that are looked at.
const MOST_SIGNATURES: usize = 50;

/// What an object demands, with what was read for it.
pub(crate) struct Demand<'a> {
    /// The technology of the signature.
    pub(crate) provider: SignatureProvider,
    /// Who may have signed without a key.
    pub(crate) identities: &'a [OidcIdentityMatch],
    /// The Secret with keys or policies, and its name with the namespace.
    pub(crate) secret: (&'a SecretRead, String),
    /// The Secret with a trusted root, and its name with the namespace.
    pub(crate) root: (&'a SecretRead, String),
    /// The trusted root of the process, for objects that name none.
    pub(crate) default_root: Option<&'a Arc<[u8]>>,
}

/// Which signature an artifact has to have.
#[derive(Debug)]
pub(crate) enum Wanted {
    /// None.
    Nothing,
    /// One that cosign made, by any of these.
    Cosign(Signers),
    /// One that notation made and that a policy accepts.
    Notation(Box<notation::Trust>),
    /// One that cannot be verified here, or whose keys cannot be had; in words.
    Refused(String),
}

/// What is to be signed.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    /// Where it is.
    pub(crate) repository: &'a Repository,
    /// Its digest.
    pub(crate) digest: &'a str,
    /// How messages name it.
    pub(crate) name: String,
    /// When it is asked.
    pub(crate) now: Timestamp,
}

/// What looking for a signature came to, where it was not in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// There is one that counts.
    Verified,
    /// The policy does not want to know.
    PassedOver,
}

impl<'a> Demand<'a> {
    /// What an OCIRepository demands.
    pub(crate) fn of_artifact(
        wanted: &'a OciRepositoryVerification,
        namespace: &str,
        (secret, root): (&'a SecretRead, &'a SecretRead),
        default_root: Option<&'a Arc<[u8]>>,
    ) -> Self {
        let name = |reference: &Option<api::meta::LocalObjectReference>| {
            format!("{namespace}/{}", reference.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default())
        };
        Self {
            provider: wanted.provider,
            identities: &wanted.match_oidc_identity,
            secret: (secret, name(&wanted.secret_ref)),
            root: (root, name(&wanted.trusted_root_secret_ref)),
            default_root,
        }
    }

    /// What a HelmChart demands, which names no root.
    pub(crate) fn of_chart(
        wanted: &'a HelmChartVerification,
        namespace: &str,
        secret: &'a SecretRead,
        default_root: Option<&'a Arc<[u8]>>,
    ) -> Self {
        let name = wanted.secret_ref.as_ref().map(|reference| reference.name.as_str()).unwrap_or_default();
        Self {
            provider: wanted.provider,
            identities: &wanted.match_oidc_identity,
            secret: (secret, format!("{namespace}/{name}")),
            root: (&SecretRead::NotWanted, String::new()),
            default_root,
        }
    }
}

/// Which signature is wanted.
pub(crate) fn wanted(demand: &Demand<'_>) -> Wanted {
    let wanted = match demand.provider {
        SignatureProvider::Cosign => cosign::signers(demand).map(Wanted::Cosign),
        SignatureProvider::Notation => notation::trust(demand).map(|trust| Wanted::Notation(Box::new(trust))),
    };
    wanted.unwrap_or_else(Wanted::Refused)
}

/// The provider as messages name it.
pub(crate) fn title(provider: SignatureProvider, has_secret: bool) -> String {
    let keyless = !has_secret && provider == SignatureProvider::Cosign;
    format!("{}{}", provider.as_str(), if keyless { " keyless" } else { "" })
}

/// Whether an artifact is signed as wanted.
///
/// # Errors
/// When it is not; in words.
pub(crate) async fn verify(registry: &Registry, subject: &Subject<'_>, wanted: &Wanted) -> Result<Verdict, String> {
    match wanted {
        Wanted::Nothing => Ok(Verdict::PassedOver),
        Wanted::Refused(why) => Err(why.clone()),
        Wanted::Cosign(signers) => cosign::verify(registry, subject, signers).await.map(|()| Verdict::Verified),
        Wanted::Notation(trust) => notation::verify(registry, subject, trust).await,
    }
}
