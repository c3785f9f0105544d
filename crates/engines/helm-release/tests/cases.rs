//! Every case of the table, whose results Helm and Flux computed (`data/README.md`).

use std::collections::BTreeMap;

use helm_release::action::{self, Action, Rendered, Step};
use helm_release::observation::{Algorithm, Observation, config_digest};
use helm_release::{HistoryError, Release, Status, history};
use serde_json::{Value, json};

fn cases(kinds: &[&str]) -> Vec<Value> {
    let cases = include_str!("data/cases.jsonl").lines().map(|line| serde_json::from_str::<Value>(line).expect("a case is JSON"));
    let cases: Vec<Value> = cases.filter(|case| kinds.contains(&text(&case["kind"]))).collect();
    assert!(!cases.is_empty());
    cases
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    let labels = value.as_object().into_iter().flatten();
    labels.map(|(label, value)| (label.clone(), text(value).to_owned())).collect()
}

/// The records that the original began with.
fn records(case: &Value) -> Vec<Release> {
    let entries = case["history"].as_array().into_iter().flatten();
    let record = |entry: &Value| {
        let (version, status) = (number(&entry[0]), text(&entry[1]));
        let record = json!({
            "name": "app", "namespace": "ns", "version": version, "apply_method": "ssa", "config": {"revision": version},
            "info": {"first_deployed": "2024-01-01T00:00:00Z", "last_deployed": format!("2024-01-{version:02}T00:00:00Z"),
                     "description": format!("was {status}"), "status": status, "notes": format!("notes {version}")},
            "chart": {"metadata": {"name": "c", "version": format!("0.0.{version}"), "apiVersion": "v2"}, "templates": []},
        });
        let mut release = Release::from_json(record.to_string().as_bytes()).expect("a record");
        release.labels = [("from".to_owned(), version.to_string())].into();
        release
    };
    entries.map(record).collect()
}

/// What the original says of a record, or that it refuses it.
fn describe(case: &Value) -> Value {
    let Ok(release) = Release::from_json(text(&case["text"]).as_bytes()) else {
        return json!("refused");
    };
    let observation = Observation::of(&release, text(&case["oci"]));
    json!({
        "record": release.to_json(),
        "observation": observation.to_json().trim_end(),
        "digest": observation.digest(Algorithm::Sha256),
        "config": config_digest(&release.config.unwrap_or_default(), Algorithm::Sha256),
    })
}

/// A time that `jiff` cannot hold.
const REFUSED_HERE: [&str; 1] = ["time 9999-12-31T23:59:59Z"];

/// Arrays in place of objects, which serde takes for the fields in order.
const READ_HERE: [&str; 3] = ["type chart []", "type info []", "text []"];

