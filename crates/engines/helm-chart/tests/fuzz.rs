//! Replays the inputs that the fuzz targets (`fuzz/` at the root) found or that reach far into the engine.

mod hostile;

use std::path::Path;

#[expect(clippy::disallowed_methods, reason = "a test reads its inputs from disk")]
fn replay(target: &str, run: fn(&[u8])) -> usize {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fuzz").join(target);
    let files = std::fs::read_dir(directory).expect("the inputs are there");
    files.map(|file| run(&std::fs::read(file.expect("the folder is readable").path()).expect("the input is readable"))).count()
}

#[test]
fn kept_inputs_of_helm_chart_are_rendered_or_refused() {
    assert!(replay("helm_chart", hostile::chart) > 0);
}

#[test]
fn kept_inputs_of_helm_values_are_merged_or_refused() {
    assert!(replay("helm_values", hostile::values) > 0);
}
