//! What is wrong with a schema, or with a value.

use crate::failure::Failure;
use crate::json;
pub use crate::json::ReadError;
use crate::text::go_quote;

/// A bound that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// The text of the schema is longer than this many bytes.
    #[error("the schema has more than {0} bytes")]
    Size(usize),
    /// The value is nested deeper than this many levels.
    #[error("the value is nested deeper than {} levels", json::MAX_DEPTH)]
    Nesting,
    /// Schemas lead from one to the next more often than this.
    #[error("schemas refer to each other more than {0} levels deep")]
    Depth(usize),
    /// Checking takes more steps than this.
    #[error("validation takes more than {0} steps")]
    Steps(usize),
}

/// Why a schema cannot be used. The messages are those of the Go library, without a prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The text is not JSON.
    #[error(transparent)]
    Json(#[from] ReadError),
    /// A document that the schema refers to cannot be had.
    #[error("failing loading {}: {reason}", go_quote(.url))]
    Load {
        /// Its address.
        url: String,
        /// Why not.
        reason: String,
    },
    /// An address cannot be read.
    #[error("error in parsing {}: {reason}", go_quote(.text))]
    Url {
        /// What was read.
        text: String,
        /// Why not.
        reason: String,
    },
    /// A `$schema` is no address.
    #[error("invalid $schema in {}: {reason}", go_quote(.place))]
    MetaschemaUrl {
        /// Where it is.
        place: String,
        /// Why not.
        reason: String,
    },
    /// A document is its own metaschema and no known draft.
    #[error("draft {} is not supported", go_quote(.0))]
    UnsupportedDraft(String),
    /// Metaschemas lead to each other in a circle; one of their addresses.
    #[error("cycle in resolving $schema in {}", go_quote(.0))]
    MetaschemaCycle(String),
    /// A metaschema requires a vocabulary that is not known: the vocabulary and the metaschema.
    #[error("unsupported vocabulary {} in {}", go_quote(.0), go_quote(.1))]
    UnsupportedVocabulary(String, String),
    /// The id of the schema at a place cannot be read.
    #[error("error in parsing id at {}", go_quote(.0))]
    Id(String),
    /// The anchor of the schema at a place cannot be read.
    #[error("error in parsing anchor at {}", go_quote(.0))]
    Anchor(String),
    /// Two schemas of a document have the same id.
    #[error("duplicate id {} in {} at {} and {}", go_quote(.id), go_quote(.url), go_quote(.first), go_quote(.second))]
    DuplicateId {
        /// What both are called.
        id: String,
        /// The document.
        url: String,
        /// Pointer to the one that was found last.
        first: String,
        /// Pointer to the one that was found first.
        second: String,
    },
    /// Two schemas of a resource have the same anchor.
    #[error("duplicate anchor {} in {} at {} and {}", go_quote(.anchor), go_quote(.url), go_quote(.first), go_quote(.second))]
    DuplicateAnchor {
        /// What both are called.
        anchor: String,
        /// The document.
        url: String,
        /// Pointer to the one that was found first.
        first: String,
        /// Pointer to the one that was found last.
        second: String,
    },
    /// A reference names an anchor that does not exist: the reference and the document.
    #[error("anchor in {} not found in schema {}", go_quote(.0), go_quote(.1))]
    AnchorNotFound(String, String),
    /// A reference holds a pointer with a stray `~`.
    #[error("invalid json-pointer {}", go_quote(.0))]
    InvalidPointer(String),
    /// A reference leads nowhere.
    #[error("json-pointer in {} not found", go_quote(.0))]
    PointerNotFound(String),
    /// A regular expression cannot be compiled.
    #[error("invalid regex {} at {}: {reason}", go_quote(.pattern), go_quote(.place))]
    Regex {
        /// The expression.
        pattern: String,
        /// Where it is.
        place: String,
        /// Why not.
        reason: String,
    },
    /// What is at a place is not a schema.
    #[error("{} is not valid against metaschema: {invalid}", go_quote(.place))]
    NotASchema {
        /// Where it is.
        place: String,
        /// The rules that it breaks.
        invalid: Box<Invalid>,
    },
    /// The schema is larger than Weir reads.
    #[error(transparent)]
    Limit(#[from] Limit),
}

/// Why a value is not what the schema asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The value breaks rules.
    #[error("{0}")]
    Broken(Report),
    /// Whether the value keeps the rules was not found out.
    #[error(transparent)]
    Limit(#[from] Limit),
}

/// The rules that a value breaks. Prints as the Go library's error does: a heading and a list that is indented by nesting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report(pub(crate) Failure);

impl Report {
    /// The text without the heading, as Helm shows it, with a line break at its end.
    #[must_use]
    pub fn helm_text(&self) -> String {
        let text = self.to_string();
        let body = match text.split_once('\n') {
            Some(("jsonschema validation failed with 'file:///values.schema.json#'", body)) => body,
            _ => &text,
        };
        format!("{body}\n")
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.write(f, 0)
    }
}
