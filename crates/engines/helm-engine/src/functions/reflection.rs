//! What a value is in Go's eyes.

use go_template::{Functions, Signature, Type, Value};

use super::arguments::Arguments;
use crate::go::reflect::{deep_equal, kind_name};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const VALUE: Signature = Signature::fixed(&[Type::Any]);
    const NAME_AND_VALUE: Signature = Signature::fixed(&[Type::String, Type::Any]);
    functions.insert_native("typeOf", VALUE, |arguments, _| Ok(Value::from(Arguments::new(arguments).value().type_name())));
    functions.insert_native("kindOf", VALUE, |arguments, _| Ok(Value::from(kind_name(&Arguments::new(arguments).value()))));
    functions.insert_native("typeIs", NAME_AND_VALUE, |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (name, value) = (arguments.text(), arguments.value());
        Ok(Value::Bool(value.type_name().as_bytes() == &*name))
    });
    functions.insert_native("typeIsLike", NAME_AND_VALUE, |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (name, value) = (arguments.text(), arguments.value().type_name());
        Ok(Value::Bool(value.as_bytes() == &*name || value.strip_prefix('*').is_some_and(|value| value.as_bytes() == &*name)))
    });
    functions.insert_native("kindIs", NAME_AND_VALUE, |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (name, value) = (arguments.text(), arguments.value());
        Ok(Value::Bool(kind_name(&value).as_bytes() == &*name))
    });
    functions.insert_native("deepEqual", Signature::fixed(&[Type::Any, Type::Any]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (left, right) = (arguments.value(), arguments.value());
        Ok(Value::Bool(deep_equal(&left, &right, call)?))
    });
}
