//! Go's `text/template` as a pure library: the language of Helm charts.
//!
//! A text is parsed once into [`Templates`], which is immutable, can be shared by threads and is executed many times:
//!
//! ```
//! use std::sync::Arc;
//! use go_template::{Functions, Limits, Options, Templates, Value};
//!
//! let mut templates = Templates::new("example", Arc::new(Functions::new()), Options::default());
//! templates.add_text("greeting", b"{{ range .names }}Hello {{ . | printf \"%q\" }}\n{{ end }}")?;
//! let data = Value::from(&serde_json::json!({"names": ["Ada", "Grace"]}));
//! let output = templates.execute(b"greeting", data, Limits::default(), &())?;
//! assert_eq!(output, b"Hello \"Ada\"\nHello \"Grace\"\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The behaviour is that of Go 1.26, learned from its documentation, source and tests, and held to it by a corpus of cases
//! that Go itself computed (`tests/corpus.rs`). That includes the text of every error. What a template can see is a [`Value`];
//! what it can call besides the builtins is a [`Function`]. Every execution runs under [`Limits`].
//!
//! Not here: Helm's functions, which the chart engine brings, `html/template`'s escaping by context, channels and iterators.

mod budget;
mod builtins;
mod error;
mod execute;
mod format;
mod function;
mod syntax;
mod text;
mod value;

pub use budget::Limits;
pub use error::{ExecuteError, Limit, ParseError};
pub use execute::{Call, MissingKey, Options, Parsed, Templates};
pub use function::{Function, FunctionError, Functions, NativeFunction, SharedFunction, Signature};
pub use text::{Text, rune::is_printable};
pub use value::types::{ANY_LIST, ANY_MAP, BYTES, MethodLookup, STRING_LIST, STRING_MAP};
pub use value::{List, Map, NamedType, Object, Scope, Shape, Type, Value};
