use super::{
    header::{Fields, build, kind},
    *,
};
use crate::{Algorithm, ignore::IgnoreRules};
use bytes::Bytes;
use file_tree::{EntryKind, FileTree, Files, TreePath};
use flate2::{Compression, write::GzEncoder};
use std::io::{Read, Write};

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn path(text: &str) -> TreePath {
    TreePath::parse(text).expect("the path is valid")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a vector takes all bytes");
    encoder.finish().expect("a vector takes all bytes")
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).expect("the archive is gzip");
    out
}

/// One entry as it lies in an archive.
fn entry(name: &str, letter: u8, body: &[u8]) -> Vec<u8> {
    let fields = Fields { name: name.as_bytes(), prefix: b"", kind: letter, mode: 0o644, size: body.len() as u64 };
    let mut bytes = [build(&fields).as_slice(), body].concat();
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    gzip(&[entries.concat(), vec![0; 2 * BLOCK]].concat())
}

fn open(entries: &[Vec<u8>]) -> Result<FileTree, ReadError> {
    read(&archive(entries), &Limits::default())
}

fn sample() -> Result<FileTree, Box<dyn std::error::Error>> {
    let plain = EntryKind::File { executable: false };
    let mut tree = FileTree::new();
    let files = [
        ("a.txt".to_owned(), "hello\n".to_owned()),
        ("empty".to_owned(), String::new()),
        (format!("{}/{}/f.yaml", "d".repeat(90), "e".repeat(60)), "x: 1\n".to_owned()),
        ("é/ü.yaml".to_owned(), "y".to_owned()),
        (format!("long/{}.yaml", "n".repeat(120)), "z".to_owned()),
        (format!("exact/{}", "m".repeat(94)), "w".to_owned()),
        ("block".to_owned(), "b".repeat(512)),
        ("a-b/x".to_owned(), "1".to_owned()),
        ("a/x".to_owned(), "2".to_owned()),
    ];
    for (name, text) in files {
        tree.insert_file(&TreePath::parse(&name)?, Bytes::from(text), plain)?;
    }
    tree.insert_file(&path("bin/run"), Bytes::from("#!/bin/sh\n"), EntryKind::File { executable: true })?;
    Ok(tree)
}

/// The checksum is that of Go 1.26's `archive/tar` over the same files with Flux's headers.
#[test]
fn the_archive_below_the_compression_is_that_of_flux() -> TestResult {
    let mut out = Vec::new();
    write(&sample()?, &IgnoreRules::none(), Algorithm::Sha256, &mut out)?;
    let tar = gunzip(&out);
    assert_eq!(tar.len(), 18432);
    let digest = Algorithm::Sha256.digest(&tar);
    assert_eq!(digest.hex(), "a96da0dc520b59975a834cfbe5aa1f62394edc760c99e9c7794d7639e9890ddf");
    Ok(())
}

#[test]
fn digest_and_size_are_those_of_the_written_bytes() -> TestResult {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let written = write(&sample()?, &IgnoreRules::none(), Algorithm::Blake3, &mut first)?;
    assert_eq!(written.digest, Algorithm::Blake3.digest(&first));
    assert_eq!(written.size, first.len() as u64);
    write(&sample()?, &IgnoreRules::none(), Algorithm::Sha256, &mut second)?;
    assert_eq!(first, second);
    Ok(())
}

