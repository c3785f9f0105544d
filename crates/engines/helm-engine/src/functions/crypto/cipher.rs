//! `encryptAES` and `decryptAES`: AES-256 in CBC mode with the initialization vector in front, as base64.

use aes::Aes256;
use cbc::cipher::block_padding::{NoPadding, Pkcs7};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use cbc::{Decryptor, Encryptor};
use go_template::{Call, FunctionError, Functions, Signature, Text, Type};

use super::base64;
use crate::functions::arguments::{Arguments, Outcome, give};
use crate::functions::random;

const BLOCK: usize = 16;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("encryptAES", Signature::fixed(&[Type::String, Type::String]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (password, text) = (arguments.text(), arguments.text());
        encrypt(&password, &text, call)
    });
    functions.insert_native("decryptAES", Signature::fixed(&[Type::String, Type::String]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (password, text) = (arguments.text(), arguments.text());
        let decrypted = decrypt(&password, &text).map_err(FunctionError::new)?;
        give(call, decrypted)
    });
}

/// The first bytes of the password, filled up with zeros.
fn key(password: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    key
}

fn encrypt(password: &Text, text: &Text, call: &mut Call<'_>) -> Outcome {
    if text.is_empty() {
        return give(call, "");
    }
    call.take_bytes(text.len().saturating_mul(2))?;
    let mut vector = [0; BLOCK];
    random::fill(&mut vector, call)?;
    let cipher = Encryptor::<Aes256>::new(&key(password).into(), &vector.into());
    let encrypted = cipher.encrypt_padded_vec::<Pkcs7>(text);
    give(call, base64::encode(&[&vector, &encrypted[..]].concat()))
}

/// What Go gives, or the text with which it fails or panics: it checks neither the length nor the padding.
fn decrypt(password: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let encrypted = base64::decode(text).map_err(|error| error.to_string())?;
    let Some((vector, encrypted)) = encrypted.split_first_chunk::<BLOCK>() else {
        let capacity = text.len() / 4 * 3;
        return Err(format!("runtime error: slice bounds out of range [:{BLOCK}] with capacity {capacity}"));
    };
    let cipher = Decryptor::<Aes256>::new(&key(password).into(), &(*vector).into());
    let decrypted = cipher.decrypt_padded_vec::<NoPadding>(encrypted);
    let mut decrypted = decrypted.map_err(|_| "crypto/cipher: input not full blocks".to_owned())?;
    let padding = decrypted.last().copied().map(usize::from).ok_or("runtime error: index out of range [-1]")?;
    let length = decrypted
        .len()
        .checked_sub(padding)
        .ok_or_else(|| format!("runtime error: slice bounds out of range [:-{}]", padding - decrypted.len()))?;
    decrypted.truncate(length);
    Ok(decrypted)
}
