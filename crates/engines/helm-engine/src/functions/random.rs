//! Random strings, numbers and identifiers. All randomness comes from the port.

use go_template::{Call, FunctionError, Functions, Signature, Type, Value};

use super::arguments::{Arguments, give};
use crate::ports::ports;

const DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS_AND_DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    let printable: Vec<u8> = (b' '..=b'~').collect();
    let alphabets = [
        ("randAlphaNum", LETTERS_AND_DIGITS.to_vec()),
        ("randAlpha", LETTERS.to_vec()),
        ("randNumeric", DIGITS.to_vec()),
        ("randAscii", printable),
    ];
    for (name, alphabet) in alphabets {
        functions.insert_native(name, Signature::fixed(&[Type::Int]), move |arguments, call| {
            // A negative count gives nothing.
            let count = usize::try_from(Arguments::new(arguments).int()).unwrap_or_default();
            call.take_bytes(count)?;
            let text = letters(count, &alphabet, call)?;
            Ok(Value::String(text.into()))
        });
    }
    functions.insert_native("randBytes", Signature::fixed(&[Type::Int]), |arguments, call| {
        let count = usize::try_from(Arguments::new(arguments).int())
            .map_err(|_| FunctionError::new("runtime error: makeslice: len out of range"))?;
        call.take_bytes(count)?;
        let mut bytes = vec![0; count];
        fill(&mut bytes, call)?;
        give(call, super::crypto::base64(&bytes))
    });
    functions.insert_native("randInt", Signature::fixed(&[Type::Int, Type::Int]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (low, high) = (arguments.int(), arguments.int());
        let span = u64::try_from(high.wrapping_sub(low)).unwrap_or_default();
        if span == 0 {
            return Err(FunctionError::new("invalid argument to Intn"));
        }
        Ok(Value::Int(low.wrapping_add_unsigned(below(span, call)?)))
    });
    functions.insert_native("shuffle", Signature::fixed(&[Type::String]), |arguments, call| {
        let text = Arguments::new(arguments).text().to_string_lossy();
        let mut letters: Vec<char> = text.chars().collect();
        for end in (2..=letters.len()).rev() {
            let other = below(end as u64, call)?;
            letters.swap(end - 1, usize::try_from(other).unwrap_or_default());
        }
        give(call, letters.into_iter().collect::<String>())
    });
    functions.insert_native("uuidv4", Signature::fixed(&[]), |_, call| {
        let mut bytes = [0; 16];
        fill(&mut bytes, call)?;
        // Version 4, variant 1.
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = u128::from_be_bytes(bytes);
        let digits = format!("{digits:032x}");
        let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        give(call, parts.join("-"))
    });
}

/// Fills a buffer from the port.
pub(super) fn fill(buffer: &mut [u8], call: &Call<'_>) -> Result<(), FunctionError> {
    ports(call)?.fill_random(buffer).map_err(FunctionError::new)
}

/// Letters of an alphabet of at most 256, each as likely as the others.
fn letters(count: usize, alphabet: &[u8], call: &Call<'_>) -> Result<Vec<u8>, FunctionError> {
    // Bytes from here on would make the first letters likelier.
    let fair = 256 - 256 % alphabet.len();
    let mut letters = Vec::with_capacity(count);
    let mut buffer = [0; 256];
    while letters.len() < count {
        fill(&mut buffer, call)?;
        let fair = buffer.iter().map(|&byte| usize::from(byte)).filter(|&byte| byte < fair);
        letters.extend(fair.map(|byte| alphabet[byte % alphabet.len()]).take(count - letters.len()));
    }
    Ok(letters)
}

/// A number below another one that is not zero.
fn below(end: u64, call: &Call<'_>) -> Result<u64, FunctionError> {
    let fair = u64::MAX - u64::MAX % end;
    loop {
        let mut bytes = [0; 8];
        fill(&mut bytes, call)?;
        let number = u64::from_le_bytes(bytes);
        if number < fair {
            return Ok(number % end);
        }
    }
}
