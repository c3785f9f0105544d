//! Pushing to `git http-backend` and `sshd`.

use crate::support::{Outcome, chain, client, remote};
use file_tree::{Files, ReadError, TreePath};
use git_client::{
    Checkout, Class, Edit, Editor, Expected, Publication, PublishError, Published, Push, RefPush, Remote, Start, Wanted,
};
use git_model::{
    Commit, ObjectId, Person,
    write::{FileEdit, Refspec},
};
use std::{collections::BTreeMap, os::unix::fs::PermissionsExt};
use test_support::{
    GitServer, SshServer,
    git::{Exchange, KeyType, Repository},
};

/// Appends a line to a file.
#[derive(Clone)]
pub(crate) struct Append {
    path: &'static str,
    line: String,
    /// An SSH key to sign with.
    key: Option<String>,
}

pub(crate) fn append(line: &str) -> Append {
    Append { path: "apps/web.yaml", line: line.to_owned(), key: None }
}

impl Editor for Append {
    type Error = ReadError;

    fn edit(&mut self, checkout: &Checkout) -> Result<Option<Edit>, ReadError> {
        let path = TreePath::parse(self.path).expect("a path");
        let mut content = match checkout.kind(&path)? {
            Some(_) => checkout.read(&path)?.to_vec(),
            None => Vec::new(),
        };
        let line = format!("{}\n", self.line);
        if content.ends_with(line.as_bytes()) {
            return Ok(None);
        }
        content.extend_from_slice(line.as_bytes());
        let files = BTreeMap::from([(self.path.to_owned(), FileEdit::Write(content.into()))]);
        let person =
            Person { name: "Flux Bot".into(), email: "bot@example.com".into(), seconds: 1_700_001_000, offset_minutes: 90 };
        Ok(Some(Edit { files, author: person.clone(), committer: person, message: format!("Add {}\n\nbody\n", self.line) }))
    }

    fn sign(&mut self, payload: &[u8]) -> Result<Option<String>, ReadError> {
        Ok(self.key.as_ref().map(|key| signature(key, payload).expect("ssh-keygen signs")))
    }
}

fn signature(key: &str, payload: &[u8]) -> std::io::Result<String> {
    let directory = tempfile::tempdir()?;
    let path = |name: &str| directory.path().join(name);
    std::fs::write(path("payload"), payload)?;
    std::fs::write(path("key"), key)?;
    std::fs::set_permissions(path("key"), std::fs::Permissions::from_mode(0o600))?;
    let mut command = std::process::Command::new("ssh-keygen");
    command.args(["-q", "-Y", "sign", "-n", "git", "-f"]).args([path("key"), path("payload")]).output()?;
    std::fs::read_to_string(path("payload.sig"))
}

pub(crate) fn on_main() -> Publication {
    Publication {
        base: Wanted::Reference("refs/heads/main".into()),
        branch: "main".into(),
        start: Start::Branch,
        refspecs: Vec::new(),
        options: Vec::new(),
        attempts: 3,
    }
}

fn to(branch: &str, start: Start) -> Publication {
    Publication { branch: branch.into(), start, ..on_main() }
}

fn begin(repository: &Repository) -> Result<String, Box<dyn std::error::Error>> {
    let files = repository.commit("Begin").file("a.yaml", "a: 1\n").file("apps/b/c.yaml", "c: 1\n");
    Ok(files.executable("apps/web.yaml", "#!/bin/sh\n").symlink("link", "a.yaml").create()?)
}

fn hook(repository: &Repository, name: &str, script: &str) -> Outcome {
    let path = repository.path().join("hooks");
    std::fs::create_dir_all(&path)?;
    std::fs::write(path.join(name), format!("#!/bin/sh\n{script}\n"))?;
    std::fs::set_permissions(path.join(name), std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// Publishes and returns the commit.
pub(crate) async fn pushed(
    remote: &Remote,
    publication: &Publication,
    editor: Append,
) -> Result<String, Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    match client().publish(remote, publication, directory.path(), editor).await.map_err(|error| chain(&error))? {
        Published::Pushed { commit, .. } => Ok(commit.to_string()),
        Published::Unchanged { .. } => Err("nothing was pushed".into()),
    }
}

/// Publishes and returns why not.
pub(crate) async fn refused(remote: &Remote, publication: &Publication) -> Result<(Class, String), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    match client().publish(remote, publication, directory.path(), append("x")).await {
        Err(PublishError::Git(error)) => Ok((error.class(), chain(&error))),
        other => Err(format!("{other:?}").into()),
    }
}

