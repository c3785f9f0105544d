//! The records of the shared corpus, which Helm itself made: they are read and written again, byte for byte.

use std::path::{Path, PathBuf};

use helm_release::storage::{self, Stamp};
use helm_release::{Release, Time};
use serde_json::Value;

/// The cases beside the checkout, or where `WEIR_SHARED` says.
#[expect(clippy::disallowed_methods, reason = "a test reads its corpus from disk")]
fn cases() -> Vec<Value> {
    let shared = std::env::var("WEIR_SHARED")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"), PathBuf::from);
    let file = shared.join("corpus/helm/charts/release-records.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        assert!(std::env::var("CI").is_err(), "the corpus is absent: {}", file.display());
        eprintln!("the corpus is absent: {}", file.display());
        return Vec::new();
    };
    text.lines().map(|line| serde_json::from_str(line).expect("a case is JSON")).collect()
}

#[test]
fn every_record_of_the_corpus_is_written_as_it_was_read() {
    for case in cases() {
        let expected = case["expect"]["release"].as_str().expect("a record");
        let release = Release::from_json(expected.as_bytes()).expect("a record");
        assert_eq!(release.to_json(), expected, "{}", case["name"]);
    }
}

#[test]
fn every_secret_of_the_corpus_is_written_as_it_was_read() {
    for case in cases() {
        let expected = &case["expect"]["secret"];
        let mut release = storage::read(expected).expect("a secret with a record");
        assert_eq!(release.to_json(), case["expect"]["release"].as_str().expect("a record"), "{}", case["name"]);

        // The corpus was made with the moment of the deployment for the label.
        let created = release.info.as_ref().map_or(Time::default(), |info| info.last_deployed).instant();
        release.labels = storage::custom_labels(&release.labels);
        let secret = storage::secret(&release, Stamp::Created(created));
        assert_eq!(secret["metadata"], expected["metadata"], "{}", case["name"]);
        assert_eq!(secret["type"], expected["type"], "{}", case["name"]);
        // Another compressor, the same content.
        assert_eq!(storage::read(&secret).expect("a secret with a record").to_json(), release.to_json(), "{}", case["name"]);

        let config_map = storage::config_map(&release, Stamp::Created(created));
        assert_eq!(
            storage::read(&config_map).expect("a config map with a record").to_json(),
            release.to_json(),
            "{}",
            case["name"]
        );
    }
}
