//! Every case of the shared corpus that calls builtins only; the expected results come from Go itself.

mod conformance;

#[test]
fn every_case_of_the_corpus_without_foreign_functions_renders_as_go_renders_it() {
    let Some(directory) = conformance::corpus() else { return };
    let report = conformance::run(&directory).expect("the corpus is readable");
    for (name, expected, found) in &report.failed {
        eprintln!("{name}\n  expected {expected}\n  found    {found:?}");
    }
    for (group, passed) in &report.groups {
        eprintln!("{group}: {passed} passed");
    }
    eprintln!("{} passed, {} failed, {} skipped", report.passed, report.failed.len(), report.skipped);
    assert!(report.failed.is_empty());
    assert!(report.passed > 2500, "only {} cases were run", report.passed);
}
