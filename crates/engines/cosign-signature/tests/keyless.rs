//! Signatures for identities: each verdict is cosign's. `data/README.md` says how the cases came to be.

use base64::{Engine, prelude::BASE64_STANDARD};
use cosign_signature::{Identity, Keyless, SignatureError, Signers, TrustedRoot, verify_bundle, verify_payload};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

#[derive(Deserialize)]
struct Document {
    roots: BTreeMap<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize, Clone)]
struct Case {
    name: String,
    digest: String,
    root: String,
    identities: Option<Vec<(String, String)>>,
    #[serde(default)]
    payload: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(default)]
    bundle: String,
    verdict: String,
}

fn document() -> Result<Document, Box<dyn Error>> {
    Ok(serde_json::from_str(include_str!("data/keyless.json"))?)
}

impl Document {
    fn signers(&self, case: &Case) -> Result<Signers, Box<dyn Error>> {
        let root = TrustedRoot::parse(serde_json::to_string(&self.roots[&case.root])?.as_bytes())?;
        let identities = case.identities.iter().flatten();
        let identities = identities.map(|(issuer, subject)| Identity::new(issuer, subject)).collect::<Result<_, _>>()?;
        Ok(Signers::Keyless(Box::new(Keyless { root, identities })))
    }

    fn case(&self, name: &str) -> Result<Case, Box<dyn Error>> {
        Ok(self.cases.iter().find(|case| case.name == name).ok_or("no such case")?.clone())
    }
}

impl Case {
    fn verify(&self, signers: &Signers) -> Result<(), SignatureError> {
        if self.bundle.is_empty() {
            let payload = BASE64_STANDARD.decode(&self.payload).unwrap_or_default();
            verify_payload(&payload, &self.annotations, &self.digest, signers)
        } else {
            verify_bundle(self.bundle.as_bytes(), &self.digest, signers)
        }
    }
}

#[test]
fn sec_c8_every_verdict_on_keyless_signatures_is_that_of_cosign() -> Outcome {
    let document = document()?;
    assert!(document.cases.len() > 50);
    for case in &document.cases {
        let ours = case.verify(&document.signers(case)?);
        assert_eq!(ours.is_ok(), case.verdict.is_empty(), "{}: ours: {ours:?}, cosign: {}", case.name, case.verdict);
    }
    Ok(())
}

#[test]
fn the_reason_names_what_is_wrong() -> Outcome {
    let document = document()?;
    for (name, reason) in [
        ("bundle: another artifact", "the signature is about another artifact"),
        ("payload: no log", "the signature is in no trusted log: no entry of such a log comes with it"),
        ("bundle: proven only, no time", "neither a log nor a timestamp of the trusted root says when the signature was made"),
        (
            "payload: a certificate in no log",
            "the certificate is in no trusted log of certificates: it does not say in which it is",
        ),
        ("bundle: the log has another key", "the signature is in no trusted log: the log did not sign the checkpoint"),
        (
            "payload: the authority was not trusted any more",
            "the trusted root has no authority for certificates at the time of the signature",
        ),
        ("bundle: a signature of another key", "the signature is of another key"),
        (
            "bundle: an issuer that ends with the expected one",
            "none of the expected identities matched what was in the certificate, got subjects \
             [https://github.com/org/app/.github/workflows/release.yaml@refs/tags/v1.0.0] with issuer \
             https://evil/?https://token.actions.githubusercontent.com",
        ),
    ] {
        let case = document.case(name)?;
        let error = case.verify(&document.signers(&case)?).expect_err(name);
        assert_eq!(error.to_string(), reason, "{name}");
    }
    Ok(())
}

