//! Walks the nodes of one template and writes its output.

use std::io::Write;

use super::operand::Operand;
use super::run::Run;
use super::{Environment, MissingKey};
use crate::error::{ExecuteError, Limit};
use crate::format;
use crate::function::FunctionError;
use crate::syntax::node::{Branch, NodeId, NodeKind, STACK_RESERVE, STACK_STEP, Source, Span};
use crate::syntax::{DOLLAR, Tree};
use crate::text::Text;
use crate::text::quote::quoted;
use crate::value::{Shape, Value};

/// An error on its way out; boxed, because it is large and rare.
pub(super) type Evaluated<T> = Result<T, Box<ExecuteError>>;

/// How a node ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Break,
    Continue,
}

/// How many failed calls may be reported within each other. Helm stops recursion at a thousand.
const MAX_WRAPPED: usize = 2_000;

/// The execution of one template body.
pub(super) struct State<'e, 'b> {
    pub(super) environment: &'e Environment<'e>,
    pub(super) source: &'e Source,
    name: &'e Text,
    root: NodeId,
    pub(super) run: &'b mut Run,
    /// The node that messages name. Set where Go sets it, which is not always the innermost.
    pub(super) at: NodeId,
    /// Where the variables of this template begin.
    first_variable: usize,
}

impl<'e, 'b> State<'e, 'b> {
    pub(super) fn new(environment: &'e Environment<'e>, (name, tree): (&'e Text, &'e Tree), run: &'b mut Run) -> Self {
        let root = tree.root;
        let first_variable = run.variables.len();
        Self { environment, source: &tree.source, name, root, run, at: root, first_variable }
    }

    /// Executes the template on its data.
    pub(super) fn execute(&mut self, data: Value) -> Evaluated<()> {
        let dot = Operand::plain(data);
        let first_operand = self.run.operands.len();
        self.run.variables.push((DOLLAR, dot.clone()));
        let result = self.walk_list(&dot, self.root);
        // An error leaves both as they were deep inside, and a function may go on after it.
        self.run.variables.truncate(self.first_variable);
        self.run.operands.truncate(first_operand);
        result.map(drop)
    }

    pub(super) fn missing_key(&self) -> MissingKey {
        self.environment.templates.options.missing_key
    }

    /// An error at the current node.
    pub(super) fn error(&self, message: impl std::fmt::Display) -> Box<ExecuteError> {
        self.error_from(message, None, None)
    }

    /// A function's error at a node. A limit that was run into further down is reported from there, without a word about
    /// the way up: each step would repeat the text of all below it.
    pub(super) fn function_error(&mut self, node: NodeId, name: &[u8], mut error: FunctionError) -> Box<ExecuteError> {
        self.at = node;
        if error.nesting > MAX_WRAPPED {
            return self.limit_error(Limit::Depth(MAX_WRAPPED));
        }
        if error.limit.is_some()
            && let Some(cause) = error.cause.take()
        {
            return cause;
        }
        let limit = error.limit;
        let message = format!("error calling {}: {}", String::from_utf8_lossy(name), error.message);
        self.error_from(message, Some(Box::new(error)), limit)
    }

    pub(super) fn limit_error(&self, limit: Limit) -> Box<ExecuteError> {
        self.error_from(limit, None, Some(limit))
    }

    fn error_from(
        &self,
        message: impl std::fmt::Display,
        function: Option<Box<FunctionError>>,
        limit: Option<Limit>,
    ) -> Box<ExecuteError> {
        let location = self.source.location(self.at);
        let node = self.source.display(self.at);
        let name = quoted(self.name);
        let message = format!("template: {location}: executing {name} at <{node}>: {message}");
        Box::new(ExecuteError::Failed { message, function, limit })
    }

    /// Charges for work that grows with a number but is much cheaper than that many evaluations.
    fn take_steps_for(&mut self, count: usize) -> Evaluated<()> {
        let steps = u64::try_from(count / 16).unwrap_or(u64::MAX);
        self.run.budget.take_steps(steps).map_err(|limit| self.limit_error(limit))
    }

    pub(super) fn take_step(&mut self) -> Evaluated<()> {
        self.run.budget.take_steps(1).map_err(|limit| self.limit_error(limit))
    }

