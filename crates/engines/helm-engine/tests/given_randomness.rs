//! Functions that are random, with the randomness that Go drew: then the results must be Go's, byte by byte. Each line of
//! `given_randomness.jsonl` is a template, its data, the random bytes and the output of Go 1.26 with sprig 3.3.
//!
//! The keys in there were made for these cases and protect nothing.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use helm_engine::{Engine, Limits, Offline, Ports, RenderError, Value};

#[test]
fn with_the_same_randomness_the_results_are_those_of_go() {
    let mut count = 0;
    for line in include_str!("given_randomness.jsonl").lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("the cases are JSON");
        let template = case["template"].as_str().unwrap_or_default();
        let found = render(template, &case["data"], &random_bytes(&case)).expect("no case fails");
        assert_eq!(String::from_utf8_lossy(&found), case["output"].as_str().unwrap_or_default(), "{template}");
        count += 1;
    }
    assert_eq!(count, 24);
}

#[test]
fn keys_that_are_made_can_be_used() -> Result<(), RenderError> {
    let template = r#"{{ range .kinds }}{{ $key := genPrivateKey . }}{{ $ca := genCAWithKey "ca" 1 $key -}}
        {{ (genSignedCertWithKey "x" nil nil 1 $ca $key).Key | eq $key }} {{ end -}}
        {{ $cert := genCA "ca" 1 | genSignedCert "x" nil nil 1 }}{{ eq $cert.Key (genSelfSignedCertWithKey "x" nil nil 1 $cert.Key).Key }}"#;
    let bytes: Vec<u8> = (0..=255).map(|byte: u8| byte.wrapping_mul(151) ^ 0x5a).collect();
    let output = render(template, &serde_json::json!({"kinds": ["ecdsa", "ed25519"]}), &bytes)?;
    assert_eq!(String::from_utf8_lossy(&output), "true true true");
    Ok(())
}

/// Made by OpenSSL for this test alone: the key as SEC 1 and as PKCS #8, and the encoded identifier of its signatures.
const KEYS: [(&str, &str, &[u8]); 2] = [
    (
        "-----BEGIN EC PRIVATE KEY-----\n\
         MIGkAgEBBDDJno9uqyajU8qQJYAha68PgAkvYa9SjOyThtr0+20q9JGYNE++a3Kc\n\
         6GVnrcblQTSgBwYFK4EEACKhZANiAAQVsn4Zd7xFX7YtiP+RmFwrilUTcp2qKO8K\n\
         LFnZ9TnzcCNeM7wVkw/KyFYj0mHAWkuZFzj02VS28ewZ07Eqfmi+BttX6S8oOEk2\n\
         Q9BDmdx3TEP4eE/WpPjzmP5P4ez7Wt4=\n\
         -----END EC PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n\
         MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDJno9uqyajU8qQJYAh\n\
         a68PgAkvYa9SjOyThtr0+20q9JGYNE++a3Kc6GVnrcblQTShZANiAAQVsn4Zd7xF\n\
         X7YtiP+RmFwrilUTcp2qKO8KLFnZ9TnzcCNeM7wVkw/KyFYj0mHAWkuZFzj02VS2\n\
         8ewZ07Eqfmi+BttX6S8oOEk2Q9BDmdx3TEP4eE/WpPjzmP5P4ez7Wt4=\n\
         -----END PRIVATE KEY-----\n",
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03],
    ),
    (
        "-----BEGIN EC PRIVATE KEY-----\n\
         MIHcAgEBBEIBzgX5fXmUfg1rjLiTPy6X+yb8XhutA8qtN+S61ytQ2UF2W6V/XykO\n\
         QgVG4jpZcP5kJRRb3g0GCMzlmYa4bbZ0pSSgBwYFK4EEACOhgYkDgYYABADpHxU0\n\
         gC+qdrZ5AH7f/ROEw91FyV8CEk1Gau9kOs8kk+po6OPeVpVR1UCUjbS6ePdMDqsS\n\
         xslBAzcEdEIGp4vxbQAuDruxKKViuXY3BTL4bN+0nGug4zCAr4Ll/TMWM9krJ+Py\n\
         30yY+GivEwzeKEaBa7OQbIME01Sz12D4DcwWoeWIPA==\n\
         -----END EC PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n\
         MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIBzgX5fXmUfg1rjLiT\n\
         Py6X+yb8XhutA8qtN+S61ytQ2UF2W6V/XykOQgVG4jpZcP5kJRRb3g0GCMzlmYa4\n\
         bbZ0pSShgYkDgYYABADpHxU0gC+qdrZ5AH7f/ROEw91FyV8CEk1Gau9kOs8kk+po\n\
         6OPeVpVR1UCUjbS6ePdMDqsSxslBAzcEdEIGp4vxbQAuDruxKKViuXY3BTL4bN+0\n\
         nGug4zCAr4Ll/TMWM9krJ+Py30yY+GivEwzeKEaBa7OQbIME01Sz12D4DcwWoeWI\n\
         PA==\n\
         -----END PRIVATE KEY-----\n",
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04],
    ),
];

/// As Helm 4.3.1 gives them: the key comes back as SEC 1, and the hash of the signature grows with the curve.
#[test]
fn certificates_are_made_for_keys_on_larger_curves() -> Result<(), RenderError> {
    let template = r#"{{ $c := genSelfSignedCertWithKey "a" nil nil 1 .key }}{{ eq $c.Key .same }}{{ $c.Cert }}"#;
    for (key, other_form, signatures) in KEYS {
        for form in [key, other_form] {
            let made = render(template, &serde_json::json!({"key": form, "same": key}), &[1, 2, 3])?;
            let made = String::from_utf8_lossy(&made).into_owned();
            let certificate = made.strip_prefix("true-----BEGIN CERTIFICATE-----").expect("the key comes back");
            let certificate = certificate.replace("-----END CERTIFICATE-----", "").replace('\n', "");
            let encoded = STANDARD.decode(certificate).expect("the certificate is base64");
            // In the certificate and beside its signature.
            assert_eq!(encoded.windows(signatures.len()).filter(|window| *window == signatures).count(), 2);
        }
    }
    Ok(())
}

fn render(template: &str, data: &serde_json::Value, random: &[u8]) -> Result<Vec<u8>, RenderError> {
    let now = "2026-03-04T05:06:07.000000008Z".parse().expect("this is a time");
    let ports: Rc<dyn Ports> = Rc::new(Given { random: random.to_vec(), position: 0.into(), rest: Offline { now } });
    let templates = Engine::new().parse([("t", template.as_bytes())])?;
    templates.render_template("t", Value::from(data), &ports, Limits::default())
}

fn random_bytes(case: &serde_json::Value) -> Vec<u8> {
    let digits = case["random"].as_str().unwrap_or_default();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("the randomness is hexadecimal");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// Ports with given randomness, over and over, each time a little different.
#[derive(Debug)]
struct Given {
    random: Vec<u8>,
    position: std::cell::Cell<usize>,
    rest: Offline,
}

impl Ports for Given {
    fn now(&self) -> jiff::Timestamp {
        self.rest.now
    }

    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), String> {
        for byte in buffer {
            let position = self.position.get();
            let round = position / self.random.len();
            *byte = self.random[position % self.random.len()].wrapping_add((round * round + round) as u8);
            self.position.set(position + 1);
        }
        Ok(())
    }

    fn lookup(&self, version: &str, kind: &str, namespace: &str, name: &str) -> Result<serde_json::Value, String> {
        self.rest.lookup(version, kind, namespace, name)
    }

    fn host_address(&self, name: &str) -> String {
        self.rest.host_address(name)
    }
}
