//! That a log of certificates has seen a certificate before it was issued: RFC 6962, section 3.

use super::root::Log;
use crate::SignatureError;
use aws_lc_rs::digest::{SHA256, digest};
use certificate_chain::{Certificate, ObjectIdentifier};
use jiff::Timestamp;

/// The extension with what logs signed, in the coding of TLS.
const TIMESTAMPS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.2");
/// The most logs of one certificate.
const MOST: usize = 16;

/// What a log signed.
struct Receipt<'a> {
    log: &'a [u8],
    /// Milliseconds since 1970.
    time: u64,
    extensions: &'a [u8],
    signature: &'a [u8],
}

/// Checks that one of `logs` has seen `certificate`, which the holder of the key `issuer` issued.
pub(super) fn verify(certificate: &Certificate, issuer: &[u8], logs: &[Log]) -> Result<(), SignatureError> {
    let failed = SignatureError::CertificateLog;
    let (_, value) = certificate.extension(TIMESTAMPS).ok_or(failed("it does not say in which it is"))?;
    let receipts = receipts(value).ok_or(failed("what it says of logs cannot be read"))?;
    let seen = certificate.signed_part_without(TIMESTAMPS)?;
    let issuer = digest(&SHA256, issuer);
    let is_in_log = |receipt: &Receipt<'_>| {
        let time = i64::try_from(receipt.time).ok().and_then(|time| Timestamp::from_millisecond(time).ok());
        let log = logs.iter().find(|log| log.id == receipt.log);
        log.zip(time).is_some_and(|(log, time)| {
            log.period.contains(time) && log.has_signed(&signed_part(receipt, issuer.as_ref(), &seen), receipt.signature)
        })
    };
    if receipts.iter().any(is_in_log) { Ok(()) } else { Err(failed("none of those it names has signed it")) }
}

/// What a log signs of a certificate that is about to be issued.
fn signed_part(receipt: &Receipt<'_>, issuer: &[u8], seen: &[u8]) -> Vec<u8> {
    // Version 1, a timestamp of a certificate.
    let mut message = vec![0, 0];
    message.extend_from_slice(&receipt.time.to_be_bytes());
    // Of one that is not issued yet.
    message.extend_from_slice(&[0, 1]);
    message.extend_from_slice(issuer);
    // A certificate has fewer than 2^24 bytes, see `certificate-chain`.
    message.extend_from_slice(&seen.len().to_be_bytes()[size_of::<usize>() - 3..]);
    message.extend_from_slice(seen);
    message.extend_from_slice(&receipt.extensions.len().to_be_bytes()[size_of::<usize>() - 2..]);
    message.extend_from_slice(receipt.extensions);
    message
}

/// The receipts in an extension: a string of bytes in DER, in it a list in the coding of TLS. `None` where it is not that.
fn receipts(extension: &[u8]) -> Option<Vec<Receipt<'_>>> {
    let list = match extension {
        [0x04, length, list @ ..] if *length < 0x80 && usize::from(*length) == list.len() => list,
        [0x04, 0x81, length, list @ ..] if usize::from(*length) == list.len() => list,
        [0x04, 0x82, high, low, list @ ..] if usize::from(u16::from_be_bytes([*high, *low])) == list.len() => list,
        _ => return None,
    };
    let (mut rest, end) = short(list)?;
    let mut receipts = Vec::new();
    while !rest.is_empty() {
        let (receipt, after) = short(rest)?;
        receipts.push(receipt_of(receipt)?);
        rest = after;
        if receipts.len() > MOST {
            return None;
        }
    }
    end.is_empty().then_some(receipts)
}

fn receipt_of(bytes: &[u8]) -> Option<Receipt<'_>> {
    let (version, rest) = bytes.split_first()?;
    let (log, rest) = rest.split_at_checked(32)?;
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let (extensions, rest) = short(rest)?;
    // The hash and the kind of the key follow from the log's key.
    let (_, rest) = rest.split_at_checked(2)?;
    let (signature, end) = short(rest)?;
    (*version == 0 && end.is_empty()).then(|| Receipt { log, time: u64::from_be_bytes(*time), extensions, signature })
}

/// Bytes after their length in two, and what follows them.
fn short(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
