//! Go's `regexp` as a pure library: its syntax, its errors, and what its methods find, replace and split.
//!
//! ```
//! let pattern = go_regexp::Regexp::compile(b"a(x*)b")?;
//! assert_eq!(pattern.replace_all(b"-ab-axxb-", b"${1}W"), b"-W-xxW-");
//! let error = go_regexp::Regexp::compile(b"[a").unwrap_err();
//! assert_eq!(error.to_string(), "error parsing regexp: missing closing ]: `[a`");
//! # Ok::<(), go_regexp::CompileError>(())
//! ```
//!
//! Patterns are read by a parser of our own, because the languages differ: `\d` is ASCII in Go, `[a&&b]` is no
//! intersection, `a{,2}` is text. What it makes is run by `regex-automata`, whose search has the same order of preference
//! and, like Go's, takes time linear in the text.
//!
//! Texts are bytes. As in Go, a byte that is not UTF-8 counts as the character U+FFFD of width one.
//!
//! Not here: POSIX (leftmost-longest) matching, and Go's functions over readers.

mod error;
mod haystack;
mod quote;
mod regexp;
mod replacement;
mod syntax;

pub use error::{CompileError, ErrorCode};
pub use quote::quote_meta;
pub use regexp::{Captures, Regexp};
