//! Defaults and choices. What is nil, zero, false or of no length counts as not given.

use go_template::{Functions, Signature, Type, Value};

use super::arguments::Arguments;
use crate::go::reflect::is_empty;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const ANYTHING: Signature = Signature::variadic(&[Type::Any]);
    functions.insert_native("default", Signature::variadic(&[Type::Any, Type::Any]), |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (default, given) = (arguments.value(), arguments.value());
        Ok(if is_empty(&given) { default } else { given })
    });
    functions.insert_native("empty", Signature::fixed(&[Type::Any]), |arguments, _| {
        Ok(Value::Bool(is_empty(&Arguments::new(arguments).value())))
    });
    functions.insert_native("coalesce", ANYTHING, |arguments, _| {
        Ok(arguments.into_iter().find(|value| !is_empty(value)).unwrap_or_default())
    });
    functions.insert_native("all", ANYTHING, |arguments, _| Ok(Value::Bool(!arguments.iter().any(is_empty))));
    functions.insert_native("any", ANYTHING, |arguments, _| Ok(Value::Bool(!arguments.iter().all(is_empty))));
    functions.insert_native("ternary", Signature::fixed(&[Type::Any, Type::Any, Type::Bool]), |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (yes, no) = (arguments.value(), arguments.value());
        Ok(if arguments.boolean() { yes } else { no })
    });
}
