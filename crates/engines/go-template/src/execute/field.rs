//! Commands, and the fields and methods that are taken of values.

use super::MissingKey;
use super::argument::Parameter;
use super::operand::Operand;
use super::state::{Evaluated, State};
use crate::function::Function;
use crate::syntax::node::{NodeId, NodeKind, Span};
use crate::syntax::number::{Ideal, Number};
use crate::text::quote::quoted;
use crate::value::{Type, Value};
use std::rc::Rc;

/// What a command gives to the last name of a chain, in case it is a method.
pub(super) struct Given<'n> {
    /// The arguments, without the thing called.
    pub(super) arguments: &'n [NodeId],
    /// What came through the pipe, until it is taken.
    pub(super) piped: &'n mut Option<Operand>,
}

impl Given<'_> {
    fn is_empty(&self) -> bool {
        self.arguments.is_empty() && self.piped.is_none()
    }
}

impl State<'_, '_> {
    pub(super) fn evaluate_command(&mut self, dot: &Operand, command: NodeId, piped: &mut Option<Operand>) -> Evaluated<Operand> {
        let source = self.source;
        let NodeKind::Command(words) = &source.node(command).kind else { return Ok(Operand::default()) };
        let Some((&first, arguments)) = source.children(*words).split_first() else { return Ok(Operand::default()) };
        let given = Given { arguments, piped };
        match &source.node(first).kind {
            NodeKind::Field(names) => {
                self.at = first;
                return self.evaluate_chain(dot, dot, (first, source.names(*names)), given);
            }
            NodeKind::Chain { .. } => return self.evaluate_chain_node(dot, first, given),
            NodeKind::Identifier { name, callee } => {
                self.at = first;
                return self.call(dot, *callee, (command, source.slice(*name)), given);
            }
            NodeKind::Pipe { .. } => {
                self.refuse_arguments(first, &given)?;
                return self.deeper(|state| state.evaluate_pipeline(dot, first));
            }
            NodeKind::Variable { .. } => return self.evaluate_variable(dot, first, given),
            _ => {}
        }
        self.at = first;
        self.refuse_arguments(first, &given)?;
        match &source.node(first).kind {
            NodeKind::Dot => Ok(dot.clone()),
            NodeKind::Nil => Err(self.error("nil is not a command")),
            _ => self.literal(first),
        }
    }

    fn refuse_arguments(&self, node: NodeId, given: &Given<'_>) -> Evaluated<()> {
        if given.is_empty() {
            return Ok(());
        }
        Err(self.error(format_args!("can't give argument to non-function {}", self.source.display(node))))
    }

    /// The value of a bool, number or string constant.
    pub(super) fn literal(&mut self, node: NodeId) -> Evaluated<Operand> {
        self.at = node;
        let value = match &self.source.node(node).kind {
            NodeKind::Bool(value) => Value::Bool(*value),
            NodeKind::String { text, .. } => Value::String(self.source.text(*text).clone()),
            NodeKind::Number(number) => self.ideal_constant(self.source.number(*number))?,
            _ => {
                let node = self.source.display(node);
                return Err(self.error(format_args!("can't evaluate command {}", quoted(node.as_bytes()))));
            }
        };
        Ok(Operand::plain(value))
    }

    fn ideal_constant(&self, number: &Number) -> Evaluated<Value> {
        match number.ideal() {
            Ideal::Int(value) => Ok(Value::Int(value)),
            Ideal::Float(value) => Ok(Value::Float(value)),
            Ideal::Complex(real, imaginary) => Ok(Value::Complex(real, imaginary)),
            Ideal::Overflow => Err(self.error(format_args!("{} overflows int", number.text))),
        }
    }

    pub(super) fn evaluate_chain_node(&mut self, dot: &Operand, chain: NodeId, given: Given<'_>) -> Evaluated<Operand> {
        self.at = chain;
        let source = self.source;
        let NodeKind::Chain { node, names } = &source.node(chain).kind else { return Ok(Operand::default()) };
        let receiver = self.evaluate_operand(dot, *node)?;
        self.evaluate_chain(dot, &receiver, (chain, source.names(*names)), given)
    }

