//! `bcrypt`, `htpasswd` and `derivePassword`.

use blowfish::Blowfish;
use go_template::{Call, FunctionError, Functions, Signature, Text, Type, Value};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::functions::arguments::{Arguments, Outcome, give};
use crate::functions::random;

/// What bcrypt's rounds are the power of two of, Go's default.
const COST: u32 = 10;

/// The longest password that bcrypt takes, in bytes.
const PASSWORD_LIMIT: usize = 72;

/// Steps of the budget for one slow hash: each takes some 50 ms.
const STEPS: u64 = 500_000;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("bcrypt", Signature::fixed(&[Type::String]), |arguments, call| {
        let hash = bcrypt(&Arguments::new(arguments).text(), call)?;
        give(call, hash)
    });
    functions.insert_native("htpasswd", Signature::fixed(&[Type::String, Type::String]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (user, password) = (arguments.text(), arguments.text());
        if user.contains(&b':') {
            return give(call, [b"invalid username: ", user.as_bytes()].concat());
        }
        let hash = bcrypt(&password, call)?;
        give(call, [user.as_bytes(), b":", hash.as_bytes()].concat())
    });
    let parameters = &[Type::Uint32, Type::String, Type::String, Type::String, Type::String];
    functions.insert_native("derivePassword", Signature::fixed(parameters), derive_password);
}

/// A new hash of a password, or the text that sprig gives instead.
fn bcrypt(password: &Text, call: &mut Call<'_>) -> Result<String, FunctionError> {
    if password.len() > PASSWORD_LIMIT {
        let limit = format!("bcrypt: password length exceeds {PASSWORD_LIMIT} bytes");
        return Ok(format!("failed to encrypt string with bcrypt: {limit}"));
    }
    call.take_steps(STEPS)?;
    let mut salt = [0; 16];
    random::fill(&mut salt, call)?;
    Ok(bcrypt_hash(password, &salt))
}

fn bcrypt_hash(password: &[u8], salt: &[u8; 16]) -> String {
    let password = [password, &[0]].concat();
    let mut cipher = Blowfish::bc_init_state();
    cipher.salted_expand_key(salt, &password);
    for _ in 0..1u32 << COST {
        cipher.bc_expand_key(&password);
        cipher.bc_expand_key(salt);
    }
    let mut hash = Vec::new();
    for block in b"OrpheanBeholderScryDoubt".chunks_exact(8) {
        let half = |bytes: &[u8]| bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte));
        let mut block = [half(&block[..4]), half(&block[4..])];
        for _ in 0..64 {
            block = cipher.bc_encrypt(block);
        }
        hash.extend(block.iter().flat_map(|half| half.to_be_bytes()));
    }
    // The last byte was forgotten in the first implementation, and so it is since.
    hash.pop();
    format!("$2a${COST}${}{}", bcrypt_digits(salt), bcrypt_digits(&hash))
}

/// base64 with an alphabet of bcrypt's own and without padding.
fn bcrypt_digits(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut digits = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, index| bits << 8 | u32::from(group.get(index).copied().unwrap_or_default()));
        let count = group.len() + 1;
        digits.extend((0..count).map(|index| char::from(DIGITS[(bits >> (18 - 6 * index) & 63) as usize])));
    }
    digits
}

/// The forms of passwords by type, a letter for each character.
const FORMS: [(&str, &[&str]); 6] = [
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

/// What a letter of a form stands for.
fn characters(letter: u8) -> &'static [u8] {
    match letter {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

/// The password for a site by the Master Password algorithm.
fn derive_password(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    const SCOPE: &[u8] = b"com.lyndir.masterpassword";
    let mut arguments = Arguments::new(arguments);
    let counter = arguments.value().as_unsigned().and_then(|counter| u32::try_from(counter).ok()).unwrap_or_default();
    let (form, password, user, site) = (arguments.text(), arguments.text(), arguments.text(), arguments.text());
    let Some((_, forms)) = FORMS.iter().find(|(name, _)| name.as_bytes() == form.as_bytes()) else {
        return give(call, [b"cannot find password template ", form.as_bytes()].concat());
    };
    call.take_steps(STEPS)?;
    let length = |text: &Text| (text.len() as u32).to_be_bytes();
    let salt = [SCOPE, &length(&user), &user].concat();
    let mut key = [0; 64];
    let failed = |reason: &dyn std::fmt::Display| FunctionError::new(format!("failed to derive password: {reason}"));
    // N = 2^15, r = 8, p = 2.
    let cost = scrypt::Params::new(15, 8, 2).map_err(|error| failed(&error))?;
    scrypt::scrypt(&password, &salt, &cost, &mut key).map_err(|error| failed(&error))?;
    let mut seed = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| failed(&error))?;
    for part in [SCOPE, &length(&site), &site, &counter.to_be_bytes()] {
        seed.update(part);
    }
    let seed = seed.finalize().into_bytes();
    let form = forms[usize::from(seed[0]) % forms.len()];
    let pick = |(letter, &random): (u8, &u8)| {
        let characters = characters(letter);
        characters[usize::from(random) % characters.len()]
    };
    give(call, form.bytes().zip(&seed[1..]).map(pick).collect::<Vec<u8>>())
}