/// The listing that source-controller's artifact has for `spec.ignore: "/*\n!/plain\n"`.
#[test]
fn ignored_files_stay_out_of_the_archive() -> TestResult {
    let files = ["base/a.yaml", "plain/a.yaml", "plain/deep/b.yaml", "plain/readme.md", "top.yaml", ".gitignore"];
    let tree = FileTree::from_files(files.map(|path| (path, Bytes::from("x"))))?;
    let mut out = Vec::new();
    write(&tree, &IgnoreRules::load(&tree, Some("/*\n!/plain\n"))?, Algorithm::Sha256, &mut out)?;
    let mut listing = Vec::new();
    for entry in tar::Archive::new(gunzip(&out).as_slice()).entries()? {
        let entry = entry?;
        let name = String::from_utf8(entry.path_bytes().into_owned())?;
        listing.push(format!("{:?} {:o} {name}", entry.header().entry_type(), entry.header().mode()?));
    }
    let expect = [
        "Directory 750 .",
        "Directory 750 plain",
        "Regular 600 plain/a.yaml",
        "Directory 750 plain/deep",
        "Regular 600 plain/deep/b.yaml",
        "Regular 600 plain/readme.md",
    ];
    assert_eq!(listing, expect);
    Ok(())
}

#[test]
fn what_was_written_is_read_back() -> TestResult {
    let mut out = Vec::new();
    write(&sample()?, &IgnoreRules::none(), Algorithm::Sha256, &mut out)?;
    let tree = read(&out, &Limits::default())?;
    assert_eq!(tree.read(&path("é/ü.yaml"))?, "y");
    assert_eq!(tree.read(&path(&format!("long/{}.yaml", "n".repeat(120))))?, "z");
    assert_eq!(tree.kind(&path("bin/run"))?, Some(EntryKind::File { executable: true }));
    assert_eq!(tree.kind(&path("a.txt"))?, Some(EntryKind::File { executable: false }));
    let mut again = Vec::new();
    write(&tree, &IgnoreRules::none(), Algorithm::Sha256, &mut again)?;
    assert_eq!(out, again);
    Ok(())
}

/// GNU tar's long names, which other tools put into OCI artifacts.
#[test]
fn archives_of_other_tools_are_read() -> TestResult {
    let name = format!("deep/{}", "n".repeat(150));
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    header.set_mode(0o755);
    builder.append_data(&mut header, &name, &b"abc"[..])?;
    let tree = read(&gzip(&builder.into_inner()?), &Limits::default())?;
    assert_eq!(tree.read(&path(&name))?, "abc");
    assert_eq!(tree.kind(&path(&name))?, Some(EntryKind::File { executable: true }));
    let global = open(&[entry("pax_global_header", kind::GLOBAL_PAX, b"13 comment=a\n"), entry("f", kind::FILE, b"x")])?;
    assert_eq!(global.list(&TreePath::root())?.len(), 1);
    let old = open(&[entry("dir/", kind::OLD_FILE, b""), entry("./dir/f", kind::OLD_FILE, b"x")])?;
    assert_eq!(old.read(&path("dir/f"))?, "x");
    Ok(())
}

#[test]
fn sec_a1_names_that_leave_the_tree_are_refused() {
    for name in ["../../tmp/pwn", "a/../../b", "a/..", "..", "..\\win", "/abs", "C:\\x", "//etc/passwd", ""] {
        let result = open(&[entry("fine", kind::FILE, b"x"), entry(name, kind::FILE, b"x")]);
        assert!(matches!(result, Err(ReadError::Name(_))), "{name}: {result:?}");
        let result = open(&[entry(name, kind::DIRECTORY, b"")]);
        assert!(matches!(result, Err(ReadError::Name(_))), "{name}/: {result:?}");
    }
    let pax = pax::record("path", "a\0b");
    let result = open(&[entry("x", kind::PAX, pax.as_bytes()), entry("a", kind::FILE, b"")]);
    assert!(matches!(result, Err(ReadError::Name(_))), "{result:?}");
    let pax = pax::record("path", "../x");
    let result = open(&[entry("x", kind::PAX, pax.as_bytes()), entry("a", kind::FILE, b"")]);
    assert!(matches!(result, Err(ReadError::Name(_))), "{result:?}");
}

