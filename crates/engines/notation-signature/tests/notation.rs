//! Signatures by certificates: each verdict is notation's. `data/README.md` says how the cases came to be.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use certificate_chain::Certificate;
use notation_signature::{Artifact, Check, Policies, verify};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

const REPOSITORY: &str = "registry.example.com/org/app";

#[derive(Deserialize)]
struct Document {
    now: jiff::Timestamp,
    artifacts: BTreeMap<String, Signed>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Signed {
    manifest: String,
    digest: String,
}

#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    artifact: String,
    media_type: String,
    envelope: String,
    policy: Value,
    certificates: Option<Vec<String>>,
    #[serde(default)]
    stricter: String,
    verdict: String,
}

fn document() -> Result<Document, Box<dyn Error>> {
    Ok(serde_json::from_str(include_str!("data/notation.json"))?)
}

impl Document {
    /// As the cases have it: `verified`, `ignored`, or the reason.
    fn verdict(&self, case: &Case, envelope: &[u8]) -> Result<String, Box<dyn Error>> {
        let policies = Policies::parse(case.policy.to_string().as_bytes())?;
        let statement = match policies.of(REPOSITORY) {
            Ok(statement) if statement.skips() => return Ok("ignored".to_owned()),
            Ok(statement) => statement,
            Err(error) => return Ok(error.to_string()),
        };
        let mut certificates = Vec::new();
        for text in case.certificates.iter().flatten() {
            certificates.extend(Certificate::all_from_pem(text.as_bytes())?);
        }
        let signed = &self.artifacts[&case.artifact];
        let artifact = Artifact {
            media_type: "application/vnd.oci.image.manifest.v1+json",
            digest: &signed.digest,
            size: signed.manifest.len() as u64,
        };
        Ok(match verify((envelope, &case.media_type), &artifact, (statement, &certificates), self.now) {
            Ok(verdict) if verdict.is_authentic => "verified".to_owned(),
            Ok(_) => "ignored".to_owned(),
            Err(error) => error.to_string(),
        })
    }

    fn case(&self, name: &str) -> Result<Case, Box<dyn Error>> {
        Ok(self.cases.iter().find(|case| case.name == name).ok_or("no such case")?.clone())
    }
}

#[test]
fn sec_c8_every_verdict_is_that_of_notation() -> Outcome {
    let document = document()?;
    assert!(document.cases.len() > 90);
    for case in &document.cases {
        let ours = document.verdict(case, &STANDARD.decode(&case.envelope)?)?;
        let accepts = |verdict: &str| matches!(verdict, "verified" | "ignored");
        if case.stricter.is_empty() {
            let (ours_accepts, theirs_accepts) = (accepts(&ours), accepts(&case.verdict));
            assert_eq!(ours_accepts, theirs_accepts, "{}: ours: {ours}, notation: {}", case.name, case.verdict);
            assert!(!theirs_accepts || ours == case.verdict, "{}: ours: {ours}, notation: {}", case.name, case.verdict);
        } else {
            assert!(!accepts(&ours) && accepts(&case.verdict), "{}: {ours}", case.name);
        }
    }
    Ok(())
}

#[test]
fn the_reason_names_what_is_wrong() -> Outcome {
    let document = document()?;
    for (name, reason) in [
        ("application/cose: another artifact", "content descriptor mismatch"),
        ("application/cose: another root", "the signature's certificate chain does not contain any trusted certificate"),
        (
            "application/jose+json: another identity",
            "signing certificate \"CN=signer,O=example,ST=WA,C=US\" does not match the X.509 trusted identities defined in \
             the trust policy \"one\"",
        ),
        (
            "application/jose+json: another repository",
            "artifact \"registry.example.com/org/app\" has no applicable trust policy statement",
        ),
        (
            "application/jose+json: an unknown critical header",
            "the signature has the critical header \"example\", which is not supported",
        ),
        ("rules: the expiry is not critical", "the header \"io.cncf.notary.expiry\" is not marked as critical"),
        ("rules: the certificate of another", "signature is invalid"),
        (
            "stamped: about another signature",
            "failed to verify the timestamp countersignature with error: the timestamp is about another message",
        ),
    ] {
        let case = document.case(name)?;
        assert_eq!(document.verdict(&case, &STANDARD.decode(&case.envelope)?)?, reason, "{name}");
    }
    Ok(())
}

