//! Semantic versions.

use std::any::Any;
use std::cmp::Ordering;
use std::rc::Rc;

use go_template::{BYTES, Call, Function, FunctionError, Functions, List, Object, Shape, Signature, Text, Type, Value};
use version_select::{Constraint, ConstraintError, Version, VersionError};

use super::arguments::{Arguments, Outcome};
use super::object::{getter, method, object_of, value_of};

/// The type of what `semver` gives.
const POINTER: Type = Type::Object("*semver.Version");

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("semver", Signature::fixed(&[Type::String]), |arguments, _| {
        let text = Arguments::new(arguments).text().to_string_lossy();
        let version = text.parse().map_err(in_words)?;
        Ok(value_of(SemanticVersion { version, form: Form::Pointer }))
    });
    functions.insert_native("semverCompare", Signature::fixed(&[Type::String, Type::String]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let constraint = constraint(&arguments.text(), call)?;
        let version: Version = arguments.text().to_string_lossy().parse().map_err(in_words)?;
        Ok(Value::Bool(constraint.allows(&version)))
    });
}

fn in_words(error: VersionError) -> FunctionError {
    FunctionError::new(error.to_string())
}

fn constraint(text: &Text, call: &mut Call<'_>) -> Result<Constraint, FunctionError> {
    text.to_string_lossy().parse().or_else(|error| match error {
        ConstraintError::Improper(group) => {
            let message = call.sprintf("improper constraint: %q", &[Value::from(group)])?;
            Err(FunctionError::new(message.to_string_lossy()))
        }
        other => Err(FunctionError::new(other.to_string())),
    })
}

/// A version as templates see it: Go's `semver.Version`, or a pointer to one.
#[derive(Debug, Clone)]
struct SemanticVersion {
    version: Version,
    form: Form,
}

/// Whether a version came from `semver`, or was computed from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Pointer,
    Struct,
}

impl Object for SemanticVersion {
    fn type_name(&self) -> &'static str {
        match self.form {
            Form::Pointer => "*semver.Version",
            Form::Struct => "semver.Version",
        }
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method(&self, name: &str) -> Option<Rc<dyn Function>> {
        let text = || self.version.to_string();
        match name {
            "Major" => getter(Value::Uint64(self.version.major())),
            "Minor" => getter(Value::Uint64(self.version.minor())),
            "Patch" => getter(Value::Uint64(self.version.patch())),
            "Prerelease" => getter(Value::from(self.version.prerelease())),
            "Metadata" => getter(Value::from(self.version.metadata())),
            "String" => getter(Value::from(text())),
            // `Value` is for databases.
            "Value" => getter(Value::from(text())),
            "MarshalJSON" => getter(bytes(format!("\"{}\"", self.version))),
            "MarshalText" => getter(bytes(text())),
            "IncMajor" => self.incremented("major", Version::next_major),
            "IncMinor" => self.incremented("minor", Version::next_minor),
            "IncPatch" => self.incremented("patch", Version::next_patch),
            "SetPrerelease" => self.changed(Version::with_prerelease),
            "SetMetadata" => self.changed(Version::with_metadata),
            // The others are methods of the pointer.
            _ if self.form == Form::Struct => None,
            "Original" => getter(Value::from(self.version.original())),
            "Compare" => self.compared(|order| Value::Int(order as i64)),
            "Equal" => self.compared(|order| Value::Bool(order.is_eq())),
            "LessThan" => self.compared(|order| Value::Bool(order.is_lt())),
            "LessThanEqual" => self.compared(|order| Value::Bool(order.is_le())),
            "GreaterThan" => self.compared(|order| Value::Bool(order.is_gt())),
            "GreaterThanEqual" => self.compared(|order| Value::Bool(order.is_ge())),
            _ => None,
        }
    }

    fn string(&self) -> Option<Text> {
        Some(Text::from(self.version.to_string()))
    }

    fn shape(&self) -> Shape {
        let version = &self.version;
        let fields = vec![
            ("major", Value::Uint64(version.major())),
            ("minor", Value::Uint64(version.minor())),
            ("patch", Value::Uint64(version.patch())),
            ("pre", Value::from(version.prerelease())),
            ("metadata", Value::from(version.metadata())),
            ("original", Value::from(version.original())),
        ];
        match self.form {
            Form::Pointer => Shape::Pointer(fields),
            Form::Struct => Shape::Struct(fields),
        }
    }

    fn equals(&self, other: &dyn Object) -> bool {
        let Some(other) = other.as_any().downcast_ref::<Self>() else { return false };
        match self.form {
            Form::Pointer => std::ptr::eq(self, other),
            Form::Struct => {
                let parts = |version: &Version| (version.to_string(), version.original().to_owned());
                other.form == Form::Struct && parts(&self.version) == parts(&other.version)
            }
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl SemanticVersion {
    fn incremented(&self, number: &'static str, next: fn(&Version) -> Option<Version>) -> Option<Rc<dyn Function>> {
        let version = self.version.clone();
        method(Signature::fixed(&[]), move |_, _| {
            let next = next(&version);
            let next = next.ok_or_else(|| FunctionError::new(format!("{number} version increment would overflow uint64")));
            next.map(computed)
        })
    }

    fn changed(&self, change: fn(&Version, &str) -> Result<Version, VersionError>) -> Option<Rc<dyn Function>> {
        let version = self.version.clone();
        method(Signature::fixed(&[Type::String]), move |mut arguments, _| -> Outcome {
            change(&version, &arguments.text().to_string_lossy()).map(computed).map_err(in_words)
        })
    }

    fn compared(&self, result: fn(Ordering) -> Value) -> Option<Rc<dyn Function>> {
        let version = self.version.clone();
        method(Signature::fixed(&[POINTER]), move |mut arguments, _| {
            let other: Self = object_of(&mut arguments)?;
            Ok(result(version.cmp(&other.version)))
        })
    }
}

fn computed(version: Version) -> Value {
    value_of(SemanticVersion { version, form: Form::Struct })
}

fn bytes(text: String) -> Value {
    Value::List(List::with_type(text.into_bytes().into_iter().map(Value::Uint8).collect(), BYTES))
}
