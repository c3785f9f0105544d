//! Values in one line, as `--set` and its relatives take them: `a.b=1,c[0]={x,y}`.
//!
//! Source of the behaviour: `pkg/strvals` of Helm 4.3, its limits and the texts of its errors. Like there, a line that ends within a
//! name is no error at some places.

mod cursor;
mod kind;

use serde_json::Value;

use super::Values;
use cursor::Cursor;
use kind::{Kind, go_type};

/// Why a line cannot be read; worded as Helm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// The line ends after a name.
    #[error("key {0:?} has no value")]
    NoValue(String),
    /// A comma follows a name.
    #[error("key {0:?} has no value (cannot end with ,)")]
    EndsWithComma(String),
    /// A dot follows a name, and nothing is set below it.
    #[error("key map {0:?} has no value")]
    EmptyMap(String),
    /// Names are nested deeper than they may be.
    #[error("value name nested level is greater than maximum supported nested level of {0}")]
    TooDeep(usize),
    /// A value that is there already is no map or list.
    #[error("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")]
    Conversion {
        /// Go's name of its type.
        found: &'static str,
        /// Go's name of the type it would have to have.
        wanted: &'static str,
    },
    /// An index is no number.
    #[error("error parsing index: strconv.Atoi: parsing {text:?}: {problem}")]
    Index {
        /// What stands between the brackets.
        text: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An index is below zero.
    #[error("negative {0} index not allowed")]
    NegativeIndex(i64),
    /// An index is larger than it may be.
    #[error("index of {0} is greater than maximum supported index of {MAXIMUM_INDEX}")]
    IndexTooLarge(i64),
    /// Lists would grow by more elements than they may.
    #[error("lists grow by more than {MAXIMUM_GROWTH} elements")]
    TooManyElements,
    /// Something stands between an index and what may follow it.
    #[error("unexpected data at end of array index: [{}]", .0.chars().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(" "))]
    AfterIndex(String),
    /// A list has no end.
    #[error("list must terminate with '}}'")]
    UnterminatedList,
    /// A value is not JSON.
    #[error("{0}")]
    Json(String),
    /// A file cannot be read.
    #[error("{0}")]
    File(String),
}

/// The largest index.
const MAXIMUM_INDEX: i64 = 65_536;
/// How many names may be joined by dots.
const MAXIMUM_NAMES: usize = 30;
/// How many indexes may follow each other; Helm has no such bound.
const MAXIMUM_INDEXES: usize = 100;
/// How many elements all lists of a line may get; Helm has no such bound.
const MAXIMUM_GROWTH: usize = 1_000_000;

/// Reads the content of a file for [`Setter::file`], or says why it cannot.
pub type ReadFile<'r> = dyn FnMut(&str) -> Result<String, String> + 'r;

/// Sets values that are given in one line.
#[derive(Debug)]
pub struct Setter<'v> {
    values: &'v mut Values,
}

impl<'v> Setter<'v> {
    /// A setter of these values.
    pub fn new(values: &'v mut Values) -> Self {
        Self { values }
    }

    /// `--set`: whole numbers, truth values and null are read as such.
    ///
    /// # Errors
    /// [`SetError`]; what stands before the fault is set.
    pub fn typed(&mut self, line: &str) -> Result<(), SetError> {
        self.set(line, Kind::Typed)
    }

    /// `--set-string`: every value is a text.
    ///
    /// # Errors
    /// As [`Setter::typed`].
    pub fn text(&mut self, line: &str) -> Result<(), SetError> {
        self.set(line, Kind::Text)
    }

    /// `--set-json` in the form `name=JSON`.
    ///
    /// # Errors
    /// As [`Setter::typed`].
    pub fn json(&mut self, line: &str) -> Result<(), SetError> {
        self.set(line, Kind::Json)
    }

    /// `--set-file`: every value is the content of a file.
    ///
    /// # Errors
    /// As [`Setter::typed`].
    pub fn file(&mut self, line: &str, read: &mut ReadFile<'_>) -> Result<(), SetError> {
        self.set(line, Kind::File(read))
    }

    /// `--set-literal`: everything after the first `=` is the text.
    ///
    /// # Errors
    /// As [`Setter::typed`].
    pub fn literal(&mut self, line: &str) -> Result<(), SetError> {
        self.set(line, Kind::Literal)
    }

    fn set(&mut self, line: &str, kind: Kind<'_, '_>) -> Result<(), SetError> {
        let mut parser = Parser { cursor: Cursor::new(line, !matches!(kind, Kind::Literal)), kind, growth_left: MAXIMUM_GROWTH };
        loop {
            match parser.key(self.values, 0) {
                Ok(()) => {}
                Err(Halt::End) => return Ok(()),
                Err(Halt::Fault(fault)) => return Err(fault),
            }
        }
    }
}

/// Why reading stops.
enum Halt {
    /// The line is at its end.
    End,
    /// Something is wrong.
    Fault(SetError),
}

impl From<SetError> for Halt {
    fn from(fault: SetError) -> Self {
        Self::Fault(fault)
    }
}

struct Parser<'l, 'k, 'r> {
    cursor: Cursor<'l>,
    kind: Kind<'k, 'r>,
    growth_left: usize,
}

