//! Go's `fmt` for template values: `print`, `println`, `printf`, and what an action writes.

mod flags;
pub(crate) mod float;
mod printer;
mod verbs;

use crate::budget::Budget;
use crate::error::Limit;
use crate::value::Value;
use printer::Printer;

/// The values as `fmt.Sprint` joins them: a space between two that are both no strings.
pub(crate) fn sprint(values: &[Value], budget: &mut Budget) -> Result<Vec<u8>, Limit> {
    let mut printer = Printer::new(budget);
    let mut after_string = false;
    for (index, value) in values.iter().enumerate() {
        let is_string = matches!(value.underlying(), Value::String(_));
        if index > 0 && !is_string && !after_string {
            printer.output.push(b' ');
        }
        printer.print_argument(value, 'v');
        after_string = is_string;
    }
    printer.finish()
}

/// The values as `fmt.Sprintln` joins them: a space between any two, and a newline.
pub(crate) fn sprintln(values: &[Value], budget: &mut Budget) -> Result<Vec<u8>, Limit> {
    let mut printer = Printer::new(budget);
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.output.push(b' ');
        }
        printer.print_argument(value, 'v');
    }
    printer.output.push(b'\n');
    printer.finish()
}

/// The values as `fmt.Sprintf` puts them into a format.
pub(crate) fn sprintf(format: &[u8], values: &[Value], budget: &mut Budget) -> Result<Vec<u8>, Limit> {
    let mut printer = Printer::new(budget);
    verbs::print_formatted(&mut printer, format, values);
    printer.finish()
}

/// One value as an action prints it: as `%v`, but what a pointer points to instead of the pointer.
pub(crate) fn display_indirect(value: &Value, budget: &mut Budget) -> Result<Vec<u8>, Limit> {
    let mut printer = Printer::new(budget);
    printer.print_indirect(value);
    printer.finish()
}

/// One value under one verb without flags, for messages.
pub(crate) fn display_verb(value: &Value, verb: char, budget: &mut Budget) -> Result<String, Limit> {
    let mut printer = Printer::new(budget);
    printer.print_argument(value, verb);
    printer.finish().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
