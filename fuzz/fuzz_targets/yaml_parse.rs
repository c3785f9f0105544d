//! No text makes the YAML reader panic or hang.
#![no_main]

use libfuzzer_sys::fuzz_target;
use manifest::yaml::{Dialect, Limits, parse_documents, parse_value};

fuzz_target!(|bytes: &[u8]| {
    for dialect in [Dialect::V2, Dialect::V3] {
        let _ = parse_documents(bytes, dialect, &Limits::default());
        let _ = parse_value(bytes, dialect);
    }
});