    /// Runs something one level deeper, with stack enough for it.
    pub(super) fn deeper<T>(&mut self, body: impl FnOnce(&mut Self) -> Evaluated<T>) -> Evaluated<T> {
        self.run.budget.enter().map_err(|limit| self.limit_error(limit))?;
        let result = stacker::maybe_grow(STACK_RESERVE, STACK_STEP, || body(self));
        self.run.budget.leave();
        result
    }

    fn walk_list(&mut self, dot: &Operand, list: NodeId) -> Evaluated<Flow> {
        self.deeper(|state| {
            state.at = list;
            let source = state.source;
            let NodeKind::List(nodes) = &source.node(list).kind else { return Ok(Flow::Next) };
            for &node in source.children(*nodes) {
                let flow = state.walk(dot, node)?;
                if flow != Flow::Next {
                    return Ok(flow);
                }
            }
            Ok(Flow::Next)
        })
    }

    fn walk(&mut self, dot: &Operand, id: NodeId) -> Evaluated<Flow> {
        self.at = id;
        self.take_step()?;
        let source = self.source;
        match &source.node(id).kind {
            NodeKind::Text(span) => {
                let text = source.slice(*span);
                self.write(text)?;
            }
            NodeKind::Action(pipe) => {
                let value = self.evaluate_pipeline(dot, *pipe)?;
                if self.declared(*pipe).is_empty() {
                    self.at = id;
                    self.print(&value.value)?;
                }
            }
            NodeKind::If(branch) => return self.walk_if(dot, branch),
            NodeKind::With(branch) => return self.walk_with(dot, branch),
            NodeKind::Range(branch) => return self.walk_range(dot, branch),
            NodeKind::Template { name, pipe } => self.walk_template(dot, source.text(*name), *pipe)?,
            NodeKind::Break => return Ok(Flow::Break),
            NodeKind::Continue => return Ok(Flow::Continue),
            _ => return Err(self.error(format_args!("unknown node: {}", source.display(id)))),
        }
        Ok(Flow::Next)
    }

