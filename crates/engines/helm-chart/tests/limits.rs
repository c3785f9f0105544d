//! Charts that are larger, deeper or odder than charts are.

use bytes::Bytes;
use file_tree::{FileTree, TreePath};
use helm_chart::{Limits, LoadError, Setter, Values, load_archive, load_directory, load_files};

const CHART: &str = "apiVersion: v2\nname: a\nversion: 1.0.0\n";

fn text(text: &str) -> Bytes {
    Bytes::from(text.to_owned())
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[test]
fn charts_within_each_other_are_bounded() {
    let nested = |depth: usize| {
        let path = |level: usize| format!("{}Chart.yaml", "charts/a/".repeat(level));
        load_files((0..=depth).map(|level| (path(level), text(CHART))), &Limits::default())
    };
    assert!(nested(60).is_ok());
    let error = nested(70).expect_err("the charts are too deep");
    assert!(chain(&error).ends_with("charts are nested deeper than 64"), "{}", chain(&error));
    let many = (0..3).map(|name| (format!("charts/c{name}/Chart.yaml"), text(CHART)));
    let limits = Limits { charts: 3, ..Limits::default() };
    let error = load_files(many.chain([("Chart.yaml".to_owned(), text(CHART))]), &limits).expect_err("there are too many charts");
    assert!(chain(&error).ends_with("chart holds more than 3 charts"), "{}", chain(&error));
}

#[test]
fn a_directory_is_read_within_bounds_and_without_what_is_ignored() {
    let files = [
        ("c/Chart.yaml", text(CHART)),
        ("c/.helmignore", text("*.md\nsecret/\n")),
        ("c/README.md", text("no")),
        ("c/secret/a.txt", text("no")),
        ("c/templates/.hidden", text("no")),
        ("c/a.txt", text("yes")),
    ];
    let tree = FileTree::from_files(files).expect("the paths differ");
    let directory = TreePath::parse("c").expect("the path is valid");
    let chart = load_directory(&tree, &directory, &Limits::default()).expect("the chart is well formed");
    let names: Vec<&str> = chart.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!((names, chart.templates.len()), (vec![".helmignore", "a.txt"], 0));
    let small = Limits { bytes: 10, ..Limits::default() };
    let error = load_directory(&tree, &directory, &small).expect_err("the chart is too large");
    assert!(matches!(error, LoadError::TooLarge { limit: 10, .. }), "{error}");
}

#[test]
fn what_is_no_archive_is_refused() {
    for content in [&b""[..], b"text", b"\x1f\x8b\x08"] {
        assert!(load_archive(content, &Limits::default()).is_err());
    }
}

#[test]
fn lines_that_set_values_are_bounded() {
    let error = |line: &str| Setter::new(&mut Values::new()).typed(line).expect_err("the line is refused").to_string();
    let many = (0..20).map(|name| format!("n{name}[65536]=1")).collect::<Vec<_>>().join(",");
    assert_eq!(error(&many), "lists grow by more than 1000000 elements");
    let deep = format!("a{}=1", "[0]".repeat(200));
    assert_eq!(error(&deep), "value name nested level is greater than maximum supported nested level of 100");
}
