use super::*;
use bytes::Bytes;
use file_tree::FileTree;

const FILE: EntryKind = EntryKind::File { executable: false };

fn path(text: &str) -> TreePath {
    TreePath::parse(text).expect("the path is valid")
}

/// One row of the corpus: the rules, the path and whether it stays out.
fn row(line: &str) -> (IgnoreRules, TreePath, EntryKind, bool) {
    let columns: Vec<&str> = line.split('\t').collect();
    let lines = |column: &str| column.replace('|', "\n");
    let files = [("", columns[0]), ("a", columns[1]), ("a/b", columns[2])];
    let texts = files.map(|(directory, column)| (path(directory), lines(column)));
    let spec = Some(columns[3]).filter(|column| !column.is_empty()).map(lines);
    let rules = IgnoreRules::new(texts.into_iter().collect(), spec.as_deref()).expect("there are few patterns");
    let kind = if columns[5] == "d" { EntryKind::Directory } else { FILE };
    (rules, path(columns[4]), kind, columns[6] == "drop")
}

/// The corpus is what github.com/fluxcd/pkg/sourceignore v0.18.0 says about random patterns and paths.
#[test]
fn every_verdict_is_that_of_flux() {
    let corpus = include_str!("../../tests/corpus/ignore.tsv");
    let mut rows = 0;
    for line in corpus.lines().filter(|line| !line.starts_with("# ")) {
        let (rules, path, kind, dropped) = row(line);
        assert_eq!(rules.judge(&path, kind) != Verdict::Keep, dropped, "{line:?}");
        let mut above = path.parent();
        while let Some(directory) = above.filter(|directory| !directory.is_root()) {
            if rules.judge(&directory, EntryKind::Directory) == Verdict::DropAll {
                assert!(dropped, "{directory} is left out with everything below: {line:?}");
            }
            above = directory.parent();
        }
        rows += 1;
    }
    assert!(rows > 2500, "{rows} rows");
}

/// The cases of `sourceignore/gitignore/pattern_test.go`: pattern, domain, path, whether it is a directory, what it says.
#[test]
fn single_patterns_match_as_in_flux() {
    use Match::{Exclude, Include, None};
    let table = [
        ("!vul?ano", "value/vulkano/tail", false, Include),
        ("value", "value/tail", false, Exclude),
        ("value", "head/value", false, Exclude),
        ("value/", "value/tail", false, Exclude),
        ("value/", "head/value", true, Exclude),
        ("value/", "head/value", false, None),
        ("val", "head/value/tail", false, None),
        ("v*o", "value/vulkano/tail", false, Exclude),
        ("v[ou]l[kc]ano", "value/volcano", false, Exclude),
        ("v[ou]l[", "value/vol[", false, None),
        ("/value/vul?ano", "value/vulkano/tail", false, Exclude),
        ("value/vulkano", "value/volcano", false, None),
        ("value/vul?ano", "value", false, None),
        ("/value/volcano", "value/value/volcano", false, None),
        ("**/*lue/vol?ano", "head/value/volcano/tail", false, Exclude),
        ("**/*lue/vol?ano", "head/value/Volcano/tail", false, None),
        ("**/*lue/vol?ano/", "head/value/volcano", false, None),
        ("/*lue/vol?ano/**", "value/volcano/tail/moretail", false, Exclude),
        ("/*lue/vol?ano/**", "value/volcano", false, Exclude),
        ("/*lue/**/vol?ano", "value/volcano", false, Exclude),
        ("/*lue/**/vol?ano", "value/middle1/middle2/volcano", false, Exclude),
        ("/*lue/**/vol?ano/", "value/middle1/middle2/volcano", false, None),
        ("/*lue/**foo/vol?ano", "value/foo/volcano/tail", false, None),
        ("/value/**/v[ou]l[", "value/head/vol[", false, None),
        ("**/android/**/GeneratedPluginRegistrant.java", "packages/flutter_tools/lib/src/android/gradle.dart", false, None),
    ];
    for (pattern, path, is_directory, expect) in table {
        let names: Vec<&str> = path.split('/').collect();
        assert_eq!(Pattern::parse(pattern).matches(&names, is_directory), expect, "{pattern} {path}");
    }
}

#[test]
fn patterns_are_read_from_the_files_of_a_tree() {
    let files = [
        (".sourceignore", "# all yaml\r\n*.yaml\r\n\r\n!keep.yaml\n"),
        ("sub/.sourceignore", "!mine.yaml\n/keep.yaml\n"),
        (".git/.sourceignore", "!*\n"),
    ];
    let tree = FileTree::from_files(files.map(|(path, text)| (path, Bytes::from(text)))).unwrap();
    let rules = IgnoreRules::load(&tree, Some("/sub/last.yaml\n!/sub/none.yaml")).unwrap();
    let table = [
        ("a.yaml", Verdict::Drop),
        ("keep.yaml", Verdict::Keep),
        ("mine.yaml", Verdict::Drop),
        ("sub/mine.yaml", Verdict::Keep),
        ("sub/keep.yaml", Verdict::Drop),
        ("sub/deep/keep.yaml", Verdict::Keep),
        ("sub/none.yaml", Verdict::Keep),
        ("picture.jpg", Verdict::Keep),
        (".gitignore", Verdict::Drop),
    ];
    for (name, expect) in table {
        assert_eq!(rules.judge(&path(name), FILE), expect, "{name}");
    }
}

/// A line that Go's scanner cannot hold ends the file: 64 KiB with its newline fit, one more does not.
#[test]
fn a_line_too_long_ends_the_file() {
    let text = |length: usize| format!("{}\nafter\n", "x".repeat(length));
    assert_eq!(parse(&text(65535)).len(), 2);
    assert_eq!(parse(&text(65536)).len(), 0);
}

#[test]
fn sec_a15_the_git_directory_cannot_be_taken_back_in() {
    let rules = IgnoreRules::new(BTreeMap::new(), Some("!.git\n!.git/\n!**/.git/**\n!/.git/config")).unwrap();
    for name in [".git/config", ".git", "a/.git/hooks/x"] {
        assert_eq!(rules.judge(&path(name), FILE), Verdict::DropAll, "{name}");
    }
    assert_eq!(rules.judge(&path(".git"), EntryKind::Directory), Verdict::DropAll);
}

/// With a matcher that tries every place for each `**` this would not end.
#[test]
fn sec_a15_many_wildcards_over_a_deep_path_take_linear_time() {
    let spec = format!("{}a\n{}b\n", "**/".repeat(100), "*a".repeat(5000));
    let rules = IgnoreRules::new(BTreeMap::new(), Some(&spec)).unwrap();
    let deep = path(&vec!["x".repeat(200); 2000].join("/"));
    assert_eq!(rules.judge(&deep, FILE), Verdict::Keep);
    let long = path(&"a".repeat(20_000));
    assert_eq!(rules.judge(&long, FILE), Verdict::Keep);
}

#[test]
fn sec_a15_oversized_ignore_files_are_refused() {
    let tree = FileTree::from_files([("d/.sourceignore", Bytes::from(vec![b'\n'; IGNORE_FILE_LIMIT + 1]))]).unwrap();
    assert!(matches!(IgnoreRules::load(&tree, None), Err(IgnoreError::FileTooLarge(_))));
    let many = "a\n".repeat(PATTERN_LIMIT + 1);
    assert!(matches!(IgnoreRules::new(BTreeMap::new(), Some(&many)), Err(IgnoreError::TooManyPatterns)));
}
