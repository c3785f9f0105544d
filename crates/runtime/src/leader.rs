//! Leader election over a Lease, so that of several replicas one works.
//!
//! The Lease is read and written as client-go does it: whoever holds it renews it with the resource version it last saw; the
//! others watch whether it changes and take it over when it did not for as long as it was granted. A rolling update from a Go
//! controller thus hands over cleanly in both directions. What is decided is in [`step`], which is pure.

mod election;
mod step;

pub use election::{Candidate, ElectionError, Leadership};
pub use step::lease_name;
