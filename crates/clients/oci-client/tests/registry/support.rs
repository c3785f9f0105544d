//! What the tests share: options and texts of errors.

use oci_client::{Credentials, Limits, OciClient, Options, Registry, Repository, Secret, Tls};
use std::time::Duration;

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

pub(crate) fn options(credentials: Credentials) -> Options {
    Options { credentials, tls: Tls::default(), proxy: None, insecure: true, timeout: Duration::from_secs(30) }
}

pub(crate) fn user(name: &str, password: &str) -> Credentials {
    Credentials::Basic { username: name.to_owned(), password: Secret::new(password) }
}

/// A repository at `host:port/path`.
pub(crate) fn open(name: &str, options: &Options, limits: Limits) -> Result<Registry, Box<dyn std::error::Error>> {
    Ok(OciClient::new("test/1", limits).repository(&Repository::parse(name)?, options)?)
}

/// The message of an error with those of its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