#[tokio::test]
async fn a_commit_changes_only_its_files() -> Outcome {
    let server = GitServer::builder().basic("user", "S3NTINEL").start()?;
    let repository = server.repository("app")?;
    let base = begin(&repository)?;
    let remote = remote(&server.url("app"), &[("username", "user"), ("password", "S3NTINEL")])?;
    let commit = pushed(&remote, &on_main(), append("one")).await?;
    assert_eq!(repository.resolve("main")?, commit);
    assert_eq!(repository.resolve("main^")?, base);
    let changed = repository.git(&["diff", "--raw", "--abbrev=4", "main^", "main"])?;
    assert!(changed.starts_with(":100755 100755") && changed.ends_with("M\tapps/web.yaml"), "{changed}");
    assert_eq!(repository.git(&["show", "main:apps/web.yaml"])?, "#!/bin/sh\none");
    let who = repository.git(&["log", "-1", "--format=%an <%ae> %ai|%cn <%ce> %ci|%B", "main"])?;
    assert_eq!(
        who,
        "Flux Bot <bot@example.com> 2023-11-15 00:00:00 +0130|Flux Bot <bot@example.com> 2023-11-15 00:00:00 +0130|Add one\n\nbody"
    );
    repository.git(&["fsck", "--strict", "--full"])?;
    // The same content again is no commit.
    let directory = tempfile::tempdir()?;
    let again = client().publish(&remote, &on_main(), directory.path(), append("one")).await?;
    assert_eq!(again, Published::Unchanged { commit: commit.parse()? });
    assert_eq!(server.count(Exchange::Push), 1);
    assert_eq!(std::fs::read_dir(directory.path())?.count(), 0, "nothing stays behind");
    Ok(())
}

#[tokio::test]
async fn files_come_and_go() -> Outcome {
    struct Rearrange;
    impl Editor for Rearrange {
        type Error = ReadError;
        fn edit(&mut self, _: &Checkout) -> Result<Option<Edit>, ReadError> {
            let files = BTreeMap::from([
                ("apps/b/c.yaml".to_owned(), FileEdit::Remove),
                ("a-new/deep/file.yaml".to_owned(), FileEdit::Write("x: 1\n".into())),
                ("a.yaml2".to_owned(), FileEdit::Write("y: 1\n".into())),
            ]);
            Ok(Some(Edit { files, author: Person::default(), committer: Person::default(), message: "Rearrange".into() }))
        }
    }
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    begin(&repository)?;
    let directory = tempfile::tempdir()?;
    client().publish(&remote(&server.url("app"), &[])?, &on_main(), directory.path(), Rearrange).await?;
    let files = repository.git(&["ls-tree", "-r", "--name-only", "main"])?;
    assert_eq!(files, "a-new/deep/file.yaml\na.yaml\na.yaml2\napps/web.yaml\nlink");
    repository.git(&["fsck", "--full"])?;
    Ok(())
}

#[tokio::test]
async fn a_branch_is_made_continued_or_made_anew() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    let base = begin(&repository)?;
    let remote = remote(&server.url("app"), &[])?;
    let first = pushed(&remote, &to("auto", Start::Branch), append("one")).await?;
    assert_eq!(repository.git(&["log", "--format=%H", "auto"])?, format!("{first}\n{base}"));
    let second = pushed(&remote, &to("auto", Start::Branch), append("two")).await?;
    assert_eq!(repository.git(&["log", "--format=%H", "auto"])?, format!("{second}\n{first}\n{base}"));
    let third = pushed(&remote, &to("auto", Start::Base), append("three")).await?;
    assert_eq!(repository.git(&["log", "--format=%H", "auto"])?, format!("{third}\n{base}"));
    assert_eq!(repository.resolve("main")?, base, "the base stays where it is");
    Ok(())
}

