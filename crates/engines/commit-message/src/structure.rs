//! Go structures and maps with structures as keys, as templates see them.

use go_template::{Function, NativeFunction, Object, Shape, Signature, Text, Value};
use std::any::Any;
use std::rc::Rc;

/// A structure that does not change.
#[derive(Debug)]
pub(crate) struct Structure {
    /// The type as Go prints it.
    pub(crate) type_name: &'static str,
    /// The fields.
    pub(crate) fields: Vec<(&'static str, Value)>,
    /// The fields of those fields that have no name of their own.
    pub(crate) promoted: Vec<(&'static str, Value)>,
    /// Methods without parameters, and what they give.
    pub(crate) methods: Vec<(&'static str, Value)>,
    /// What it prints as, where it says so itself.
    pub(crate) text: Option<String>,
}

/// A map whose keys are structures.
#[derive(Debug)]
pub(crate) struct StructureMap {
    /// The type as Go prints it.
    pub(crate) type_name: &'static str,
    /// The entries, in Go's order.
    pub(crate) entries: Vec<(Value, Value)>,
}

impl Structure {
    /// A structure with fields only.
    pub(crate) fn plain(type_name: &'static str, fields: Vec<(&'static str, Value)>) -> Self {
        Self { type_name, fields, promoted: Vec::new(), methods: Vec::new(), text: None }
    }

    /// As a value.
    pub(crate) fn value(self) -> Value {
        Value::Object(Rc::new(self))
    }
}

impl Object for Structure {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn field(&self, name: &str) -> Option<Value> {
        let mut fields = self.fields.iter().chain(&self.promoted);
        fields.find(|(field, _)| *field == name).map(|(_, value)| value.clone())
    }

    fn method(&self, name: &str) -> Option<Rc<dyn Function>> {
        const NO_PARAMETERS: Signature = Signature::fixed(&[]);
        let (_, result) = self.methods.iter().find(|(method, _)| *method == name)?;
        let result = result.clone();
        Some(Rc::new(NativeFunction::new(NO_PARAMETERS, move |_, _| Ok(result.clone()))))
    }

    fn string(&self) -> Option<Text> {
        self.text.as_deref().map(Text::from)
    }

    fn shape(&self) -> Shape {
        Shape::Struct(self.fields.clone())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        std::ptr::addr_eq(self, other)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for StructureMap {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method(&self, _: &str) -> Option<Rc<dyn Function>> {
        None
    }

    fn string(&self) -> Option<Text> {
        None
    }

    fn shape(&self) -> Shape {
        Shape::Map(self.entries.clone())
    }

    fn equals(&self, _: &dyn Object) -> bool {
        false
    }

    fn is_comparable(&self) -> bool {
        false
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
