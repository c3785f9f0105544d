use super::*;

fn parsed(text: &str) -> RemoteUrl {
    RemoteUrl::parse(text).expect("the address is valid")
}

#[test]
fn an_address_has_the_ports_of_its_scheme() {
    assert_eq!(parsed("http://h/x").port(), 80);
    assert_eq!(parsed("https://h/x").port(), 443);
    assert_eq!(parsed("ssh://git@h/x").port(), 22);
    assert_eq!(parsed("ssh://git@[::1]:2222/x").port(), 2222);
    assert_eq!(parsed("ssh://git@[::1]:2222/x").host(), "::1");
}

#[test]
fn an_ssh_path_is_decoded_and_an_http_path_is_not() {
    assert_eq!(parsed("ssh://git@h/a%20b.git").ssh_path(), "/a b.git");
    assert_eq!(parsed("https://h/a%20b.git").request_base(), "https://h/a%20b.git");
}

#[test]
fn other_schemes_are_refused() {
    for text in ["file:///etc", "ext::sh -c x", "git://h/x", "ftp://h/x", "git@h:x", "", "/x", "https://"] {
        assert!(RemoteUrl::parse(text).is_err(), "{text}");
    }
}

#[test]
fn sec_b1_an_address_cannot_become_an_option() {
    for text in ["ssh://-oProxyCommand=touch$IFS/tmp/pwn/x", "ssh://-oX@h/x", "ssh://%2doX@h/x", "https://-h/x"] {
        assert!(RemoteUrl::parse(text).is_err(), "{text}");
    }
}

#[test]
fn sec_b2_control_characters_are_refused_in_any_encoding() {
    for text in [
        "https://x%0ahost=evil.com/y",
        "https://x/y\r\nz",
        "https://u%0d:p@x/y",
        "https://u:p%0a@x/y",
        "https://x/%00",
        "https://x/a\tb",
        "ssh://git@x/a%0ab",
        "https://good.com\\@evil.com/",
        "https://x/%7f",
    ] {
        assert!(matches!(RemoteUrl::parse(text), Err(UrlError::Control)), "{text}");
    }
}

#[test]
fn sec_c10_an_address_prints_without_secrets() {
    let url = parsed("https://user:S3NTINEL@host:8443/x.git?sig=S3NTINEL");
    assert_eq!(url.to_string(), "https://host:8443/x.git");
    assert!(!format!("{url:?}").contains("S3NTINEL"));
    assert_eq!(parsed("ssh://git:S3NTINEL@host/x").to_string(), "ssh://git@host/x");
    assert_eq!(url.user(), Some("user"));
    assert_eq!(url.password().and_then(Secret::expose_text), Some("S3NTINEL"));
}

#[test]
fn no_piece_of_an_address_is_a_panic() {
    let whole = "https://us%65r:p%00ss@[2001:db8::1]:8443/a%2/b?q=ü#f";
    for (start, _) in whole.char_indices() {
        for (end, _) in whole.char_indices().filter(|(end, _)| *end >= start) {
            RemoteUrl::parse(&whole[start..end]).ok();
            RemoteUrl::parse(&format!("ssh://{}", &whole[start..end])).ok();
        }
    }
}
