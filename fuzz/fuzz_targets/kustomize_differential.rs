//! Every overlay is built as kustomize builds it. `ORACLE` names the program of `e2e/oracle`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use random_cases::{Comparison, Oracle, compare, overlay};
use std::cell::RefCell;

thread_local! {
    static ORACLE: RefCell<Oracle> = RefCell::new({
        let program = std::env::var_os("ORACLE").expect("ORACLE names the program that is compared with");
        Oracle::start(program.as_ref()).expect("the oracle starts")
    });
}

fuzz_target!(|bytes: &[u8]| {
    let case = overlay::case(bytes);
    let comparison = ORACLE.with_borrow_mut(|oracle| compare(&case, oracle)).expect("the oracle answers");
    if let Comparison::Different { ours, theirs } = comparison {
        panic!("{case:#?}\nours: {ours:#?}\ntheirs: {theirs:#?}");
    }
});
