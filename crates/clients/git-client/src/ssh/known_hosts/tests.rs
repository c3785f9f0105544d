use super::*;

const ED25519: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO6abNG47VsiJCjcj3XjkixUYyIQQ6XEywM1fR6JH5G1";
const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJCzRtqwdfIjiXVm/uk0A0dYhzvAMhYfk5RtE6J5U1me7m58YLaD5pfOqUcW3VUmfi6+ILHeMWdSUDYIGBI6syU=";
/// `example.com` and `[example.com]:2222` as `ssh-keygen -H` writes them.
const HASHED: &str = "|1|qunzO3UtmYznMiQF75pw8kfV5To=|AO93mNzE8hy3fpJjlV4fExRVgIE=";
const HASHED_PORT: &str = "|1|FG4weKnLOVjTpMP0MtKK4EbNbPA=|x+iym2tZZAGcA3kiYDSFBWEDaeA=";

fn key(text: &str) -> PublicKey {
    text.parse().expect("the key is valid")
}

fn trusts(known_hosts: &str, host: &str, port: u16, offered: &str) -> Result<(), HostKeyError> {
    KnownHost::find(known_hosts, host, port)?.check(&key(offered))
}

#[test]
fn names_match_plain_with_port_hashed_and_by_pattern() {
    for (names, host, port) in [
        ("example.com", "example.com", 22),
        ("Example.com", "EXAMPLE.com", 22),
        ("[example.com]:22", "example.com", 22),
        ("other,example.com", "example.com", 22),
        ("*.example.com", "git.example.com", 22),
        ("git?.example.com", "git1.example.com", 22),
        ("[example.com]:2222", "example.com", 2222),
        ("[*.example.com]:2222", "a.example.com", 2222),
        ("[::1]:2222", "::1", 2222),
        (HASHED, "example.com", 22),
        (HASHED_PORT, "example.com", 2222),
    ] {
        assert_eq!(trusts(&format!("# a comment\n\n{names} {ED25519} me@here # x\n"), host, port, ED25519), Ok(()), "{names}");
    }
}

#[test]
fn sec_b7_another_host_port_or_pattern_is_unknown() {
    for (names, host, port) in [
        ("example.com", "example.com", 2222),
        ("[example.com]:2222", "example.com", 22),
        ("[example.com]:2222", "example.com", 2223),
        ("example.com", "example.com.evil.org", 22),
        ("*.example.com,!bad.example.com", "bad.example.com", 22),
        ("*.example.com", "example.com", 22),
        (HASHED, "example.org", 22),
        (HASHED_PORT, "example.com", 22),
    ] {
        let outcome = trusts(&format!("{names} {ED25519}\n"), host, port, ED25519);
        assert!(matches!(outcome, Err(HostKeyError::UnknownHost(_))), "{names}: {outcome:?}");
    }
}

#[test]
fn sec_b7_another_key_is_a_mismatch_and_a_revoked_key_is_refused() {
    let outcome = trusts(&format!("example.com {ED25519}\n"), "example.com", 22, ECDSA);
    assert!(matches!(outcome, Err(HostKeyError::Mismatch { .. })), "{outcome:?}");
    let both = format!("example.com {ED25519}\n@revoked * {ED25519}\n");
    let outcome = trusts(&both, "example.com", 22, ED25519);
    assert!(matches!(outcome, Err(HostKeyError::Revoked { .. })), "{outcome:?}");
    let authority = format!("@cert-authority example.com {ED25519}\n");
    let outcome = trusts(&authority, "example.com", 22, ED25519);
    assert!(matches!(outcome, Err(HostKeyError::UnknownHost(_))), "{outcome:?}");
}

#[test]
fn sec_b7_known_hosts_without_a_usable_line_trusts_nobody() {
    for text in ["", "# nothing\n", "example.com\n", "example.com ssh-ed25519 AAAA\n", "\0\n|1|x|y z\n"] {
        assert_eq!(trusts(text, "example.com", 22, ED25519), Err(HostKeyError::Empty), "{text:?}");
    }
}

#[test]
fn patterns_with_many_stars_take_little_time() {
    let pattern = "*a".repeat(200);
    assert!(!is_like(&pattern, &"a".repeat(199)));
    assert!(is_like(&pattern, &"a".repeat(400)));
}

#[test]
fn no_piece_of_a_file_is_a_panic_or_a_key() {
    let whole = format!("@revoked * {ECDSA}\nb {ED25519} c\n{HASHED} {ED25519}");
    for end in 0..whole.len() {
        let outcome = trusts(&whole[..end], "a.example.com", 22, ED25519);
        assert!(outcome.is_err(), "{end}");
    }
}
