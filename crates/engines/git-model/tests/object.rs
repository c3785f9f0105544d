//! Commits and tags made by git 2.39 with SSH signatures. The payloads were taken out by hand and verified with `ssh-keygen -Y verify`.

use git_model::{Commit, ObjectError, ObjectId, SignatureKind, Tag, short_message};

const COMMIT: &[u8] = include_bytes!("objects/commit-signed-ssh.txt");
const TAG: &[u8] = include_bytes!("objects/tag-signed-ssh.txt");

fn id(digit: char) -> ObjectId {
    digit.to_string().repeat(40).parse().expect("forty digits are an object's name")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_signed_commit_is_taken_apart() {
    let commit = Commit::parse(id('a'), COMMIT).unwrap();
    assert_eq!(commit.tree.as_str(), "aaff74984cccd156a469afa7d9ab10e4777beb24");
    assert!(commit.parents.is_empty());
    assert_eq!((commit.author.name.as_str(), commit.author.email.as_str()), ("Ada Ünal", "ada@example.com"));
    assert_eq!((commit.author.seconds, commit.author.offset_minutes), (1_700_000_000, 330));
    assert_eq!((commit.committer.seconds, commit.committer.offset_minutes), (1_700_000_100, -90));
    assert_eq!(commit.message, "first: a subject that is longer than fifty characters, ä and so on\n\nbody\n");
    assert_eq!(commit.short_message(), "first: a subject that is longer than fifty charact...");
    let signature = commit.signature.unwrap();
    assert_eq!(signature.kind, SignatureKind::Ssh);
    assert!(signature.text.starts_with("-----BEGIN SSH SIGNATURE-----\nU1NIU0lH"));
    assert!(signature.text.ends_with("\n-----END SSH SIGNATURE-----\n"));
    let payload = "tree aaff74984cccd156a469afa7d9ab10e4777beb24\n\
        author Ada Ünal <ada@example.com> 1700000000 +0530\n\
        committer Ada Ünal <ada@example.com> 1700000100 -0130\n\n\
        first: a subject that is longer than fifty characters, ä and so on\n\nbody\n";
    assert_eq!(text(&signature.payload), payload);
}

#[test]
fn a_signed_tag_is_taken_apart() {
    let tag = Tag::parse(id('b'), TAG).unwrap();
    assert_eq!(tag.target.as_str(), "0202f7fe666af885d1772770d3e18f0a71af057c");
    assert_eq!((tag.target_type.as_str(), tag.name.as_str()), ("commit", "v1.0.0"));
    assert_eq!(tag.message, "release one\n");
    let signature = tag.signature.unwrap();
    assert_eq!(signature.kind, SignatureKind::Ssh);
    let payload = "object 0202f7fe666af885d1772770d3e18f0a71af057c\ntype commit\ntag v1.0.0\n\
        tagger Ada Ünal <ada@example.com> 1700000100 -0130\n\nrelease one\n";
    assert_eq!(text(&signature.payload), payload);
}

/// Signatures of both object formats are left out of what either was made over, and a merged tag's is left in.
#[test]
fn only_the_signatures_of_the_commit_itself_are_left_out() {
    let tree = "1".repeat(40);
    let raw = format!(
        "tree {tree}\nparent {tree}\nauthor A <a> 1 +0000\ncommitter A <a> 2 +0000\n\
         gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n\
         mergetag object {tree}\n type commit\n -----BEGIN PGP SIGNATURE-----\n x\n\
         gpgsig-sha256 -----BEGIN PGP SIGNATURE-----\n def\n\
         \nmessage\n gpgsig of the message\n"
    );
    let commit = Commit::parse(id('a'), raw.as_bytes()).unwrap();
    let signature = commit.signature.unwrap();
    assert_eq!(signature.kind, SignatureKind::Pgp);
    assert_eq!(signature.text, "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n");
    let payload = format!(
        "tree {tree}\nparent {tree}\nauthor A <a> 1 +0000\ncommitter A <a> 2 +0000\n\
         mergetag object {tree}\n type commit\n -----BEGIN PGP SIGNATURE-----\n x\n\
         \nmessage\n gpgsig of the message\n"
    );
    assert_eq!(text(&signature.payload), payload);
    assert_eq!(commit.message, "message\n gpgsig of the message\n");
}

#[test]
fn sec_b8_two_signatures_are_none_that_can_be_trusted() {
    let tree = "1".repeat(40);
    let block = "-----BEGIN PGP SIGNATURE-----\n x\n";
    for headers in [format!("gpgsig {block}gpgsig {block}"), format!("gpgsig {block} {block}")] {
        let raw = format!("tree {tree}\n{headers}\nmessage\n");
        let commit = Commit::parse(id('a'), raw.as_bytes()).unwrap();
        assert_eq!(commit.signature.map(|signature| signature.kind), Some(SignatureKind::Unknown), "{raw}");
    }
    let raw = format!("object {tree}\ntype commit\ntag t\n\nmessage\n{block}{block}");
    let tag = Tag::parse(id('a'), raw.as_bytes()).unwrap();
    assert_eq!(tag.signature.map(|signature| signature.kind), Some(SignatureKind::Unknown));
}

#[test]
fn malformed_objects_are_errors_and_odd_ones_are_read() {
    assert!(matches!(Commit::parse(id('a'), b""), Err(ObjectError::Header { header: "tree", .. })));
    assert!(matches!(Commit::parse(id('a'), b"tree x\n\n"), Err(ObjectError::Header { header: "tree", .. })));
    let tree = "1".repeat(40);
    let raw = format!("tree {tree}\nparent x\n\n");
    assert!(matches!(Commit::parse(id('a'), raw.as_bytes()), Err(ObjectError::Header { header: "parent", .. })));
    assert!(matches!(Tag::parse(id('a'), b"\n"), Err(ObjectError::Header { header: "object", .. })));
    for author in ["", "no address", ">a<", "A <a>", "A <a> x y", "A <a> 1 +1", "A <a> 99999999999999999999 +0000"] {
        let raw = format!("tree {tree}\nauthor {author}\n\n\u{fffd}");
        assert_eq!(Commit::parse(id('a'), raw.as_bytes()).unwrap().author.offset_minutes, 0, "{author}");
    }
    let raw = [format!("tree {tree}\n\n").as_bytes(), b"caf\xe9"].concat();
    assert_eq!(Commit::parse(id('a'), &raw).unwrap().message, "caf\u{fffd}");
}

#[test]
fn the_subject_is_cut_after_fifty_characters() {
    let fifty = "ü".repeat(50);
    assert_eq!(short_message(&fifty), fifty);
    assert_eq!(short_message(&format!("{fifty}x\nbody")), format!("{fifty}..."));
    assert_eq!(short_message("\nbody"), "");
}

#[test]
fn the_name_of_an_object_is_whole_and_in_lower_case() {
    let sha1 = "ABCDEF0123".repeat(4).parse::<ObjectId>().unwrap();
    assert_eq!((sha1.as_str(), sha1.digest()), ("abcdef0123".repeat(4).as_str(), format!("sha1:{}", "abcdef0123".repeat(4))));
    assert_eq!("0".repeat(64).parse::<ObjectId>().unwrap().digest(), format!("sha256:{}", "0".repeat(64)));
    for text in ["1234567".to_owned(), "g".repeat(40), "é".repeat(20), "0".repeat(41), String::new()] {
        assert!(text.parse::<ObjectId>().is_err(), "{text}");
    }
}
