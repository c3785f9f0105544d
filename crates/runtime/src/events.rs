//! Placeholder of the events; the real ones follow.
#![allow(missing_docs)]
use std::collections::BTreeMap;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Info,
    Error,
    Trace,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub severity: Severity,
    pub reason: String,
    pub message: String,
    pub metadata: BTreeMap<String, String>,
}
#[derive(Debug, Clone)]
pub struct EventObject {
    pub api_version: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub resource_version: String,
    pub annotations: BTreeMap<String, String>,
}
#[derive(Clone)]
pub struct Recorder;
impl Recorder {
    pub fn emit(&self, _about: &EventObject, _event: Event) {}
}
