//! Agreement with kstatus and Flux's rule for Jobs, see `corpus/README.md`.

use object_health::kstatus::compute;
use object_health::{Assessment, StatusError, job};
use serde_json::Value;

/// As the corpus has it: status and message, or the error.
fn spelled(assessed: Result<Assessment, StatusError>) -> (String, String) {
    match assessed {
        Ok(assessment) => (assessment.status.to_string(), assessment.message),
        Err(error) => ("error".to_owned(), error.to_string()),
    }
}

#[test]
fn every_object_is_assessed_as_flux_assesses_it() {
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in include_str!("corpus/kstatus.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let object = &case["object"];
        let field = |name: &str| case[name].as_str().map(ToOwned::to_owned);
        let mut expect = |found, expected: (String, String)| {
            cases += 1;
            if found != expected {
                wrong.push(format!("{object}\n  expected {expected:?}\n  found    {found:?}"));
            }
        };
        let expected = match field("error") {
            Some(error) => ("error".to_owned(), error),
            None => (field("status").unwrap(), field("message").unwrap_or_default()),
        };
        expect(spelled(compute(object, now)), expected);
        if let Some(status) = field("job_status") {
            assert!(job::is_job(object));
            expect(spelled(job::compute(object)), (status, field("job_message").unwrap_or_default()));
        }
    }
    assert!(cases > 800);
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong.join("\n"));
}
