//! Scenarios that share a cluster, a Git server and the controllers. Each has a namespace of its own.

mod helm_access;
mod helm_content;
mod helm_drift;
mod helm_failures;
mod helm_lifecycle;
mod image_automation;
mod image_commits;
mod image_hostile;
mod image_reflector;
mod image_rollout;
mod kustomize_content;
mod kustomize_deletion;
mod kustomize_dependencies;
mod kustomize_failures;
mod kustomize_lifecycle;
mod kustomize_rollout;
mod source_bucket;
mod source_credentials;
mod source_failures;
mod source_helm_chart;
mod source_helm_repository;
mod source_lifecycle;
mod source_references;
mod source_registry;
mod source_reporting;
