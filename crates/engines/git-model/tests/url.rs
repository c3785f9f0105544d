//! Addresses that are taken, and those that are refused.

use git_model::{RepositoryUrl, Scheme, UrlError};

#[test]
fn addresses_are_taken_apart() {
    let table = [
        ("https://github.com/a/b.git", Scheme::Https, None, "github.com", None, "/a/b.git"),
        ("http://git@host:8080/x?y=z", Scheme::Http, Some("git"), "host", Some(8080), "/x?y=z"),
        ("ssh://git@github.com/a/b", Scheme::Ssh, Some("git"), "github.com", None, "/a/b"),
        ("ssh://git@[::1]:22/a", Scheme::Ssh, Some("git"), "[::1]", Some(22), "/a"),
        ("https://u%40v:p%2Fs@host", Scheme::Https, Some("u@v"), "host", None, ""),
        ("https://dev.azure.com/o/p%20q/_git/r", Scheme::Https, None, "dev.azure.com", None, "/o/p q/_git/r"),
    ];
    for (text, scheme, user, host, port, path) in table {
        let url = RepositoryUrl::parse(text).unwrap();
        assert_eq!((url.scheme(), url.user(), url.host(), url.port(), url.path()), (scheme, user, host, port, path), "{text}");
        assert_eq!(url.as_str(), text);
    }
}

#[test]
fn a_password_is_not_printed() {
    let url = RepositoryUrl::parse("https://user:s3cret@host:1/a:b@c").unwrap();
    assert_eq!(url.password(), Some("s3cret"));
    assert_eq!(url.to_string(), "https://user:***@host:1/a:b@c");
    assert_eq!(format!("{url:?}"), "RepositoryUrl(https://user:***@host:1/a:b@c)");
    assert_eq!(RepositoryUrl::parse("https://host:1/a@b").unwrap().to_string(), "https://host:1/a@b");
}

#[test]
fn sec_b1_parts_that_could_be_options_are_refused() {
    let table = [
        ("ssh://-oProxyCommand=touch$IFS/tmp/pwn/x", "host"),
        ("ssh://-oX@h/x", "user"),
        ("ssh://%2doX@h/x", "user"),
        ("ssh://h/-x", "path"),
        ("ssh://h/%2Dx", "path"),
    ];
    for (text, part) in table {
        assert_eq!(RepositoryUrl::parse(text), Err(UrlError::LeadingDash(part)), "{text}");
    }
}

#[test]
fn sec_b2_control_characters_are_refused() {
    for text in
        ["https://x%0ahost=evil.com/", "https://x/\r", "https://u%0d@h/", "https://h/a%00", "https://h/\n", "https://h/%7f"]
    {
        assert_eq!(RepositoryUrl::parse(text), Err(UrlError::ControlCharacter), "{text:?}");
    }
}

#[test]
fn sec_b5_there_is_one_reading_of_the_host() {
    let host = |text: &str| RepositoryUrl::parse(text).map(|url| url.host().to_owned());
    for text in
        ["https://good.com\\@evil.com/", "https://a@good.com@evil.com/", "https://good%2ecom/", "https://h/a b", "https://h/%zz"]
    {
        assert_eq!(host(text), Err(UrlError::InvalidCharacter), "{text}");
    }
    assert_eq!(host("https://good.com#@evil.com/"), Ok("good.com".to_owned()));
    assert_eq!(host("https://good.com?@evil.com/"), Ok("good.com".to_owned()));
}

#[test]
fn sec_b4_other_schemes_are_refused() {
    for (text, scheme) in [("file:///etc", "file"), ("git://h/x", "git"), ("HTTPS://h/x", "HTTPS")] {
        assert_eq!(RepositoryUrl::parse(text), Err(UrlError::Scheme(scheme.to_owned())), "{text}");
    }
    for text in ["ext::sh -c x", "git@github.com:a/b", "", "/path"] {
        assert!(RepositoryUrl::parse(text).is_err(), "{text}");
    }
    assert_eq!(RepositoryUrl::parse("https:///x"), Err(UrlError::NoHost));
    assert_eq!(RepositoryUrl::parse("https://h:99999/x"), Err(UrlError::Port("99999".to_owned())));
    assert_eq!(RepositoryUrl::parse("https://h:+1/x"), Err(UrlError::Port("+1".to_owned())));
}
