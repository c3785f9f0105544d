//! Markers put on the images of real manifests, in memory, and new values set: nothing else may change, byte by byte.
//!
//! What is expected is made from the lines of the text alone, and judged by a YAML parser that is not ours: a marker counts only where
//! that parser sees a comment, and afterwards it must see the new values in place of the old ones and no other difference.

#![expect(clippy::print_stdout, reason = "the names that differ are the result")]

use super::kustomize_real::first_difference;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use yaml_serde::Value;
use yaml_setters::{Image, Setters, edit_file, is_candidate};

/// Flags of `cargo xtask conformance setters`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Where to look for YAML files, at any depth
    directory: PathBuf,
}

/// The fields that get a marker, what the marker adds to the name of the policy, and the value that is set.
const FIELDS: [(&str, &str, &str); 7] = [
    ("image", "", "registry.example.com/team/new:9.9.9-new"),
    ("repository", ":name", "registry.example.com/team/new"),
    ("newName", ":name", "registry.example.com/team/new"),
    ("tag", ":tag", "9.9.9-new"),
    ("newTag", ":tag", "9.9.9-new"),
    ("imageTag", ":tag", "9.9.9-new"),
    ("appVersion", ":tag", "9.9.9-new"),
];

/// A file with markers, and the same with the new values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Marked {
    before: String,
    after: String,
    /// How many markers there are.
    count: usize,
    /// How many lines look like one that can be marked, and are something else: text in a block, a part of a longer scalar.
    left_out: usize,
}

/// What came of the files.
#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    failed: usize,
    markers: usize,
    left_out: usize,
    not_yaml: usize,
    without: usize,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let root = &arguments.directory;
    let root = root.canonicalize().with_context(|| format!("find {}", root.display()))?;
    let mut tally = Tally::default();
    for file in files(&root)? {
        let content = std::fs::read(&file).with_context(|| format!("read {}", file.display()))?;
        let parsed = std::str::from_utf8(&content).ok().and_then(|text| Some((text, parse(text)?)));
        let Some((text, values)) = parsed else {
            tally.not_yaml += 1;
            continue;
        };
        let marked = mark(text, &values);
        if marked.count == 0 {
            tally.without += 1;
            continue;
        }
        tally.markers += marked.count;
        tally.left_out += marked.left_out;
        match difference(&marked, &values) {
            None => tally.passed += 1,
            Some(difference) => {
                tally.failed += 1;
                println!("{}: {difference}", file.strip_prefix(&root).unwrap_or(&file).display());
            }
        }
    }
    let Tally { passed, failed, markers, left_out, not_yaml, without } = tally;
    println!("{markers} markers; {left_out} lines are no fields; {without} files have no images, {not_yaml} are no YAML");
    println!("{passed} passed, {failed} failed");
    ensure!(passed + failed > 0, "no file with an image below {}", root.display());
    ensure!(failed == 0, "{failed} of {} files are edited otherwise than they should be", passed + failed);
    Ok(())
}

/// What is wrong with the edit of a marked file, if anything.
fn difference(marked: &Marked, values: &[Value]) -> Option<String> {
    let image = Image {
        policy_namespace: "ns".to_owned(),
        policy_name: "app".to_owned(),
        name: "registry.example.com/team/new".to_owned(),
        tag: "9.9.9-new".to_owned(),
        digest: String::new(),
    };
    let edited = edit_file("file", marked.before.as_bytes(), &Setters::new([&image]));
    if let Some(problem) = edited.problems.first() {
        return Some(problem.to_string());
    }
    let Some(content) = edited.content else { return Some("nothing changes".to_owned()) };
    if content != marked.after {
        return Some(format!("line {} differs", first_difference(&content, marked.after.as_bytes())));
    }
    let Some(new) = parse(&marked.after) else { return Some("the result is no YAML".to_owned()) };
    let mut changed = 0;
    let same = new.len() == values.len() && values.iter().zip(&new).all(|(old, new)| is_same_but(old, new, &mut changed));
    // What an alias stands for changes with it.
    (!same || changed < marked.count).then(|| format!("{changed} values changed, expected {}", marked.count))
}

/// Whether the values are the same but for new images in place of scalars, which are counted.
fn is_same_but(old: &Value, new: &Value, changed: &mut usize) -> bool {
    match (old, new) {
        (Value::Mapping(old), Value::Mapping(new)) => {
            old.len() == new.len()
                && old.iter().zip(new).all(|((key, old), (new_key, new))| key == new_key && is_same_but(old, new, changed))
        }
        (Value::Sequence(old), Value::Sequence(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| is_same_but(old, new, changed))
        }
        (Value::Tagged(old), Value::Tagged(new)) => old.tag == new.tag && is_same_but(&old.value, &new.value, changed),
        (old, new) if old == new => true,
        (_, Value::String(new)) if FIELDS.iter().any(|(_, _, value)| value == new) => {
            *changed += 1;
            true
        }
        _ => false,
    }
}

