//! Evaluates arguments for parameters, and checks that their types fit.

use super::field::Given;
use super::operand::Operand;
use super::state::{Evaluated, State};
use crate::syntax::node::{NodeId, NodeKind};
use crate::value::{Type, Value};

/// What a parameter takes.
#[derive(Clone, Copy)]
pub(crate) enum Parameter {
    /// Values of a type.
    Typed(Type),
    /// Anything as it is, Go's `reflect.Value`.
    Reflected,
}

impl Parameter {
    fn can_be_nil(self) -> bool {
        match self {
            Self::Typed(kind) => kind.can_be_nil(),
            Self::Reflected => true,
        }
    }

    fn zero(self) -> Operand {
        match self {
            Self::Typed(kind) => Operand::plain(kind.zero()),
            Self::Reflected => Operand::default(),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Typed(kind) => kind.to_string(),
            Self::Reflected => "reflect.Value".to_owned(),
        }
    }
}

impl State<'_, '_> {
    pub(super) fn evaluate_argument(&mut self, dot: &Operand, parameter: Parameter, node: NodeId) -> Evaluated<Operand> {
        self.at = node;
        let source = self.source;
        let nothing = Given { arguments: &[], piped: &mut None };
        let value = match &source.node(node).kind {
            NodeKind::Dot => dot.clone(),
            NodeKind::Nil if parameter.can_be_nil() => return Ok(parameter.zero()),
            NodeKind::Nil => return Err(self.error(format_args!("cannot assign nil to {}", parameter.name()))),
            NodeKind::Field(names) => self.evaluate_chain(dot, dot, (node, source.names(*names)), nothing)?,
            NodeKind::Variable { .. } => self.evaluate_variable(dot, node, nothing)?,
            NodeKind::Pipe { .. } => self.deeper(|state| state.evaluate_pipeline(dot, node))?,
            NodeKind::Identifier { name, callee } => self.call(dot, *callee, (node, source.slice(*name)), nothing)?,
            NodeKind::Chain { .. } => self.evaluate_chain_node(dot, node, nothing)?,
            _ => return self.evaluate_constant(parameter, node),
        };
        self.validate(value, parameter)
    }

    /// Makes sure that a value may be given for a parameter.
    pub(super) fn validate(&self, operand: Operand, parameter: Parameter) -> Evaluated<Operand> {
        let Parameter::Typed(wanted) = parameter else { return Ok(operand) };
        if operand.is_invalid() {
            if wanted.can_be_nil() {
                return Ok(parameter.zero());
            }
            return Err(self.error(format_args!("invalid value; expected {wanted}")));
        }
        if matches!(wanted, Type::Any) {
            return Ok(operand);
        }
        match operand.value.kind() {
            Some(kind) if kind.is_assignable_to(wanted) => Ok(Operand::plain(converted(operand.value, wanted))),
            kind => {
                let found = kind.unwrap_or(Type::Any);
                Err(self.error(format_args!("wrong type for value; expected {wanted}; got {found}")))
            }
        }
    }

    fn evaluate_constant(&mut self, parameter: Parameter, node: NodeId) -> Evaluated<Operand> {
        let kind = match parameter {
            Parameter::Typed(Type::Any) | Parameter::Reflected => return self.literal(node),
            Parameter::Typed(kind) => kind,
        };
        let constant = &self.source.node(node).kind;
        let number = if let NodeKind::Number(number) = constant { Some(self.source.number(*number)) } else { None };
        let signed = number.and_then(|number| number.signed);
        let unsigned = number.and_then(|number| number.unsigned);
        let (value, expected) = match kind {
            Type::Bool => (if let NodeKind::Bool(value) = constant { Some(Value::Bool(*value)) } else { None }, "bool"),
            Type::String => {
                let text = if let NodeKind::String { text, .. } = constant { Some(self.source.text(*text)) } else { None };
                (text.cloned().map(Value::String), "string")
            }
            Type::Float64 => (number.and_then(|number| number.float).map(Value::Float), "float"),
            Type::Complex128 => {
                let complex = number.and_then(|number| number.complex);
                (complex.map(|(real, imaginary)| Value::Complex(real, imaginary)), "complex")
            }
            Type::Int => (signed.map(Value::Int), "integer"),
            Type::Int64 => (signed.map(Value::Int64), "integer"),
            Type::Int32 => (signed.map(|value| Value::Int32(value as i32)), "integer"),
            Type::Uint => (unsigned.map(Value::Uint), "unsigned integer"),
            Type::Uint64 => (unsigned.map(Value::Uint64), "unsigned integer"),
            Type::Uint32 => (unsigned.map(|value| Value::Uint32(value as u32)), "unsigned integer"),
            Type::Uint8 => (unsigned.map(|value| Value::Uint8(value as u8)), "unsigned integer"),
            _ => {
                let node = self.source.display(node);
                return Err(self.error(format_args!("can't handle {node} for arg of type {kind}")));
            }
        };
        value.map(Operand::plain).ok_or_else(|| {
            let node = self.source.display(node);
            self.error(format_args!("expected {expected}; found {node}"))
        })
    }
}

/// A value as it arrives in a parameter: a map with a named type loses the name where the parameter has none.
fn converted(value: Value, wanted: Type) -> Value {
    match value {
        Value::Map(map) if !map.kind().is_identical(wanted) => Value::Map(map.retyped(wanted)),
        other => other,
    }
}
