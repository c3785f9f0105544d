//! helm-controller: releases charts as HelmReleases want them, and keeps them so.

mod charts;
mod context;
mod helm_release;
mod options;
mod remote;
mod source;
mod start;
mod watches;

use std::process::ExitCode;

fn main() -> ExitCode {
    match options::parse(std::env::args_os().skip(1)) {
        Ok((common, options)) => {
            runtime::process::run(start::program(options.grace), common, |process| start::controllers(process, options))
        }
        Err((error, usage)) => error.report(&usage),
    }
}
