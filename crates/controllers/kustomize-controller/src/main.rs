//! kustomize-controller: builds what Kustomizations name and makes the cluster match it.

mod context;
mod kustomization;
mod options;
mod remote;
mod source;
mod start;
mod watches;

use std::process::ExitCode;

fn main() -> ExitCode {
    match options::parse(std::env::args_os().skip(1)) {
        Ok((common, options)) => runtime::process::run(start::PROGRAM, common, |process| start::controllers(process, options)),
        Err((error, usage)) => error.report(&usage),
    }
}
