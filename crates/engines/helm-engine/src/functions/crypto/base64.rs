//! Standard base64 as Go reads it: line ends are skipped, and an error names the byte where it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A text that is not base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("illegal base64 data at input byte {0}")]
pub(super) struct Base64Error(usize);

/// Writes bytes with padding.
pub(in crate::functions) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads a text. Unused bits of the last digit do not matter.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, Base64Error> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut group, mut digits) = (0u32, 0);
    let mut rest = text.iter().copied().enumerate().filter(|(_, byte)| !matches!(byte, b'\r' | b'\n'));
    while let Some((at, byte)) = rest.next() {
        if byte == b'=' {
            match (digits, rest.next()) {
                (3, None) => {}
                (2, Some((_, b'='))) => {
                    if let Some((at, _)) = rest.next() {
                        return Err(Base64Error(at));
                    }
                }
                (2, None) => return Err(Base64Error(text.len())),
                (2, Some((next, _))) => return Err(Base64Error(next - 1)),
                (3, Some((next, _))) => return Err(Base64Error(next)),
                _ => return Err(Base64Error(at)),
            }
            let all = group << (6 * (4 - digits));
            bytes.extend_from_slice(&all.to_be_bytes()[1..digits]);
            return Ok(bytes);
        }
        group = group << 6 | digit(byte).ok_or(Base64Error(at))?;
        digits += 1;
        if digits == 4 {
            bytes.extend_from_slice(&group.to_be_bytes()[1..]);
            (group, digits) = (0, 0);
        }
    }
    if digits == 0 { Ok(bytes) } else { Err(Base64Error(text.len() - digits)) }
}

fn digit(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}
