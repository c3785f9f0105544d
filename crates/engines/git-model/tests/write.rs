//! New objects and the messages of a push. Names and bytes of objects are those that git 2.39 made.

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use git_model::{
    Commit, ObjectId, Person,
    write::{
        FileEdit, NewCommit, NewObject, ObjectKind, PushReport, RefStatus, RefUpdate, Refspec, RefspecError, TreeError,
        edit_tree, encode_pack, encode_updates,
    },
};
use std::{collections::BTreeMap, io::Read};

const SIGNED: &[u8] = include_bytes!("objects/commit-signed-ssh.txt");
const ROOT: &str = "2c714e3d2e1b4753f8fad4ddab55cdfe25bf6e7f";
const TREES: [(&str, &str); 3] = [
    (
        ROOT,
        "NDAwMDAgYS1iAGN/qh3TevnO48S0kmZoPGw5w+tJMTAwNjQ0IGEudHh0APcZ79Qw1SvPyFZqQ7LrZVaI04hxNDAwMDAgYQDx6I2SrBaGWSMPFr0MB8s4T7Q3kjEwMDc1NSBydW4A9b3SFOAWA+zWyDvp9m2IV5xYjsY=",
    ),
    ("f1e88d92ac168659230f16bd0c07cb384fb43792", "MTAwNjQ0IHgAViar8PcuWNehUzaLpX20xnPA4XE="),
    ("637faa1dd37af9cee3c4b49266683c6c39c3eb49", "MTAwNjQ0IHkAK99nq7FjpP+y1/PwiAyf5QaM54I="),
];

fn id(text: &str) -> ObjectId {
    text.parse().expect("an object's name")
}

#[derive(Debug, thiserror::Error)]
#[error("not there")]
struct NotThere;

fn edit(edits: &[(&str, Option<&str>)]) -> Result<(String, Vec<NewObject>), TreeError<NotThere>> {
    let trees: BTreeMap<ObjectId, Bytes> =
        TREES.iter().map(|(name, text)| (id(name), BASE64_STANDARD.decode(text).expect("base64").into())).collect();
    let edit = |content: &Option<&str>| content.map_or(FileEdit::Remove, |text| FileEdit::Write(Bytes::from(text.to_owned())));
    let edits = edits.iter().map(|(path, content)| ((*path).to_owned(), edit(content))).collect();
    edit_tree(&id(ROOT), &edits, |id| trees.get(id).cloned().ok_or(NotThere)).map(|(root, new)| (root.to_string(), new))
}

#[test]
fn an_edited_tree_is_that_of_git() {
    let edits = [("a/x", Some("ONE\n")), ("a/deep/er/f", Some("new\n")), ("a-b/y", None), ("run", Some("RUN\n"))];
    let (root, new) = edit(&edits).unwrap();
    assert_eq!(root, "25316c59e0df8e1b190406961b0807357bbb84bc");
    let mut names: Vec<&str> = new.iter().map(|object| object.id.as_str()).collect();
    names.sort_unstable();
    let expected = [
        "25316c59e0df8e1b190406961b0807357bbb84bc",
        "3e757656cf36eca53338e520d134963a44f793f8",
        "4da14242a6209f0584c3613f2e7130bcb704b423",
        "9534dc7dd25f1cb44e94acb8be63f8ac6ab816dc",
        "a2628c1e0953c4bbb3f2195093dab29f1f7ee77e",
        "d99c1973b3069664bcbf48cdf39a68bcf9c983d8",
        "f7081fdaea28872966d38ad6841e1b213ee4be32",
    ];
    assert_eq!(names, expected, "the new objects and no others");
}

