//! Lists and reads the objects of buckets in object stores that speak S3.
//!
//! Requests are signed by `aws-signature`, and sent again to another region where the store says so. What this is not: a writer, or a
//! chooser of objects.

mod answer;
mod bucket;
mod error;
mod region;
mod sts;

pub use aws_signature::Credentials;
pub use bucket::{Bucket, BucketClient, Limits, Object, Options};
pub use error::{Cause, Error};
pub use http_client::{OptionError, Proxy, Secret, SecretData, Tls};
pub use reqwest::Url;
pub use sts::DirectoryUser;
