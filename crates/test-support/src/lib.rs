//! Real servers for tests, each in one line: a Kubernetes control plane, Git over smart HTTP and over SSH, our own binaries.
//!
//! Nothing here imitates a protocol but [`scripted`], for what no real server does: the API server is kube-apiserver, Git answers
//! through `git http-backend` and `sshd`, the registry is the reference one, the forge is Gitea. Everything that is started ends with the value that stands
//! for it, and also when the process of the test is killed. Not for code that ships.

pub mod certificates;
pub mod cluster;
pub mod controller;
pub mod file_server;
pub mod forge;
pub mod git;
pub mod go_program;
pub mod google_store;
pub mod object_store;
pub mod process;
pub mod registry;
pub mod scripted;
pub mod tls_server;
pub mod workspace;

pub use cluster::{Cluster, Namespace};
pub use file_server::FileServer;
pub use forge::Forge;
pub use git::{GitServer, Repository, SshServer};
pub use registry::RegistryServer;
