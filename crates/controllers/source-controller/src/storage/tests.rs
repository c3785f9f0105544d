use super::*;
use bytes::Bytes;
use file_tree::FileTree;

fn storage(root: &Path) -> Storage {
    Storage::open(root, "source.example".to_owned(), Algorithm::Sha256, Retention::default()).expect("the storage opens")
}

fn stored(storage: &Storage, commit: &str, text: &'static str) -> Artifact {
    let files = FileTree::from_files([("a.yaml", Bytes::from_static(text.as_bytes()))]).expect("the tree is valid");
    let path = ArtifactPath::git("ns", "name", commit).expect("the path is valid");
    let rules = IgnoreRules::none();
    storage.write(&path, "main@sha1:abc", Content::Files(&files, &rules), Timestamp::UNIX_EPOCH).expect("the artifact is written")
}

#[test]
fn an_artifact_is_named_as_flux_names_it_and_found_again() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let storage = storage(folder.path());
    let artifact = stored(&storage, "abc", "k: v\n");
    assert_eq!(artifact.path, "gitrepository/ns/name/abc.tar.gz");
    assert_eq!(artifact.url, "http://source.example/gitrepository/ns/name/abc.tar.gz");
    assert_eq!(storage.check(&artifact), Stored::Present);
    let size = fs::metadata(folder.path().join(&artifact.path)).expect("the file is there").len();
    assert_eq!(artifact.size, i64::try_from(size).ok());
}

#[test]
fn a_changed_file_is_noticed_and_removed() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let storage = storage(folder.path());
    let artifact = stored(&storage, "abc", "k: v\n");
    assert_eq!(storage.check(&artifact), Stored::Present);
    fs::write(folder.path().join(&artifact.path), "something else").expect("the file is overwritten");
    assert!(matches!(storage.check(&artifact), Stored::Corrupt(_)));
    assert_eq!(storage.check(&artifact), Stored::Missing);
}

#[test]
fn a_path_that_leads_out_of_the_storage_is_not_there() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let root = folder.path().join("storage");
    let storage = storage(&root);
    let mut artifact = stored(&storage, "abc", "k: v\n");
    fs::copy(root.join(&artifact.path), folder.path().join("outside")).expect("the file is copied");
    artifact.path = "../outside".to_owned();
    assert_eq!(storage.check(&artifact), Stored::Missing);
}

#[test]
fn a_link_is_not_an_artifact() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let storage = storage(folder.path());
    let mut artifact = stored(&storage, "abc", "k: v\n");
    let link = folder.path().join("gitrepository/ns/name/latest.tar.gz");
    std::os::unix::fs::symlink(folder.path().join(&artifact.path), link).expect("the link is made");
    artifact.path = "gitrepository/ns/name/latest.tar.gz".to_owned();
    assert_eq!(storage.check(&artifact), Stored::Missing);
}

#[test]
fn collection_keeps_the_current_artifact_and_what_is_young() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let storage = storage(folder.path());
    let old = stored(&storage, "old", "1");
    let current = stored(&storage, "current", "2");
    let now = SystemTime::now();
    assert_eq!(storage.collect(&current, now).expect("it collects"), Vec::<String>::new());
    let later = now + Duration::from_secs(120);
    assert_eq!(storage.collect(&current, later).expect("it collects"), ["old.tar.gz"]);
    assert_eq!(storage.check(&old), Stored::Missing);
    assert_eq!(storage.check(&current), Stored::Present);
}

#[test]
fn removing_an_object_leaves_its_neighbours() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let storage = storage(folder.path());
    let artifact = stored(&storage, "abc", "1");
    assert!(!storage.remove_all("GitRepository", "ns", "nam").expect("nothing is there"));
    assert_eq!(storage.check(&artifact), Stored::Present);
    assert!(storage.remove_all("GitRepository", "ns", "name").expect("it is removed"));
    assert_eq!(storage.check(&artifact), Stored::Missing);
}
