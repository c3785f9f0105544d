//! Go structures with fields and methods without parameters.

use std::any::Any;
use std::rc::Rc;

use go_template::{Function, NativeFunction, Object, Shape, Signature, Text, Value};

/// A structure, or a pointer to one. Its fields and the results of its methods do not change.
#[derive(Debug)]
pub(super) struct Structure {
    /// The type as Go prints it.
    pub(super) type_name: &'static str,
    /// The exported fields, then those that are only printed.
    pub(super) fields: Vec<(&'static str, Value)>,
    /// Methods by name, and what they give.
    pub(super) methods: Vec<(&'static str, Value)>,
}

/// A field that begins with a small letter is not exported.
fn is_exported(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
}

impl Object for Structure {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn field(&self, name: &str) -> Option<Value> {
        let found = self.fields.iter().find(|(field, _)| *field == name && is_exported(field));
        found.map(|(_, value)| value.clone())
    }

    fn method(&self, name: &str) -> Option<Rc<dyn Function>> {
        const NO_PARAMETERS: Signature = Signature::fixed(&[]);
        let (_, result) = self.methods.iter().find(|(method, _)| *method == name)?;
        let result = result.clone();
        Some(Rc::new(NativeFunction::new(NO_PARAMETERS, move |_, _| Ok(result.clone()))))
    }

    fn string(&self) -> Option<Text> {
        None
    }

    fn displayed(&self) -> Option<Text> {
        let (_, result) = self.methods.iter().find(|(method, _)| *method == "String")?;
        if let Value::String(text) = result { Some(text.clone()) } else { None }
    }

    fn shape(&self) -> Shape {
        if self.type_name.starts_with('*') { Shape::Pointer(self.fields.clone()) } else { Shape::Struct(self.fields.clone()) }
    }

    fn equals(&self, other: &dyn Object) -> bool {
        std::ptr::addr_eq(self, other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
