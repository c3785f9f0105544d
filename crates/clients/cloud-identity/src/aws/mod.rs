//! Amazon: keys in the environment, roles taken on with a token in a file, and what these keys open.

mod git;
mod keys;
mod registry;

pub(crate) use git::{git_login, git_region};
pub(crate) use keys::{credential, read_text};
pub(crate) use registry::{registry_login, registry_of};

/// What keys of this process are wanted for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AwsWish {
    /// The region whose token service is asked; that of AWS_REGION where absent.
    pub region: Option<String>,
    /// The token service, where it is another than the region's. It has to be one of Amazon's.
    pub endpoint: Option<String>,
}

/// The end of the names of a region's services.
pub(crate) fn domain_of(region: &str) -> &'static str {
    if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
}

/// Whether a text can be the name of a region; only such a one may become part of a host's name.
pub(crate) fn is_region(region: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !region.is_empty() && region.len() <= 40 && region.bytes().all(known)
}