#[tokio::test]
async fn refspecs_and_options_go_along() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    begin(&repository)?;
    repository.git(&["config", "receive.advertisePushOptions", "true"])?;
    hook(&repository, "pre-receive", "echo \"$GIT_PUSH_OPTION_COUNT $GIT_PUSH_OPTION_0 $GIT_PUSH_OPTION_1\" > options")?;
    let remote = remote(&server.url("app"), &[])?;
    let refspecs = ["refs/heads/main:refs/heads/copy", "+HEAD:refs/for/main"].map(|text| Refspec::parse(text).expect("valid"));
    let publication = Publication { refspecs: refspecs.into(), options: vec!["ci.skip".into(), "a=b c".into()], ..on_main() };
    let commit = pushed(&remote, &publication, append("one")).await?;
    for name in ["main", "copy", "refs/for/main"] {
        assert_eq!(repository.resolve(name)?, commit, "{name}");
    }
    assert_eq!(std::fs::read_to_string(repository.path().join("options"))?, "2 ci.skip a=b c\n");
    // A ref that others moved is not overwritten without force, and the branch stays with it.
    repository.commit("Other").on("copy").file("other", "x").create()?;
    let (class, message) = refused(&remote, &publication).await?;
    assert_eq!((class, message.contains("non-fast-forward update: refs/heads/copy")), (Class::Moved, true), "{message}");
    assert_eq!(repository.resolve("main")?, commit);
    repository.git(&["config", "receive.advertisePushOptions", "false"])?;
    let (class, message) = refused(&remote, &Publication { options: vec!["x".into()], ..on_main() }).await?;
    assert_eq!(class, Class::Unsupported, "{message}");
    Ok(())
}

#[tokio::test]
async fn a_refusal_says_who_and_why() -> Outcome {
    let server = GitServer::builder().basic("user", "S3NTINEL").start()?;
    let repository = server.repository("app")?;
    let base = begin(&repository)?;
    let remote_of = |password: &str| remote(&server.url("app"), &[("username", "user"), ("password", password)]);
    hook(&repository, "pre-receive", "echo 'main is protected for S3NTINEL' >&2; exit 1")?;
    let (class, message) = refused(&remote_of("S3NTINEL")?, &on_main()).await?;
    assert_eq!(class, Class::Rejected);
    let url = server.url("app");
    assert_eq!(
        message,
        format!(
            "unable to push to '{url}': command error on refs/heads/main: pre-receive hook declined (remote: main is protected for ***)"
        )
    );
    std::fs::remove_file(repository.path().join("hooks/pre-receive"))?;
    // All refs or none.
    hook(&repository, "update", "test \"$1\" != refs/heads/copy")?;
    let refspecs = vec![Refspec::parse("HEAD:refs/heads/copy")?];
    let (class, message) = refused(&remote_of("S3NTINEL")?, &Publication { refspecs, ..on_main() }).await?;
    assert_eq!(class, Class::Rejected, "{message}");
    assert_eq!(repository.resolve("main")?, base, "all or none");
    repository.git(&["config", "http.receivepack", "false"])?;
    let (class, message) = refused(&remote_of("S3NTINEL")?, &on_main()).await?;
    assert_eq!((class, message.ends_with("authorization failed")), (Class::Authentication, true), "{message}");
    let (class, _) = refused(&remote_of("wrong")?, &on_main()).await?;
    assert_eq!(class, Class::Authentication);
    Ok(())
}

#[tokio::test]
async fn a_ref_that_moved_is_its_own_kind_of_failure() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    let base: ObjectId = begin(&repository)?.parse()?;
    let moved: ObjectId = repository.commit_file("a.yaml", "a: 2\n")?.parse()?;
    let remote = remote(&server.url("app"), &[])?;
    let client = client();
    let push = |name: &str, expected, new: &ObjectId| {
        let refs = vec![RefPush { name: name.to_owned(), expected, new: new.clone() }];
        client.push(&remote, Push { refs, objects: Vec::new(), options: Vec::new() })
    };
    let class = |result: Result<(), git_client::Error>| result.err().map(|error| error.class());
    let main = "refs/heads/main";
    assert_eq!(class(push(main, Expected::At(base.clone()), &base).await), Some(Class::Moved));
    assert_eq!(class(push(main, Expected::Absent, &base).await), Some(Class::Moved));
    assert_eq!(class(push("refs/heads/new", Expected::At(base.clone()), &base).await), Some(Class::Moved));
    assert_eq!(class(push(main, Expected::Absent, &moved).await), None, "it is there already");
    assert_eq!(class(push(main, Expected::Anything, &base).await), None);
    assert_eq!(repository.resolve("main")?, base.to_string());
    for name in ["refs/heads/x y", "main", "HEAD", "refs/heads/--force", "refs/heads/../x"] {
        assert_eq!(class(push(name, Expected::Anything, &base).await), Some(Class::Invalid), "{name}");
    }
    Ok(())
}

