//! From text to nodes.

mod lexer;
pub(crate) mod node;
pub(crate) mod number;
mod parser;
mod pipeline;
mod token;

pub(crate) use parser::{DOLLAR, Definitions, Tree, parse};
