//! Addresses that are taken, and those that are refused.

use git_model::{RepositoryUrl, Scheme, UrlError};

#[test]
fn addresses_are_taken_apart() {
    let table = [
        ("https://github.com/a/b.git", Scheme::Https, None, "github.com", 443, "/a/b.git"),
        ("http://git@host:8080/x?y=z#w", Scheme::Http, Some("git"), "host", 8080, "/x?y=z"),
        ("http://host/x", Scheme::Http, None, "host", 80, "/x"),
        ("ssh://git@github.com/a/b", Scheme::Ssh, Some("git"), "github.com", 22, "/a/b"),
        ("ssh://git@[::1]:2222/a", Scheme::Ssh, Some("git"), "::1", 2222, "/a"),
        ("https://u%40v:p%2Fs@host", Scheme::Https, Some("u@v"), "host", 443, ""),
        ("https://dev.azure.com/o/p%20q/_git/r", Scheme::Https, None, "dev.azure.com", 443, "/o/p q/_git/r"),
        ("https://dev.azure.com/o/p q/_git/r", Scheme::Https, None, "dev.azure.com", 443, "/o/p q/_git/r"),
        ("https://:p@bücher.example/x", Scheme::Https, None, "bücher.example", 443, "/x"),
    ];
    for (text, scheme, user, host, port, path) in table {
        let url = RepositoryUrl::parse(text).unwrap();
        assert_eq!((url.scheme(), url.user(), url.host(), url.port()), (scheme, user, host, port), "{text}");
        assert_eq!(url.path(), path, "{text}");
    }
}

#[test]
fn without_its_user_an_address_stays_as_it_was_written() {
    for (text, expect) in [
        ("https://u:p@h:8443/a%20b.git?x=y#z", "https://h:8443/a%20b.git?x=y"),
        ("ssh://git@[::1]:22/a", "ssh://[::1]:22/a"),
        ("http://h", "http://h"),
    ] {
        assert_eq!(RepositoryUrl::parse(text).unwrap().without_user(), expect);
    }
}

#[test]
fn sec_c10_an_address_prints_without_secrets() {
    for (text, expect) in [
        ("https://user:S3NTINEL@host:8443/x.git?sig=S3NTINEL", "https://host:8443/x.git"),
        ("https://S3NTINEL@host/x.git#S3NTINEL", "https://host/x.git"),
        ("https://user:S3NTINEL@host:1/a:b@c", "https://host:1/a:b@c"),
        ("https://host:1/a@b", "https://host:1/a@b"),
        ("ssh://git:S3NTINEL@[::1]/x", "ssh://git@[::1]/x"),
    ] {
        let url = RepositoryUrl::parse(text).unwrap();
        assert_eq!(url.to_string(), expect);
        assert_eq!(format!("{url:?}"), format!("RepositoryUrl({expect})"));
    }
    let password = |text: &str| RepositoryUrl::parse(text).unwrap().password().map(<[u8]>::to_vec);
    assert_eq!(password("https://user:s3%ff%3A@host/"), Some(b"s3\xff:".to_vec()));
    assert_eq!(password("https://user:@host/"), None);
}

#[test]
fn sec_b1_parts_that_could_be_options_are_refused() {
    let table = [
        ("ssh://-oProxyCommand=touch$IFS/tmp/pwn/x", "host"),
        ("ssh://-oX@h/x", "user"),
        ("ssh://%2doX@h/x", "user"),
        ("ssh://h/-x", "path"),
        ("ssh://h/%2Dx", "path"),
        ("https://-h/x", "host"),
    ];
    for (text, part) in table {
        assert_eq!(RepositoryUrl::parse(text), Err(UrlError::LeadingDash(part)), "{text}");
    }
}

#[test]
fn sec_b2_control_characters_are_refused() {
    for text in [
        "https://x%0ahost=evil.com/",
        "https://x/y\r\nz",
        "https://u%0d@h/",
        "https://u:p%0a@h/",
        "https://h/a%00",
        "https://h/a\tb",
        "ssh://git@h/a%0ab",
        "https://h/%7f",
        "https://h/%c2%85",
    ] {
        assert_eq!(RepositoryUrl::parse(text), Err(UrlError::ControlCharacter), "{text:?}");
    }
}

#[test]
fn sec_b5_there_is_one_reading_of_the_host() {
    let host = |text: &str| RepositoryUrl::parse(text).map(|url| url.host().to_owned());
    for text in [
        "https://good.com\\@evil.com/",
        "https://a@good.com@evil.com/",
        "https://good%2ecom/",
        "https://a b/",
        "https://h/%zz",
        "https://[h]/",
    ] {
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
