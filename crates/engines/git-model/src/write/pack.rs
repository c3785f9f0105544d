//! A pack of whole objects.

use super::{NewObject, ObjectKind};
use flate2::{Compression, write::ZlibEncoder};
use sha1::{Digest, Sha1};
use std::io::Write;

/// Why there is no pack.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A pack counts its objects in 32 bits.
    #[error("{0} objects do not fit into a pack")]
    TooMany(usize),
    /// An object was not compressed.
    #[error("compress an object")]
    Compress(#[source] std::io::Error),
}

/// Encodes `objects` as a pack of version 2.
///
/// # Errors
/// [`PackError`].
pub fn encode_pack(objects: &[NewObject]) -> Result<Vec<u8>, PackError> {
    let count = u32::try_from(objects.len()).map_err(|_| PackError::TooMany(objects.len()))?;
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend_from_slice(&count.to_be_bytes());
    for object in objects {
        head(&mut pack, object.kind, object.bytes.len());
        let mut encoder = ZlibEncoder::new(&mut pack, Compression::default());
        encoder.write_all(&object.bytes).and_then(|()| encoder.finish().map(drop)).map_err(PackError::Compress)?;
    }
    let checksum = Sha1::digest(&pack);
    pack.extend_from_slice(&checksum);
    Ok(pack)
}

/// Type and size: four bits of the size with the type, then seven a byte, the lowest first.
fn head(pack: &mut Vec<u8>, kind: ObjectKind, size: usize) {
    let kind: u8 = match kind {
        ObjectKind::Commit => 1,
        ObjectKind::Tree => 2,
        ObjectKind::Blob => 3,
    };
    let low = |size: usize, bits: u32| u8::try_from(size & ((1 << bits) - 1)).unwrap_or_default();
    let mut byte = kind << 4 | low(size, 4);
    let mut rest = size >> 4;
    while rest > 0 {
        pack.push(byte | 0x80);
        byte = low(rest, 7);
        rest >>= 7;
    }
    pack.push(byte);
}