    pub(super) fn evaluate_variable(&mut self, dot: &Operand, node: NodeId, given: Given<'_>) -> Evaluated<Operand> {
        self.at = node;
        let source = self.source;
        let NodeKind::Variable { variable, names } = &source.node(node).kind else { return Ok(Operand::default()) };
        let names = source.names(*names);
        let value = self.variable(*variable, names)?;
        if names.len() == 1 {
            self.refuse_arguments(node, &given)?;
            return Ok(value);
        }
        self.evaluate_chain(dot, &value, (node, &names[1..]), given)
    }

    /// `.X.Y.Z` of a receiver; the arguments belong to the last name.
    pub(super) fn evaluate_chain(
        &mut self,
        dot: &Operand,
        receiver: &Operand,
        (node, names): (NodeId, &[Span]),
        given: Given<'_>,
    ) -> Evaluated<Operand> {
        let Some((&last, before)) = names.split_last() else { return Ok(receiver.clone()) };
        let Some((&first, middle)) = before.split_first() else {
            return self.evaluate_field(dot, receiver, (node, last), given);
        };
        let mut receiver = self.evaluate_field(dot, receiver, (node, first), Given { arguments: &[], piped: &mut None })?;
        for &name in middle {
            receiver = self.evaluate_field(dot, &receiver, (node, name), Given { arguments: &[], piped: &mut None })?;
        }
        self.evaluate_field(dot, &receiver, (node, last), given)
    }

    fn evaluate_field(
        &mut self,
        dot: &Operand,
        receiver: &Operand,
        (node, name): (NodeId, Span),
        given: Given<'_>,
    ) -> Evaluated<Operand> {
        let name = self.source.slice(name);
        if receiver.is_invalid() {
            if self.missing_key() == MissingKey::Error {
                return Err(self.error(format_args!("nil data; no entry for key {}", quoted(name))));
            }
            return Ok(Operand::default());
        }
        if receiver.is_boxed_nil() {
            let (kind, name) = (receiver.static_type(), String::from_utf8_lossy(name));
            return Err(self.error(format_args!("nil pointer evaluating {kind}.{name}")));
        }
        if let Some(method) = find_method(&receiver.value, name) {
            return self.call_method(dot, method.as_ref(), (node, name), given);
        }
        match &receiver.value {
            Value::Map(map) => {
                if !given.is_empty() {
                    let name = String::from_utf8_lossy(name);
                    return Err(self.error(format_args!("{name} is not a method but has arguments")));
                }
                let element = map.kind().element();
                match (map.get(name), self.missing_key()) {
                    (Some(value), _) => Ok(Operand::element(value, element)),
                    (None, MissingKey::Default) => Ok(Operand::default()),
                    (None, MissingKey::Zero) => Ok(Operand::element(element.map_or(Value::Nil, Type::zero), element)),
                    (None, MissingKey::Error) => Err(self.error(format_args!("map has no entry for key {}", quoted(name)))),
                }
            }
            Value::Object(object) => match std::str::from_utf8(name).ok().and_then(|name| object.field(name)) {
                Some(_) if !given.is_empty() => {
                    let name = String::from_utf8_lossy(name);
                    Err(self.error(format_args!("{name} has arguments but cannot be invoked as function")))
                }
                Some(value) => Ok(Operand::plain(value)),
                None => Err(self.no_field(receiver, name)),
            },
            _ => Err(self.no_field(receiver, name)),
        }
    }

    fn no_field(&self, receiver: &Operand, name: &[u8]) -> Box<crate::error::ExecuteError> {
        let name = String::from_utf8_lossy(name);
        self.error(format_args!("can't evaluate field {name} in type {}", receiver.static_type()))
    }

    /// The value of a chain's first part.
    fn evaluate_operand(&mut self, dot: &Operand, node: NodeId) -> Evaluated<Operand> {
        self.evaluate_argument(dot, Parameter::Reflected, node)
    }
}

fn find_method(receiver: &Value, name: &[u8]) -> Option<Rc<dyn Function>> {
    let named = match receiver {
        Value::Object(object) => return object.method(std::str::from_utf8(name).ok()?),
        Value::Map(map) => map.kind(),
        Value::List(list) => list.kind(),
        _ => return None,
    };
    let Type::Named(named) = named else { return None };
    (named.method)(receiver, std::str::from_utf8(name).ok()?)
}
