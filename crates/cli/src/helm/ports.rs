//! What templates reach on this machine: clock, randomness, and names of hosts if that is allowed. There is no cluster.

use helm_engine::Ports;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rand::TryRngCore;
use std::net::ToSocketAddrs;

/// This machine.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Whether names of hosts are looked up.
    pub(crate) dns: bool,
}

impl Ports for Machine {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn local_zone(&self) -> TimeZone {
        TimeZone::system()
    }

    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), String> {
        rand::rngs::OsRng.try_fill_bytes(buffer).map_err(|error| error.to_string())
    }

    fn lookup(&self, _: &str, _: &str, _: &str, _: &str) -> Result<serde_json::Value, String> {
        Ok(serde_json::Value::Object(serde_json::Map::new()))
    }

    fn host_address(&self, name: &str) -> String {
        if !self.dns {
            return String::new();
        }
        let found = (name, 0).to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
        found.map_or_else(String::new, |address| address.ip().to_string())
    }
}
