//! X.509 certificates as bytes: what they say, whether a path leads from one to a root, and what time an authority vouches for.
//!
//! ```text
//!   PEM, DER ──► Certificate ──► verify_path ──► the key of the issuer
//!                     │
//!   token of RFC 3161 ┴───────► verify_timestamp ──► when the message was seen
//! ```
//!
//! Time is an argument. Revocation, which needs the network, is not looked at; neither is whom a certificate is trusted for.

mod certificate;
mod path;
mod pem;
mod scheme;
mod timestamp;

pub use certificate::{Certificate, CertificateError, MOST_CERTIFICATES};
pub use const_oid::ObjectIdentifier;
pub use path::{PathError, Usage, verify_path};
pub use pem::blocks as pem_blocks;
pub use scheme::{KeyKind, Scheme, key_kind};
pub use timestamp::{Authority, Stamp, TimestampError, token_of_response, verify_timestamp};
