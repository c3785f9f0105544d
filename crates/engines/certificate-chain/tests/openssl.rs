//! Certificates and timestamps that openssl makes.

#![expect(clippy::disallowed_methods, reason = "openssl is given keys and messages by path")]

use certificate_chain::{
    Authority, Certificate, CertificateError, KeyKind, PathError, TimestampError, Usage, token_of_response, verify_path,
    verify_timestamp,
};
use jiff::{SignedDuration, Timestamp};
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

type Outcome = Result<(), Box<dyn Error>>;

const MESSAGE: &[u8] = b"a signature";

/// What the authority answers with.
const CONFIGURATION: &str = "[tsa]\ndefault_tsa = it\n[it]\nserial = serial\ncrypto_device = builtin\ndefault_policy = 1.2.3.4\n\
                             digests = sha256, sha1\naccuracy = secs:1, millisecs:500, microsecs:100\ness_cert_id_alg = sha256\n\
                             signer_digest = sha256\n";

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_second(i64::try_from(since.as_secs()).unwrap_or_default()).unwrap_or_default()
}

fn openssl(directory: &Path, arguments: &[&str]) -> Outcome {
    let output = Command::new("openssl").args(arguments).current_dir(directory).output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// A directory with certificates.
struct Authorities(tempfile::TempDir);

impl Authorities {
    fn new() -> Result<Self, Box<dyn Error>> {
        let made = Self(tempfile::tempdir()?);
        made.issue("root", None, &["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"])?;
        made.issue("between", Some("root"), &["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign"])?;
        Ok(made)
    }

    /// Makes a key and a certificate of it, valid from now for a day, by another or by itself.
    fn issue(&self, name: &str, by: Option<&str>, extensions: &[&str]) -> Outcome {
        let key = format!("{name}.key");
        openssl(self.0.path(), &["genpkey", "-out", &key, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])?;
        let (file, subject) = (format!("{name}.pem"), format!("/C=US/O=example/CN={name}"));
        // Without a configuration of its own, openssl adds extensions.
        fs::write(self.0.path().join("request"), "[req]\ndistinguished_name = name\n[name]\n")?;
        let mut arguments = vec!["req", "-x509", "-new", "-config", "request", "-key", &key, "-out", &file, "-subj", &subject];
        arguments.extend(["-days", "1"]);
        let issuer = by.map(|by| (format!("{by}.pem"), format!("{by}.key")));
        if let Some((certificate, key)) = &issuer {
            arguments.extend(["-CA", certificate, "-CAkey", key]);
        }
        arguments.extend(extensions.iter().flat_map(|extension| ["-addext", extension]));
        openssl(self.0.path(), &arguments)
    }

    fn certificate(&self, name: &str) -> Result<Certificate, Box<dyn Error>> {
        let text = fs::read(self.0.path().join(format!("{name}.pem")))?;
        Ok(Certificate::all_from_pem(&text)?.remove(0))
    }

    /// The token of an authority about a message.
    fn stamp(&self, signer: &str, hash: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        let path = self.0.path();
        fs::write(path.join("message"), MESSAGE)?;
        fs::write(path.join("configuration"), CONFIGURATION)?;
        fs::write(path.join("serial"), "01")?;
        openssl(path, &["ts", "-query", "-data", "message", hash, "-cert", "-out", "query"])?;
        let (certificate, key) = (format!("{signer}.pem"), format!("{signer}.key"));
        let reply = ["ts", "-reply", "-config", "configuration", "-queryfile", "query", "-signer", &certificate, "-inkey", &key];
        openssl(path, &[&reply[..], &["-out", "answer"]].concat())?;
        Ok(token_of_response(&fs::read(path.join("answer"))?)?)
    }
}

#[test]
fn a_path_leads_over_others_to_a_root_while_all_are_valid() -> Outcome {
    let made = Authorities::new()?;
    made.issue("leaf", Some("between"), &["extendedKeyUsage=codeSigning"])?;
    made.issue("below", Some("leaf"), &["extendedKeyUsage=codeSigning"])?;
    let [root, between, leaf, below] = ["root", "between", "leaf", "below"].map(|name| made.certificate(name));
    let (root, between, leaf, below) = ([root?], [between?], leaf?, below?);
    let day = SignedDuration::from_hours(25);
    let verify =
        |leaf, between: &[Certificate], roots: &[Certificate], time, usage| verify_path(leaf, (between, roots), time, usage);
    let issuer = verify(&leaf, &between, &root, now(), Usage::CodeSigning)?;
    assert_eq!(issuer, between[0].public_key(), "the key of who issued the last");
    assert!(matches!(verify(&leaf, &[], &root, now(), Usage::CodeSigning), Err(PathError::Path(..))));
    assert_eq!(verify(&leaf, &between, &root, now(), Usage::Timestamping), Err(PathError::Usage(Usage::Timestamping)));
    assert!(matches!(verify(&leaf, &between, &root, now() + day, Usage::CodeSigning), Err(PathError::Roots(_))));
    assert!(matches!(verify(&leaf, &between, &root, Timestamp::MIN, Usage::CodeSigning), Err(PathError::Roots(_))));
    assert!(matches!(verify(&leaf, &between, &[], now(), Usage::CodeSigning), Err(PathError::Roots(_))));
    let more = [between[0].clone(), leaf.clone()];
    assert!(matches!(verify(&below, &more, &root, now(), Usage::CodeSigning), Err(PathError::Path(..))), "it may issue none");

    assert!(leaf.is_issued_by(&between[0]) && root[0].is_issued_by(&root[0]) && !leaf.is_issued_by(&root[0]));
    assert_eq!((leaf.subject().as_str(), leaf.key_kind()), ("CN=leaf,O=example,C=US", Some(KeyKind::Ec(256))));
    assert!(leaf.is_valid_at(now()) && !leaf.is_valid_at(now() + day));
    Ok(())
}

#[test]
fn what_is_no_certificate_is_refused() -> Outcome {
    let made = Authorities::new()?;
    let root = made.certificate("root")?;
    for junk in
        [&b""[..], b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", &[0xff]]
    {
        assert_eq!(Certificate::all_from_pem(junk), Err(CertificateError::Pem));
    }
    assert_eq!(Certificate::from_der(&vec![0x30; 1 << 20]), Err(CertificateError::Large));
    for end in 0..root.der().len() {
        assert!(matches!(Certificate::from_der(&root.der()[..end]), Err(CertificateError::Der(_))));
    }
    for place in 0..root.der().len() {
        let mut der = root.der().to_vec();
        der[place] ^= 1;
        assert!(!Certificate::from_der(&der).is_ok_and(|changed| changed.is_issued_by(&root)), "{place}");
    }
    Ok(())
}

#[test]
fn the_time_of_an_authority_is_believed() -> Outcome {
    let made = Authorities::new()?;
    made.issue("stamper", Some("root"), &["extendedKeyUsage=critical,timeStamping", "keyUsage=critical,digitalSignature"])?;
    let roots = [made.certificate("root")?];
    let (token, stamper) = (made.stamp("stamper", "-sha256")?, made.certificate("stamper")?);
    for signer in [None, Some(&stamper)] {
        let stamp = verify_timestamp(&token, MESSAGE, &Authority { roots: &roots, intermediates: &[], signer })?;
        assert!((now() - SignedDuration::from_mins(5)..=now()).contains(&stamp.time), "{}", stamp.time);
        assert_eq!(stamp.accuracy, SignedDuration::from_micros(1_500_100));
        assert_eq!(stamp.range().1.duration_since(stamp.range().0), SignedDuration::from_micros(3_000_200));
    }
    Ok(())
}

#[test]
fn sec_c8_a_timestamp_that_must_not_be_relied_on_does_not_count() -> Outcome {
    let (made, foreign) = (Authorities::new()?, Authorities::new()?);
    let signing = "keyUsage=critical,digitalSignature";
    made.issue("stamper", Some("root"), &["extendedKeyUsage=critical,timeStamping", signing])?;
    made.issue("second", Some("root"), &["extendedKeyUsage=critical,timeStamping", signing])?;
    let (roots, strange) = ([made.certificate("root")?], [foreign.certificate("root")?]);
    let token = made.stamp("stamper", "-sha256")?;
    let authority = Authority { roots: &roots, intermediates: &[], signer: None };
    let verify = |token: &[u8], authority: &Authority<'_>| verify_timestamp(token, MESSAGE, authority);
    let good = verify(&token, &authority)?;
    assert_eq!(verify_timestamp(&token, b"another", &authority), Err(TimestampError::OtherMessage));
    assert!(matches!(verify(&token, &Authority { roots: &strange, ..authority }), Err(TimestampError::Path(_))));
    let second = made.certificate("second")?;
    assert!(matches!(verify(&token, &Authority { signer: Some(&second), ..authority }), Err(TimestampError::Malformed(_))));
    assert!(matches!(
        verify(&made.stamp("stamper", "-sha1")?, &authority),
        Err(TimestampError::Malformed("has a weak or unknown hash"))
    ));
    for place in 0..token.len() {
        let mut token = token.clone();
        token[place] ^= 1;
        let changed = verify(&token, &authority);
        // What is not signed, such as versions, may differ, but changes nothing.
        assert!(changed.is_err() || changed.as_ref() == Ok(&good), "{place}");
    }
    for junk in [&b""[..], &[0x30, 0x00], &[0x30; 300_000]] {
        assert!(verify(junk, &authority).is_err() && token_of_response(junk).is_err());
    }
    Ok(())
}
