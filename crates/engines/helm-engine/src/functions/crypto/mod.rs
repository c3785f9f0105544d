//! Digests, passwords, keys and certificates.

mod asn1;
mod base64;
mod certificate;
mod certificate_functions;
mod cipher;
mod elliptic;
mod key;
mod password;
mod pem;
mod randomness;

use go_template::{Functions, Signature, Type, Value};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::arguments::Arguments;

pub(super) use base64::encode as base64;
pub(crate) use certificate_functions::pair;

/// Gives the digest of a text as text.
type Summary = fn(&[u8]) -> String;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    let digests: [(&str, Summary); 4] = [
        ("sha1sum", |text| hexadecimal(&Sha1::digest(text))),
        ("sha256sum", |text| hexadecimal(&Sha256::digest(text))),
        ("sha512sum", |text| hexadecimal(&Sha512::digest(text))),
        ("adler32sum", |text| adler32(text).to_string()),
    ];
    for (name, digest) in digests {
        functions.insert_native(name, Signature::fixed(&[Type::String]), move |arguments, _| {
            Ok(Value::from(digest(&Arguments::new(arguments).text())))
        });
    }
    password::register(functions);
    cipher::register(functions);
    certificate_functions::register(functions);
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn adler32(text: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1, 0);
    for &byte in text {
        low = (low + u32::from(byte)) % MODULUS;
        high = (high + low) % MODULUS;
    }
    high << 16 | low
}
