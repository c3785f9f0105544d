//! Trees of files: which are read, what is reported, and what no input can do.

use bytes::Bytes;
use file_tree::{FileTree, TreePath};
use yaml_setters::{Image, Setters, edit_file, update};

fn setters() -> Setters {
    Setters::new(&[Image {
        policy_namespace: "apps".into(),
        policy_name: "web".into(),
        name: "ghcr.io/acme/web".into(),
        tag: "v2".into(),
        digest: String::new(),
    }])
}

const MARKED: &str = "kind: A\nimage: a:1 # {\"$imagepolicy\": \"apps:web\"}\n";

fn tree(names: &[&str]) -> FileTree {
    FileTree::from_files(names.iter().map(|name| (*name, Bytes::from_static(MARKED.as_bytes())))).expect("paths of the test")
}

fn changed(names: &[&str], start: &str) -> Vec<String> {
    let update =
        update(&tree(names), &TreePath::parse(start).expect("paths of the test"), &setters()).expect("paths of the test");
    update.changes.file_changes.into_keys().collect()
}

#[test]
fn yaml_files_and_kustomizations_are_read() {
    let names = ["a.yaml", "b.yml", "c.json", "d/Kustomization", "d/kustomization", ".hidden/e.yaml", "f.YAML", ".yaml"];
    assert_eq!(changed(&names, "."), [".hidden/e.yaml", ".yaml", "a.yaml", "b.yml", "d/Kustomization"]);
}

#[test]
fn paths_are_relative_to_the_start() {
    assert_eq!(changed(&["a.yaml", "apps/b.yaml", "apps/c/d.yaml"], "apps"), ["b.yaml", "c/d.yaml"]);
    assert_eq!(changed(&["a.yaml", "apps/b.yaml", "apps/c.yaml"], "apps/b.yaml"), ["b.yaml"]);
    assert!(update(&tree(&["a.yaml"]), &TreePath::parse("none").unwrap(), &setters()).is_err());
}

#[test]
fn wrong_markers_are_reported_by_file_and_line() {
    let content = concat!(
        "kind: A\n",
        "a: x # {\"$imagepolicy\": \"apps:web\"} pinned\n",
        "b: x # {\"$imagepolicy\": \"apps:web:tags\"}\n",
        "c: {d: x} # {\"$imagepolicy\": \"apps:web\"}\n",
        "# {\"$imagepolicy\": \"apps:web\"}\n",
        "e: x # {\"$imagepolicy\": \"apps:other\"}\n",
    );
    let edited = edit_file("apps/a.yaml", content.as_bytes(), &setters());
    let problems: Vec<String> = edited.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            r#"apps/a.yaml:2: the marker is not of the form {"$imagepolicy": "namespace:name"}: # {"$imagepolicy": "apps:web"} pinned"#,
            r#"apps/a.yaml:3: the marker names "apps:web:tags", which is not of the form namespace:name[:tag|:name|:digest]"#,
            "apps/a.yaml:4: the marker is not beside a value that can be set",
            "apps/a.yaml:5: the marker is not beside a value that can be set",
        ]
    );
    let unreadable = edit_file("b.yaml", b"a: b\nc: [ # {\"$imagepolicy\": \"apps:web\"}\n", &setters());
    assert_eq!(unreadable.problems.len(), 1);
    assert!(unreadable.problems[0].to_string().starts_with("b.yaml:"), "{}", unreadable.problems[0]);
    assert_eq!(unreadable.content, None);
}

#[test]
fn a_template_sees_changes_by_file_object_and_once() {
    let second = MARKED.replace("kind: A", "kind: B\nmetadata: {name: b, namespace: n}");
    let files = [("a.yaml", MARKED.to_owned()), ("b.yaml", MARKED.to_owned()), ("c.yaml", second)];
    let tree = FileTree::from_files(files.map(|(name, text)| (name, Bytes::from(text)))).unwrap();
    let changes = update(&tree, &TreePath::root(), &setters()).unwrap().changes;
    assert_eq!(changes.file_changes.len(), 3);
    assert_eq!(changes.changes().len(), 1);
    let objects: Vec<(String, usize)> =
        changes.objects().into_iter().map(|(id, made)| (id.kind + &id.name, made.len())).collect();
    assert_eq!(objects, [("A".to_owned(), 2), ("Bb".to_owned(), 1)]);
}

/// Marsaglia's xorshift: numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
}

#[test]
fn damaged_files_do_not_panic_and_stay_readable() {
    let good = concat!(
        "a: &x |-\n  b # {\"$imagepolicy\": \"apps:web\"}\nc: >2 # {\"$imagepolicy\": \"apps:web\"}\n   d\ne: 'f' # {\"$imagepolicy\": \"apps:web:tag\"}\n",
        "images:\n- name: app\n  newTag: \"1\" # {\"$imagepolicy\": \"apps:web:tag\"}\n# {\"$imagepolicy\": \"apps:web\"}\n- {name: ü, x: [1, 2]}\n",
    );
    let interesting = [
        "\n", " ", "#", "|", ">", "'", "\"", "- ", ": ", "{", "}", "[", "]", ",", "&a ", "*a", "!t ", "\r\n", "\t", "é", "---\n",
    ];
    let (mut numbers, setters) = (Numbers(42), setters());
    let image = yaml_setters::NewImage::parse("app=r/a:v2").unwrap();
    for _ in 0..3_000 {
        let mut text: Vec<char> = good.chars().collect();
        for _ in 0..=numbers.below(5) {
            let at = numbers.below(text.len());
            match numbers.below(3) {
                0 => drop(text.remove(at)),
                1 => drop(text.splice(at..at, interesting[numbers.below(interesting.len())].chars())),
                _ => text.truncate(text.len() - numbers.below(text.len() / 4)),
            }
        }
        let text: String = text.into_iter().collect();
        if let Some(content) = edit_file("a.yaml", text.as_bytes(), &setters).content {
            let again = edit_file("a.yaml", &content, &setters);
            assert_eq!(again.content, None, "{text:?} became {content:?}");
            let unreadable = again.problems.iter().any(|problem| problem.to_string().contains("skipped"));
            assert!(!unreadable, "{text:?} became {content:?}");
        }
        let _ = yaml_setters::set_kustomize_image(&text, &image);
        let _ = yaml_setters::set_value(&text, &["images", "0", "newTag"], "x");
    }
}
