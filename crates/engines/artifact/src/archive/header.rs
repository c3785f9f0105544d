//! The 512-byte header of a tar entry.

use super::BLOCK;

/// The kind of an entry, as its header says it.
pub(super) mod kind {
    pub(in super::super) const FILE: u8 = b'0';
    pub(in super::super) const OLD_FILE: u8 = 0;
    pub(in super::super) const HARD_LINK: u8 = b'1';
    pub(in super::super) const SYMBOLIC_LINK: u8 = b'2';
    pub(in super::super) const DIRECTORY: u8 = b'5';
    pub(in super::super) const CONTIGUOUS_FILE: u8 = b'7';
    pub(in super::super) const GLOBAL_PAX: u8 = b'g';
    pub(in super::super) const PAX: u8 = b'x';
    pub(in super::super) const GNU_LONG_NAME: u8 = b'L';
    pub(in super::super) const GNU_LONG_LINK: u8 = b'K';
}

const NAME: std::ops::Range<usize> = 0..100;
const MODE: std::ops::Range<usize> = 100..108;
const SIZE: std::ops::Range<usize> = 124..136;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const KIND: usize = 156;
const MAGIC: std::ops::Range<usize> = 257..265;
const PREFIX: std::ops::Range<usize> = 345..500;

/// What a header of ours says; all else is zero.
pub(super) struct Fields<'a> {
    pub(super) name: &'a [u8],
    pub(super) prefix: &'a [u8],
    pub(super) kind: u8,
    pub(super) mode: u32,
    pub(super) size: u64,
}

/// A header in the ustar format. The name and prefix are cut where they do not fit.
pub(super) fn build(fields: &Fields<'_>) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    put(&mut block, NAME, fields.name);
    put(&mut block, MODE, format!("{:07o}\0", fields.mode).as_bytes());
    put(&mut block, 108..116, b"0000000\0");
    put(&mut block, 116..124, b"0000000\0");
    put(&mut block, SIZE, format!("{:011o}\0", fields.size).as_bytes());
    put(&mut block, 136..148, b"00000000000\0");
    block[KIND] = fields.kind;
    put(&mut block, MAGIC, b"ustar\x0000");
    // Go leaves the device numbers of metadata empty; so do we, so that archives compare.
    if fields.kind != kind::PAX {
        put(&mut block, 329..337, b"0000000\0");
        put(&mut block, 337..345, b"0000000\0");
    }
    put(&mut block, PREFIX, fields.prefix);
    let sum = checksum(&block);
    put(&mut block, CHECKSUM, format!("{sum:06o}\0 ").as_bytes());
    block
}

fn put(block: &mut [u8; BLOCK], range: std::ops::Range<usize>, bytes: &[u8]) {
    let field = &mut block[range];
    let length = bytes.len().min(field.len());
    field[..length].copy_from_slice(&bytes[..length]);
}

/// The sum of all bytes, those of the checksum itself taken as spaces.
fn checksum(block: &[u8; BLOCK]) -> u32 {
    let field: u32 = block[CHECKSUM].iter().copied().map(u32::from).sum();
    block.iter().copied().map(u32::from).sum::<u32>() - field + 8 * u32::from(b' ')
}

/// A header that was read.
pub(super) struct Header {
    block: [u8; BLOCK],
}

impl Header {
    /// Takes a block as a header; `None` where its checksum is wrong.
    pub(super) fn parse(block: [u8; BLOCK]) -> Option<Self> {
        let stored = octal(&block[CHECKSUM])?;
        // Some old programs summed signed bytes.
        let high = block.iter().enumerate().filter(|(index, byte)| !CHECKSUM.contains(index) && **byte >= 0x80).count();
        let unsigned = i64::from(checksum(&block));
        let signed = unsigned - 256 * i64::try_from(high).ok()?;
        let stored = i64::try_from(stored).ok()?;
        (stored == unsigned || stored == signed).then_some(Self { block })
    }

    pub(super) fn kind(&self) -> u8 {
        self.block[KIND]
    }

    /// The size of what follows; `None` where the field is malformed.
    pub(super) fn size(&self) -> Option<u64> {
        number(&self.block[SIZE])
    }

    /// Whether any executable bit is set.
    pub(super) fn executable(&self) -> bool {
        number(&self.block[MODE]).is_some_and(|mode| mode & 0o111 != 0)
    }

    /// The name, with the prefix that ustar headers may have.
    pub(super) fn name(&self) -> Vec<u8> {
        let name = text(&self.block[NAME]);
        let prefix = text(&self.block[PREFIX]);
        // Only POSIX headers have a prefix; GNU's have times there.
        if self.block[MAGIC].starts_with(b"ustar\0") && !prefix.is_empty() {
            return [prefix, b"/", name].concat();
        }
        name.to_vec()
    }
}

fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    &field[..end]
}

/// Reads octal digits between spaces and NULs, or GNU's binary form.
fn number(field: &[u8]) -> Option<u64> {
    match field.split_first()? {
        (0x80, rest) => rest.iter().try_fold(0_u64, |value, byte| value.checked_mul(256)?.checked_add(u64::from(*byte))),
        (first, _) if first & 0x80 != 0 => None,
        _ => octal(field),
    }
}

fn octal(field: &[u8]) -> Option<u64> {
    let field = text(field).trim_ascii();
    field.iter().try_fold(0_u64, |value, byte| match byte {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}
