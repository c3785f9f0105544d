use super::*;

#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct Layer {
    text: &'static str,
    source: Option<Box<Layer>>,
}

fn chain(texts: &[&'static str]) -> Layer {
    let source = texts.get(1..).filter(|rest| !rest.is_empty()).map(|rest| Box::new(chain(rest)));
    Layer { text: texts[0], source }
}

#[test]
fn causes_follow_their_error_after_a_colon() {
    assert_eq!(error_chain(&chain(&["fetch artifact", "connect", "refused"])), "fetch artifact: connect: refused");
    assert_eq!(error_chain(&chain(&["alone"])), "alone");
}

#[test]
fn a_cause_that_was_already_printed_is_not_repeated() {
    assert_eq!(error_chain(&chain(&["fetch: refused", "refused"])), "fetch: refused");
}

#[test]
fn sec_c10_credentials_do_not_leave_the_process() {
    for (text, expected) in [
        ("unable to clone 'https://user:S3NTINEL@host/a.git': denied", "unable to clone 'https://host/a.git': denied"),
        ("GET https://host/a?sig=S3NTINEL: 403", "GET https://host/a: 403"),
        ("Get \"https://S3NTINEL@host:8443/a?x=y#z\": dial tcp", "Get \"https://host:8443/a\": dial tcp"),
        ("https://user:S3N/TINEL@host/a", "https://host/a"),
        ("https://user:S3N@TINEL@host/a", "https://host/a"),
        ("two: https://a:S3NTINEL@b/, http://c:S3NTINEL@d.", "two: https://b/, http://d."),
        ("ssh://git:S3NTINEL@host/a.git", "ssh://git@host/a.git"),
        ("socks5://u:S3NTINEL@proxy:1080", "socks5://proxy:1080"),
        ("server echoed Authorization: Bearer S3NTINEL, sorry", "server echoed Authorization: Bearer *** sorry"),
        ("{\"authorization: basic S3NTINEL\"}", "{\"authorization: basic ***\"}"),
        ("ä://ü:S3NTINEL@ö?é=S3NTINEL", "ä://ö"),
    ] {
        let clean = sanitize(text);
        assert_eq!(clean, expected);
        assert!(!clean.contains("S3N"), "{clean}");
    }
}

#[test]
fn sec_c10_known_secrets_are_replaced_in_every_form() {
    let mut secrets = Secrets::default();
    secrets.add("S3NTINEL/with space\n");
    secrets.add("abc");
    assert_eq!(secrets.sanitize("a S3NTINEL/with space b S3NTINEL%2Fwith%20space c abc"), "a *** b *** c abc");
    assert!(!format!("{secrets:?}").contains("S3NTINEL"));
}

#[test]
fn ordinary_text_is_left_alone() {
    for text in [
        "",
        "stored artifact for commit 'first'",
        "unable to clone 'ssh://git@host:22/a.git': x",
        "http://source-controller.flux-system.svc.cluster.local./gitrepository/a/b/main@sha1:1234.tar.gz: not found",
        "Fetched revision: main@sha1:20f22736e85dcc71fde2cf5abf410eb74e3e5a4a",
        "http://127.0.0.1:24010/x, next",
        "a://",
        "://",
        "https://[::1]:443/a",
    ] {
        assert_eq!(sanitize(text), text);
    }
}

/// What Flux itself published in the recorded scenarios holds no secret, so the sanitiser must not touch it.
#[test]
fn recorded_messages_of_flux_are_left_alone() {
    let Some(folder) = crate::recordings::folder() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let scenario: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        for event in scenario["events"].as_array().into_iter().flatten() {
            let message = event["message"].as_str().unwrap_or_default();
            assert_eq!(sanitize(message), message, "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} recorded events were read");
}

/// What a chart, a manifest or a server may say, in a message that somebody prints on a terminal.
#[test]
fn sec_e8_control_characters_become_harmless() {
    let text = "before \x1b[2J\x1b]0;title\x07\r after \u{202e}txet";
    assert_eq!(sanitize(text), "before \u{fffd}[2J\u{fffd}]0;title\u{fffd}\u{fffd} after \u{fffd}txet");
    let lines = "several lines\n\twith tabs, and letters of all kinds: äß日本";
    assert_eq!(sanitize(lines), lines);
}
