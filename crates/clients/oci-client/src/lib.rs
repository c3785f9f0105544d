//! Reads from OCI registries, and writes to them: tags, manifests and blobs, with the credentials of one object.
//!
//! ```text
//! OciClient ─ repository(…) ─► Registry ─┬─ challenge   who we are: Basic, Bearer, refresh tokens
//!   connections, limits        one       ├─ list_tags   pages, bounded
//!                              repository├─ manifest    checked against its digest
//!                                        ├─ blob        checked against its digest
//!                                        └─ push        blobs that are not there, then the manifest
//! ```
//!
//! Nothing that one [`Registry`] learned, tokens above all, is seen by another: objects of different tenants share connections
//! only. What this is not: a chooser of versions, an unpacker of layers, a verifier of signatures.

mod challenge;
mod credentials;
mod error;
mod manifest;
mod push;
mod reference;
mod registry;
mod request;

pub use credentials::{Credentials, DockerConfig, DockerConfigError};
pub use error::{Cause, Class, Error};
pub use http_client::{OptionError, Proxy, Secret, SecretData, Tls};
pub use manifest::{Descriptor, Manifest, Platform};
pub use push::Content;
pub use reference::{Reference, ReferenceError, Repository};
pub use registry::{Limits, OciClient, Options, Registry, Resolved};
