//! Objects that hold records, and bounds of what is read from them.

use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use helm_release::storage::{self, Stamp};
use helm_release::{DecodeError, Release};
use jiff::Timestamp;
use serde_json::json;

#[test]
fn records_without_compression_are_read() {
    let text = r#"{"name":"app","version":2}"#;
    assert_eq!(storage::decode(STANDARD.encode(text).as_bytes()).expect("a record").to_json(), text);
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..33 {
        encoder.write_all(&vec![b' '; 1 << 20]).expect("memory");
    }
    let text = STANDARD.encode(encoder.finish().expect("memory"));
    assert!(matches!(storage::decode(text.as_bytes()), Err(DecodeError::TooLarge(storage::MAX_SIZE))));
}

#[test]
fn what_holds_no_record_says_why() {
    assert!(matches!(storage::decode(b"%"), Err(DecodeError::Base64(_))));
    assert!(matches!(storage::decode(STANDARD.encode([0x1f, 0x8b, 8, 0, 1]).as_bytes()), Err(DecodeError::Gzip(_))));
    assert!(matches!(storage::decode(STANDARD.encode("[").as_bytes()), Err(DecodeError::Json(_))));
    assert!(matches!(storage::read(&json!({"kind": "Secret"})), Err(DecodeError::Missing("release"))));
    let deep = format!(r#"{{"config":{{"a":{}{}}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(Release::from_json(deep.as_bytes()), Err(DecodeError::Json(_))));
}

#[test]
fn labels_are_the_stamp_then_those_of_the_release_then_those_of_helm() {
    let mut release = Release::from_json(br#"{"name":"app","info":{"status":"failed"},"version":3}"#).expect("a record");
    release.labels =
        [("team", "a"), ("owner", "me"), ("modifiedAt", "1")].map(|(label, value)| (label.into(), value.into())).into();
    let labels = storage::labels(&release, Stamp::Modified(Timestamp::from_second(5).expect("a time")));
    let expected = json!({"modifiedAt": "1", "name": "app", "owner": "helm", "status": "failed", "team": "a", "version": "3"});
    assert_eq!(json!(labels), expected);
}
