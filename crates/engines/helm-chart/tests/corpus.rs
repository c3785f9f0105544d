//! Every chart of the shared corpus, whose expected results come from Helm itself.

mod conformance;

#[test]
fn every_chart_of_the_corpus_renders_as_helm_renders_it() {
    let Some(directory) = conformance::corpus() else { return };
    let report = conformance::run(&directory).expect("the corpus is readable");
    assert!(report.failed.is_empty(), "{} passed; failing:\n{}", report.passed, report.details.join("\n"));
    assert!(report.passed > 0, "the corpus has no cases");
}