#[test]
fn sec_a2_links_lead_nowhere() -> TestResult {
    let entries = [
        entry("link", kind::SYMBOLIC_LINK, b""),
        entry("link/passwd", kind::FILE, b"ours"),
        entry("hard", kind::HARD_LINK, b""),
        entry("../up", kind::SYMBOLIC_LINK, b""),
    ];
    let tree = open(&entries)?;
    assert_eq!(tree.read(&path("link/passwd"))?, "ours");
    assert_eq!(tree.list(&TreePath::root())?.len(), 1);
    let result = open(&[entry("link", kind::SYMBOLIC_LINK, &entry("smuggled", kind::FILE, b"x"))]);
    assert!(matches!(result, Err(ReadError::Header { .. })), "{result:?}");
    Ok(())
}

#[test]
fn sec_a3_bombs_stop_at_a_limit() {
    let zeros = archive(&[entry("zeros", kind::FILE, &vec![0; 17 << 20])]);
    let limits = Limits { ratio: 50, ..Limits::default() };
    assert!(matches!(read(&zeros, &limits), Err(ReadError::Ratio { limit: 50 })));
    let limits = Limits { decompressed: 1 << 20, ..Limits::default() };
    assert!(matches!(read(&zeros, &limits), Err(ReadError::DecompressedSize { .. })));
    let limits = Limits { file: 1 << 20, ..Limits::default() };
    assert!(matches!(read(&zeros, &limits), Err(ReadError::FileSize { .. })));
    let limits = Limits { compressed: 100, ..Limits::default() };
    assert!(matches!(read(&zeros, &limits), Err(ReadError::CompressedSize { .. })));
    let many: Vec<Vec<u8>> = (0..11).map(|index| entry(&format!("f{index}"), kind::FILE, b"")).collect();
    let limits = Limits { entries: 10, ..Limits::default() };
    assert!(matches!(read(&archive(&many), &limits), Err(ReadError::Entries { limit: 10 })));
    let deep = "d/".repeat(5000) + "f";
    let pax = pax::record("path", &deep);
    let result = open(&[entry("x", kind::PAX, pax.as_bytes()), entry("a", kind::FILE, b"")]);
    assert!(matches!(result, Err(ReadError::Name(_))));
}

