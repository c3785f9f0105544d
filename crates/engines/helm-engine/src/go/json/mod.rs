//! JSON as Go's `encoding/json` reads and writes it.

mod decode;
mod encode;
mod scan;

pub(crate) use decode::{Target, decode};
pub(crate) use encode::{EncodeError, Form, Style, encode, to_json_value};