#[test]
fn what_is_not_enforced_is_noted() -> Outcome {
    let document = document()?;
    let case = document.case("application/cose: past its expiry, permissive")?;
    let policies = Policies::parse(case.policy.to_string().as_bytes())?;
    let mut certificates = Vec::new();
    for text in case.certificates.iter().flatten() {
        certificates.extend(Certificate::all_from_pem(text.as_bytes())?);
    }
    let signed = &document.artifacts["files"];
    let artifact = Artifact {
        media_type: "application/vnd.oci.image.manifest.v1+json",
        digest: &signed.digest,
        size: signed.manifest.len() as u64,
    };
    let envelope = STANDARD.decode(&case.envelope)?;
    let verdict = verify((&envelope, &case.media_type), &artifact, (policies.of(REPOSITORY)?, &certificates), document.now)?;
    assert!(verdict.is_authentic);
    let [(Check::Expiry, reason)] = &verdict.noted[..] else { return Err(format!("{:?}", verdict.noted).into()) };
    assert!(reason.starts_with("digital signature has expired on "), "{reason}");
    Ok(())
}

#[test]
fn sec_c8_no_byte_of_an_envelope_can_be_another() -> Outcome {
    let document = document()?;
    let jws = document.case("application/jose+json: good")?;
    let envelope: Value = serde_json::from_slice(&STANDARD.decode(&jws.envelope)?)?;
    for part in ["/payload", "/protected", "/signature"] {
        let bytes = URL_SAFE_NO_PAD.decode(envelope.pointer(part).and_then(Value::as_str).ok_or(part)?)?;
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[place] ^= 0x10;
            let mut changed = envelope.clone();
            *changed.pointer_mut(part).ok_or(part)? = URL_SAFE_NO_PAD.encode(bytes).into();
            assert_ne!(document.verdict(&jws, changed.to_string().as_bytes())?, "verified", "{part} {place}");
        }
    }
    for index in 0..2 {
        let part = format!("/header/x5c/{index}");
        let bytes = STANDARD.decode(envelope.pointer(&part).and_then(Value::as_str).ok_or("no certificate")?)?;
        for place in (0..bytes.len()).step_by(5) {
            let mut bytes = bytes.clone();
            bytes[place] ^= 0x10;
            let mut changed = envelope.clone();
            *changed.pointer_mut(&part).ok_or("gone")? = STANDARD.encode(bytes).into();
            assert_ne!(document.verdict(&jws, changed.to_string().as_bytes())?, "verified", "{part} {place}");
        }
    }
    let cose = document.case("application/cose: good")?;
    let bytes = STANDARD.decode(&cose.envelope)?;
    let agent = bytes.windows(9).position(|window| window == b"example/1").ok_or("no signing agent")?;
    // The name of the program that signed is not signed, nor is the name of that header.
    let free = agent - 30..agent + 9;
    for place in (0..bytes.len()).step_by(3).filter(|place| !free.contains(place)) {
        let mut bytes = bytes.clone();
        bytes[place] ^= 0x10;
        assert_ne!(document.verdict(&cose, &bytes)?, "verified", "{place}");
    }
    for end in (0..bytes.len()).step_by(7) {
        assert_ne!(document.verdict(&cose, &bytes[..end])?, "verified", "{end}");
    }
    Ok(())
}

