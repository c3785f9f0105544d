//! image-automation-controller: writes the images that policies want into Git repositories.

mod automation;
mod selector;
mod settings;
mod signing;
mod source;
mod start;
mod watches;

use std::process::ExitCode;

fn main() -> ExitCode {
    settings::Settings::read(std::env::args_os().skip(1)).map_or_else(
        |code| code,
        |(flags, settings)| runtime::process::run(start::PROGRAM, flags, |process| start::start(process, settings)),
    )
}
