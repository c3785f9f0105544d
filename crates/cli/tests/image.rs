//! `weir image` from outside: files, commits, tags; and eight pipelines at once.

use std::path::Path;
use std::process::{Command, Output};
use test_support::GitServer;

const KUSTOMIZATION: &str = "# ours\nresources:\n- web.yaml\nimages:\n- name: app # the web\n  newTag: \"1.0\"\n";

fn weir(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weir"));
    command.arg("image").args(arguments).current_dir(directory).output().expect("the command starts")
}

fn succeed(directory: &Path, arguments: &[&str]) -> String {
    let output = weir(directory, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn fail(directory: &Path, arguments: &[&str]) -> String {
    let output = weir(directory, arguments);
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn files_are_changed_where_they_stand() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).expect("writes");
    let read = |name: &str| std::fs::read_to_string(directory.path().join(name)).expect("reads");
    write("kustomization.yaml", KUSTOMIZATION);
    let printed = succeed(directory.path(), &["set", ".", "--image", "app=registry.example.com/app:2.0"]);
    assert!(printed.ends_with("kustomization.yaml"), "{printed}");
    assert!(read("kustomization.yaml").contains("- name: app # the web\n"), "{}", read("kustomization.yaml"));
    assert!(read("kustomization.yaml").contains("newName: registry.example.com/app\n"), "{}", read("kustomization.yaml"));
    write("values.yaml", "image:\n  tag: 'old' # now\n");
    succeed(directory.path(), &["set", "values.yaml", "--value", "image.tag=1.0"]);
    assert_eq!(read("values.yaml"), "image:\n  tag: '1.0' # now\n");
    write("web.yaml", "image: a:1 # {\"$imagepolicy\": \"apps:web\"}\n");
    succeed(directory.path(), &["set", ".", "--marker", "apps:web=ghcr.io/org/web:2"]);
    assert_eq!(read("web.yaml"), "image: ghcr.io/org/web:2 # {\"$imagepolicy\": \"apps:web\"}\n");
    assert_eq!(succeed(directory.path(), &["set", ".", "--marker", "apps:web=ghcr.io/org/web:2"]), "", "nothing changes twice");
}

#[test]
fn what_is_missing_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    for (arguments, part) in [
        (&["set", "."][..], "nothing to set"),
        (&["set", ".", "--image", "app=x:1"], "there is no kustomization at"),
        (&["set", ".", "--value", "a.b=1"], "is not a file"),
        (&["set", ".", "--image", "app=x:1", "--push"], "is not in a clone"),
        (&["set", ".", "--image", "app=x:1", "--commit"], "is not in a clone"),
        (&["set", ".", "--image", "app=x:1", "--commit", "--push"], "cannot be used with"),
        (&["set", ".", "--image", "app=x:1", "--message", "x"], "--commit|--push"),
        (&["set", ".", "--image", "app=x:1", "--push", "--url", "ftp://x/y"], "the address of the repository cannot be used"),
        (&["set", ".", "--image", "app=x:1", "--push", "--url", "http://127.0.0.1:1/x", "--branch", "a..b"], "is invalid"),
        (&["tag", "."], "is not in a clone"),
    ] {
        let error = fail(directory.path(), arguments);
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
}

#[test]
fn eight_pipelines_at_once_make_eight_commits_in_a_row() {
    let server = GitServer::start().expect("a server");
    let repository = server.repository("apps").expect("a repository");
    let mut commit = repository.commit("Begin");
    for number in 0..8 {
        commit = commit.file(&format!("{number}/kustomization.yaml"), KUSTOMIZATION);
    }
    let base = commit.create().expect("a commit");
    let (directory, url) = (tempfile::tempdir().expect("a directory"), server.url("apps"));
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (directory, url) = (directory.path(), url.as_str());
            scope.spawn(move || {
                let (path, image) = (number.to_string(), format!("app=registry.example.com/app:{number}"));
                let message = format!("Release {number}");
                succeed(directory, &["set", &path, "--image", &image, "--push", "--url", url, "--message", &message])
            });
        }
    });
    let git = |arguments: &[&str]| repository.git(arguments).expect("git runs");
    assert_eq!(git(&["rev-list", "--count", "--first-parent", &format!("{base}..main")]), "8");
    assert_eq!(git(&["rev-list", "--count", "--merges", "main"]), "0");
    for number in 0..8 {
        let text = git(&["show", &format!("main:{number}/kustomization.yaml")]);
        assert!(text.contains(&format!("newTag: \"{number}\"")), "{text}");
    }
    let again = succeed(directory.path(), &["set", "1", "--image", "app=registry.example.com/app:1", "--push", "--url", &url]);
    assert_eq!(again, "", "nothing changes twice, and no commit is made");
}

/// A clone of a repository with these files.
fn clone(directory: &Path, files: &[(&str, &str)]) -> std::path::PathBuf {
    let server = GitServer::start().expect("a server");
    let repository = server.repository("apps").expect("a repository");
    files.iter().fold(repository.commit("Begin"), |commit, (path, text)| commit.file(path, text)).create().expect("a commit");
    let clone = directory.join("clone");
    git(directory, &["clone", "--quiet", &server.url("apps"), &clone.display().to_string()]);
    clone
}

