//! The functions that every template has.

mod compare;
mod escape;
pub(crate) mod index;

use crate::budget::Budget;
use crate::error::Limit;
use crate::execute::argument::Parameter;
use crate::execute::operand::Operand;
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

    /// Computes the result of arguments that fit. `and`, `or` and `call` are evaluated where their arguments are.
    ///
    /// Texts are made at the end of `output` and taken away again.
    pub(crate) fn call(self, arguments: &[Operand], output: &mut Vec<u8>, budget: &mut Budget) -> Outcome<Operand> {
        let nothing = Operand::default();
        let (first, rest) = arguments.split_first().unwrap_or((&nothing, &[]));
        let value = match self {
            Self::And | Self::Or | Self::Call => return Ok(first.clone()),
            Self::Index => return index::index(first, rest),
            Self::Slice => index::slice(first, rest, budget)?,
            Self::Len => index::length(first)?,
            Self::Not => Value::Bool(!first.value.is_true()),
            Self::Eq => Value::Bool(compare::equal(first, rest, budget)?),
            Self::Ne => Value::Bool(!compare::equal(first, rest, budget)?),
            Self::Lt => Value::Bool(compare::less(first, second(rest), budget)?),
            Self::Le => Value::Bool(compare::less_or_equal(first, rest, budget)?),
            Self::Gt => Value::Bool(!compare::less_or_equal(first, rest, budget)?),
            Self::Ge => Value::Bool(!compare::less(first, second(rest), budget)?),
            Self::Print => text(output, |output| format::print(output, arguments, budget))?,
            Self::Println => text(output, |output| format::print_line(output, arguments, budget))?,
            Self::Printf => {
                let pattern: &[u8] = if let Value::String(pattern) = &first.value { pattern } else { b"" };
                text(output, |output| format::print_formatted(output, pattern, rest, budget))?
            }
            Self::Html => escaped(output, arguments, budget, escape::html)?,
            Self::Js => escaped(output, arguments, budget, escape::javascript)?,
            Self::UrlQuery => escaped(output, arguments, budget, escape::url_query)?,
        };
        Ok(Operand::plain(value))
    }
}

fn second(rest: &[Operand]) -> &Operand {
    rest.first().expect("because the arguments are counted before the call")
}

fn text(output: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), Limit>) -> Outcome<Value> {
    Ok(Value::String(format::take_text(output, write)?))
}

/// What an escaper makes of its arguments as `print` joins them, but nil as an action prints it.
fn escaped(output: &mut Vec<u8>, arguments: &[Operand], budget: &mut Budget, escape: fn(&[u8]) -> Vec<u8>) -> Outcome<Value> {
    let no_value = Value::from("<no value>");
    let values: Vec<&Value> =
        arguments.iter().map(|argument| if argument.is_nil() { &no_value } else { &argument.value }).collect();
    let joined = format::take_text(output, |output| format::print(output, &values, budget))?;
    Ok(Value::from(Text::from(escape(&joined))))
}