#[test]
fn sec_c8_an_issuer_is_expected_as_a_whole() -> Outcome {
    let document = document()?;
    let mut case = document.case("bundle: an issuer that ends with the expected one")?;
    for issuer in
        ["https://token.actions.githubusercontent.com", "token.actions", "", "https://token.actions.githubusercontent.com|x"]
    {
        case.identities = Some(vec![(issuer.to_owned(), String::new())]);
        let refused = case.verify(&document.signers(&case)?);
        assert!(matches!(refused, Err(SignatureError::OtherIdentity { .. })), "{issuer}: {refused:?}");
    }
    for escape in [")|(", r"\Q", "x)|(?:y", "("] {
        assert!(Identity::new(escape, "").is_err(), "{escape}");
    }
    case.identities =
        Some(vec![("https://evil/.*".to_owned(), "other".to_owned()), ("https://evil/.*".to_owned(), "org/app".to_owned())]);
    assert_eq!(case.verify(&document.signers(&case)?), Ok(()), "one of several is enough");
    Ok(())
}

/// A text of base64 whose first, middle and last bytes are different, each in turn.
fn mutants(text: &str) -> Vec<String> {
    let Ok(bytes) = BASE64_STANDARD.decode(text) else { return Vec::new() };
    let mutant = |place: usize| {
        let mut bytes = bytes.clone();
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 0x10;
        }
        BASE64_STANDARD.encode(bytes)
    };
    let step = (bytes.len() / 24).max(1);
    (0..bytes.len()).step_by(step).chain(bytes.len().checked_sub(1)).map(mutant).collect()
}

#[test]
fn sec_c8_no_byte_of_a_bundle_can_be_another() -> Outcome {
    let document = document()?;
    let good = document.case("bundle: good")?;
    let signers = document.signers(&good)?;
    let bundle: Value = serde_json::from_str(&good.bundle)?;
    let entry = "/verificationMaterial/tlogEntries/0";
    let parts = [
        "/dsseEnvelope/payload".to_owned(),
        "/dsseEnvelope/signatures/0/sig".to_owned(),
        "/verificationMaterial/certificate/rawBytes".to_owned(),
        format!("{entry}/canonicalizedBody"),
        format!("{entry}/logId/keyId"),
        format!("{entry}/inclusionPromise/signedEntryTimestamp"),
        format!("{entry}/inclusionProof/rootHash"),
        format!("{entry}/inclusionProof/hashes/0"),
        format!("{entry}/inclusionProof/hashes/1"),
        format!("{entry}/inclusionProof/hashes/2"),
    ];
    for part in &parts {
        let text = bundle.pointer(part).and_then(Value::as_str).ok_or_else(|| part.clone())?;
        for mutant in mutants(text) {
            let mut changed = bundle.clone();
            *changed.pointer_mut(part).ok_or("gone")? = mutant.into();
            let verdict = verify_bundle(changed.to_string().as_bytes(), &good.digest, &signers);
            assert!(verdict.is_err(), "{part}");
        }
    }
    for (part, other) in [
        (format!("{entry}/logIndex"), "6"),
        (format!("{entry}/integratedTime"), "1"),
        (format!("{entry}/inclusionProof/logIndex"), "4"),
        (format!("{entry}/inclusionProof/logIndex"), "18446744073709551615"),
        (format!("{entry}/inclusionProof/treeSize"), "6"),
        (format!("{entry}/inclusionProof/treeSize"), "0"),
        ("/dsseEnvelope/payloadType".to_owned(), "application/vnd.in-toto+yaml"),
    ] {
        let mut changed = bundle.clone();
        *changed.pointer_mut(&part).ok_or_else(|| part.clone())? = other.into();
        assert!(verify_bundle(changed.to_string().as_bytes(), &good.digest, &signers).is_err(), "{part}: {other}");
    }
    let checkpoint = format!("{entry}/inclusionProof/checkpoint/envelope");
    let text = bundle.pointer(&checkpoint).and_then(Value::as_str).ok_or("no checkpoint")?;
    for place in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[place] ^= 1;
        let (Ok(mutant), false) = (String::from_utf8(bytes), is_free(text, place)) else { continue };
        let mut changed = bundle.clone();
        *changed.pointer_mut(&checkpoint).ok_or("gone")? = mutant.as_str().into();
        assert!(verify_bundle(changed.to_string().as_bytes(), &good.digest, &signers).is_err(), "{mutant}");
    }
    Ok(())
}

