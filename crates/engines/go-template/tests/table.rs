//! Agreement with Go 1.26 on our own cases: `data/go.jsonl`, computed by Go's text/template itself.
//!
//! The first line is the data; every other has the template `t`, the missingkey option `k` and the `output` or `error`.

use std::sync::Arc;

use go_template::{ExecuteError, Functions, Limits, MissingKey, Options, ParseError, Templates, Value};
use serde_json::Value as Json;

fn render(case: &Json, data: &Json) -> Result<String, String> {
    let missing_key = match case["k"].as_str() {
        Some("zero") => MissingKey::Zero,
        Some("error") => MissingKey::Error,
        _ => MissingKey::Default,
    };
    let mut templates = Templates::new("gotpl", Arc::new(Functions::new()), Options { missing_key, ..Options::default() });
    let text = case["t"].as_str().unwrap_or_default();
    templates.add_text("t", text.as_bytes()).map_err(|error: ParseError| error.to_string())?;
    let output = templates.execute(b"t", Value::from(data), Limits::default(), &());
    output.map(|output| String::from_utf8_lossy(&output).into_owned()).map_err(|error: ExecuteError| error.to_string())
}

#[test]
fn every_template_gives_what_go_gives() {
    let mut lines = include_str!("data/go.jsonl").lines();
    let data: Json = serde_json::from_str(lines.next().unwrap()).unwrap();
    let mut cases = 0;
    let mut wrong = Vec::new();
    for line in lines {
        let case: Json = serde_json::from_str(line).unwrap();
        cases += 1;
        let found = render(&case, &data);
        let expected = match (case["output"].as_str(), case["error"].as_str()) {
            (Some(output), _) => Ok(output.to_owned()),
            (_, error) => Err(error.unwrap().to_owned()),
        };
        if found != expected {
            wrong.push(format!("{}\n  expected {expected:?}\n  found    {found:?}", case["t"]));
        }
    }
    assert!(cases > 500, "only {cases} cases");
    assert!(wrong.is_empty(), "{} of {cases} differ:\n{}", wrong.len(), wrong.join("\n"));
}
