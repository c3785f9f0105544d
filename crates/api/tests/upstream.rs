//! The definitions have the structure of Flux's: everything but descriptions and the note of the generator's version is equal.

use serde_json::Value;
use std::path::PathBuf;

/// The folder of Flux's definitions next to the checkout; `None` where it is not there.
fn upstream() -> Option<PathBuf> {
    let shared = match std::env::var_os("WEIR_SHARED") {
        Some(shared) => PathBuf::from(shared),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
    };
    let folder = shared.join("upstream-crds");
    folder.is_dir().then_some(folder)
}

#[test]
fn definitions_have_the_structure_of_flux() {
    let Some(folder) = upstream() else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "Flux's definitions are absent");
        eprintln!("Flux's definitions are absent; nothing was compared");
        return;
    };
    let mut differences = Vec::new();
    for crd in api::crds() {
        let path = folder.join(&crd.file_name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut expect: Value = yaml_serde::from_str(&text).unwrap();
        without_generator(&mut expect["metadata"]);
        compare(&crd.file_name, &expect, &crd.value, &mut differences);
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn every_kind_is_defined() {
    let names: Vec<String> = api::crds().into_iter().map(|crd| crd.file_name).collect();
    let expect = [
        "helm.toolkit.fluxcd.io_helmreleases.yaml",
        "image.toolkit.fluxcd.io_imagepolicies.yaml",
        "image.toolkit.fluxcd.io_imagerepositories.yaml",
        "image.toolkit.fluxcd.io_imageupdateautomations.yaml",
        "kustomize.toolkit.fluxcd.io_kustomizations.yaml",
        "source.toolkit.fluxcd.io_buckets.yaml",
        "source.toolkit.fluxcd.io_gitrepositories.yaml",
        "source.toolkit.fluxcd.io_helmcharts.yaml",
        "source.toolkit.fluxcd.io_helmrepositories.yaml",
        "source.toolkit.fluxcd.io_ocirepositories.yaml",
    ];
    assert_eq!(names, expect);
}

/// Removes the note of the generator's version, and the annotations where there are no others.
fn without_generator(metadata: &mut Value) {
    let Some(annotations) = metadata["annotations"].as_object_mut() else { return };
    annotations.remove("controller-gen.kubebuilder.io/version");
    let others = !annotations.is_empty();
    if let Some(metadata) = metadata.as_object_mut().filter(|_| !others) {
        metadata.remove("annotations");
    }
}

/// Adds a line to `differences` for each difference, with its path. Lists whose order has no meaning are compared sorted.
fn compare(path: &str, expect: &Value, actual: &Value, differences: &mut Vec<String>) {
    match (expect, actual) {
        (Value::Object(left), Value::Object(right)) => {
            let schema_of_field = path.ends_with(".properties");
            let skipped = |key: &str| key == "description" && !schema_of_field;
            for (key, expected) in left.iter().filter(|(key, _)| !skipped(key)) {
                match right.get(key) {
                    Some(found) => compare(&format!("{path}.{key}"), expected, found, differences),
                    None => differences.push(format!("{path}.{key}: missing, expected {expected}")),
                }
            }
            for (key, found) in right.iter().filter(|(key, _)| !skipped(key) && !left.contains_key(*key)) {
                differences.push(format!("{path}.{key}: not in Flux's, found {found}"));
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let (mut left, mut right) = (left.clone(), right.clone());
            if path.ends_with(".required") || path.ends_with(".enum") {
                left.sort_by_key(Value::to_string);
                right.sort_by_key(Value::to_string);
            }
            for (index, (expected, found)) in left.iter().zip(&right).enumerate() {
                compare(&format!("{path}[{index}]"), expected, found, differences);
            }
        }
        (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => {}
        _ if expect == actual => {}
        _ => differences.push(format!("{path}: expected {expect}, found {actual}")),
    }
}
