//! Runs parsed templates on values.

pub(crate) mod argument;
mod call;
mod field;
mod layers;
pub(crate) mod operand;
mod run;
mod state;

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;

use crate::budget::Limits;
use crate::error::{ExecuteError, Limit, ParseError};
use crate::format;
use crate::function::Functions;
use crate::syntax::{Definitions, Tree, parse};
use crate::text::Text;
use crate::value::Value;
use layers::Layers;
use run::Run;
use state::State;

/// What a field of a map gives when there is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// No value; printed as `<no value>`. Go's `missingkey=default` and `missingkey=invalid`.
    #[default]
    Default,
    /// The zero value of the map's elements. Go's `missingkey=zero`.
    Zero,
    /// An error. Go's `missingkey=error`.
    Error,
}

/// How templates are read and run.
#[derive(Debug, Clone)]
pub struct Options {
    /// What a missing key gives.
    pub missing_key: MissingKey,
    /// What opens an action, `{{` by default.
    pub left_delimiter: String,
    /// What closes an action, `}}` by default.
    pub right_delimiter: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { missing_key: MissingKey::default(), left_delimiter: "{{".to_owned(), right_delimiter: "}}".to_owned() }
    }
}

/// One parsed text: the templates it defines. Parsed once, it can be added to many sets.
#[derive(Debug, Clone)]
pub struct Parsed {
    definitions: Definitions,
}

impl Parsed {
    /// Whether the template of that name is absent or writes nothing but white space, so that it replaces no other when added.
    pub fn is_empty(&self, name: &[u8]) -> bool {
        self.definitions.trees().all(|(defined, tree)| **defined != *name || tree.is_empty())
    }
}

/// A set of templates that can call each other. Clones are cheap and independent.
///
/// Parsing fixes which functions the templates call. Nothing of an execution is kept here, so a set can be executed by many
/// threads at once.
#[derive(Debug, Clone)]
pub struct Templates {
    name: Text,
    functions: Arc<Functions>,
    options: Arc<Options>,
    trees: Layers,
}

impl Templates {
    /// An empty set. The name is that of the set itself, which Go calls the root template; it appears in some messages.
    pub fn new(name: &str, functions: Arc<Functions>, options: Options) -> Self {
        Self { name: Text::from(name), functions, options: Arc::new(options), trees: Layers::default() }
    }

    /// The name of the set.
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// How the set reads and runs templates.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Parses a text with the functions and delimiters of this set, without adding it. What is parsed keeps the text.
    ///
    /// # Errors
    /// When the text is not well formed or calls a function that does not exist.
    pub fn parse(&self, name: &str, text: &Bytes) -> Result<Parsed, ParseError> {
        let (left, right) = (self.options.left_delimiter.as_bytes(), self.options.right_delimiter.as_bytes());
        let delimiters = (if left.is_empty() { b"{{" } else { left }, if right.is_empty() { b"}}" } else { right });
        let definitions = parse(&Text::from(name), text, delimiters, &self.functions)?;
        Ok(Parsed { definitions })
    }

    /// Adds the templates of a parsed text. A template without content does not replace one of the same name.
    pub fn add(&mut self, parsed: &Parsed) {
        self.trees.add(parsed.definitions.trees());
    }

    /// Parses a text and adds its templates.
    ///
    /// # Errors
    /// As [`Templates::parse`]; then nothing is added.
    pub fn add_text(&mut self, name: &str, text: &[u8]) -> Result<(), ParseError> {
        let parsed = self.parse(name, &Bytes::copy_from_slice(text))?;
        self.add(&parsed);
        Ok(())
    }

    /// Whether there is a template of that name.
    pub fn contains(&self, name: &[u8]) -> bool {
        self.trees.get(name).is_some()
    }

    /// The names of all templates in order.
    pub fn template_names(&self) -> impl Iterator<Item = &Text> {
        self.trees.names()
    }

