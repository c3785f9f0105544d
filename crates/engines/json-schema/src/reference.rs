//! References from one schema to another.

use crate::error::SchemaError;
use crate::url::{self, Url};

/// An address and what follows its `#`, escapes resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) url: String,
    pub(crate) fragment: String,
}

/// What a fragment is.
pub(crate) enum Target<'a> {
    Pointer(&'a str),
    Anchor(&'a str),
}

impl Reference {
    /// What `reference` means in a schema whose address is `base`.
    pub(crate) fn join(base: &str, reference: &str) -> Result<Reference, SchemaError> {
        let parse = |text: &str| Url::parse(text).map_err(|reason| SchemaError::Url { text: text.to_owned(), reason });
        let base = parse(base)?;
        let (address, fragment) = split_fragment(reference)?;
        let url = base.join(&parse(address)?).to_string();
        Ok(Reference { url, fragment })
    }

    pub(crate) fn target(&self) -> Target<'_> {
        if self.fragment.is_empty() || self.fragment.starts_with('/') {
            Target::Pointer(&self.fragment)
        } else {
            Target::Anchor(&self.fragment)
        }
    }
}

/// The parts before and behind `#`, the latter with its escapes resolved.
pub(crate) fn split_fragment(text: &str) -> Result<(&str, String), SchemaError> {
    let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
    let fragment = url::unescape_path_segment(fragment).map_err(|reason| SchemaError::Url { text: text.to_owned(), reason })?;
    Ok((address, fragment))
}
