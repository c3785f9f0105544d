//! Real servers for tests, each in one line: Git over smart HTTP and over SSH.
//!
//! Nothing here imitates a protocol: Git answers through `git http-backend` and `sshd`. Not for code that ships.

pub mod git;

pub use git::{GitServer, Repository, SshServer};