/// Marks every field that can be. `values` is what the text holds.
fn mark(text: &str, values: &[Value]) -> Marked {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let fields: Vec<Option<Field>> = lines.iter().map(|line| Field::of(line)).collect();
    let all = assemble(&lines, &fields);
    // A marker that became content, or broke the file, is not one.
    if all.count == 0 || parse(&all.before).as_deref() == Some(values) {
        return all;
    }
    let mut kept: Vec<Option<Field>> = vec![None; fields.len()];
    let mut left_out = 0;
    for (number, field) in fields.iter().enumerate().filter(|(_, field)| field.is_some()) {
        kept[number].clone_from(field);
        if parse(&assemble(&lines, &kept).before).as_deref() != Some(values) {
            kept[number] = None;
            left_out += 1;
        }
    }
    Marked { left_out, ..assemble(&lines, &kept) }
}

fn assemble(lines: &[&str], fields: &[Option<Field>]) -> Marked {
    let mut marked = Marked::default();
    for (line, field) in lines.iter().zip(fields) {
        match field {
            None => [&mut marked.before, &mut marked.after].into_iter().for_each(|text| text.push_str(line)),
            Some(Field { before, after }) => {
                marked.before.push_str(before);
                marked.after.push_str(after);
                marked.count += 1;
            }
        }
    }
    marked
}

/// A line with a marker, and the same with the new value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    before: String,
    after: String,
}

impl Field {
    /// `image: value` and its like, as a field or the first one of an item; the value may have an anchor and quotes.
    fn of(line: &str) -> Option<Self> {
        let (content, end) = line.split_at(line.trim_end().len());
        let end = end.trim_start_matches([' ', '\t']);
        let key_start = content.len() - content.trim_start_matches([' ', '-']).len();
        let (key, rest) = content[key_start..].split_once(": ")?;
        let (_, part, new) = FIELDS.iter().find(|(field, ..)| *field == key)?;
        let value = rest.trim_start();
        let value = match value.strip_prefix('&') {
            Some(anchored) => anchored.split_once(' ')?.1.trim_start(),
            None => value,
        };
        let new = match value.chars().next()? {
            quote @ ('"' | '\'') => {
                let inner = value.strip_prefix(quote)?.strip_suffix(quote)?;
                (!inner.contains([quote, '\\'])).then(|| format!("{quote}{new}{quote}"))?
            }
            first => {
                let is_plain = (first.is_alphanumeric() || first == '/') && !value.contains([':', '#']) || is_reference(value);
                is_plain.then(|| (*new).to_owned())?
            }
        };
        let marker = format!(" # {{\"$imagepolicy\": \"ns:app{part}\"}}{end}");
        let head = &content[..content.len() - value.len()];
        Some(Self { before: format!("{content}{marker}"), after: format!("{head}{new}{marker}") })
    }
}

/// Whether a text is a plain scalar with colons that have no meaning.
fn is_reference(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !text.ends_with(':')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@+".contains(&byte))
}

/// All documents; nothing where the text is no YAML.
fn parse(text: &str) -> Option<Vec<Value>> {
    let documents = yaml_serde::Deserializer::from_str(text);
    documents.map(|document| serde::Deserialize::deserialize(document).ok()).collect()
}

/// Every YAML file at or below `root`, in order. Links are not followed; `.git` is left out.
fn files(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut rest = vec![root.to_owned()];
    while let Some(directory) = rest.pop() {
        let list = || format!("list {}", directory.display());
        for entry in std::fs::read_dir(&directory).with_context(list)? {
            let entry = entry.with_context(list)?;
            let kind = entry.file_type().with_context(list)?;
            if kind.is_dir() && entry.file_name() != ".git" {
                rest.push(entry.path());
            } else if kind.is_file() && entry.file_name().to_str().is_some_and(is_candidate) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_from_what_looks_like_them() {
        let after = |line: &str| Field::of(line).map(|field| field.after);
        for (line, expected) in [
            ("  tag: v1 \r\n", "  tag: 9.9.9-new # {\"$imagepolicy\": \"ns:app:tag\"}\r\n"),
            ("- image: &a 'x:1'", "- image: &a 'registry.example.com/team/new:9.9.9-new' # {\"$imagepolicy\": \"ns:app\"}"),
            ("newName:  a.b/c\n", "newName:  registry.example.com/team/new # {\"$imagepolicy\": \"ns:app:name\"}\n"),
        ] {
            assert_eq!(after(line).as_deref(), Some(expected));
        }
        for line in
            ["tag: {{ .tag }}", "tag: *a", "tag: |", "tag:", "tag: a # b", "tag: \"a\\n\"", "tags: a", "image: a: b", "tag: [a]"]
        {
            assert_eq!(after(line), None, "{line}");
        }
    }

    #[test]
    fn lines_of_a_block_get_no_marker() {
        let text = "a: |\n  tag: v1\ntag: v1\n";
        let values = parse(text).expect("it is YAML");
        let marked = mark(text, &values);
        assert_eq!((marked.count, marked.left_out), (1, 1));
        assert!(marked.before.starts_with("a: |\n  tag: v1\ntag: v1 #"), "{}", marked.before);
        assert_eq!(difference(&marked, &values), None);
    }

    #[test]
    fn another_change_is_told() {
        let values = parse("tag: v1\nother: 1\n").expect("it is YAML");
        let changed = parse("tag: 9.9.9-new\nother: 2\n").expect("it is YAML");
        let mut count = 0;
        assert!(!is_same_but(&values[0], &changed[0], &mut count) && count == 1);
    }
}