impl Parser<'_, '_, '_> {
    /// Reads a name and what it is set to.
    fn key(&mut self, values: &mut Values, names: usize) -> Result<(), Halt> {
        let stops: &[char] = if matches!(self.kind, Kind::Literal) { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let (key, stop) = self.cursor.until(stops);
        match stop {
            None if key.is_empty() => Err(Halt::End),
            None => Err(SetError::NoValue(key).into()),
            Some('[') => self.indexed(values, &key, names),
            Some('=') => self.assigned(values, &key),
            Some('.') => self.nested(values, &key, names + 1),
            Some(_) => Err(SetError::EndsWithComma(key).into()),
        }
    }

    fn indexed(&mut self, values: &mut Values, key: &str, names: usize) -> Result<(), Halt> {
        let index = self.index()?;
        let mut list = match values.get_mut(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => std::mem::take(items),
            Some(other) => return Err(SetError::Conversion { found: go_type(other), wanted: "[]interface {}" }.into()),
        };
        let result = self.item(&mut list, index, Depth { names, indexes: 0 });
        insert(values, key, Value::Array(list));
        result
    }

    fn assigned(&mut self, values: &mut Values, key: &str) -> Result<(), Halt> {
        let (value, result) = self.value();
        if let Some(value) = value {
            insert(values, key, value);
        }
        result
    }

    fn nested(&mut self, values: &mut Values, key: &str, names: usize) -> Result<(), Halt> {
        if names > MAXIMUM_NAMES {
            return Err(SetError::TooDeep(MAXIMUM_NAMES).into());
        }
        let mut inner = match values.get_mut(key) {
            None => Values::new(),
            Some(Value::Object(inner)) => std::mem::take(inner),
            Some(other) => {
                return Err(SetError::Conversion { found: go_type(other), wanted: "map[string]interface {}" }.into());
            }
        };
        let result = self.key(&mut inner, names);
        if inner.is_empty() && result.is_ok() {
            return Err(SetError::EmptyMap(key.to_owned()).into());
        }
        if !inner.is_empty() || values.contains_key(key) {
            insert(values, key, Value::Object(inner));
        }
        result
    }

    fn index(&mut self) -> Result<i64, Halt> {
        let (text, stop) = self.cursor.until(&[']']);
        if stop.is_none() {
            return Err(Halt::End);
        }
        text.parse().map_err(|error: std::num::ParseIntError| {
            use std::num::IntErrorKind::{NegOverflow, PosOverflow};
            let out_of_range = matches!(error.kind(), PosOverflow | NegOverflow);
            let problem = if out_of_range { "value out of range" } else { "invalid syntax" };
            SetError::Index { text, problem }.into()
        })
    }

    /// Reads what follows an index.
    fn item(&mut self, list: &mut Vec<Value>, index: i64, depth: Depth) -> Result<(), Halt> {
        let at = usize::try_from(index).map_err(|_| SetError::NegativeIndex(index))?;
        if depth.indexes > MAXIMUM_INDEXES {
            return Err(SetError::TooDeep(MAXIMUM_INDEXES).into());
        }
        let (text, stop) = self.cursor.until(&['[', '.', '=']);
        if !text.is_empty() {
            return Err(SetError::AfterIndex(text).into());
        }
        match stop {
            None => Err(Halt::End),
            Some('=') => match self.value() {
                (Some(value), Ok(()) | Err(Halt::End)) => self.put(list, index, value),
                (_, result) => result,
            },
            Some('[') => {
                let next = self.index()?;
                let mut inner = match list.get_mut(at) {
                    None | Some(Value::Null) => Vec::new(),
                    Some(Value::Array(items)) => std::mem::take(items),
                    Some(other) => {
                        return Err(SetError::Conversion { found: go_type(other), wanted: "[]interface {}" }.into());
                    }
                };
                let result = self.item(&mut inner, next, Depth { indexes: depth.indexes + 1, ..depth });
                if result.is_ok() {
                    return self.put(list, index, Value::Array(inner));
                }
                if let Some(Value::Array(items)) = list.get_mut(at) {
                    *items = inner;
                }
                result
            }
            Some(_) => {
                let mut inner = match list.get_mut(at) {
                    Some(Value::Object(inner)) => std::mem::take(inner),
                    _ => Values::new(),
                };
                let result = self.key(&mut inner, depth.names);
                match list.get_mut(at) {
                    Some(place) => *place = Value::Object(inner),
                    None if result.is_ok() => self.put(list, index, Value::Object(inner))?,
                    None => {}
                }
                result
            }
        }
    }

    fn put(&mut self, list: &mut Vec<Value>, index: i64, value: Value) -> Result<(), Halt> {
        let at = usize::try_from(index).map_err(|_| SetError::NegativeIndex(index))?;
        if index > MAXIMUM_INDEX {
            return Err(SetError::IndexTooLarge(index).into());
        }
        if at >= list.len() {
            let growth = at + 1 - list.len();
            self.growth_left = self.growth_left.checked_sub(growth).ok_or(SetError::TooManyElements)?;
            list.resize(at + 1, Value::Null);
        }
        list[at] = value;
        Ok(())
    }
}

/// How far within names and indexes a value stands.
#[derive(Clone, Copy)]
struct Depth {
    names: usize,
    indexes: usize,
}

/// Nothing is set under an empty name.
fn insert(values: &mut Values, key: &str, value: Value) {
    if !key.is_empty() {
        values.insert(key.to_owned(), value);
    }
}
