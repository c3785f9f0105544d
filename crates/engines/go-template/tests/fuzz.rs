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
fn kept_inputs_of_template_parse_are_parsed_or_refused() {
    assert!(replay("template_parse", hostile::parse) > 0);
}

#[test]
fn kept_inputs_of_template_execute_are_executed_or_refused() {
    assert!(replay("template_execute", hostile::execute) > 0);
}
