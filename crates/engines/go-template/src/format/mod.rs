//! Go's `fmt` for template values: `print`, `println`, `printf`, and what an action writes. Everything is added to an output.

mod flags;
pub(crate) mod float;
mod printer;
mod verbs;

use std::borrow::Borrow;

use crate::budget::Budget;
use crate::error::Limit;
use crate::text::Text;
use crate::value::Value;
use printer::Printer;

/// The text that is added to an output, which it does not stay in.
pub(crate) fn take_text<E>(output: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Result<Text, E> {
    let start = output.len();
    let result = write(output);
    let text = result.map(|()| Text::from(&output[start..]));
    output.truncate(start);
    text
}

/// The values as `fmt.Sprint` joins them: a space between two that are both no strings.
pub(crate) fn print<V: Borrow<Value>>(output: &mut Vec<u8>, values: &[V], budget: &mut Budget) -> Result<(), Limit> {
    let mut printer = Printer::new(output, budget);
    let mut after_string = false;
    for (index, value) in values.iter().map(V::borrow).enumerate() {
        let is_string = value.is_string();
        if index > 0 && !is_string && !after_string {
            printer.output.push(b' ');
        }
        printer.print_argument(value, 'v');
        after_string = is_string;
    }
    printer.finish()
}

/// The values as `fmt.Sprintln` joins them: a space between any two, and a newline.
pub(crate) fn print_line<V: Borrow<Value>>(output: &mut Vec<u8>, values: &[V], budget: &mut Budget) -> Result<(), Limit> {
    let mut printer = Printer::new(output, budget);
    for (index, value) in values.iter().map(V::borrow).enumerate() {
        if index > 0 {
            printer.output.push(b' ');
        }
        printer.print_argument(value, 'v');
    }
    printer.output.push(b'\n');
    printer.finish()
}

/// The values as `fmt.Sprintf` puts them into a format.
pub(crate) fn print_formatted<V: Borrow<Value>>(
    output: &mut Vec<u8>,
    format: &[u8],
    values: &[V],
    budget: &mut Budget,
) -> Result<(), Limit> {
    let mut printer = Printer::new(output, budget);
    verbs::print_formatted(&mut printer, format, values);
    printer.finish()
}

/// One value as an action prints it: as `%v`, but what a pointer points to instead of the pointer.
pub(crate) fn print_indirect(output: &mut Vec<u8>, value: &Value, budget: &mut Budget) -> Result<(), Limit> {
    let mut printer = Printer::new(output, budget);
    printer.print_indirect(value);
    printer.finish()
}

/// One value under one verb without flags, for messages.
pub(crate) fn display_verb(value: &Value, verb: char, budget: &mut Budget) -> Result<String, Limit> {
    let mut output = Vec::new();
    let mut printer = Printer::new(&mut output, budget);
    printer.print_argument(value, verb);
    printer.finish().map(|()| String::from_utf8_lossy(&output).into_owned())
}