    /// Executes the template `name` on `data` and gives what it writes.
    ///
    /// `host` is handed to functions, see [`Call::host`].
    ///
    /// # Errors
    /// When there is no such template, when an evaluation fails, or when a limit is run into.
    pub fn execute(&self, name: &[u8], data: Value, limits: Limits, host: &dyn Any) -> Result<Vec<u8>, ExecuteError> {
        let mut run = Run::new(limits);
        self.execute_within(name, data, &mut run, host)?;
        Ok(run.output)
    }

    /// Adds what the template writes to the output.
    fn execute_within(&self, name: &[u8], data: Value, run: &mut Run, host: &dyn Any) -> Result<(), ExecuteError> {
        let Some(template) = self.trees.get(name) else {
            let lossy = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
            return Err(ExecuteError::NoTemplate { template: lossy(name), set: lossy(&self.name) });
        };
        let environment = Environment { templates: self, host };
        State::new(&environment, template, run).execute(data).map_err(|error| *error)
    }

    fn get(&self, name: &[u8]) -> Option<(&Text, &Tree)> {
        self.trees.get(name)
    }
}

/// What stays the same while templates of one set call each other.
pub(crate) struct Environment<'e> {
    pub(crate) templates: &'e Templates,
    pub(crate) host: &'e dyn Any,
}

/// What a function may use of the execution that calls it.
pub struct Call<'c> {
    environment: &'c Environment<'c>,
    run: &'c mut Run,
}

impl<'c> Call<'c> {
    pub(crate) fn new(environment: &'c Environment<'c>, run: &'c mut Run) -> Self {
        Self { environment, run }
    }

    /// The set of templates that is being executed.
    pub fn templates(&self) -> &'c Templates {
        self.environment.templates
    }

    /// What the host handed to the execution, if it is a `T`.
    pub fn host<T: 'static>(&self) -> Option<&'c T> {
        self.environment.host.downcast_ref()
    }

    /// Executes a template of any set within the limits of this execution, and gives what it writes.
    ///
    /// # Errors
    /// As [`Templates::execute`].
    pub fn execute(&mut self, templates: &Templates, name: &[u8], data: Value) -> Result<Vec<u8>, ExecuteError> {
        self.execute_text(templates, name, data).map(|text| text.to_vec())
    }

    /// As [`Call::execute`], but gives a text, which takes a copy less.
    ///
    /// # Errors
    /// As [`Templates::execute`].
    pub fn execute_text(&mut self, templates: &Templates, name: &[u8], data: Value) -> Result<Text, ExecuteError> {
        let start = self.run.output.len();
        let result = templates.execute_within(name, data, self.run, self.environment.host);
        let text = result.map(|()| Text::from(&self.run.output[start..]));
        self.run.output.truncate(start);
        text
    }

    /// Takes bytes from the budget; a function does so before it makes a text much longer than its arguments.
    ///
    /// # Errors
    /// When there are not so many left.
    pub fn take_bytes(&mut self, bytes: usize) -> Result<(), Limit> {
        self.run.budget.take_bytes(bytes)
    }

    /// Takes steps from the budget; a function does so in loops that its arguments make long.
    ///
    /// # Errors
    /// When there are not so many left.
    pub fn take_steps(&mut self, steps: u64) -> Result<(), Limit> {
        self.run.budget.take_steps(steps)
    }

    /// The values as Go's `fmt.Sprint` joins them.
    ///
    /// # Errors
    /// When a limit is run into.
    pub fn sprint(&mut self, values: &[Value]) -> Result<Text, Limit> {
        let Run { output, budget, .. } = &mut *self.run;
        format::take_text(output, |output| format::print(output, values, budget))
    }

    /// The values in a format of Go's `fmt.Sprintf`.
    ///
    /// # Errors
    /// When a limit is run into.
    pub fn sprintf(&mut self, format: &str, values: &[Value]) -> Result<Text, Limit> {
        let Run { output, budget, .. } = &mut *self.run;
        format::take_text(output, |output| format::print_formatted(output, format.as_bytes(), values, budget))
    }
}
