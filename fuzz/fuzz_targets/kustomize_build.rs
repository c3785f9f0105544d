//! No overlay makes a build panic or hang, whatever is written in it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = random_cases::overlay::case(bytes).ours();
    let _ = random_cases::overlay::torn(bytes).ours();
});
