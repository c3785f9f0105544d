//! source-controller: makes artifacts of Git repositories, registries and Helm repositories, and serves them.

mod bucket;
mod git_repository;
mod helm_chart;
mod helm_repository;
mod identity;
mod oci_repository;
mod secrets;
mod server;
mod settings;
mod source;
mod start;
mod storage;
mod verification;

use std::process::ExitCode;

fn main() -> ExitCode {
    settings::Settings::read(std::env::args_os().skip(1)).map_or_else(
        |code| code,
        |(flags, settings)| runtime::process::run(start::PROGRAM, flags, |process| start::start(process, settings)),
    )
}
