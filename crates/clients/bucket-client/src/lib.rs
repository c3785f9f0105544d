//! Lists and reads the objects of buckets: in stores that speak S3, in Google's, and in Azure's.
//!
//! ```text
//!   BucketClient ──► Bucket: limits, time, tries ──► Dialect ──┬── s3      signed requests, sent again to another region
//!                                                              ├── google  JSON, a token
//!                                                              └── azure   signed requests, a token, or a signature in the address
//! ```
//!
//! A dialect turns questions into requests and reads answers; it sends nothing. What this is not: a writer, a chooser of objects, or a
//! source of tokens.

mod address;
mod azure;
mod bucket;
mod dialect;
mod error;
mod google;
mod s3;
mod xml;

pub use aws_signature::Credentials;
pub use azure::{Azure, AzureProof, SasError, account_of, sas_pairs};
pub use bucket::{Bucket, BucketClient, Limits, Object, Options, Store};
pub use error::{Cause, Error};
pub use google::Google;
pub use http_client::{OptionError, Proxy, Secret, SecretData, Tls};
pub use reqwest::Url;
pub use s3::{DirectoryUser, S3};
