//! What templates can reach besides their data.

use std::fmt::Debug;

use go_template::{Call, FunctionError};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::engine::host;

/// The world outside of the templates. The host implements it; the engine asks nothing else.
pub trait Ports: Debug {
    /// The time now, for `now`, `ago` and certificates.
    fn now(&self) -> Timestamp;

    /// The zone in which dates are printed when a template names none: Go's `time.Local`.
    fn local_zone(&self) -> TimeZone {
        TimeZone::UTC
    }

    /// Fills the buffer with random bytes fit for keys.
    ///
    /// # Errors
    /// A text that says why there are none.
    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), String>;

    /// `lookup`: an object as JSON, or the list of a kind when `name` is empty; an empty map when there is none or no cluster.
    ///
    /// # Errors
    /// The text with which the template fails.
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<serde_json::Value, String>;

    /// `getHostByName`: an address of the host, empty without DNS.
    fn host_address(&self, name: &str) -> String;
}

/// No cluster and no DNS, a given time, and no randomness: what a test needs at least.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline {
    /// The time that `now` gives.
    pub now: Timestamp,
}

impl Ports for Offline {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn fill_random(&self, _: &mut [u8]) -> Result<(), String> {
        Err("there is no source of randomness here".to_owned())
    }

    fn lookup(&self, _: &str, _: &str, _: &str, _: &str) -> Result<serde_json::Value, String> {
        Ok(serde_json::Value::Object(serde_json::Map::new()))
    }

    fn host_address(&self, _: &str) -> String {
        String::new()
    }
}

/// The ports of the execution that calls a function.
pub(crate) fn ports<'c>(call: &Call<'c>) -> Result<&'c dyn Ports, FunctionError> {
    host(call).map(|host| host.ports.as_ref())
}
