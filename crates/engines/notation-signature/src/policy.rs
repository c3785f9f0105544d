//! `trustpolicy.json`: which signatures count for which repositories.

use crate::name::{Name, NameError};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The version of policies that is known.
const VERSION: &str = "1.0";
/// What stands for every repository, or for everybody.
const ANY: &str = "*";
/// The kind of trusted identities that is known.
const SUBJECT: &str = "x509.subject";
/// The most bytes of policies.
const MOST_BYTES: usize = 1 << 20;

/// What is checked of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Check {
    /// The envelope is whole, and signed by the key of its certificate.
    Integrity,
    /// Somebody trusted made it.
    Authenticity,
    /// It was made while its certificates were valid.
    AuthenticTimestamp,
    /// It is not past the time that its maker gave it.
    Expiry,
    /// Its certificates are not revoked.
    Revocation,
}

/// What a check that fails means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// The signature does not count.
    Enforce,
    /// It is noted.
    Log,
    /// Nothing is checked.
    Skip,
}

/// When timestamps are looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum VerifyTimestamp {
    /// Always.
    #[default]
    #[serde(rename = "always", alias = "")]
    Always,
    /// Where the certificates are not valid any more.
    #[serde(rename = "afterCertExpiry")]
    AfterCertificateExpiry,
}

/// All policies of a file.
#[derive(Debug)]
pub struct Policies(Vec<Statement>);

/// The policy for some repositories.
#[derive(Debug)]
pub struct Statement {
    name: String,
    scopes: Vec<String>,
    /// `None` where no signature is looked at.
    pub(crate) actions: Option<BTreeMap<Check, Action>>,
    pub(crate) timestamps: VerifyTimestamp,
    /// The kinds of stores that are trusted.
    pub(crate) stores: BTreeSet<StoreKind>,
    /// Whose certificates are trusted; `None` for everybody's.
    pub(crate) identities: Option<Vec<Name>>,
}

/// What the certificates of a store are trusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StoreKind {
    /// To vouch for who signs.
    Authority,
    /// To sign for others, with a time that is believed.
    SigningAuthority,
    /// To say what time it was.
    Timestamps,
}

