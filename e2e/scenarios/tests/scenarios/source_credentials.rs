//! Who gets in, over HTTP and over SSH.

use e2e::objects::{GIT_REPOSITORY, condition};
use scenarios::{Scene, play};
use serde_json::{Value, json};
use test_support::certificates::rsa_key;
use test_support::git::KeyType;
use test_support::scripted::Scripted;
use test_support::{GitServer, SshServer};

/// A server with one repository, the Secret that opens it, and one that does not.
struct Door {
    name: &'static str,
    server: GitServer,
    right: Vec<(&'static str, String)>,
    wrong: Vec<(&'static str, String)>,
    /// What the message about the wrong one must say.
    cause: &'static str,
}

fn doors() -> anyhow::Result<Vec<Door>> {
    let text = str::to_owned;
    let tls = GitServer::builder().tls().start()?;
    let legacy = GitServer::builder().tls().start()?;
    let mutual = GitServer::builder().mutual_tls().start()?;
    let authority = |server: &GitServer| server.authority_pem();
    let (certificate, key) = mutual.client_certificate()?.unwrap_or_default();
    Ok(vec![
        Door {
            name: "basic",
            server: GitServer::builder().basic("user", "pass").start()?,
            right: vec![("username", text("user")), ("password", text("pass"))],
            wrong: vec![("username", text("user")), ("password", text("S3NTINEL"))],
            cause: "authentication required",
        },
        Door {
            name: "bearer",
            server: GitServer::builder().bearer("token").start()?,
            right: vec![("bearerToken", text("token")), ("username", text("ignored")), ("password", text("ignored"))],
            wrong: vec![("bearerToken", text("S3NTINEL"))],
            cause: "authentication required",
        },
        Door {
            name: "tls",
            right: vec![("ca.crt", authority(&tls))],
            wrong: vec![("ca.crt", authority(&legacy))],
            server: tls,
            cause: "certificate",
        },
        Door {
            name: "tls-legacy-key",
            right: vec![("caFile", authority(&legacy))],
            wrong: vec![("username", text("user")), ("password", text("S3NTINEL"))],
            server: legacy,
            cause: "certificate",
        },
        Door {
            name: "mutual-tls",
            right: vec![("ca.crt", authority(&mutual)), ("tls.crt", certificate), ("tls.key", key)],
            wrong: vec![("ca.crt", authority(&mutual))],
            server: mutual,
            cause: "ertificate",
        },
    ])
}

async fn knock(scene: &Scene, name: &str, url: &str, entries: &[(&'static str, String)]) -> anyhow::Result<()> {
    let entries: Vec<(&str, &str)> = entries.iter().map(|(key, value)| (*key, &**value)).collect();
    scene.add_secret(name, &entries).await?;
    scene.add_source(name, json!({"url": url, "secretRef": {"name": name}})).await
}

#[tokio::test]
async fn over_http_only_the_right_secret_gets_in() -> anyhow::Result<()> {
    play("http", async |scene, _| {
        let doors = doors()?;
        for door in &doors {
            door.server.repository("app")?.commit_file("file", "inside")?;
            knock(scene, door.name, &door.server.url("app"), &door.right).await?;
            knock(scene, &format!("wrong-{}", door.name), &door.server.url("app"), &door.wrong).await?;
        }
        for door in &doors {
            scene.ready(GIT_REPOSITORY, door.name).await?;
            let message = scene.failed(GIT_REPOSITORY, &format!("wrong-{}", door.name), "GitOperationFailed").await?;
            let start = format!("failed to checkout and determine revision: unable to clone '{}': ", door.server.url("app"));
            assert!(message.starts_with(&start) && message.contains(door.cause), "{}: {message}", door.name);
            assert!(!message.contains("S3NTINEL"), "{}: {message}", door.name);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn over_ssh_known_keys_of_every_type_get_in() -> anyhow::Result<()> {
    play("ssh", async |scene, _| {
        let server = SshServer::start()?;
        server.repository("app")?.commit_file("file", "inside")?;
        let encrypted = server.stranger_key(KeyType::Ed25519, "passphrase")?;
        server.authorize(&encrypted)?;
        let hosts = server.known_hosts()?;
        let keys = [
            ("ed25519", server.client_key(KeyType::Ed25519)?, None),
            ("ecdsa", server.client_key(KeyType::Ecdsa)?, None),
            ("rsa", server.client_key(KeyType::Rsa)?, None),
            ("encrypted", encrypted, Some("passphrase")),
        ];
        for (name, key, password) in &keys {
            let mut entries = vec![("identity", key.private.clone()), ("known_hosts", hosts.clone())];
            entries.extend(password.map(|password| ("password", password.to_owned())));
            knock(scene, name, &server.url("app"), &entries).await?;
        }
        for (name, _, _) in &keys {
            scene.ready(GIT_REPOSITORY, name).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn over_ssh_wrong_hosts_and_strangers_are_refused() -> anyhow::Result<()> {
    play("ssh-refused", async |scene, _| {
        let (server, other) = (SshServer::start()?, SshServer::start()?);
        server.repository("app")?.commit_file("file", "inside")?;
        let key = server.client_key(KeyType::Ed25519)?.private;
        let stranger = server.stranger_key(KeyType::Ed25519, "")?.private;
        let port = |server: &SshServer| server.address().port().to_string();
        let impostor = other.known_hosts()?.replace(&port(&other), &port(&server));
        let cases = [
            ("other-key", key.clone(), impostor, "knownhosts: key mismatch"),
            ("other-host", key, other.known_hosts()?, "knownhosts: key is unknown"),
            ("stranger", stranger, server.known_hosts()?, "ssh: handshake failed: unable to authenticate"),
        ];
        for (name, key, hosts, cause) in cases {
            knock(scene, name, &server.url("app"), &[("identity", key), ("known_hosts", hosts)]).await?;
            let message = scene.failed(GIT_REPOSITORY, name, "GitOperationFailed").await?;
            assert!(message.contains(cause), "{name}: {message}");
            let object = scene.get(GIT_REPOSITORY, name).await?;
            assert_eq!(condition(&object, "FetchFailed").1, "GitOperationFailed");
            assert_eq!(object["status"]["artifact"], Value::Null);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_repository_opens_to_an_installation_of_a_github_app() -> anyhow::Result<()> {
    play("github-app", async |scene, _| {
        let server = GitServer::builder().basic("x-access-token", "ghs_S3NTINEL").start()?;
        let commit = server.repository("app")?.commit_file("file", "inside")?;
        // The answer of GitHub's documentation of installation tokens, shortened.
        let github = Scripted::start(|_, head| {
            if head.starts_with("POST /api/v3/app/installations/99/access_tokens ") {
                let body = r#"{"token":"ghs_S3NTINEL","expires_at":"2999-07-11T22:14:10Z"}"#;
                return ("201 Created", Vec::new(), body.to_owned());
            }
            ("404 Not Found", Vec::new(), r#"{"message":"Not Found"}"#.to_owned())
        })?;
        let (address, key) = (format!("http://{}/api/v3", github.address()), rsa_key()?);
        let app = |installation| {
            let id = ("githubAppID", "1234");
            [id, ("githubAppInstallationID", installation), ("githubAppPrivateKey", &key), ("githubAppBaseURL", &address)]
        };
        for (name, installation) in [("app", "99"), ("gone", "7")] {
            scene.add_secret(name, &app(installation)).await?;
            let spec = json!({ "url": server.url("app"), "provider": "github", "secretRef": { "name": name } });
            scene.add_source(name, spec).await?;
        }
        scene.published("app", &commit).await?;
        scene.reconcile(GIT_REPOSITORY, "app").await?;
        let asked = github.received().iter().filter(|head| head.contains("/99/")).count();
        assert_eq!(asked, 1, "the token is kept");
        let message = scene.failed(GIT_REPOSITORY, "gone", "AuthenticationFailed").await?;
        let said =
            format!("failed to configure authentication options: POST {address}/app/installations/7/access_tokens: Not Found");
        assert_eq!(message, said);
        Ok(())
    })
    .await
}