#[test]
fn sec_a3_a_claimed_size_takes_no_memory() {
    let mut claim = entry("huge", kind::FILE, b"x");
    claim[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    resum(&mut claim);
    assert!(matches!(open(&[claim.clone()]), Err(ReadError::FileSize { .. })));
    let limits = Limits { file: u64::MAX, ..Limits::default() };
    assert!(matches!(read(&archive(&[claim]), &limits), Err(ReadError::Truncated(_))));
}

/// Writes the checksum of a header that was changed.
fn resum(entry: &mut [u8]) {
    entry[148..156].copy_from_slice(b"        ");
    let sum: u32 = entry[..BLOCK].iter().copied().map(u32::from).sum();
    entry[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// The archive of CVE-2025-62518: one parser skips the inner archive as a body, another reads it as entries.
#[test]
fn sec_a4_sizes_that_disagree_are_refused() {
    let inner = entry("smuggled", kind::FILE, b"x");
    let size = pax::record("size", &inner.len().to_string());
    let mut outer = entry("outer", kind::FILE, b"");
    outer.extend(inner);
    let result = open(&[entry("p", kind::PAX, size.as_bytes()), outer]);
    assert!(matches!(result, Err(ReadError::Header { what: "two different sizes", .. })), "{result:?}");
    let global = open(&[entry("g", kind::GLOBAL_PAX, pax::record("size", "512").as_bytes()), entry("f", kind::FILE, b"")]);
    assert!(matches!(global, Err(ReadError::Header { .. })), "{global:?}");
}

#[test]
fn sec_a5_devices_pipes_and_sparse_files_are_refused() {
    for letter in [b'3', b'4', b'6', b'S', b'V', b'?'] {
        let result = open(&[entry("dev", letter, b"")]);
        assert!(matches!(result, Err(ReadError::Kind { kind, .. }) if kind == char::from(letter)), "{result:?}");
    }
    let sparse = pax::record("GNU.sparse.major", "1");
    let result = open(&[entry("p", kind::PAX, sparse.as_bytes()), entry("f", kind::FILE, b"")]);
    assert!(matches!(result, Err(ReadError::Kind { kind: 'S', .. })), "{result:?}");
}

#[test]
fn sec_a6_an_archive_cut_anywhere_is_refused() -> TestResult {
    let mut out = Vec::new();
    write(&sample()?, &IgnoreRules::none(), Algorithm::Sha256, &mut out)?;
    for length in 0..out.len() {
        assert!(read(&out[..length], &Limits::default()).is_err(), "cut at {length} of {}", out.len());
    }
    let tar = gunzip(&out);
    let end = tar.len() - 2 * BLOCK;
    for length in (0..=end).step_by(BLOCK) {
        assert!(read(&gzip(&tar[..length]), &Limits::default()).is_err(), "cut at {length} of {}", tar.len());
    }
    Ok(())
}

#[test]
fn sec_a6_a_flipped_bit_is_noticed() -> TestResult {
    let mut out = Vec::new();
    write(&sample()?, &IgnoreRules::none(), Algorithm::Sha256, &mut out)?;
    let expect = Algorithm::Sha256.digest(&gunzip(&out));
    // The first ten bytes are gzip's own header, of which some are free.
    for index in 10..out.len() {
        let mut damaged = out.clone();
        damaged[index] ^= 1;
        if let Ok(tree) = read(&damaged, &Limits::default()) {
            let mut again = Vec::new();
            write(&tree, &IgnoreRules::none(), Algorithm::Sha256, &mut again)?;
            assert_eq!(Algorithm::Sha256.digest(&gunzip(&again)), expect, "bit of byte {index}");
        }
    }
    Ok(())
}

#[test]
fn sec_a7_modes_are_reduced_to_the_executable_bit() -> TestResult {
    for (mode, executable) in [(0o4777, true), (0, false), (0o7777, true), (0o644, false), (0o001, true)] {
        let fields = Fields { name: b"f", prefix: b"", kind: kind::FILE, mode, size: 0 };
        let tree = open(&[build(&fields).to_vec()])?;
        assert_eq!(tree.kind(&path("f"))?, Some(EntryKind::File { executable }), "{mode:o}");
    }
    Ok(())
}

#[test]
fn sec_a8_a_name_is_taken_once_and_byte_by_byte() -> TestResult {
    let file = |name: &str| entry(name, kind::FILE, name.as_bytes());
    for second in ["dup.yaml", "./dup.yaml", "dup.yaml/x"] {
        let result = open(&[file("dup.yaml"), file(second)]);
        assert!(matches!(result, Err(ReadError::Conflict { .. })), "{second}: {result:?}");
    }
    let result = open(&[file("d/x"), file("d")]);
    assert!(matches!(result, Err(ReadError::Conflict { .. })), "{result:?}");
    let tree = open(&[file("a/Kustomization.yaml"), file("a/kustomization.yaml"), file(".g\u{200c}it/config")])?;
    assert_eq!(tree.read(&path("a/Kustomization.yaml"))?, "a/Kustomization.yaml");
    assert_eq!(tree.read(&path("a/kustomization.yaml"))?, "a/kustomization.yaml");
    assert_eq!(tree.kind(&path(".git"))?, None);
    Ok(())
}

#[test]
fn what_is_not_an_archive_is_refused() {
    assert!(matches!(read(b"", &Limits::default()), Err(ReadError::Gzip(_) | ReadError::Truncated(_))));
    assert!(matches!(read(b"<html>", &Limits::default()), Err(ReadError::Gzip(_))));
    assert!(matches!(read(&gzip(&[b'x'; 2048]), &Limits::default()), Err(ReadError::Header { what: "checksum", .. })));
    let broken = open(&[entry("p", kind::PAX, b"99 path=x\n"), entry("f", kind::FILE, b"")]);
    assert!(matches!(broken, Err(ReadError::Header { what: "PAX records", .. })));
}
