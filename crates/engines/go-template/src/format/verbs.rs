//! Reads a format: flags, width, precision, argument numbers and the verb, with Go's marks for what does not fit.

use std::borrow::Borrow;

use super::flags::Flags;
use super::printer::Printer;
use crate::text::rune;
use crate::value::Value;

/// The largest width, precision or argument number that Go takes.
const MAX_NUMBER: usize = 1_000_000;

/// Where a format is being read.
struct Reader<'a, V> {
    format: &'a [u8],
    arguments: &'a [V],
    position: usize,
    argument: usize,
    /// Whether any argument number such as `[2]` was seen.
    reordered: bool,
    /// Whether the verb's argument number makes sense.
    good_argument: bool,
    /// Whether the last item read was an argument number.
    after_number: bool,
}

/// Prints the arguments as the format says.
pub(super) fn print_formatted<V: Borrow<Value>>(printer: &mut Printer<'_>, format: &[u8], arguments: &[V]) {
    let mut reader =
        Reader { format, arguments, position: 0, argument: 0, reordered: false, good_argument: true, after_number: false };
    while reader.position < format.len() {
        let rest = &format[reader.position..];
        let plain = rest.iter().position(|&byte| byte == b'%').unwrap_or(rest.len());
        printer.output.extend_from_slice(&rest[..plain]);
        reader.position += plain;
        if reader.position >= format.len() || !printer.charge() {
            break;
        }
        reader.position += 1;
        reader.print_verb(printer);
    }
    reader.print_extra(printer);
}

impl<V: Borrow<Value>> Reader<'_, V> {
    fn byte(&self) -> Option<u8> {
        self.format.get(self.position).copied()
    }

    fn print_verb(&mut self, printer: &mut Printer<'_>) {
        self.good_argument = true;
        self.after_number = false;
        printer.flags = self.read_flags();
        self.read_argument_number();
        self.read_width(printer);
        self.read_precision(printer);
        if !self.after_number {
            self.read_argument_number();
        }
        let verb = rune::decode(&self.format[self.position..]);
        if verb.width == 0 {
            printer.write("%!(NOVERB)");
            return;
        }
        self.position += verb.width;
        let verb = verb.character;
        if verb == '%' {
            printer.output.push(b'%');
            return;
        }
        let problem = if !self.good_argument {
            "(BADINDEX)"
        } else if self.argument >= self.arguments.len() {
            "(MISSING)"
        } else {
            ""
        };
        if !problem.is_empty() {
            printer.write("%!");
            rune::push(printer.output, verb);
            printer.write(problem);
            return;
        }
        if matches!(verb, 'v' | 'w') {
            let flags = &mut printer.flags;
            flags.sharp_v = std::mem::take(&mut flags.sharp);
            flags.plus_v = std::mem::take(&mut flags.plus);
        }
        printer.print_argument(self.arguments[self.argument].borrow(), verb);
        self.argument += 1;
    }

    fn read_flags(&mut self) -> Flags {
        let mut flags = Flags::default();
        while let Some(byte) = self.byte() {
            match byte {
                b'#' => flags.sharp = true,
                b'0' => flags.zero = true,
                b'+' => flags.plus = true,
                b'-' => flags.minus = true,
                b' ' => flags.space = true,
                _ => break,
            }
            self.position += 1;
        }
        flags
    }

    fn read_width(&mut self, printer: &mut Printer<'_>) {
        if self.byte() == Some(b'*') {
            self.position += 1;
            match self.take_integer() {
                Some(width) => {
                    printer.flags.width = Some(usize::try_from(width.unsigned_abs()).unwrap_or(0));
                    if width < 0 {
                        printer.flags.minus = true;
                        printer.flags.zero = false;
                    }
                }
                None => printer.write("%!(BADWIDTH)"),
            }
            self.after_number = false;
            return;
        }
        printer.flags.width = self.read_number();
        if self.after_number && printer.flags.width.is_some() {
            self.good_argument = false;
        }
    }

    fn read_precision(&mut self, printer: &mut Printer<'_>) {
        // A point at the very end is taken for the verb.
        if self.byte() != Some(b'.') || self.position + 1 >= self.format.len() {
            return;
        }
        self.position += 1;
        if self.after_number {
            self.good_argument = false;
        }
        self.read_argument_number();
        if self.byte() == Some(b'*') {
            self.position += 1;
            match self.take_integer() {
                Some(precision) => printer.flags.precision = usize::try_from(precision).ok(),
                None => printer.flags.precision = None,
            }
            if printer.flags.precision.is_none() {
                printer.write("%!(BADPREC)");
            }
            self.after_number = false;
            return;
        }
        printer.flags.precision = Some(self.read_number().unwrap_or(0));
    }

    /// Digits at this place. A number beyond Go's bound counts as none, and the rest of the format is skipped.
    fn read_number(&mut self) -> Option<usize> {
        let (number, position) = parse_number(self.format, self.position, self.format.len());
        self.position = position;
        number
    }

    /// The next argument as a width or precision.
    fn take_integer(&mut self) -> Option<i64> {
        let value = self.arguments.get(self.argument)?.borrow();
        self.argument += 1;
        let number = value.as_signed().or_else(|| value.as_unsigned().and_then(|number| i64::try_from(number).ok()))?;
        (number.unsigned_abs() <= MAX_NUMBER as u64).then_some(number)
    }

    /// An explicit argument number such as `[2]`.
    fn read_argument_number(&mut self) {
        self.after_number = false;
        if self.byte() != Some(b'[') {
            return;
        }
        self.reordered = true;
        let rest = &self.format[self.position..];
        let Some(close) = rest.iter().skip(1).position(|&byte| byte == b']').map(|index| index + 1).filter(|_| rest.len() >= 3)
        else {
            self.position += 1;
            self.good_argument = false;
            return;
        };
        let (number, end) = parse_number(rest, 1, close);
        self.position += close + 1;
        let Some(number) = number.filter(|_| end == close) else {
            self.good_argument = false;
            return;
        };
        self.after_number = true;
        if (1..=self.arguments.len()).contains(&number) {
            self.argument = number - 1;
        } else {
            self.good_argument = false;
        }
    }

    fn print_extra(&self, printer: &mut Printer<'_>) {
        if self.reordered || self.argument >= self.arguments.len() {
            return;
        }
        printer.flags = Flags::default();
        printer.write("%!(EXTRA ");
        for (index, argument) in self.arguments[self.argument..].iter().enumerate() {
            if index > 0 {
                printer.write(", ");
            }
            let argument = argument.borrow();
            if matches!(argument, Value::Nil) {
                printer.write("<nil>");
            } else {
                printer.write(&argument.type_name());
                printer.output.push(b'=');
                printer.print_argument(argument, 'v');
            }
        }
        printer.output.push(b')');
    }
}

/// The number that begins at `start`, and where it ends.
fn parse_number(bytes: &[u8], start: usize, end: usize) -> (Option<usize>, usize) {
    let mut number = None;
    let mut position = start;
    while position < end && bytes[position].is_ascii_digit() {
        let so_far = number.unwrap_or(0);
        if so_far > MAX_NUMBER {
            return (None, end);
        }
        number = Some(so_far * 10 + usize::from(bytes[position] - b'0'));
        position += 1;
    }
    (number, position.max(start).min(end.max(start)))
}
