//! The functions about dates, versions, regular expressions, cryptography and randomness, on the cases of the shared corpus
//! that call one of them.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use helm_engine::{Engine, Limits, Offline, Ports, RenderError, Value};

/// The functions whose cases are run.
const SUBJECTS: &str = "adler32sum ago bcrypt buildCustomCert date dateInZone dateModify date_in_zone date_modify decryptAES \
    derivePassword duration durationDays durationHours durationMicroseconds durationMilliseconds durationMinutes \
    durationNanoseconds durationRound durationRoundTo durationSeconds durationTruncateTo durationWeeks encryptAES genCA \
    genCAWithKey genPrivateKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey htmlDate \
    htmlDateInZone htpasswd mustDateModify mustRegexFind mustRegexFindAll mustRegexMatch mustRegexReplaceAll \
    mustRegexReplaceAllLiteral mustRegexSplit mustToDate mustToDuration must_date_modify now randAlpha randAlphaNum randAscii \
    randBytes randInt randNumeric regexFind regexFindAll regexMatch regexQuoteMeta regexReplaceAll regexReplaceAllLiteral \
    regexSplit semver semverCompare sha1sum sha256sum sha512sum shuffle toDate unixEpoch uuidv4";

#[test]
fn functions_of_these_subjects_answer_as_in_helm() -> Result<(), Box<dyn Error>> {
    let Some(corpus) = corpus() else { return Ok(()) };
    let subjects: BTreeSet<&str> = SUBJECTS.split_ascii_whitespace().collect();
    let (mut passed, mut left_out, mut differing) = (0, 0, Vec::new());
    for case in cases(&corpus.join("templates"))? {
        let template = case["template"].as_str().unwrap_or_default();
        // What codecs make of times and versions is their subject.
        let is_codec = |word: &str| ["Json", "Yaml", "YamlPretty", "Toml"].iter().any(|format| word.ends_with(format));
        if words(template).any(is_codec) || !words(template).any(|word| subjects.contains(word)) {
            continue;
        }
        match outcome(&case) {
            Err(error) if is_undefined(&error) && !is_undefined(case["expect"]["error"].as_str().unwrap_or_default()) => {
                left_out += 1
            }
            found if agrees(&case["expect"], &found) => passed += 1,
            found => differing.push(format!("{}: {template}\n  {}\n  {found:?}", case["name"], case["expect"])),
        }
    }
    eprintln!("{passed} agree, {} differ, {left_out} call functions that are not there", differing.len());
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    Ok(())
}

/// The folder `helm` of the shared corpus beside the checkout, or where `WEIR_SHARED` says.
#[expect(clippy::disallowed_methods, reason = "a test reads its corpus from disk")]
fn corpus() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared");
    let directory = std::env::var("WEIR_SHARED").map_or_else(|_| beside(), PathBuf::from).join("corpus/helm");
    let absent = !directory.is_dir();
    assert!(!absent || std::env::var("CI").is_err(), "the corpus is absent: {}", directory.display());
    if absent {
        eprintln!("the corpus is absent: {}", directory.display());
    }
    (!absent).then_some(directory)
}

#[expect(clippy::disallowed_methods, reason = "a test reads its corpus from disk")]
fn cases(directory: &Path) -> Result<Vec<serde_json::Value>, Box<dyn Error>> {
    let mut cases = Vec::new();
    for file in std::fs::read_dir(directory)? {
        for line in std::fs::read_to_string(file?.path())?.lines() {
            cases.push(serde_json::from_str(line)?);
        }
    }
    Ok(cases)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter != '_' && !letter.is_alphanumeric())
}

fn is_undefined(error: &str) -> bool {
    error.contains("function \"") && error.ends_with("\" not defined")
}

fn outcome(case: &serde_json::Value) -> Result<Vec<u8>, String> {
    let text = |value: &'_ serde_json::Value| value.as_str().unwrap_or_default().as_bytes().to_vec();
    let mut files = vec![("t", text(&case["template"]))];
    files.extend(case["partials"].as_object().into_iter().flatten().map(|(name, partial)| (name.as_str(), text(partial))));
    let ports: Rc<dyn Ports> = Rc::new(Seeded::default());
    let render = || -> Result<Vec<u8>, RenderError> {
        let templates = Engine::new().parse(files.iter().map(|(name, text)| (*name, &text[..])))?;
        templates.render_template("t", Value::from(&case["data"]), &ports, Limits::default())
    };
    render().map_err(|error| error.to_string())
}

fn agrees(expected: &serde_json::Value, found: &Result<Vec<u8>, String>) -> bool {
    match found {
        Ok(output) if !expected["output_b64"].is_null() => expected["output_b64"] == STANDARD.encode(output),
        Ok(output) => expected["output"] == String::from_utf8_lossy(output).as_ref(),
        Err(error) => expected["error"] == error.as_str(),
    }
}

/// Ports with randomness that is the same every time.
#[derive(Debug)]
struct Seeded {
    state: Cell<u64>,
    rest: Offline,
}

impl Default for Seeded {
    fn default() -> Self {
        Self { state: Cell::new(1), rest: Offline { now: jiff::Timestamp::UNIX_EPOCH } }
    }
}

impl Ports for Seeded {
    fn now(&self) -> jiff::Timestamp {
        self.rest.now
    }

    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), String> {
        for byte in buffer {
            // Knuth's linear congruential generator.
            let next = self.state.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.state.set(next);
            *byte = (next >> 56) as u8;
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
