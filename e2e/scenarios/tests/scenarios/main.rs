//! Scenarios that share a cluster, a Git server and both controllers. Each has a namespace of its own.

mod source_credentials;
mod source_failures;
mod source_lifecycle;
mod source_references;
mod source_reporting;
