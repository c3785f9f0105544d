//! Every case of the shared corpus, whose expected results come from kustomize itself.

mod conformance;

/// Names that do not pass yet; empty in the end.
const KNOWN: &str = include_str!("not_yet.txt");

#[test]
fn every_case_of_the_corpus_builds_as_kustomize_builds_it() {
    let Some(directory) = conformance::corpus() else { return };
    let report = conformance::run(&directory).expect("the corpus is readable");
    let known: Vec<&str> = KNOWN.lines().filter(|line| !line.is_empty()).collect();
    let unexpected: Vec<&String> = report.failed.iter().filter(|name| !known.contains(&name.as_str())).collect();
    let fixed: Vec<&&str> = known.iter().filter(|name| !report.failed.iter().any(|failed| failed == **name)).collect();
    assert!(unexpected.is_empty(), "{} passed; failing: {unexpected:#?}", report.passed);
    assert!(fixed.is_empty(), "these pass now, take them out of not_yet.txt: {fixed:#?}");
    assert!(report.passed > 0, "the corpus has no cases");
}
