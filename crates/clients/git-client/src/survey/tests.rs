use super::*;
use crate::pack::Store;
use gix::objs::{Kind, Write};

/// Builds trees by hand, as no ordinary program would.
struct Builder {
    _directory: tempfile::TempDir,
    store: Store,
    limits: Limits,
}

impl Builder {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let limits = Limits { entries: 1000, depth: 20, ..Limits::default() };
        let store = Store::create(directory.path(), &limits).expect("a store can be made");
        Self { _directory: directory, store, limits }
    }

    fn blob(&self) -> ObjectId {
        self.store.objects.write_buf(Kind::Blob, b"x").expect("a blob can be written")
    }

    fn tree(&self, entries: &[(&str, &[u8], ObjectId)]) -> ObjectId {
        let entry = |(mode, name, id): &(&str, &[u8], ObjectId)| [mode.as_bytes(), b" ", name, b"\0", id.as_slice()].concat();
        let bytes: Vec<u8> = entries.iter().flat_map(entry).collect();
        self.store.objects.write_buf(Kind::Tree, &bytes).expect("a tree can be written")
    }

    fn survey(&self, root: ObjectId) -> Result<Contents, Cause> {
        survey(&self.store.objects, root, &self.limits)
    }
}

#[test]
fn everything_is_counted_where_it_stands() {
    let builder = Builder::new();
    let blob = builder.blob();
    let shared = builder.tree(&[("100644", b"a", blob), ("120000", b"l", blob)]);
    let root = builder.tree(&[
        ("40000", b"one", shared),
        ("160000", b"sub", ObjectId::null(gix::hash::Kind::Sha1)),
        ("40000", b"two", shared),
        ("100755", b"x", blob),
        ("100644", b"\xff", blob),
    ]);
    let expect = Contents { files: 3, directories: 2, symbolic_links: 2, submodules: 1, unreadable_names: 1 };
    assert_eq!(builder.survey(root).expect("the tree is in order"), expect);
}

#[test]
fn sec_b3_names_that_lead_elsewhere_are_refused() {
    let builder = Builder::new();
    let blob = builder.blob();
    for name in [&b".git"[..], b".GIT", b".Git", b"..", b".", b"", b"a/b", b"/etc"] {
        for mode in ["100644", "120000"] {
            let inner = builder.tree(&[(mode, name, blob)]);
            let root = builder.tree(&[("40000", b"below", inner)]);
            assert!(matches!(builder.survey(root), Err(Cause::Content(_))), "{}", name.escape_ascii());
        }
    }
    let twice = builder.tree(&[("120000", b"a", blob), ("100644", b"a", blob)]);
    assert!(matches!(builder.survey(twice), Err(Cause::Content(_))));
}

#[test]
fn sec_a13_a_few_trees_that_unfold_into_billions_are_refused() {
    let builder = Builder::new();
    let mut tree = builder.tree(&[("100644", b"a", builder.blob())]);
    for _ in 0..10 {
        let names: Vec<Vec<u8>> = (0..10).map(|number: u8| vec![b'a' + number]).collect();
        let entries: Vec<(&str, &[u8], ObjectId)> = names.iter().map(|name| ("40000", name.as_slice(), tree)).collect();
        tree = builder.tree(&entries);
    }
    assert!(matches!(builder.survey(tree), Err(Cause::Limit { what: "files", limit: 1000 })));
}

#[test]
fn sec_a13_a_deep_tree_is_refused() {
    let builder = Builder::new();
    let mut tree = builder.tree(&[("100644", b"a", builder.blob())]);
    for depth in 1..=21 {
        tree = builder.tree(&[("40000", b"d", tree)]);
        assert_eq!(builder.survey(tree).is_ok(), depth <= 20, "{depth}");
    }
}

#[test]
fn a_missing_object_is_noticed_at_once() {
    let builder = Builder::new();
    let absent = ObjectId::from_hex(&[b'1'; 40]).expect("the id is valid");
    for mode in ["100644", "40000"] {
        let root = builder.tree(&[(mode, b"a", absent)]);
        assert!(matches!(builder.survey(root), Err(Cause::Content(_))), "{mode}");
    }
}
