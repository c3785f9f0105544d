//! The API of Weir: the custom resources it shares with Flux, their conditions, reasons, annotations and labels.
//!
//! Types decode everything that Flux's CRDs admit and print what Flux would print. [`crds`] yields the definitions to install.
//! What this is not: access to a cluster, or any decision about an object.

mod crd;
mod decode;
pub mod helm;
pub mod image;
pub mod kustomize;
pub mod meta;
pub mod source;

pub use crd::{Crd, crds};