#[test]
fn policies_that_say_nothing_clear_are_refused() -> Outcome {
    let statement = json!({
        "name": "one", "registryScopes": ["*"], "signatureVerification": { "level": "strict" },
        "trustStores": ["ca:a"], "trustedIdentities": ["*"],
    });
    let with = |pointer: &str, value: Value| {
        let mut document = json!({ "version": "1.0", "trustPolicies": [statement] });
        if let Some(part) = document.pointer_mut(pointer) {
            *part = value;
        }
        document.to_string()
    };
    assert!(Policies::parse(with("/none", Value::Null).as_bytes()).is_ok());
    let one = "/trustPolicies/0";
    for (pointer, value, reason) in [
        ("/version", json!("2.0"), "unsupported version"),
        ("/trustPolicies", json!([]), "zero trust policy statements"),
        ("/trustPolicies", json!([statement, statement]), "multiple trust policy statements"),
        ("/name", json!(""), "missing a name"),
        ("/registryScopes", json!([]), "zero registry scopes"),
        ("/registryScopes", json!(["*", "a.b/c"]), "wildcard"),
        ("/registryScopes", json!(["*/c"]), "no repository"),
        ("/registryScopes", json!(["a.b"]), "no repository"),
        ("/registryScopes", json!(["a.b/C"]), "no repository"),
        ("/registryScopes", json!(["a..b/c"]), "no repository"),
        ("/registryScopes", json!(["a.b/c//d"]), "no repository"),
        ("/registryScopes", json!(["a.b/c:tag"]), "no repository"),
        ("/signatureVerification/level", json!("loose"), "invalid signature verification level"),
        ("/signatureVerification", json!({}), "invalid signature verification level"),
        (
            "/signatureVerification",
            json!({ "level": "strict", "override": { "integrity": "log" } }),
            "overrides the check of integrity",
        ),
        ("/signatureVerification", json!({ "level": "strict", "override": { "expiry": "skip" } }), "skips the check"),
        ("/signatureVerification", json!({ "level": "skip", "override": { "expiry": "log" } }), "cannot be customized"),
        ("/signatureVerification", json!({ "level": "strict", "override": { "example": "log" } }), "cannot be read"),
        ("/signatureVerification", json!({ "level": "strict", "verifyTimestamp": "never" }), "cannot be read"),
        ("/trustStores", json!([]), "missing trust stores"),
        ("/trustStores", json!(["ca"]), "malformed"),
        ("/trustStores", json!(["ca:a/b"]), "unsupported name"),
        ("/trustStores", json!(["other:a"]), "unsupported type"),
        ("/trustedIdentities", json!(["*", "x509.subject:C=US,ST=WA,O=a"]), "wildcard"),
        ("/trustedIdentities", json!(["x509.subject:O=a"]), "invalid identity value"),
        ("/trustedIdentities", json!(["x509.subject"]), "missing separator"),
        ("/trustedIdentities", json!(["x509.subject:C=US,ST=WA,O=a", "x509.subject:C=US,ST=WA,O=a,CN=b"]), "overlapping"),
    ] {
        let pointer =
            if matches!(pointer, "/version" | "/trustPolicies") { pointer.to_owned() } else { format!("{one}{pointer}") };
        let error =
            Policies::parse(with(&pointer, value.clone()).as_bytes()).err().ok_or_else(|| format!("{pointer}: {value}"))?;
        assert!(error.to_string().contains(reason), "{pointer}: {value}: {error}");
    }
    Ok(())
}

#[test]
fn the_policy_that_names_a_repository_comes_first() -> Outcome {
    let statement = |name: &str, scope: &str| {
        json!({
            "name": name, "registryScopes": [scope], "signatureVerification": { "level": "strict" },
            "trustStores": ["ca:a"], "trustedIdentities": ["*"],
        })
    };
    let policies =
        json!({ "version": "1.0", "trustPolicies": [statement("all", "*"), statement("one", "127.0.0.1:5000/org/app_1")] });
    let policies = Policies::parse(policies.to_string().as_bytes())?;
    for (repository, name) in [("127.0.0.1:5000/org/app_1", "one"), ("127.0.0.1:5000/org/app_1/x", "all"), ("other/app", "all")] {
        assert_eq!(policies.of(repository)?.name(), name, "{repository}");
    }
    Ok(())
}
