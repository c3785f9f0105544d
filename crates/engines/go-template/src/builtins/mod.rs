//! The functions that every template has.

mod compare;
mod escape;
mod index;

use crate::budget::Budget;
use crate::execute::argument::Parameter;
use crate::execute::operand::Operand;
use crate::execute::{Call, Environment};
use crate::format;
use crate::function::FunctionError;
use crate::text::Text;
use crate::value::{Type, Value};

/// A builtin function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Builtin {
    And,
    Call,
    Html,
    Index,
    Slice,
    Js,
    Len,
    Not,
    Or,
    Print,
    Printf,
    Println,
    UrlQuery,
    Eq,
    Ge,
    Gt,
    Le,
    Lt,
    Ne,
}

/// What builtins use of the execution.
pub(crate) struct Context<'c, 'e> {
    pub(crate) environment: &'e Environment<'e>,
    pub(crate) budget: &'c mut Budget,
    /// How the template names the function that `call` is given.
    pub(crate) callee: &'c str,
}

type Outcome<T> = Result<T, FunctionError>;

impl Builtin {
    /// The builtin of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "and" => Self::And,
            "call" => Self::Call,
            "html" => Self::Html,
            "index" => Self::Index,
            "slice" => Self::Slice,
            "js" => Self::Js,
            "len" => Self::Len,
            "not" => Self::Not,
            "or" => Self::Or,
            "print" => Self::Print,
            "printf" => Self::Printf,
            "println" => Self::Println,
            "urlquery" => Self::UrlQuery,
            "eq" => Self::Eq,
            "ge" => Self::Ge,
            "gt" => Self::Gt,
            "le" => Self::Le,
            "lt" => Self::Lt,
            "ne" => Self::Ne,
            _ => return None,
        })
    }

    /// Arguments that must be there.
    pub(crate) fn fixed_count(self) -> usize {
        match self {
            Self::Html | Self::Js | Self::UrlQuery | Self::Print | Self::Println => 0,
            Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => 2,
            _ => 1,
        }
    }

    /// Whether more arguments may follow.
    pub(crate) fn is_variadic(self) -> bool {
        !matches!(self, Self::Len | Self::Not | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }

    /// What the argument at an index may be.
    pub(crate) fn parameter(self, index: usize) -> Parameter {
        match self {
            Self::Printf if index == 0 => Parameter::Typed(Type::String),
            Self::Html | Self::Js | Self::UrlQuery | Self::Print | Self::Printf | Self::Println => Parameter::Typed(Type::Any),
            _ => Parameter::Reflected,
        }
    }

    /// Computes the result of arguments that fit. `and` and `or` are evaluated where their arguments are.
    pub(crate) fn call(self, arguments: Vec<Operand>, context: &mut Context<'_, '_>) -> Outcome<Operand> {
        let (first, rest) = match arguments.split_first() {
            Some((first, rest)) => (first.clone(), rest),
            None => (Operand::default(), &arguments[..]),
        };
        let value = match self {
            Self::And | Self::Or => return Ok(first),
            Self::Call => call_value(&first, rest, context)?,
            Self::Index => return index::index(first, rest),
            Self::Slice => index::slice(&first, rest, context.budget)?,
            Self::Len => index::length(&first)?,
            Self::Not => Value::Bool(!first.value.is_true()),
            Self::Eq => Value::Bool(compare::equal(&first, rest, context.budget)?),
            Self::Ne => Value::Bool(!compare::equal(&first, rest, context.budget)?),
            Self::Lt => Value::Bool(compare::less(&first, second(rest), context.budget)?),
            Self::Le => Value::Bool(compare::less_or_equal(&first, rest, context.budget)?),
            Self::Gt => Value::Bool(!compare::less_or_equal(&first, rest, context.budget)?),
            Self::Ge => Value::Bool(!compare::less(&first, second(rest), context.budget)?),
            Self::Print => text(format::sprint(&values(arguments), context.budget)?),
            Self::Println => text(format::sprintln(&values(arguments), context.budget)?),
            Self::Printf => {
                let pattern = if let Value::String(pattern) = &first.value { pattern.clone() } else { Text::default() };
                text(format::sprintf(&pattern, &values(arguments)[1..], context.budget)?)
            }
            Self::Html => text(escape::html(&escape::joined(values(arguments), context.budget)?)),
            Self::Js => text(escape::javascript(&escape::joined(values(arguments), context.budget)?)),
            Self::UrlQuery => text(escape::url_query(&escape::joined(values(arguments), context.budget)?)),
        };
        Ok(Operand::plain(value))
    }
}

fn second(rest: &[Operand]) -> &Operand {
    rest.first().expect("because the arguments are counted before the call")
}

fn values(arguments: Vec<Operand>) -> Vec<Value> {
    arguments.into_iter().map(|argument| argument.value).collect()
}

fn text(bytes: Vec<u8>) -> Value {
    Value::String(Text::from(bytes))
}

/// `call`: a function that is a value.
fn call_value(function: &Operand, arguments: &[Operand], context: &mut Context<'_, '_>) -> Outcome<Value> {
    let name = context.callee;
    let function = match &function.value {
        Value::Nil => return Err(FunctionError::new("call of nil")),
        Value::Function(function) => function.clone(),
        other => return Err(FunctionError::new(format!("non-function {name} of type {}", other.type_name()))),
    };
    let signature = *function.signature();
    let (count, fixed) = (arguments.len(), signature.fixed_count());
    if signature.variadic && count < fixed {
        return Err(FunctionError::new(format!("wrong number of args for {name}: got {count} want at least {fixed}")));
    }
    if !signature.variadic && count != fixed {
        return Err(FunctionError::new(format!("wrong number of args for {name}: got {count} want {fixed}")));
    }
    let mut prepared = Vec::with_capacity(count);
    for (index, argument) in arguments.iter().enumerate() {
        let value = index::prepare(&argument.value, signature.parameter(index))
            .map_err(|error| FunctionError::new(format!("arg {index}: {error}")))?;
        prepared.push(value);
    }
    function.call(prepared, &mut Call::new(context.environment, context.budget))
}
