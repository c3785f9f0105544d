//! The values of charts: how they are read, given on a command line, merged and looked up.
//!
//! A number that Go holds as `float64` is a float here, also when it is whole: every number of a file is. An integer here is an
//! `int64` there, which only [`Setter`] makes.

mod coalesce;
mod merge;
mod read;
mod schema;
mod set;
mod table;
mod user;

use serde_json::{Map, Value};

pub use coalesce::{CoalesceError, reuse};
pub(crate) use coalesce::{Mode, Tree, coalesce, coalesce_some};
pub use merge::merge;
pub(crate) use merge::merge_tables;
pub use read::{ReadValuesError, read_values, use_floats};
pub(crate) use schema::Compiled as CompiledSchemas;
pub use schema::SchemaError;
pub use set::{ReadFile, SetError, Setter};
pub(crate) use table::{scalar, table};
pub use user::{Source, UserValuesError, user_values};

/// Values by name. Of equal names the last counts.
pub type Values = Map<String, Value>;

/// The name of the values that every chart shares with its subcharts.
pub(crate) const GLOBAL: &str = "global";