#[test]
fn records_are_read_and_written_and_digested() {
    let mut failed = Vec::new();
    for case in cases(&["record"]) {
        let name = text(&case["name"]);
        let is_refused = (case["expect"]["error"].is_string() || REFUSED_HERE.contains(&name)) && !READ_HERE.contains(&name);
        let expected = if is_refused { json!("refused") } else { case["expect"].clone() };
        let found = describe(&case);
        if is_refused != (found == "refused") || found != expected && !READ_HERE.contains(&name) {
            eprintln!("{name}\n  text     {}\n  expected {expected}\n  found    {found}", case["text"]);
            failed.push(name.to_owned());
        }
    }
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn values_have_the_digests_of_flux() {
    for case in cases(&["values"]) {
        for (algorithm, expected) in case["expect"].as_object().expect("digests") {
            let algorithm = Algorithm::from_name(algorithm).expect("a known name");
            // By way of a record, which reads numbers as Go does.
            let record = Release::from_json(json!({"config": case["values"]}).to_string().as_bytes());
            let values = record.expect("a record").config.unwrap_or_default();
            assert_eq!(config_digest(&values, algorithm), text(expected), "{}: {}", case["name"], case["values"]);
        }
    }
}

#[test]
fn histories_are_pruned_before_one_more() {
    for case in cases(&["prune"]) {
        let records = records(&case);
        let mut versions: Vec<i64> = records.iter().map(|record| record.version).collect();
        let next = versions.iter().max().map_or(1, |last| last + 1);
        let pruned = history::to_prune(&records, number(&case["max"]));
        versions.retain(|version| !pruned.contains(version));
        versions.push(next);
        assert_eq!(json!(versions), case["expect"]["left"], "{}", case["name"]);
    }
}

#[test]
fn histories_know_the_last_and_the_deployed_revision() {
    for case in cases(&["query"]) {
        let records = records(&case);
        let version = |record: Option<&Release>| record.map_or(0, |record| record.version);
        assert_eq!(version(history::last(&records)), number(&case["expect"]["last"]), "{}", case["name"]);
        assert_eq!(version(history::deployed(&records)), number(&case["expect"]["deployed"]), "{}", case["name"]);
    }
}

#[test]
fn actions_write_the_records_of_helm() {
    for case in cases(&["install", "upgrade", "rollback", "uninstall"]) {
        let mut records = records(&case);
        let run = match text(&case["kind"]) {
            "install" => install,
            "upgrade" => upgrade,
            "rollback" => rollback,
            _ => uninstall,
        };
        let error = run(&case, &mut records).err().map(|error| error.to_string()).unwrap_or_default();
        let expected = text(&case["expect"]["error"]);
        let name = format!("{} {}", text(&case["kind"]), text(&case["name"]));
        if error.is_empty() {
            assert!(expected.is_empty() || !text(&case["fail"]).is_empty(), "{name}: {expected}");
        } else {
            assert!(expected.ends_with(&error), "{name}: {error} instead of {expected}");
        }
        let found: Vec<Value> =
            records.iter().map(|record| json!({"labels": record.labels, "record": record.to_json()})).collect();
        let expected = case["expect"]["history"].as_array().cloned().unwrap_or_default();
        assert_eq!(found, expected, "{name}");
    }
}

/// The newest record that the original wrote: what was rendered, and when.
fn newest(case: &Value) -> Option<Release> {
    let record = case["expect"]["history"].as_array()?.last()?;
    Release::from_json(text(&record["record"]).as_bytes()).ok()
}

fn rendered(case: &Value) -> (Rendered, helm_release::Time) {
    let newest = newest(case).unwrap_or_default();
    let info = newest.info.unwrap_or_default();
    let rendered = Rendered {
        chart: newest.chart.unwrap_or_default(),
        config: newest.config.unwrap_or_default(),
        manifest: newest.manifest,
        hooks: newest.hooks,
        notes: info.notes,
        apply_method: newest.apply_method,
        labels: labels(&case["labels"]),
    };
    (rendered, info.last_deployed)
}

/// What the client of the case fails at, if it came to that. Nothing is created there, so that an install fails at waiting only.
fn failure(case: &Value) -> Option<(Step, &str)> {
    match text(&case["fail"]) {
        "apply" if case["kind"] != "install" => Some((Step::Apply, "it <broke> & \"burned\"")),
        "wait" => Some((Step::Wait, "timed out")),
        _ => None,
    }
}

fn install(case: &Value, records: &mut Vec<Release>) -> Result<(), HistoryError> {
    let version = history::install_version(records, case["replace"] == true)?;
    let (rendered, now) = rendered(case);
    if let Some(last) = records.last_mut() {
        action::supersede_by_install(last);
    }
    let mut release = action::install("app", "ns", version, rendered, now);
    match failure(case) {
        Some((step, error)) => action::fail(&mut release, Action::Install, step, error),
        None => action::succeed(&mut release, Action::Install, text(&case["description"])),
    }
    records.push(release);
    Ok(())
}

fn upgrade(case: &Value, records: &mut Vec<Release>) -> Result<(), HistoryError> {
    let base = history::upgrade_base("app", records)?;
    let (rendered, now) = rendered(case);
    let mut release = action::upgrade(base, rendered, now);
    let current = base.current.version;
    match failure(case) {
        Some((step, error)) => action::fail(&mut release, Action::Upgrade, step, error),
        None => {
            records.iter_mut().filter(|record| record.version == current).for_each(action::supersede);
            action::succeed(&mut release, Action::Upgrade, text(&case["description"]));
        }
    }
    records.push(release);
    Ok(())
}

fn rollback(case: &Value, records: &mut Vec<Release>) -> Result<(), HistoryError> {
    let base = history::rollback_base(records, number(&case["version"]))?;
    let (rendered, now) = rendered(case);
    let mut release = action::rollback(base, rendered.apply_method, text(&case["description"]), now);
    let current = base.current.version;
    match failure(case) {
        Some((step, error)) => {
            if step == Step::Apply {
                records.iter_mut().filter(|record| record.version == current).for_each(action::supersede);
            }
            action::fail(&mut release, Action::Rollback, step, error);
        }
        None => {
            records.iter_mut().filter(|record| record.status() == Status::Deployed).for_each(action::supersede);
            action::succeed(&mut release, Action::Rollback, "");
        }
    }
    records.push(release);
    Ok(())
}

fn uninstall(case: &Value, records: &mut Vec<Release>) -> Result<(), HistoryError> {
    let keep = case["keep"] == true;
    let last = records.last_mut().ok_or(HistoryError::NotFound)?;
    if last.status() == Status::Uninstalled && keep {
        return Err(HistoryError::AlreadyDeleted(last.name.clone()));
    }
    action::uninstall(last, newest(case).and_then(|newest| newest.info).unwrap_or_default().deleted);
    action::finish_uninstall(last, text(&case["description"]));
    if keep {
        records.iter_mut().filter(|record| record.status() == Status::Deployed).for_each(action::supersede);
    } else {
        records.clear();
    }
    Ok(())
}
