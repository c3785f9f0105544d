//! What Helm's log says about the writing of objects.

use cluster_client::ObjectKey;
use serde_json::{Value, json};

use super::{Occasion, One, Unwritten, Writer};
use crate::objects::Object;
use crate::options::Method;

/// How strictly unknown fields are refused.
const VALIDATION: &str = "Strict";

impl Writer<'_> {
    /// So many objects are about to be created.
    pub(crate) fn log_creation(&self, count: usize) {
        self.helm.log.add("creating resource(s)", &json!({ "resources": count }));
        self.log_create_method(false);
    }

    /// So many objects are about to be changed, or created where they are not there.
    pub(super) fn log_update(&self, count: usize) {
        let log = &self.helm.log;
        self.log_create_method(true);
        match self.method {
            Method::ClientSide if self.force => {
                log.add("using resource replace update strategy", &json!({"fieldValidationDirective": VALIDATION}));
            }
            Method::ClientSide => {
                log.add("using client-side apply for resource update", &json!({"threeWayMergeForUnstructured": false}));
            }
            Method::ServerSide => log.add(
                "using server-side apply for resource update",
                &json!({"dryRun": false, "fieldValidationDirective": VALIDATION, "forceConflicts": true,
                    "upgradeClientSideFieldManager": false}),
            ),
        }
        log.add("checking resources for changes", &json!({ "resources": count }));
    }

    fn log_create_method(&self, forced: bool) {
        let log = &self.helm.log;
        match self.method {
            Method::ClientSide => log.add("using client-side apply for resource creation", &json!({})),
            Method::ServerSide => log.add(
                "using server-side apply for resource creation",
                &json!({"dryRun": false, "fieldValidationDirective": VALIDATION, "forceConflicts": forced}),
            ),
        }
    }

    /// An object was written, or not.
    pub(super) fn log_result(&self, object: &Object, result: Result<&One, &Unwritten>) {
        let (log, key) = (&self.helm.log, &object.key);
        let creating = result.map_or_else(|failed| failed.creating, |one| one.created);
        if self.method == Method::ServerSide {
            let kind = format!("{}/{}, Kind={}", key.group, key.version, key.kind);
            let mut place = json!({"gvk": kind, "name": key.name, "namespace": key.namespace});
            if result.is_err() {
                place = with_error(place);
            }
            log.add(
                match (creating, result.is_ok()) {
                    (true, true) => "Created resource via patch",
                    (true, false) => "Error creating resource via patch",
                    (false, true) => "Patched resource",
                    (false, false) => "Error patching resource",
                },
                &place,
            );
        }
        if creating && result.is_ok() && self.occasion == Occasion::Update {
            log.add("created a new resource", &named(key));
        }
    }
}

/// The attributes that name an object.
pub(crate) fn named(key: &ObjectKey) -> Value {
    json!({"kind": key.kind, "name": key.name, "namespace": key.namespace})
}

/// The same, and that something went wrong. Go prints nothing of most errors there; the message of the event has them.
pub(crate) fn with_error(mut attributes: Value) -> Value {
    attributes["error"] = json!({});
    attributes
}