/// Whether a byte of a checkpoint is not signed: the name before a signature, and the hint at its key.
fn is_free(checkpoint: &str, place: usize) -> bool {
    let signature = checkpoint.find("\n\n").map_or(0, |end| end + 2);
    let encoded = checkpoint.rfind(' ').unwrap_or_default();
    (signature..=encoded + 6).contains(&place) || place + 1 == checkpoint.len()
}

#[test]
fn sec_c8_no_byte_of_a_payload_can_be_another() -> Outcome {
    let document = document()?;
    let good = document.case("payload: good")?;
    let signers = document.signers(&good)?;
    for mutant in mutants(&good.payload) {
        let changed = Case { payload: mutant, ..good.clone() };
        assert!(changed.verify(&signers).is_err());
    }
    let certificate = &good.annotations["dev.sigstore.cosign/certificate"];
    let inner: String = certificate.lines().filter(|line| !line.starts_with("-----")).collect();
    let certificates = mutants(&inner).into_iter();
    let certificates = certificates.map(|inner| format!("-----BEGIN CERTIFICATE-----\n{inner}\n-----END CERTIFICATE-----\n"));
    let logged: Value = serde_json::from_str(&good.annotations["dev.sigstore.cosign/bundle"])?;
    let changed_log = |part: &str, value: Value| {
        let mut changed = logged.clone();
        if let Some(part) = changed.pointer_mut(part) {
            *part = value;
        }
        changed.to_string()
    };
    let text = |part: &str| logged.pointer(part).and_then(Value::as_str).unwrap_or_default();
    let mut logs = vec![
        changed_log("/Payload/integratedTime", 1.into()),
        changed_log("/Payload/logIndex", 1.into()),
        changed_log("/Payload/logID", "00".into()),
        changed_log("/Payload/logID", "é".into()),
    ];
    for part in ["/Payload/body", "/SignedEntryTimestamp"] {
        logs.extend(mutants(text(part)).into_iter().map(|mutant| changed_log(part, mutant.into())));
    }
    let signatures = mutants(&good.annotations["dev.cosignproject.cosign/signature"]).into_iter();
    let annotations = signatures
        .map(|mutant| ("dev.cosignproject.cosign/signature", mutant))
        .chain(certificates.map(|mutant| ("dev.sigstore.cosign/certificate", mutant)))
        .chain(logs.into_iter().map(|mutant| ("dev.sigstore.cosign/bundle", mutant)));
    for (name, mutant) in annotations {
        let mut changed = good.clone();
        changed.annotations.insert(name.to_owned(), mutant);
        assert!(changed.verify(&signers).is_err(), "{name}");
    }
    Ok(())
}

#[test]
fn what_is_no_trusted_root_is_refused_in_words() -> Outcome {
    let document = document()?;
    let good = serde_json::to_string(&document.roots["good"])?;
    for (from, to, reason) in [
        ("{", "", "it cannot be read"),
        (
            "version=0.1",
            "version=9",
            "unsupported TrustedRoot media type: application/vnd.dev.sigstore.trustedroot+json;version=9",
        ),
        ("SHA2_256", "SHA2_512", "the log https://ct.example.com has a key or a hash of a kind that is not supported"),
        ("\"rawBytes\":\"", "\"rawBytes\":\"!", "its certificate is not base64"),
    ] {
        assert!(good.contains(from), "{from}");
        let error = TrustedRoot::parse(good.replacen(from, to, 1).as_bytes()).expect_err(from);
        assert!(error.to_string().starts_with(reason), "{from}: {error}");
    }
    Ok(())
}
