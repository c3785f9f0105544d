//! What every client that speaks HTTP needs: pooled connections, TLS and proxy options, rules for redirects, whom never to ask,
//! bounded bodies, and secrets that do not print.
//!
//! What this is not: a protocol. No request is made here but by [`read_body`], which ends one.

mod body;
mod egress;
mod options;
mod pool;
mod redirect;
mod secret;

pub use body::{BodyError, read_body};
pub use egress::{ForbiddenAddress, check_address};
pub use options::{OptionError, Proxy, SecretData, Tls};
pub use pool::Pool;
pub use redirect::{MOST_REDIRECTS, is_same_party};
pub use secret::{Redactor, Secret};