async fn eight_push_at_once(remote: &Remote, repository: &Repository) -> Outcome {
    begin(repository)?;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let remote = remote.clone();
        tasks.spawn(async move {
            let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
            let publication = Publication { attempts: 30, ..on_main() };
            let published = client().publish(&remote, &publication, directory.path(), append(&format!("job {number}"))).await;
            published.map(drop).map_err(|error| chain(&error))
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    assert_eq!(repository.git(&["rev-list", "--count", "main"])?, "9");
    assert_eq!(repository.git(&["rev-list", "--count", "--min-parents=2", "main"])?, "0");
    let content = repository.git(&["show", "main:apps/web.yaml"])?;
    let mut lines: Vec<&str> = content.lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(lines, (0..8).map(|number| format!("job {number}")).collect::<Vec<_>>());
    repository.git(&["fsck", "--full"])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_at_once_over_http_lose_nothing() -> Outcome {
    let server = GitServer::start()?;
    eight_push_at_once(&remote(&server.url("app"), &[])?, &server.repository("app")?).await
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_at_once_over_ssh_lose_nothing() -> Outcome {
    let server = SshServer::start()?;
    let key = server.client_key(KeyType::Ed25519)?;
    let known_hosts = server.known_hosts()?;
    let remote = remote(&server.url("app"), &[("identity", &key.private), ("known_hosts", &known_hosts)])?;
    eight_push_at_once(&remote, &server.repository("app")?).await
}

#[tokio::test]
async fn ssh_takes_refusals_options_and_new_branches() -> Outcome {
    let server = SshServer::start()?;
    let repository = server.repository("app")?;
    begin(&repository)?;
    repository.git(&["config", "receive.advertisePushOptions", "true"])?;
    let key = server.client_key(KeyType::Ed25519)?;
    let known_hosts = server.known_hosts()?;
    let remote = remote(&server.url("app"), &[("identity", &key.private), ("known_hosts", &known_hosts)])?;
    let publication = Publication { options: vec!["ci.skip".into()], ..to("auto", Start::Branch) };
    let commit = pushed(&remote, &publication, append("one")).await?;
    assert_eq!(repository.resolve("auto")?, commit);
    hook(&repository, "pre-receive", "echo no >&2; exit 1")?;
    let (class, message) = refused(&remote, &on_main()).await?;
    assert_eq!(class, Class::Rejected, "{message}");
    assert!(message.ends_with("command error on refs/heads/main: pre-receive hook declined (remote: no)"), "{message}");
    Ok(())
}

#[tokio::test]
async fn a_signed_commit_is_verified_by_git() -> Outcome {
    let server = SshServer::start()?;
    let repository = server.repository("app")?;
    begin(&repository)?;
    let key = server.client_key(KeyType::Ed25519)?;
    let known_hosts = server.known_hosts()?;
    let remote = remote(&server.url("app"), &[("identity", &key.private), ("known_hosts", &known_hosts)])?;
    let commit = pushed(&remote, &on_main(), Append { key: Some(key.private.clone()), ..append("one") }).await?;
    let signers = repository.path().join("signers");
    std::fs::write(&signers, format!("bot@example.com {}", key.public))?;
    repository.git(&["config", "gpg.ssh.allowedSignersFile", &signers.display().to_string()])?;
    repository.git(&["verify-commit", &commit])?;
    let directory = tempfile::tempdir()?;
    let fetched = client().fetch(&remote, &on_main().base, directory.path()).await?;
    let parsed = Commit::parse(fetched.commit.id.clone(), &fetched.commit.bytes)?;
    assert_eq!(parsed.signature.map(|signature| signature.kind.as_str()), Some("ssh"));
    Ok(())
}