/// Runs Git; gives what it prints, without the line end of the last line.
fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").arg("-C").arg(directory).args(arguments).output();
    let output = output.expect("git starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// Lines between the one that is edited and the others, so that Git tells the changes apart.
const VALUES: &str = "image:\n  tag: '1.0' # now\n\n\n\n\n\n\n\n\nreplicas: 1\n";

#[test]
fn a_commit_holds_the_edit_alone_and_what_else_is_changed_stays_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let clone = clone(directory.path(), &[("app/values.yaml", VALUES), ("staged", "old\n"), ("changed", "old\n")]);
    let write = |name: &str, text: &str| std::fs::write(clone.join(name), text).expect("writes");
    write("staged", "new\n");
    write("added", "new\n");
    git(&clone, &["add", "staged", "added"]);
    write("changed", "new\n");
    write("untracked", "new\n");
    write("app/values.yaml", &VALUES.replace("replicas: 1", "replicas: 2"));
    let arguments =
        ["set", "values.yaml", "--value", "image.tag=2.0", "--commit", "--message", "Release 2.0", "--author", "B <b@c>"];
    let commit = succeed(&clone.join("app"), &arguments);

    assert_eq!(git(&clone, &["rev-parse", "refs/heads/main"]), commit);
    assert_eq!(git(&clone, &["log", "-1", "--format=%an %ae %s"]), "B b@c Release 2.0");
    assert_eq!(git(&clone, &["reflog", "-1", "--format=%gs"]), "commit: Release 2.0");
    assert_eq!(git(&clone, &["diff", "--name-only", "HEAD~", "HEAD"]), "app/values.yaml");
    assert_eq!(git(&clone, &["show", "HEAD:app/values.yaml"]), VALUES.replace("'1.0'", "'2.0'").trim_end());
    assert_eq!(git(&clone, &["status", "--porcelain"]), "A  added\n M app/values.yaml\n M changed\nM  staged\n?? untracked");
    let rest = git(&clone, &["diff", "--unified=0", "app/values.yaml"]);
    assert!(rest.ends_with("-replicas: 1\n+replicas: 2"), "{rest}");
    git(&clone, &["fsck", "--strict"]);

    let again = succeed(&clone, &["set", "app/values.yaml", "--value", "image.tag=2.0", "--commit"]);
    assert_eq!((again.as_str(), git(&clone, &["rev-parse", "HEAD"])), ("", commit), "nothing is committed twice");
}

#[test]
fn a_commit_in_a_clone_without_changes_leaves_none() {
    let directory = tempfile::tempdir().expect("a directory");
    let clone = clone(directory.path(), &[("kustomization.yaml", KUSTOMIZATION), ("below/a", "a\n")]);
    git(&clone, &["checkout", "--quiet", "--detach"]);
    let commit = succeed(&clone.join("below"), &["set", "..", "--image", "app=registry.example.com/app:2.0", "--commit"]);
    assert_eq!(git(&clone, &["rev-parse", "HEAD", "HEAD~"]), format!("{commit}\n{}", git(&clone, &["rev-parse", "main"])));
    assert_eq!(git(&clone, &["status", "--porcelain"]), "");
    assert_eq!(git(&clone, &["write-tree"]), git(&clone, &["rev-parse", "HEAD^{tree}"]), "the index holds the commit");
}

#[test]
fn a_commit_that_would_disturb_something_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let clone = clone(directory.path(), &[("values.yaml", VALUES)]);
    let arguments = ["set", "values.yaml", "--value", "image.tag=2.0", "--commit"];
    let changed = VALUES.replace("replicas: 1", "replicas: 2");
    std::fs::write(clone.join("values.yaml"), &changed).expect("writes");
    git(&clone, &["add", "values.yaml"]);
    let state =
        || (git(&clone, &["rev-parse", "HEAD"]), git(&clone, &["diff", "--cached"]), git(&clone, &["status", "--porcelain"]));
    let before = state();
    let error = fail(&clone, &arguments);
    assert!(error.contains("'values.yaml' has staged changes"), "{error}");
    std::fs::write(clone.join(".git/index.lock"), "").expect("writes");
    fail(&clone, &arguments);
    std::fs::remove_file(clone.join(".git/index.lock")).expect("removes");
    std::fs::write(clone.join(".git/MERGE_HEAD"), &before.0).expect("writes");
    let error = fail(&clone, &arguments);
    assert!(error.contains("an operation is in progress"), "{error}");
    std::fs::remove_file(clone.join(".git/MERGE_HEAD")).expect("removes");
    assert_eq!((state(), std::fs::read_to_string(clone.join("values.yaml")).expect("reads")), (before, changed));
}

#[test]
fn a_tag_is_the_time_and_the_id_of_the_commit() {
    let server = GitServer::start().expect("a server");
    let repository = server.repository("apps").expect("a repository");
    let commit = repository.commit("Begin").at(1_700_000_000).file("a", "b").create().expect("a commit");
    let directory = tempfile::tempdir().expect("a directory");
    let clone = directory.path().join("clone");
    let status = Command::new("git")
        .args(["clone", "--quiet", "--depth=1", &server.url("apps"), &clone.display().to_string()])
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .status();
    assert!(status.expect("git runs").success());
    std::fs::create_dir(clone.join("below")).expect("a directory");
    let tag = format!("20231114T221320Z-{}", &commit[..8]);
    assert_eq!(succeed(&clone.join("below"), &["tag"]), tag);
    assert_eq!(succeed(&clone, &["tag", "--prefix", "feature/x"]), format!("feature-x-{tag}"));
}
