//! The language of patterns: RE2's, with the Perl extensions that Go has.

mod class;
mod cursor;
mod group;
mod parser;
mod unicode;

pub(crate) use parser::{Pattern, parse};