/// Why a file is no such policy, or has none.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not JSON of one.
    #[error("the trust policy cannot be read")]
    Json(#[source] serde_json::Error),
    /// It is too large.
    #[error("the trust policy has more than {MOST_BYTES} bytes")]
    Large,
    /// Of a version that is not known.
    #[error("trust policy document uses unsupported version {0:?}")]
    Version(String),
    /// It says nothing.
    #[error("trust policy document can not have zero trust policy statements")]
    Empty,
    /// A statement is not as it must be.
    #[error("trust policy statement {name:?} {reason}")]
    Statement {
        /// Which.
        name: String,
        /// Why.
        reason: String,
    },
    /// An identity is no name.
    #[error("trust policy statement {name:?} has trusted identity {identity:?} with invalid identity value")]
    Identity {
        /// Of which statement.
        name: String,
        /// The identity.
        identity: String,
        /// Why.
        #[source]
        source: NameError,
    },
    /// Two statements are about the same.
    #[error("{0} is present in multiple trust policy statements")]
    Repeated(String),
    /// None is about a repository.
    #[error("artifact {0:?} has no applicable trust policy statement")]
    NotApplicable(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    version: String,
    #[serde(default)]
    trust_policies: Vec<StatementText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct StatementText {
    name: String,
    registry_scopes: Vec<String>,
    signature_verification: Verification,
    trust_stores: Vec<String>,
    trusted_identities: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Verification {
    level: String,
    #[serde(rename = "override")]
    overrides: BTreeMap<Check, Action>,
    verify_timestamp: VerifyTimestamp,
}

impl Policies {
    /// Reads `trustpolicy.json`.
    ///
    /// # Errors
    /// When it is none, or any of its statements is not as it must be.
    pub fn parse(json: &[u8]) -> Result<Self, PolicyError> {
        if json.len() > MOST_BYTES {
            return Err(PolicyError::Large);
        }
        let document: Document = serde_json::from_slice(json).map_err(PolicyError::Json)?;
        if document.version != VERSION {
            return Err(PolicyError::Version(document.version));
        }
        if document.trust_policies.is_empty() {
            return Err(PolicyError::Empty);
        }
        let statements: Vec<Statement> =
            document.trust_policies.into_iter().map(StatementText::read).collect::<Result<_, _>>()?;
        let (mut names, mut scopes) = (BTreeSet::new(), BTreeSet::new());
        for statement in &statements {
            if !names.insert(&statement.name) {
                return Err(PolicyError::Repeated(format!("the name {:?}", statement.name)));
            }
            if let Some(scope) = statement.scopes.iter().find(|scope| !scopes.insert(*scope)) {
                return Err(PolicyError::Repeated(format!("registry scope {scope:?}")));
            }
        }
        Ok(Self(statements))
    }

    /// The policy for a repository, `host[:port]/path`: the one that names it, else the one for all.
    ///
    /// # Errors
    /// When there is neither.
    pub fn of(&self, repository: &str) -> Result<&Statement, PolicyError> {
        let about = |scope: &str| self.0.iter().find(|statement| statement.scopes.iter().any(|named| named == scope));
        about(repository).or_else(|| about(ANY)).ok_or_else(|| PolicyError::NotApplicable(repository.to_owned()))
    }
}

impl Statement {
    /// Whether no signature is looked at.
    pub fn skips(&self) -> bool {
        self.actions.is_none()
    }

    /// What it means that a check fails.
    pub(crate) fn action(&self, check: Check) -> Action {
        self.actions.as_ref().and_then(|actions| actions.get(&check)).copied().unwrap_or(Action::Enforce)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl StatementText {
    fn read(self) -> Result<Statement, PolicyError> {
        let failed = |reason: &str| PolicyError::Statement { name: self.name.clone(), reason: reason.to_owned() };
        if self.name.is_empty() {
            return Err(failed("is missing a name"));
        }
        let actions = self.signature_verification.actions().map_err(|reason| failed(&reason))?;
        if self.registry_scopes.is_empty() {
            return Err(failed("has zero registry scopes, it must specify registry scopes with at least one value"));
        }
        if self.registry_scopes.len() > 1 && self.registry_scopes.iter().any(|scope| scope == ANY) {
            return Err(failed("uses the wildcard registry scope '*' together with others"));
        }
        if let Some(scope) = self.registry_scopes.iter().find(|scope| *scope != ANY && !is_repository(scope)) {
            return Err(failed(&format!("has the registry scope {scope:?}, which is no repository")));
        }
        // As source-controller: what is never looked at may be there.
        let (stores, identities) = match actions {
            None => (BTreeSet::new(), None),
            Some(_) if self.trust_stores.is_empty() || self.trusted_identities.is_empty() => {
                return Err(failed("is either missing trust stores or trusted identities, both must be specified"));
            }
            Some(_) => (self.stores()?, self.identities()?),
        };
        Ok(Statement {
            name: self.name,
            scopes: self.registry_scopes,
            actions,
            timestamps: self.signature_verification.verify_timestamp,
            stores,
            identities,
        })
    }

    fn stores(&self) -> Result<BTreeSet<StoreKind>, PolicyError> {
        let read = |store: &String| {
            let failed = |reason| PolicyError::Statement { name: self.name.clone(), reason: format!("{reason} {store:?}") };
            let (kind, name) = store.split_once(':').ok_or_else(|| failed("has malformed trust store value"))?;
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')) {
                return Err(failed("uses an unsupported name in the trust store value"));
            }
            match kind {
                "ca" => Ok(StoreKind::Authority),
                "signingAuthority" => Ok(StoreKind::SigningAuthority),
                "tsa" => Ok(StoreKind::Timestamps),
                _ => Err(failed("uses an unsupported type in the trust store value")),
            }
        };
        self.trust_stores.iter().map(read).collect()
    }

    fn identities(&self) -> Result<Option<Vec<Name>>, PolicyError> {
        let failed = |reason: String| PolicyError::Statement { name: self.name.clone(), reason };
        if self.trusted_identities.iter().any(|identity| identity == ANY) {
            let is_alone = self.trusted_identities.len() == 1;
            let reason = || failed("uses the wildcard trusted identity '*' together with others".to_owned());
            return if is_alone { Ok(None) } else { Err(reason()) };
        }
        let mut names: Vec<Name> = Vec::new();
        for identity in &self.trusted_identities {
            let parts = identity.split_once(':');
            let (kind, value) = parts.ok_or_else(|| failed(format!("has trusted identity {identity:?} missing separator")))?;
            // Those of other kinds are for plugins.
            if kind != SUBJECT {
                continue;
            }
            let name = Name::parse(value).map_err(|source| PolicyError::Identity {
                name: self.name.clone(),
                identity: identity.clone(),
                source,
            })?;
            if names.iter().any(|other| other.is_part_of(&name) || name.is_part_of(other)) {
                return Err(failed(format!("has overlapping x509 trustedIdentities, one of them {identity:?}")));
            }
            names.push(name);
        }
        Ok(Some(names))
    }
}

impl Verification {
    /// What failing checks mean at this level; `None` where nothing is looked at.
    fn actions(&self) -> Result<Option<BTreeMap<Check, Action>>, String> {
        use Action::{Enforce, Log};
        let [authenticity, others] = match self.level.as_str() {
            "strict" => [Enforce, Enforce],
            "permissive" => [Enforce, Log],
            "audit" => [Log, Log],
            "skip" if self.overrides.is_empty() => return Ok(None),
            "skip" => return Err("has the level \"skip\", which cannot be customized".to_owned()),
            level => return Err(format!("has the invalid signature verification level {level:?}")),
        };
        let mut actions = BTreeMap::from([
            (Check::Integrity, Enforce),
            (Check::Authenticity, authenticity),
            (Check::AuthenticTimestamp, others),
            (Check::Expiry, others),
            (Check::Revocation, others),
        ]);
        for (check, action) in &self.overrides {
            match (check, action) {
                (Check::Integrity, _) => return Err("overrides the check of integrity".to_owned()),
                (Check::Revocation, _) | (_, Enforce | Log) => actions.insert(*check, *action),
                (_, Action::Skip) => return Err(format!("skips the check of {check:?}; only that of revocation can be")),
            };
        }
        Ok(Some(actions))
    }
}

/// Whether a text is `host[:port]/path` as repositories have it.
fn is_repository(text: &str) -> bool {
    let Some((domain, path)) = text.split_once('/') else { return false };
    let (host, port) = domain.split_once(':').map_or((domain, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    host.split('.').all(is_label) && port.is_none_or(is_port) && path.split('/').all(is_component)
}

/// Whether a text is small letters and digits, between them single dots, one or two underscores, or dashes.
fn is_component(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut separators = text.split(|character: char| character.is_ascii_lowercase() || character.is_ascii_digit());
    let is_separator = |run: &str| matches!(run, "" | "." | "_" | "__") || run.bytes().all(|byte| byte == b'-');
    let ends = |byte: Option<&u8>| byte.is_some_and(|byte| is_plain(*byte));
    ends(text.as_bytes().first()) && ends(text.as_bytes().last()) && separators.all(is_separator)
}
