//! image-reflector-controller: lists the tags of image repositories and says which of them is wanted.

mod policy;
mod registry;
mod repository;
mod settings;
mod start;
mod tag_store;
mod watches;

use std::process::ExitCode;

fn main() -> ExitCode {
    settings::Settings::read(std::env::args_os().skip(1)).map_or_else(
        |code| code,
        |(flags, settings)| runtime::process::run(start::PROGRAM, flags, |process| start::start(process, settings)),
    )
}
