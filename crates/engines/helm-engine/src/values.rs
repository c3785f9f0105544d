//! The Go type of `.Values` and of the dot of a chart's files.

use go_template::{ANY_MAP, NamedType, Type, Value};
use std::rc::Rc;

/// `common.Values`: a map with the methods `YAML`, `Table` and `AsMap`.
pub const VALUES: Type = Type::Named(&NAMED);

static NAMED: NamedType = NamedType { name: "common.Values", underlying: ANY_MAP, method };

fn method(_: &Value, _: &str) -> Option<Rc<dyn go_template::Function>> {
    None
}
