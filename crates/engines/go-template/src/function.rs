//! The port for functions: what the host gives so that templates can call more than the builtins.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use crate::error::{ExecuteError, Limit};
use crate::execute::Call;
use crate::text::rune::is_alphanumeric;
use crate::value::{Type, Value};

/// The parameters of a function. Arguments are checked against them before the call, with Go's error texts.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Types of the parameters; with `variadic`, the last one is the type of each further argument.
    pub parameters: &'static [Type],
    /// Whether the last parameter may be given any number of times.
    pub variadic: bool,
    /// The type as Go prints it, such as `func(string) string`.
    pub go_type: &'static str,
}

impl Signature {
    /// A function with exactly these parameters.
    pub const fn fixed(parameters: &'static [Type]) -> Self {
        Self { parameters, variadic: false, go_type: "func" }
    }

    /// A function whose last parameter may be repeated or left out.
    pub const fn variadic(parameters: &'static [Type]) -> Self {
        Self { parameters, variadic: true, go_type: "func" }
    }

    /// How many arguments are the least.
    pub(crate) fn fixed_count(&self) -> usize {
        self.parameters.len() - usize::from(self.variadic && !self.parameters.is_empty())
    }

    /// The type that the argument at `index` must have.
    pub(crate) fn parameter(&self, index: usize) -> Type {
        self.parameters.get(index).or(self.parameters.last()).copied().unwrap_or(Type::Any)
    }
}

/// A function that templates call.
///
/// Functions hold no state of an execution: what they need of it, such as a clock, they take from [`Call::host`].
pub trait Function: Debug {
    /// Its parameters.
    fn signature(&self) -> &Signature;

    /// Computes the result. The number and types of `arguments` fit the signature; where the signature says
    /// [`Type::Any`], a nil is [`Value::Nil`].
    ///
    /// # Errors
    /// Whatever the Go function would return as its error, or panic with.
    fn call(&self, arguments: Vec<Value>, call: &mut Call<'_>) -> Result<Value, FunctionError>;
}

/// Why a function failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct FunctionError {
    pub(crate) message: String,
    pub(crate) cause: Option<Box<ExecuteError>>,
    pub(crate) limit: Option<Limit>,
    /// How many failures are wrapped in each other.
    pub(crate) nesting: usize,
}

impl FunctionError {
    /// An error with Go's text.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cause: None, limit: None, nesting: 0 }
    }

    /// An error that wraps the failure of another template, with the text of the whole.
    #[must_use]
    pub fn wrapping(message: impl Into<String>, cause: ExecuteError) -> Self {
        let limit = cause.limit();
        let nesting = 1 + cause.function_error().map_or(0, |inner| inner.nesting);
        Self { message: message.into(), cause: Some(Box::new(cause)), limit, nesting }
    }

    /// The wrapped failure of another template.
    pub fn cause(&self) -> Option<&ExecuteError> {
        self.cause.as_deref()
    }
}

impl Drop for FunctionError {
    /// Without recursion: failures are wrapped in each other as deep as templates call each other.
    fn drop(&mut self) {
        let mut next = self.cause.take();
        while let Some(mut cause) = next {
            next = match &mut *cause {
                ExecuteError::Failed { function: Some(function), .. } => function.cause.take(),
                _ => None,
            };
        }
    }
}

impl From<ExecuteError> for FunctionError {
    fn from(error: ExecuteError) -> Self {
        Self::wrapping(error.to_string(), error)
    }
}

impl From<Limit> for FunctionError {
    fn from(limit: Limit) -> Self {
        Self { message: limit.to_string(), cause: None, limit: Some(limit), nesting: 0 }
    }
}

/// A plain Rust function with its signature: how most functions are registered.
pub struct NativeFunction<F> {
    signature: Signature,
    body: F,
}

impl<F> Debug for NativeFunction<F> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("NativeFunction").field(&self.signature).finish()
    }
}

impl<F> NativeFunction<F>
where
    F: Fn(Vec<Value>, &mut Call<'_>) -> Result<Value, FunctionError>,
{
    /// Joins a body with the signature it relies on.
    pub const fn new(signature: Signature, body: F) -> Self {
        Self { signature, body }
    }
}

impl<F> Function for NativeFunction<F>
where
    F: Fn(Vec<Value>, &mut Call<'_>) -> Result<Value, FunctionError>,
{
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn call(&self, arguments: Vec<Value>, call: &mut Call<'_>) -> Result<Value, FunctionError> {
        (self.body)(arguments, call)
    }
}

/// A function in a registry, which all threads share.
pub type SharedFunction = Arc<dyn Function + Send + Sync>;

/// The functions of a host by name. They go before the builtins of the same name.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    by_name: BTreeMap<String, SharedFunction>,
}

impl Functions {
    /// An empty registry: builtins only.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a function. Returns whether the name can be written in a template; if not, nothing is added.
    pub fn insert(&mut self, name: &str, function: SharedFunction) -> bool {
        let good = !name.is_empty() && name.chars().all(is_alphanumeric) && !name.starts_with(|first: char| first.is_numeric());
        if good {
            self.by_name.insert(name.to_owned(), function);
        }
        good
    }

    /// Adds a plain Rust function, see [`Functions::insert`].
    pub fn insert_native<F>(&mut self, name: &str, signature: Signature, body: F) -> bool
    where
        F: Fn(Vec<Value>, &mut Call<'_>) -> Result<Value, FunctionError> + Send + Sync + 'static,
    {
        self.insert(name, Arc::new(NativeFunction::new(signature, body)))
    }

    /// The function of that name.
    pub fn get(&self, name: &str) -> Option<&SharedFunction> {
        self.by_name.get(name)
    }

    /// All names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}