    /// The variables that a pipeline declares or assigns to.
    fn declared(&self, pipe: NodeId) -> &'e [NodeId] {
        match &self.source.node(pipe).kind {
            NodeKind::Pipe { declared, children, .. } => self.source.pipe(*declared, *children).0,
            _ => &[],
        }
    }

    fn walk_if(&mut self, dot: &Operand, branch: &Branch) -> Evaluated<Flow> {
        let mark = self.run.variables.len();
        let value = self.evaluate_pipeline(dot, branch.pipe)?;
        let flow = if value.value.is_true() { self.walk_list(dot, branch.list) } else { self.walk_else(dot, branch) };
        self.run.variables.truncate(mark);
        flow
    }

    fn walk_with(&mut self, dot: &Operand, branch: &Branch) -> Evaluated<Flow> {
        let mark = self.run.variables.len();
        let value = self.evaluate_pipeline(dot, branch.pipe)?;
        let flow = if value.value.is_true() { self.walk_list(&value, branch.list) } else { self.walk_else(dot, branch) };
        self.run.variables.truncate(mark);
        flow
    }

    fn walk_else(&mut self, dot: &Operand, branch: &Branch) -> Evaluated<Flow> {
        branch.else_list.map_or(Ok(Flow::Next), |list| self.walk_list(dot, list))
    }

    fn walk_range(&mut self, dot: &Operand, branch: &Branch) -> Evaluated<Flow> {
        let mark = self.run.variables.len();
        let value = self.evaluate_pipeline(dot, branch.pipe)?.value;
        let ran = self.range_over(&value, branch)?;
        let flow = if ran { Ok(Flow::Next) } else { self.walk_else(dot, branch) };
        self.run.variables.truncate(mark);
        flow
    }

    /// Runs the body for each element; false when there was none.
    fn range_over(&mut self, value: &Value, branch: &Branch) -> Evaluated<bool> {
        let value = &*value.underlying();
        match value {
            Value::Nil => Ok(false),
            Value::List(list) => {
                let element = list.kind().element();
                for (index, item) in list.items().iter().enumerate() {
                    let index = Operand::plain(Value::Int(i64::try_from(index).unwrap_or(i64::MAX)));
                    if self.iterate(branch, index, Operand::element(item.clone(), element))? == Flow::Break {
                        break;
                    }
                }
                Ok(!list.is_empty())
            }
            Value::Map(map) => {
                let element = map.kind().element();
                self.take_steps_for(map.len())?;
                let entries = map.entries();
                let any = !entries.is_empty();
                for (key, item) in entries {
                    let key = Operand::plain(Value::String(key));
                    if self.iterate(branch, key, Operand::element(item, element))? == Flow::Break {
                        break;
                    }
                }
                Ok(any)
            }
            Value::Object(object) if let Shape::Map(entries) = object.shape() => {
                self.take_steps_for(entries.len())?;
                let any = !entries.is_empty();
                for (key, item) in entries {
                    if self.iterate(branch, Operand::plain(key), Operand::plain(item))? == Flow::Break {
                        break;
                    }
                }
                Ok(any)
            }
            _ => match (value.as_signed(), value.as_unsigned()) {
                (Some(count), _) => self.range_to(value, u64::try_from(count).unwrap_or(0), branch),
                (_, Some(count)) => self.range_to(value, count, branch),
                _ => {
                    let printed = self.display_verb(value, 'v')?;
                    Err(self.error(format_args!("range can't iterate over {printed}")))
                }
            },
        }
    }

    fn range_to(&mut self, value: &Value, count: u64, branch: &Branch) -> Evaluated<bool> {
        if self.declared(branch.pipe).len() > 1 {
            let printed = self.display_verb(value, 'v')?;
            return Err(self.error(format_args!("can't use {printed} to iterate over more than one variable")));
        }
        for number in 0..count {
            let item = same_kind(value, number);
            if self.iterate(branch, Operand::default(), Operand::plain(item))? == Flow::Break {
                break;
            }
        }
        Ok(count > 0)
    }

    fn iterate(&mut self, branch: &Branch, index: Operand, item: Operand) -> Evaluated<Flow> {
        self.take_step()?;
        let mark = self.run.variables.len();
        let source = self.source;
        if let NodeKind::Pipe { assigns, declared, children } = &source.node(branch.pipe).kind {
            match (source.pipe(*declared, *children).0, *assigns) {
                ([only], true) => self.assign(*only, item.clone())?,
                ([first, second], true) => {
                    self.assign(*first, index)?;
                    self.assign(*second, item.clone())?;
                }
                ([_], false) => self.set_from_top(1, item.clone()),
                ([_, _], false) => {
                    self.set_from_top(1, item.clone());
                    self.set_from_top(2, index);
                }
                _ => {}
            }
        }
        let flow = self.walk_list(&item, branch.list)?;
        self.run.variables.truncate(mark);
        Ok(flow)
    }

    fn walk_template(&mut self, dot: &Operand, name: &Text, pipe: Option<NodeId>) -> Evaluated<()> {
        let environment = self.environment;
        let Some((name, tree)) = environment.templates.get(name) else {
            return Err(self.error(format_args!("template {} not defined", quoted(name))));
        };
        let most = self.run.budget.limits().template_depth;
        if self.run.budget.template_depth >= most {
            let limit = Limit::Depth(most);
            return Err(self.error_from(format_args!("exceeded maximum template depth ({most})"), None, Some(limit)));
        }
        let data = match pipe {
            Some(pipe) => self.evaluate_pipeline(dot, pipe)?.value,
            None => Value::Nil,
        };
        self.run.budget.template_depth += 1;
        let result = self.deeper(|state| State::new(environment, (name, tree), state.run).execute(data));
        self.run.budget.template_depth -= 1;
        result
    }

    fn write(&mut self, text: &[u8]) -> Evaluated<()> {
        self.run.budget.take_bytes(text.len()).map_err(|limit| self.limit_error(limit))?;
        self.run.output.extend_from_slice(text);
        Ok(())
    }

    fn write_integer(&mut self, number: i64) -> Evaluated<()> {
        let written = self.run.output.len();
        // Writing to a vector cannot fail.
        let _ = write!(self.run.output, "{number}");
        let taken = self.run.budget.take_bytes(self.run.output.len() - written);
        taken.map_err(|limit| self.limit_error(limit))
    }

    fn print(&mut self, value: &Value) -> Evaluated<()> {
        match value {
            Value::String(text) => self.write(text),
            Value::Nil => self.write(b"<no value>"),
            // Whole numbers below a million need no exponent.
            Value::Float(number)
                if number.fract() == 0.0 && number.abs() < 1e6 && !(*number == 0.0 && number.is_sign_negative()) =>
            {
                self.write_integer(*number as i64)
            }
            Value::Int(number) | Value::Int64(number) => self.write_integer(*number),
            Value::Function(_) => {
                let node = self.source.display(self.at);
                Err(self.error(format_args!("can't print {node} of type {}", value.type_name())))
            }
            _ => {
                let Run { output, budget, .. } = &mut *self.run;
                format::print_indirect(output, value, budget).map_err(|limit| self.limit_error(limit))
            }
        }
    }

    pub(super) fn display_verb(&mut self, value: &Value, verb: char) -> Evaluated<String> {
        format::display_verb(value, verb, &mut self.run.budget).map_err(|limit| self.limit_error(limit))
    }

    /// Evaluates a pipeline and binds the variables it declares.
    pub(super) fn evaluate_pipeline(&mut self, dot: &Operand, pipe: NodeId) -> Evaluated<Operand> {
        self.at = pipe;
        let source = self.source;
        let NodeKind::Pipe { assigns, declared, children } = &source.node(pipe).kind else { return Ok(Operand::default()) };
        let (declared, commands) = source.pipe(*declared, *children);
        let Some((&last, before)) = commands.split_last() else { return Ok(Operand::default()) };
        let mut piped = None;
        for &command in before {
            piped = Some(self.evaluate_command(dot, command, &mut piped)?.unboxed());
        }
        let value = self.evaluate_command(dot, last, &mut piped)?.unboxed();
        for &variable in declared {
            if *assigns {
                self.assign(variable, value.clone())?;
            } else if let NodeKind::Variable { variable, .. } = source.node(variable).kind {
                self.run.variables.push((variable, value.clone()));
            }
        }
        Ok(value)
    }

    fn assign(&mut self, node: NodeId, value: Operand) -> Evaluated<()> {
        self.take_steps_for(self.run.variables.len() - self.first_variable)?;
        let NodeKind::Variable { variable, names } = &self.source.node(node).kind else { return Ok(()) };
        let own = &mut self.run.variables[self.first_variable..];
        match own.iter_mut().rev().find(|(declared, _)| declared == variable) {
            Some((_, slot)) => {
                *slot = value;
                Ok(())
            }
            None => Err(self.undefined_variable(self.source.names(*names))),
        }
    }

    fn set_from_top(&mut self, from_top: usize, value: Operand) {
        let index = self.run.variables.len() - from_top;
        self.run.variables[index].1 = value;
    }

    pub(super) fn variable(&mut self, variable: u32, names: &[Span]) -> Evaluated<Operand> {
        self.take_steps_for(self.run.variables.len() - self.first_variable)?;
        let own = &self.run.variables[self.first_variable..];
        match own.iter().rev().find(|(declared, _)| *declared == variable) {
            Some((_, value)) => Ok(value.clone()),
            None => Err(self.undefined_variable(names)),
        }
    }

    fn undefined_variable(&self, names: &[Span]) -> Box<ExecuteError> {
        let name = names.first().map_or(&b""[..], |&name| self.source.slice(name));
        self.error(format_args!("undefined variable: {}", String::from_utf8_lossy(name)))
    }
}

/// A number as an integer of the same kind as another.
fn same_kind(like: &Value, number: u64) -> Value {
    let signed = number.cast_signed();
    match like {
        Value::Int32(_) => Value::Int32(i32::try_from(number).unwrap_or(i32::MAX)),
        Value::Int64(_) => Value::Int64(signed),
        Value::Uint(_) => Value::Uint(number),
        Value::Uint8(_) => Value::Uint8(u8::try_from(number).unwrap_or(u8::MAX)),
        Value::Uint32(_) => Value::Uint32(u32::try_from(number).unwrap_or(u32::MAX)),
        Value::Uint64(_) => Value::Uint64(number),
        _ => Value::Int(signed),
    }
}