#[test]
fn an_edit_that_changes_nothing_makes_nothing() {
    assert_eq!(edit(&[]).unwrap(), (ROOT.to_owned(), Vec::new()));
    assert_eq!(edit(&[("a/x", Some("one\n")), ("none", None), ("a/none/x", None)]).unwrap(), (ROOT.to_owned(), Vec::new()));
    let (empty, _) = edit(&[("a/x", None), ("a-b/y", None), ("a.txt", None), ("run", None)]).unwrap();
    assert_eq!(empty, "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
}

#[test]
fn what_is_no_file_is_not_edited() {
    let error = |path: &str| edit(&[(path, Some("x"))]).unwrap_err().to_string();
    assert_eq!(error("a"), "'a' is not a file");
    assert_eq!(error("a.txt/b"), "'a.txt/b' is not a file");
    for path in ["", "/a", "a//b", "../a", "a/./b", ".git/config", "a/.GIT/hooks/x", "a/"] {
        assert_eq!(error(path), format!("'{path}' cannot be the path of a file"));
    }
    assert_eq!(edit(&[("a/n", Some("x")), ("a/n/m", Some("x"))]).unwrap_err().to_string(), "'a/n' is not a file");
}

#[test]
fn a_commit_is_that_of_git() {
    let person = |name: &str, email: &str, seconds, offset_minutes| Person {
        name: name.to_owned(),
        email: email.to_owned(),
        seconds,
        offset_minutes,
    };
    let commit = NewCommit {
        tree: id("4b825dc642cb6eb9a060e54bf8d69288fbee4904"),
        parents: vec![id("e83c5163316f89bfbde7d9ab23ca2e25604af290")],
        author: person("A U Thor", "a@x", 1_700_000_000, -210),
        committer: person("C", "c@x", 1_700_000_001, 0),
        message: "Subject\n\nbody without a line end".to_owned(),
    };
    assert_eq!(commit.object(None).id.as_str(), "daadaf20dd8d16335fe7a7e76a493b4c46d2d8d6");
    let forged = NewCommit { author: person("A> 0 +0000\nparent x <", "a\n@x>", 1, 0), message: "a\0b".into(), ..commit };
    let payload = String::from_utf8(forged.payload()).unwrap();
    assert!(payload.contains("\nauthor A 0 +0000parent x <a@x> 1 +0000\ncommitter"), "sec_b11: {payload}");
    assert!(payload.ends_with("\n\nab"));
}

#[test]
fn a_signed_commit_is_put_together_as_it_was() {
    let name = NewObject::new(ObjectKind::Commit, SIGNED).id;
    let Commit { tree, parents, author, committer, message, signature, .. } = Commit::parse(name.clone(), SIGNED).unwrap();
    let signature = signature.unwrap();
    let new = NewCommit { tree, parents, author, committer, message };
    assert_eq!(new.payload(), signature.payload);
    assert_eq!(new.object(Some(&signature.text)).id, name);
}

#[test]
fn a_pack_holds_whole_objects() {
    let sizes = [0usize, 1, 15, 16, 2047, 2048, 300_000];
    let objects: Vec<NewObject> = sizes.iter().map(|size| NewObject::new(ObjectKind::Blob, vec![b'x'; *size])).collect();
    let pack = encode_pack(&objects).unwrap();
    assert_eq!(&pack[..12], b"PACK\0\0\0\x02\0\0\0\x07");
    let mut rest = &pack[12..pack.len() - 20];
    for object in &objects {
        let (mut size, mut shift) = (usize::from(rest[0] & 15), 4);
        assert_eq!(rest[0] >> 4 & 7, 3, "a blob");
        while rest[0] & 0x80 != 0 {
            rest = &rest[1..];
            size |= usize::from(rest[0] & 0x7f) << shift;
            shift += 7;
        }
        let mut decoder = flate2::bufread::ZlibDecoder::new(&rest[1..]);
        let mut content = Vec::new();
        decoder.read_to_end(&mut content).unwrap();
        assert_eq!((content.len(), content.as_slice()), (size, &*object.bytes));
        rest = decoder.into_inner();
    }
    assert!(rest.is_empty());
}

#[test]
fn updates_are_packet_lines() {
    let update = |name: &str, old| RefUpdate { name: name.to_owned(), old, new: id(&"b".repeat(40)) };
    let updates = [update("refs/heads/a", None), update("refs/heads/b", Some(id(&"a".repeat(40))))];
    let (zeros, a, b) = ("0".repeat(40), "a".repeat(40), "b".repeat(40));
    let expected = format!("0071{zeros} {b} refs/heads/a\0 report-status0062{a} {b} refs/heads/b00000007x=10000");
    let encoded = encode_updates(&updates, "report-status", Some(&["x=1".to_owned()]));
    assert_eq!(String::from_utf8(encoded).unwrap(), expected);
}

#[test]
fn reports_are_read_with_and_without_packet_lines() {
    let refs = vec![
        RefStatus { name: "refs/heads/a".into(), refused: None },
        RefStatus { name: "refs/heads/b".into(), refused: Some("pre-receive hook declined".into()) },
    ];
    let expected = PushReport { unpack_refused: None, refs };
    let lines = "unpack ok\nok refs/heads/a\nng refs/heads/b pre-receive hook declined\n";
    assert_eq!(PushReport::parse(lines.as_bytes()), Ok(expected.clone()));
    let packets = "000eunpack ok\n0014ok refs/heads/a\n002eng refs/heads/b pre-receive hook declined\n0000";
    assert_eq!(PushReport::parse(packets.as_bytes()), Ok(expected.clone()));
    assert_eq!(expected.refusal("refs/heads/a"), None);
    assert_eq!(expected.refusal("refs/heads/b"), Some("pre-receive hook declined"));
    assert_eq!(expected.refusal("refs/heads/c"), Some("the server did not report on it"));
    let unpack = PushReport::parse(b"unpack index-pack abnormal exit\nng refs/heads/a unpacker error\n").unwrap();
    assert_eq!(unpack.refusal("refs/heads/x"), Some("index-pack abnormal exit"));
    for wrong in ["", "0000", "ok refs/heads/a", "\u{1}x", "ffffunpack ok"] {
        assert!(PushReport::parse(wrong.as_bytes()).is_err(), "{wrong:?}");
    }
}

#[test]
fn refspecs_name_destinations_of_the_branch() {
    let destination = |text: &str| Refspec::parse(text).and_then(|refspec| refspec.destination("refs/heads/main"));
    assert_eq!(destination("refs/heads/main:refs/heads/x"), Ok("refs/heads/x".to_owned()));
    assert_eq!(destination("+HEAD:refs/for/main"), Ok("refs/for/main".to_owned()));
    assert_eq!(destination("refs/heads/*:refs/mirror/*/x"), Ok("refs/mirror/main/x".to_owned()));
    assert_eq!(destination("refs/heads/main"), Ok("refs/heads/main".to_owned()));
    assert!(matches!(destination("refs/heads/b:refs/heads/x"), Err(RefspecError::OtherSource { .. })));
    for wrong in [":refs/heads/x", "main:x", "HEAD", "HEAD:--force", "refs/heads/*:refs/heads/x", "HEAD:refs/heads/a b", "", "+"]
    {
        assert_eq!(destination(wrong), Err(RefspecError::Malformed(wrong.to_owned())), "{wrong:?}");
    }
    assert_eq!(Refspec::parse("+HEAD:refs/x").map(|refspec| refspec.force), Ok(true));
}
