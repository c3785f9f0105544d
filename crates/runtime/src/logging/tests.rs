use super::*;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn written(level: Level, encoding: Encoding, log: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing::subscriber::with_default(subscriber(level, encoding, move || writer.clone()), log);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
}

fn one_json(level: Level, log: impl FnOnce()) -> serde_json::Value {
    let lines = written(level, Encoding::Json, log);
    assert_eq!(lines.len(), 1, "{lines:?}");
    serde_json::from_str(&lines[0]).unwrap()
}

fn identity() -> ReconcileIdentity<'static> {
    ReconcileIdentity {
        controller: "kustomization",
        group: "kustomize.toolkit.fluxcd.io",
        kind: "Kustomization",
        namespace: "ks-no-path",
        name: "ks",
    }
}

fn failing_run() {
    reconcile_span(&identity()).in_scope(|| {
        tracing::error!(revision = "main@sha1:1", error = "not found", "Reconciliation failed after 3ms, next try in 10m0s");
    });
}

#[test]
fn a_line_of_a_run_has_the_keys_of_flux() {
    let mut line = one_json(Level::Info, failing_run);
    let time = line["ts"].take();
    let id = line["reconcileID"].take();
    assert!(time.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{time}");
    assert_eq!(time.as_str().unwrap().len(), "2026-11-23T13:56:10.123Z".len());
    assert_eq!(id.as_str().unwrap().len(), 36);
    assert_eq!(
        line,
        serde_json::json!({
            "level": "error", "ts": null, "msg": "Reconciliation failed after 3ms, next try in 10m0s",
            "controller": "kustomization", "controllerGroup": "kustomize.toolkit.fluxcd.io", "controllerKind": "Kustomization",
            "Kustomization": {"name": "ks", "namespace": "ks-no-path"}, "namespace": "ks-no-path", "name": "ks",
            "reconcileID": null, "revision": "main@sha1:1", "error": "not found",
        })
    );
}

#[test]
fn the_recorded_lines_of_flux_have_the_same_keys() {
    let Some(folder) = crate::recordings::folder() else { return };
    let recorded = std::fs::read_to_string(folder.join("log-kustomize-controller.txt")).unwrap();
    let recorded = recorded.lines().find(|line| line.contains("ks-no-path")).unwrap();
    let recorded: serde_json::Value = serde_json::from_str(recorded).unwrap();
    let ours = one_json(Level::Info, failing_run);
    let keys = |line: &serde_json::Value| -> Vec<String> {
        // Stack traces are Go's.
        line.as_object().unwrap().keys().filter(|key| *key != "stacktrace").cloned().collect()
    };
    assert_eq!(keys(&ours), keys(&recorded));
}

#[test]
fn a_line_outside_of_a_run_names_its_logger() {
    let line = one_json(Level::Info, || tracing::info!(logger = "setup", "starting manager"));
    assert_eq!((&line["logger"], &line["msg"], &line["level"]), (&"setup".into(), &"starting manager".into(), &"info".into()));
    let line = one_json(Level::Info, || tracing::warn!(target: "runtime::leader", count = 3, done = true, "x"));
    assert_eq!((&line["logger"], &line["level"]), (&"runtime.leader".into(), &"info".into()));
    assert_eq!((&line["count"], &line["done"]), (&3.into(), &true.into()));
}

#[test]
fn levels_hide_what_is_below_them_and_libraries_are_quiet_until_trace() {
    let all = || {
        tracing::error!("e");
        tracing::info!("i");
        tracing::debug!("d");
        tracing::trace!("t");
        tracing::info!(target: "hyper_util::client", "library");
        tracing::error!(target: "kube_client::client", "library failed");
    };
    for (level, count) in [(Level::Error, 2), (Level::Info, 3), (Level::Debug, 4), (Level::Trace, 6)] {
        assert_eq!(written(level, Encoding::Json, all).len(), count, "{level:?}");
    }
    let line = one_json(Level::Trace, || tracing::trace!("t"));
    assert_eq!(line["level"], "trace");
}

#[test]
fn the_console_form_is_tab_separated() {
    let lines = written(Level::Info, Encoding::Console, || tracing::info!(logger = "setup", x = 1, "hello"));
    let parts: Vec<&str> = lines[0].split('\t').collect();
    assert_eq!(parts[1..], ["INFO", "setup", "hello", "{\"x\":1}"]);
}

#[test]
fn sec_c10_a_logged_url_has_no_credentials() {
    let line = one_json(Level::Info, || {
        tracing::error!(error = %"get https://u:S3NTINEL@h/?sig=S3NTINEL", url = ?"https://u:S3NTINEL@h", "at https://S3NTINEL@h");
    });
    assert!(!line.to_string().contains("S3NTINEL"), "{line}");
}

#[test]
fn control_characters_cannot_forge_a_line() {
    let lines = written(Level::Info, Encoding::Json, || tracing::info!(name = "a\n{\"level\":\"x\"}", "b\r\n\u{1b}[0m\"c"));
    assert_eq!(lines.len(), 1);
    assert!(serde_json::from_str::<serde_json::Value>(&lines[0]).is_ok(), "{}", lines[0]);
}
