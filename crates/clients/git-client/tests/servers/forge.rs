//! Pushing to Gitea: passwords, tokens and keys that a forge gives out, its protected branches, hooks and push options.

use crate::push::{append, on_main, pushed, refused};
use crate::support::{Outcome, remote};
use git_client::{Class, Publication, Remote};
use serde_json::json;
use test_support::forge::{Forge, PASSWORD, USER};
use test_support::git::KeyType;

/// A forge with the repository `app`; nothing, aloud, where it would have to be built first. `CI=true` builds it.
async fn forge() -> Result<Option<Forge>, Box<dyn std::error::Error>> {
    if !Forge::is_at_hand() && std::env::var("CI").as_deref() != Ok("true") {
        eprintln!("SKIPPED: the forge is not built; `CI=true` builds it, in minutes");
        return Ok(None);
    }
    let forge = Forge::start().await?;
    forge.repository("app").await?;
    Ok(Some(forge))
}

/// Reached with the user's password.
fn by_password(forge: &Forge) -> Result<Remote, Box<dyn std::error::Error>> {
    remote(&forge.url("app"), &[("username", USER), ("password", PASSWORD)])
}

/// The commit that the forge shows at the tip of `main`.
async fn tip(forge: &Forge) -> Result<String, Box<dyn std::error::Error>> {
    let branch = forge.get(&format!("repos/{USER}/app/branches/main")).await?;
    Ok(branch["commit"]["id"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_forge_takes_commits_by_password_token_and_key() -> Outcome {
    let Some(forge) = forge().await? else { return Ok(()) };
    let commit = pushed(&by_password(&forge)?, &on_main(), append("password")).await?;
    assert_eq!(tip(&forge).await?, commit);
    let token = forge.token("write:repository").await?;
    for secret in [[("username", "any"), ("password", &*token)], [("username", &*token), ("password", "x-oauth-basic")]] {
        let commit = pushed(&remote(&forge.url("app"), &secret)?, &on_main(), append(secret[0].1)).await?;
        assert_eq!(tip(&forge).await?, commit);
    }
    let bearer = remote(&forge.url("app"), &[("bearerToken", &token)])?;
    let commit = pushed(&bearer, &on_main(), append("bearer")).await?;
    assert_eq!(tip(&forge).await?, commit);
    for kind in [KeyType::Ed25519, KeyType::Ecdsa] {
        let key = forge.client_key(kind).await?;
        let secret = [("identity", &*key.private), ("known_hosts", &forge.known_hosts())];
        let commit = pushed(&remote(&forge.ssh_url("app"), &secret)?, &on_main(), append(&format!("{kind:?}"))).await;
        assert_eq!(tip(&forge).await?, commit.map_err(|error| format!("{error}\n{}", forge.log()))?);
    }
    Ok(())
}

#[tokio::test]
async fn who_may_not_push_to_a_forge_is_told() -> Outcome {
    let Some(forge) = forge().await? else { return Ok(()) };
    let before = tip(&forge).await?;
    let wrong = remote(&forge.url("app"), &[("username", USER), ("password", "wrong")])?;
    let (class, message) = refused(&wrong, &on_main()).await?;
    assert_eq!(class, Class::Authentication, "{message}");
    let token = forge.token("read:repository").await?;
    let reader = remote(&forge.url("app"), &[("username", USER), ("password", &token)])?;
    let (class, message) = refused(&reader, &on_main()).await?;
    assert!(class == Class::Authentication && !message.contains(&token), "{class:?} {message}");
    assert_eq!(tip(&forge).await?, before);
    Ok(())
}

#[tokio::test]
async fn a_protected_branch_and_a_hook_say_why() -> Outcome {
    let Some(forge) = forge().await? else { return Ok(()) };
    let before = tip(&forge).await?;
    let hook = format!("repos/{USER}/app/hooks/git/pre-receive");
    forge.patch(&hook, &json!({ "content": "#!/bin/sh\necho 'no deploys on Friday' >&2\nexit 1\n" })).await?;
    let (class, message) = refused(&by_password(&forge)?, &on_main()).await?;
    assert!(class == Class::Rejected && message.contains("no deploys on Friday"), "{class:?} {message}");
    forge.patch(&hook, &json!({ "content": "#!/bin/sh\nexit 0\n" })).await?;
    let rule = json!({ "rule_name": "main", "enable_push": false });
    forge.post(&format!("repos/{USER}/app/branch_protections"), &rule).await?;
    let (class, message) = refused(&by_password(&forge)?, &on_main()).await?;
    assert!(class == Class::Rejected && message.contains("protected branch main"), "{class:?} {message}");
    let aside = Publication { branch: "images".to_owned(), ..on_main() };
    pushed(&by_password(&forge)?, &aside, append("aside")).await?;
    assert_eq!(tip(&forge).await?, before);
    Ok(())
}

#[tokio::test]
async fn push_options_reach_a_forge() -> Outcome {
    let Some(forge) = forge().await? else { return Ok(()) };
    let private = Publication { options: vec!["repo.private=true".to_owned()], ..on_main() };
    assert_eq!(forge.get(&format!("repos/{USER}/app")).await?["private"], false);
    pushed(&by_password(&forge)?, &private, append("private")).await?;
    assert_eq!(forge.get(&format!("repos/{USER}/app")).await?["private"], true);
    Ok(())
}

#[tokio::test]
async fn writers_at_the_same_time_lose_nothing_on_a_forge() -> Outcome {
    const WRITERS: usize = 4;
    let Some(forge) = forge().await? else { return Ok(()) };
    let publication = Publication { attempts: 2 * WRITERS, ..on_main() };
    let remote = by_password(&forge)?;
    let one = async |number: usize| pushed(&remote, &publication, append(&format!("line {number}"))).await;
    let (first, second, third, fourth) = tokio::join!(one(0), one(1), one(2), one(3));
    for commit in [first, second, third, fourth] {
        commit?;
    }
    let commits = forge.get(&format!("repos/{USER}/app/commits?sha=main&limit=50")).await?;
    // One is the README's.
    assert_eq!(commits.as_array().map(Vec::len), Some(WRITERS + 1));
    Ok(())
}
