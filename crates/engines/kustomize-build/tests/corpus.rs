//! Every case of the shared corpus, whose expected results come from kustomize itself.

mod conformance;

#[test]
fn every_case_of_the_corpus_builds_as_kustomize_builds_it() {
    let Some(directory) = conformance::corpus() else { return };
    let report = conformance::run(&directory).expect("the corpus is readable");
    assert!(report.failed.is_empty(), "{} passed; failing:\n{}", report.passed, report.details.join("\n"));
    assert!(report.passed > 0, "the corpus has no cases");
}

/// What random overlays have found, made small; kustomize gave the expected results.
#[test]
fn every_finding_of_the_comparison_stays_found() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let report = conformance::run(&directory).expect("the cases are readable");
    assert!(report.failed.is_empty(), "{} passed; failing:\n{}", report.passed, report.details.join("\n"));
    assert!(report.passed > 0, "there are no cases");
}
