//! Digests in the statuses that Flux's helm-controller was recorded with. Its records were not kept, so that only the values can be digested again.

use std::path::{Path, PathBuf};

use helm_release::Release;
use helm_release::observation::{Algorithm, config_digest};
use serde_json::{Value, json};

/// The recordings beside the checkout, or where `WEIR_SHARED` says.
#[expect(clippy::disallowed_methods, reason = "a test reads recordings from disk")]
fn recordings() -> Vec<(String, Value)> {
    let shared = std::env::var("WEIR_SHARED")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared"), PathBuf::from);
    let directory = shared.join("recorded/flux");
    let Ok(entries) = std::fs::read_dir(&directory) else {
        assert!(std::env::var("CI").is_err(), "the recordings are absent: {}", directory.display());
        eprintln!("the recordings are absent: {}", directory.display());
        return Vec::new();
    };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let named = files.map(|file| (file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), file));
    let helm =
        named.filter(|(name, file)| name.starts_with("hr-") && file.extension().is_some_and(|extension| extension == "json"));
    helm.map(|(name, file)| {
        let text = std::fs::read_to_string(file).expect("a readable file");
        (name, serde_json::from_str(&text).expect("JSON"))
    })
    .collect()
}

#[test]
fn values_have_the_digests_that_were_recorded() {
    let recordings = recordings();
    let mut checked = 0;
    for (name, recording) in &recordings {
        let objects = recording["objects"].as_array().into_iter().flatten();
        let releases = objects.filter(|object| object["kind"] == "HelmRelease" && object["spec"]["valuesFrom"].is_null());
        for release in releases {
            let status = &release["status"];
            // The newest entry is of the values as they are, unless the upgrade to them failed.
            let Some(expected) = status["lastAttemptedConfigDigest"].as_str() else { continue };
            let record =
                Release::from_json(json!({"config": release["spec"]["values"]}).to_string().as_bytes()).expect("a record");
            assert_eq!(config_digest(&record.config.unwrap_or_default(), Algorithm::Sha256), expected, "{name}");
            checked += 1;
        }
    }
    eprintln!("{checked} digests agree");
    assert!(recordings.is_empty() || checked > 3, "only {checked} digests were checked");
}
