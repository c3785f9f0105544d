//! Go slices. Nothing in a template can change an element in place, so a list is immutable and shared.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use super::types::{ANY_LIST, BYTES, STRING_LIST};
use super::{Text, Type, Value, release};

/// A slice: a window on a shared array, with the type of its elements.
#[derive(Clone, Debug)]
pub struct List(Rc<Window>);

/// Behind one pointer, so that a [`Value`] stays small.
#[derive(Debug)]
struct Window {
    array: Option<Rc<Array>>,
    start: usize,
    end: usize,
    kind: Type,
}

enum Array {
    Values(Vec<Value>),
    /// The values are made when somebody asks for one: a value is many times as large as its byte.
    Bytes {
        bytes: Box<dyn AsRef<[u8]>>,
        values: OnceCell<Vec<Value>>,
    },
}

impl Array {
    fn len(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Bytes { bytes, .. } => (**bytes).as_ref().len(),
        }
    }

    fn values(&self) -> &[Value] {
        match self {
            Self::Values(values) => values,
            Self::Bytes { bytes, values } => {
                values.get_or_init(|| (**bytes).as_ref().iter().map(|byte| Value::Uint8(*byte)).collect())
            }
        }
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Values(values) => values.fmt(formatter),
            Self::Bytes { bytes, .. } => write!(formatter, "{} bytes", (**bytes).as_ref().len()),
        }
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if let Self::Values(values) = self {
            release(std::mem::take(values));
        }
    }
}

impl List {
    /// A `[]interface {}`.
    pub fn new(items: Vec<Value>) -> Self {
        Self::with_type(items, ANY_LIST)
    }

    /// A `[]string`.
    pub fn of_strings(items: impl IntoIterator<Item = Text>) -> Self {
        Self::with_type(items.into_iter().map(Value::String).collect(), STRING_LIST)
    }

    /// A list of any type. The caller sees to it that the items have the type of `kind`'s elements.
    pub fn with_type(items: Vec<Value>, kind: Type) -> Self {
        let end = items.len();
        Self(Rc::new(Window { array: Some(Rc::new(Array::Values(items))), start: 0, end, kind }))
    }

    /// A `[]uint8` that shares its bytes with others, such as the content of a file.
    pub fn of_bytes(bytes: impl AsRef<[u8]> + 'static) -> Self {
        let end = bytes.as_ref().len();
        let array = Array::Bytes { bytes: Box::new(bytes), values: OnceCell::new() };
        Self(Rc::new(Window { array: Some(Rc::new(array)), start: 0, end, kind: BYTES }))
    }

    /// The bytes, if the list was made of such.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self.0.array.as_deref()? {
            Array::Bytes { bytes, .. } => (**bytes).as_ref().get(self.0.start..self.0.end),
            Array::Values(_) => None,
        }
    }

    /// The nil slice: empty, and null in JSON.
    pub fn nil(kind: Type) -> Self {
        Self(Rc::new(Window { array: None, start: 0, end: 0, kind }))
    }

    /// Whether this is the nil slice.
    pub fn is_nil(&self) -> bool {
        self.0.array.is_none()
    }

    /// The Go type of the list.
    pub fn kind(&self) -> Type {
        self.0.kind
    }

    /// The items.
    pub fn items(&self) -> &[Value] {
        self.0.array.as_ref().map_or(&[], |array| &array.values()[self.0.start..self.0.end])
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.0.end - self.0.start
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.0.start == self.0.end
    }

    /// Items up to the end of the shared array: how far a slice of this one may reach.
    pub fn capacity(&self) -> usize {
        self.0.array.as_ref().map_or(0, |array| array.len() - self.0.start)
    }

    /// The window from `start` to `end`, counted from this list's start; `None` beyond the capacity.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Option<Self> {
        let within = start <= end && end <= self.capacity();
        within.then(|| {
            Self(Rc::new(Window {
                array: self.0.array.clone(),
                start: self.0.start + start,
                end: self.0.start + end,
                kind: self.0.kind,
            }))
        })
    }

    /// Gives up the items when nobody else holds them.
    pub(super) fn into_sole_items(self) -> Option<Vec<Value>> {
        let mut array = Rc::try_unwrap(Rc::try_unwrap(self.0).ok()?.array?).ok()?;
        if let Array::Values(values) = &mut array { Some(std::mem::take(values)) } else { None }
    }
}
