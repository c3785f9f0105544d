//! Ported from the cases of Flux's `TestNewAuthOptions` and `TestAuthOptions_Validate` (`git/options_test.go`).

use super::*;

fn check(url: &str, data: &[(&str, &str)], expect: Result<Auth, AuthError>) {
    let url = RepositoryUrl::parse(url).expect("the address is valid");
    let data: SecretData = data.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    assert_eq!(Auth::from_secret(&url, &data), expect, "{url} {:?}", data.keys());
}

fn basic(username: &str, password: &str) -> Auth {
    Auth::Basic { username: username.to_owned(), password: Secret::new(password) }
}

fn ssh(user: &str, passphrase: Option<&str>) -> Auth {
    Auth::Ssh(SshKey {
        user: user.to_owned(),
        identity: Secret::new("key"),
        passphrase: passphrase.map(Secret::new),
        known_hosts: "hosts".to_owned(),
    })
}

#[test]
fn http_credentials_come_from_the_secret_then_from_the_address() {
    check("https://h/x", &[], Ok(Auth::None));
    check("http://h/x", &[("username", "u"), ("password", "p")], Ok(basic("u", "p")));
    check("https://h/x", &[("username", "u")], Ok(basic("u", "")));
    check("https://a:b@h/x", &[("username", "u"), ("password", "p")], Ok(basic("u", "p")));
    check("https://a:b%40@h/x", &[], Ok(basic("a", "b@")));
    check("https://a@h/x", &[("password", "p")], Ok(basic("a", "p")));
    check("https://h/x", &[("password", "p")], Err(AuthError::PasswordWithoutUsername { scheme: "https" }));
    check("http://h/x", &[("password", "p")], Err(AuthError::PasswordWithoutUsername { scheme: "http" }));
}

#[test]
fn a_bearer_token_hides_username_and_password() {
    let all = [("bearerToken", "t"), ("username", "u"), ("password", "p")];
    check("https://h/x", &all, Ok(Auth::Bearer(Secret::new("t"))));
    check("https://a:b@h/x", &all, Err(AuthError::BasicAndBearer));
}

#[test]
fn ssh_needs_a_key_and_known_hosts() {
    let both = [("identity", "key"), ("known_hosts", "hosts")];
    check("ssh://h/x", &both, Ok(ssh("git", None)));
    check("ssh://me@h/x", &both, Ok(ssh("me", None)));
    check("ssh://h/x", &[both[0], both[1], ("password", "p")], Ok(ssh("git", Some("p"))));
    check("ssh://h/x", &[("username", "u"), both[0], both[1]], Ok(ssh("git", None)));
    check("ssh://h/x", &[], Err(AuthError::Required { key: "identity" }));
    check("ssh://h/x", &both[1..], Err(AuthError::Required { key: "identity" }));
}

#[test]
fn sec_b7_ssh_without_known_hosts_is_refused() {
    check("ssh://h/x", &[("identity", "key")], Err(AuthError::Required { key: "known_hosts" }));
    check("ssh://h/x", &[("identity", "key"), ("known_hosts", "")], Err(AuthError::Required { key: "known_hosts" }));
}

#[test]
fn sec_c10_credentials_print_without_their_content() {
    let auth = [basic("u", "S3NTINEL"), Auth::Bearer(Secret::new("S3NTINEL")), ssh("git", Some("S3NTINEL"))];
    assert!(!format!("{auth:?}").contains("S3NTINEL"));
}
