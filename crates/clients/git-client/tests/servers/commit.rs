//! Fetching a commit by its id.

use crate::support::{Outcome, chain, client, remote, rewriting_proxy};
use file_tree::{Files, TreePath};
use git_client::{Class, Remote, Wanted};
use test_support::{GitServer, Repository, git::Exchange};

fn commit(id: &str, branch: Option<&str>) -> Result<Wanted, Box<dyn std::error::Error>> {
    Ok(Wanted::Commit { id: id.parse()?, branch: branch.map(str::to_owned) })
}

/// A repository with two commits on `main` and one on `side`, and a commit of a fork that only a pull request's ref leads to.
struct Forge {
    server: GitServer,
    repository: Repository,
    remote: Remote,
    first: String,
    second: String,
    side: String,
    fork: String,
}

impl Forge {
    fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let server = GitServer::start()?;
        let repository = server.repository("app")?;
        let first = repository.commit_file("a.yaml", "a: 1\n")?;
        let second = repository.commit_file("a.yaml", "a: 2\n")?;
        let side = repository.commit("Side").on("side").file("s.yaml", "s: 1\n").create()?;
        let fork = repository.commit("Fork").on("fork").file("evil.yaml", "e: 1\n").create()?;
        repository.reference("refs/pull/1/head", &fork)?;
        repository.delete_reference("refs/heads/fork")?;
        let remote = remote(&server.url("app"), &[])?;
        Ok(Self { server, repository, remote, first, second, side, fork })
    }

    /// The same repository as a server shows it that does not give out the commit `id` when asked for it.
    fn refusing(&self, id: &str) -> Result<Remote, Box<dyn std::error::Error>> {
        let unknown = format!("want {}", "0".repeat(39) + "1");
        let address = rewriting_proxy(self.server.address(), format!("want {id}").as_bytes(), unknown.as_bytes())?;
        remote(&format!("http://{address}/app.git"), &[])
    }

    /// The same repository through a server of the older protocol.
    fn old(&self) -> Result<Remote, Box<dyn std::error::Error>> {
        let address = rewriting_proxy(self.server.address(), b"git-protocol", b"old-protocol")?;
        remote(&format!("http://{address}/app.git"), &[])
    }
}

#[tokio::test]
async fn a_commit_alone_is_fetched_without_history() -> Outcome {
    let forge = Forge::start()?;
    let directory = tempfile::tempdir()?;
    let fetched = client().fetch(&forge.remote, &commit(&forge.first, None)?, directory.path()).await?;
    assert_eq!(fetched.commit.id.as_str(), forge.first);
    assert_eq!(fetched.read(&TreePath::parse("a.yaml")?)?, "a: 1\n");
    assert_eq!(forge.server.count(Exchange::Fetch), 1);
    Ok(())
}

#[tokio::test]
async fn a_commit_of_a_branch_is_found_in_its_history() -> Outcome {
    let forge = Forge::start()?;
    let directory = tempfile::tempdir()?;
    for (id, content) in [(&forge.first, "a: 1\n"), (&forge.second, "a: 2\n")] {
        let fetched = client().fetch(&forge.remote, &commit(id, Some("main"))?, directory.path()).await?;
        assert_eq!(fetched.commit.id.as_str(), *id);
        assert_eq!(fetched.read(&TreePath::parse("a.yaml")?)?, content);
    }
    assert_eq!(forge.server.count(Exchange::Fetch), 3, "an older commit: the commits of the branch, then its content");
    Ok(())
}

#[tokio::test]
async fn a_server_that_cannot_leave_out_content_sends_the_whole_branch() -> Outcome {
    let forge = Forge::start()?;
    forge.repository.git(&["config", "uploadpack.allowFilter", "false"])?;
    let directory = tempfile::tempdir()?;
    let fetched = client().fetch(&forge.remote, &commit(&forge.first, Some("main"))?, directory.path()).await?;
    assert_eq!(fetched.read(&TreePath::parse("a.yaml")?)?, "a: 1\n");
    assert_eq!(forge.server.count(Exchange::Fetch), 1);
    let error = client().fetch(&forge.remote, &commit(&forge.fork, Some("main"))?, directory.path()).await;
    assert_eq!(error.err().map(|error| error.class()), Some(Class::NotFound));
    Ok(())
}

#[tokio::test]
async fn sec_b13_a_commit_outside_of_the_branch_is_refused() -> Outcome {
    let forge = Forge::start()?;
    let directory = tempfile::tempdir()?;
    for id in [&forge.side, &forge.fork] {
        let error = client().fetch(&forge.remote, &commit(id, Some("main"))?, directory.path()).await;
        let error = error.err().ok_or("the commit is not of the branch")?;
        assert_eq!(error.class(), Class::NotFound);
        assert!(chain(&error).ends_with(&format!("unable to resolve commit object for '{id}': object not found")));
    }
    let error = client().fetch(&forge.remote, &commit(&forge.first, Some("nope"))?, directory.path()).await;
    assert!(error.err().is_some_and(|error| chain(&error).ends_with("couldn't find remote ref \"refs/heads/nope\"")));
    Ok(())
}

#[tokio::test]
async fn a_server_that_refuses_the_id_sends_all_branches_instead() -> Outcome {
    let forge = Forge::start()?;
    let strict = forge.refusing(&forge.first)?;
    let directory = tempfile::tempdir()?;
    let fetched = client().fetch(&strict, &commit(&forge.first, None)?, directory.path()).await?;
    assert_eq!(fetched.commit.id.as_str(), forge.first);
    assert_eq!(fetched.read(&TreePath::parse("a.yaml")?)?, "a: 1\n");
    assert_eq!(forge.server.count(Exchange::Fetch), 2, "once by the id, once for the branches");
    Ok(())
}

#[tokio::test]
async fn a_commit_that_is_nowhere_is_named() -> Outcome {
    let forge = Forge::start()?;
    let directory = tempfile::tempdir()?;
    let absent = "1234567890123456789012345678901234567890";
    for remote in [&forge.remote, &forge.old()?] {
        let error = client().fetch(remote, &commit(absent, None)?, directory.path()).await;
        let error = error.err().ok_or("there is no such commit")?;
        let expect =
            format!("unable to clone '{}': unable to resolve commit object for '{absent}': object not found", remote.url);
        assert_eq!(chain(&error), expect);
        assert_eq!(error.class(), Class::NotFound);
    }
    assert_eq!(std::fs::read_dir(directory.path())?.count(), 0, "failed fetches leave nothing behind");
    Ok(())
}
