//! No archive and no ignore file makes the reader panic. The inputs are damaged copies of good ones, the same in every run.

use artifact::{
    Algorithm,
    archive::{Limits, read, write},
    ignore::IgnoreRules,
};
use bytes::Bytes;
use file_tree::{EntryKind, FileTree, TreePath};
use std::io::{Read, Write};

/// Marsaglia's xorshift: numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
}

fn tar() -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let long = format!("é/{}", "n".repeat(120));
    let tree = FileTree::from_files([("a/b.yaml", Bytes::from_static(b"x: 1\n")), (&long, Bytes::from_static(b"y"))])?;
    let mut compressed = Vec::new();
    write(&tree, &IgnoreRules::none(), Algorithm::Sha256, &mut compressed)?;
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(compressed.as_slice()).read_to_end(&mut tar)?;
    Ok(tar)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Damages headers and makes their checksums right again, so that the damage is looked at.
#[test]
fn sec_a4_damaged_archives_do_not_panic() -> Result<(), Box<dyn std::error::Error>> {
    let good = tar()?;
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut accepted = 0;
    for _ in 0..600 {
        let mut bytes = good.clone();
        let block = numbers.below(good.len() / 512) * 512;
        for _ in 0..=numbers.below(3) {
            let interesting = [0, b' ', b'/', b'.', b'7', b'0', b'x', b'L', b'=', b'9', 0x80, 0xff];
            bytes[block + numbers.below(512)] = interesting[numbers.below(interesting.len())];
        }
        bytes[block + 148..block + 156].copy_from_slice(b"        ");
        let sum: u32 = bytes[block..block + 512].iter().copied().map(u32::from).sum();
        bytes[block + 148..block + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        accepted += usize::from(read(&gzip(&bytes)?, &Limits::default()).is_ok());
    }
    assert!(accepted > 20, "{accepted} archives were accepted");
    Ok(())
}

#[test]
fn sec_a15_any_text_is_a_list_of_patterns() -> Result<(), Box<dyn std::error::Error>> {
    let pieces = ["*", "**", "?", "[", "]", "^", "-", "\\", "/", "!", "#", " ", "\n", "\r", "a", "é", "\u{0}", "[a-", "\u{fffd}"];
    let paths = ["a", "é/a", "a/b/é", "[/]"].map(TreePath::parse);
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for _ in 0..5_000 {
        let text: String = (0..numbers.below(12)).map(|_| pieces[numbers.below(pieces.len())]).collect();
        let rules = IgnoreRules::new(std::collections::BTreeMap::new(), Some(&text))?;
        for path in paths.iter().flatten() {
            rules.judge(path, EntryKind::File { executable: false });
            rules.judge(path, EntryKind::Directory);
        }
    }
    Ok(())
}
