//! Objects as values, and the methods that they give.

use std::rc::Rc;

use go_template::{Call, Function, FunctionError, NativeFunction, Object, Signature, Value};

use super::arguments::{Arguments, Outcome};

/// An object as a value.
pub(super) fn value_of(object: impl Object + 'static) -> Value {
    Value::Object(Rc::new(object))
}

/// The Rust type behind an object.
pub(super) fn object<T: 'static>(value: &Value) -> Option<&T> {
    let Value::Object(object) = value else { return None };
    object.as_any().downcast_ref()
}

/// The next argument, an object whose Go type the signature has checked.
///
/// # Errors
/// When it is something else that goes by the same name in Go.
pub(super) fn object_of<T: Clone + 'static>(arguments: &mut Arguments) -> Result<T, FunctionError> {
    object(&arguments.value()).cloned().ok_or_else(|| FunctionError::new("the argument is not of this library"))
}

/// A method with its receiver in the closure.
pub(super) fn method<F>(signature: Signature, body: F) -> Option<Rc<dyn Function>>
where
    F: Fn(Arguments, &mut Call<'_>) -> Outcome + 'static,
{
    Some(Rc::new(NativeFunction::new(signature, move |values, call: &mut Call<'_>| body(Arguments::new(values), call))))
}

/// A method without parameters whose result is known.
pub(super) fn getter(result: Value) -> Option<Rc<dyn Function>> {
    method(Signature::fixed(&[]), move |_, _| Ok(result.clone()))
}
