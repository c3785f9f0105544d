//! Base 64 and base 32, with Go's texts for what cannot be decoded: the functions give them as their result.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use go_template::{Functions, Signature, Type};

use super::arguments::{Arguments, give};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    let mut add = |name: &str, body: fn(&[u8]) -> Vec<u8>| {
        functions.insert_native(name, Signature::fixed(&[Type::String]), move |arguments, call| {
            give(call, body(&Arguments::new(arguments).text()))
        });
    };
    add("b64enc", |text| STANDARD.encode(text).into_bytes());
    add("b64dec", |text| or_problem(decode_base64(text), "base64"));
    add("b32enc", encode_base32);
    add("b32dec", |text| or_problem(decode_base32(text), "base32"));
}

/// The decoded bytes, or the words about the byte at which decoding failed.
fn or_problem(decoded: Result<Vec<u8>, usize>, encoding: &str) -> Vec<u8> {
    decoded.unwrap_or_else(|at| format!("illegal {encoding} data at input byte {at}").into_bytes())
}

const PAD: u8 = b'=';

/// Line breaks are passed over wherever they are; padding is needed; bits beyond the last byte may be anything.
fn decode_base64(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut output = Vec::with_capacity(text.len() / 4 * 3);
    let mut symbols = text.iter().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    loop {
        let mut bits = 0u32;
        let mut taken = 0;
        while taken < 4 {
            let Some((at, &symbol)) = symbols.next() else {
                // Go counts the symbols of a group that is not full back from the end.
                return if taken == 0 { Ok(output) } else { Err(text.len() - taken) };
            };
            if symbol == PAD {
                end_of_base64(&mut symbols, (at, taken), text)?;
                bits <<= 6 * (4 - taken);
                output.extend_from_slice(&bits.to_be_bytes()[1..taken]);
                return Ok(output);
            }
            bits = bits << 6 | base64_value(symbol).ok_or(at)?;
            taken += 1;
        }
        output.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
}

/// Checks what follows the first padding symbol, which comes after `taken` others of its group.
fn end_of_base64<'t>(
    symbols: &mut impl Iterator<Item = (usize, &'t u8)>,
    (at, taken): (usize, usize),
    text: &[u8],
) -> Result<(), usize> {
    if taken < 2 {
        return Err(at);
    }
    if taken == 2 {
        match symbols.next() {
            None => return Err(text.len()),
            Some((_, &PAD)) => {}
            Some((next, _)) => return Err(next - 1),
        }
    }
    symbols.next().map_or(Ok(()), |(after, _)| Err(after))
}

fn base64_value(symbol: u8) -> Option<u32> {
    Some(u32::from(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn encode_base32(text: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(text.len().div_ceil(5) * 8);
    for group in text.chunks(5) {
        let bits = group.iter().fold(0u64, |bits, &byte| bits << 8 | u64::from(byte)) << (8 * (5 - group.len()));
        let symbols = (group.len() * 8).div_ceil(5);
        for index in 0..8 {
            let symbol = BASE32[(bits >> (35 - 5 * index) & 31) as usize];
            output.push(if index < symbols { symbol } else { PAD });
        }
    }
    output
}

/// Places are those in the text without line breaks.
fn decode_base32(text: &[u8]) -> Result<Vec<u8>, usize> {
    let symbols: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut output = Vec::with_capacity(symbols.len() / 8 * 5);
    for (index, group) in symbols.chunks(8).enumerate() {
        let start = index * 8;
        let mut bits = 0u64;
        for (taken, &symbol) in group.iter().enumerate() {
            let left = symbols.len() - start - taken - 1;
            if symbol == PAD && taken >= 2 && left < 8 {
                end_of_base32(&symbols, (start + taken, taken))?;
                bits <<= 5 * (8 - taken);
                output.extend_from_slice(&bits.to_be_bytes()[3..3 + taken * 5 / 8]);
                return Ok(output);
            }
            let value = BASE32.iter().position(|&known| known == symbol).ok_or(start + taken)?;
            bits = bits << 5 | value as u64;
        }
        if group.len() < 8 {
            return Err(start);
        }
        output.extend_from_slice(&bits.to_be_bytes()[3..]);
    }
    Ok(output)
}

fn end_of_base32(symbols: &[u8], (at, taken): (usize, usize)) -> Result<(), usize> {
    let after = &symbols[at + 1..];
    if after.len() + taken < 7 {
        return Err(symbols.len());
    }
    let wrong = after.iter().take(7 - taken).position(|&symbol| symbol != PAD);
    if let Some(wrong) = wrong {
        return Err(at + wrong);
    }
    if matches!(taken, 1 | 3 | 6) { Err(at) } else { Ok(()) }
}
