//! The client against the reference registry, and against servers that answer what a test scripts.

mod hostile;
mod reading;
mod support;
