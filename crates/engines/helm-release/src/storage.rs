//! Secrets and ConfigMaps that hold records.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{DecodeError, Release};

/// The type of Secrets with records.
pub const SECRET_TYPE: &str = "helm.sh/release.v1";

/// The key of the object's data that holds the record.
pub const DATA_KEY: &str = "release";

/// The labels that the storage sets itself. Users cannot give them.
pub const SYSTEM_LABELS: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];

/// The largest record that is read, decompressed, in bytes. A stored one has one MiB at most, and compresses to a tenth or so.
pub const MAX_SIZE: usize = 32 << 20;

/// What bytes of gzip with deflate begin with.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];

/// The name of the object that holds a revision.
#[must_use]
pub fn key(release: &str, version: i64) -> String {
    format!("sh.helm.release.v1.{release}.v{version}")
}

/// The text under [`DATA_KEY`]: base64 of gzip of the record's JSON. A Secret has base64 around that once more.
#[must_use]
pub fn encode(release: &Release) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let _ = encoder.write_all(release.to_json().as_bytes());
    STANDARD.encode(encoder.finish().unwrap_or_default())
}

/// Reads what [`encode`] gives, or the same without compression, which early versions wrote. Labels are not in it.
///
/// # Errors
/// What is wrong with it.
pub fn decode(text: &[u8]) -> Result<Release, DecodeError> {
    let bytes = STANDARD.decode(text).map_err(DecodeError::Base64)?;
    if bytes.len() <= GZIP.len() || !bytes.starts_with(&GZIP) {
        return Release::from_json(&bytes);
    }
    let mut json = Vec::new();
    GzDecoder::new(bytes.as_slice()).take(MAX_SIZE as u64 + 1).read_to_end(&mut json).map_err(DecodeError::Gzip)?;
    if json.len() > MAX_SIZE {
        return Err(DecodeError::TooLarge(MAX_SIZE));
    }
    Release::from_json(&json)
}

/// That a record is written, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// For the first time.
    Created(Timestamp),
    /// Again: the label takes the place of the other.
    Modified(Timestamp),
}

/// The labels of the object that holds a record. The release's own come over the stamp, and Helm's over those.
#[must_use]
pub fn labels(release: &Release, stamp: Stamp) -> BTreeMap<String, String> {
    let (label, moment) = match stamp {
        Stamp::Created(moment) => ("createdAt", moment),
        Stamp::Modified(moment) => ("modifiedAt", moment),
    };
    let mut labels = BTreeMap::from([(label.to_owned(), moment.as_second().to_string())]);
    labels.extend(release.labels.clone());
    let system = [
        ("name", release.name.clone()),
        ("owner", "helm".to_owned()),
        ("status", release.status().to_string()),
        ("version", release.version.to_string()),
    ];
    labels.extend(system.map(|(label, value)| (label.to_owned(), value)));
    labels
}

/// The Secret for a record, without a namespace.
#[must_use]
pub fn secret(release: &Release, stamp: Stamp) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": key(&release.name, release.version), "labels": labels(release, stamp)},
        "type": SECRET_TYPE,
        "data": {DATA_KEY: STANDARD.encode(encode(release))},
    })
}

/// The ConfigMap for a record, without a namespace.
#[must_use]
pub fn config_map(release: &Release, stamp: Stamp) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": key(&release.name, release.version), "labels": labels(release, stamp)},
        "data": {DATA_KEY: encode(release)},
    })
}

/// Reads the record of a Secret or ConfigMap. Its labels are all labels of the object: so Helm has them after listing, and so they come into
/// what it writes next. After getting a single record Helm has the custom ones only; see [`custom_labels`].
///
/// # Errors
/// What is wrong with the object.
pub fn read(object: &Value) -> Result<Release, DecodeError> {
    let text = object["data"][DATA_KEY].as_str().ok_or(DecodeError::Missing(DATA_KEY))?;
    let mut release = if object["kind"] == "ConfigMap" {
        decode(text.as_bytes())?
    } else {
        decode(&STANDARD.decode(text).map_err(DecodeError::Base64)?)?
    };
    let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
    release.labels = labels.filter_map(|(label, value)| Some((label.clone(), value.as_str()?.to_owned()))).collect();
    Ok(release)
}

/// The labels that are not the storage's.
#[must_use]
pub fn custom_labels(labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let custom = labels.iter().filter(|(label, _)| !SYSTEM_LABELS.contains(&label.as_str()));
    custom.map(|(label, value)| (label.clone(), value.clone())).collect()
}
