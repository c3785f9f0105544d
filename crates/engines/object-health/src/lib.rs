//! Is this live object ready?
//!
//! Three sources of rules, asked in this order: expressions of the owner (`healthCheckExprs`, [`rules`]), Flux's rule for Jobs
//! ([`job`]), and those of kstatus as Flux uses it ([`kstatus`]). [`summary`] says what a set of answers means for its owner.
//! [`ready`] is the other use of expressions: is a dependency ready?
//!
//! Pure: who reads objects, and how often, is the caller's. The time of the answer is an argument.

mod access;
pub mod expression;
pub mod hook;
pub mod job;
pub mod kstatus;
pub mod legacy;
pub mod pods;
pub mod ready;
pub mod rules;
pub mod summary;
mod typed;

pub use kstatus::{Assessment, StatusError};
pub use rules::{HealthRule, HealthRules};
