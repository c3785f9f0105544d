//! Prints one value under one verb, walking into lists and maps.

use super::flags::{Flags, Integer, LOWER, UPPER};
use crate::budget::Budget;
use crate::error::Limit;
use crate::syntax::node::{STACK_RESERVE, STACK_STEP};
use crate::text::rune;
use crate::value::{List, Map, Object, Shape, Type, Value};

/// Adds to an output. A limit that is run into is remembered and stops further printing.
pub(super) struct Printer<'a> {
    pub(super) output: &'a mut Vec<u8>,
    pub(super) flags: Flags,
    budget: &'a mut Budget,
    /// Length of the output that the budget has been charged for.
    charged: usize,
    limit: Option<Limit>,
    /// Inside `%!v(…)`, where methods are not asked.
    reporting: bool,
    /// The type of the scalar that is being printed, if it has a name.
    named: Option<&'static str>,
}

impl<'a> Printer<'a> {
    pub(super) fn new(output: &'a mut Vec<u8>, budget: &'a mut Budget) -> Self {
        let charged = output.len();
        Self { output, flags: Flags::default(), budget, charged, limit: None, reporting: false, named: None }
    }

    pub(super) fn finish(mut self) -> Result<(), Limit> {
        self.charge();
        self.limit.map_or(Ok(()), Err)
    }

    fn note(&mut self, result: Result<(), Limit>) -> bool {
        if let Err(limit) = result {
            self.limit.get_or_insert(limit);
        }
        self.limit.is_none()
    }

    /// Charges for what was written since the last time; false when nothing more may be.
    pub(super) fn charge(&mut self) -> bool {
        let written = self.output.len() - self.charged;
        self.charged = self.output.len();
        let taken = self.budget.take_bytes(written);
        self.note(taken)
    }

    pub(super) fn write(&mut self, text: &str) {
        self.output.extend_from_slice(text.as_bytes());
    }

    /// Prints an argument, that is a value on the top level.
    pub(super) fn print_argument(&mut self, value: &Value, verb: char) {
        match verb {
            'T' => {
                let name = value.type_name();
                if matches!(value, Value::Nil) {
                    self.flags.pad(self.output, name.as_bytes());
                } else {
                    self.flags.write_string(self.output, name.as_bytes());
                }
            }
            'p' => self.print_pointer(value),
            'w' => self.bad_verb(value, verb),
            'v' if matches!(value, Value::Nil) => self.flags.pad(self.output, b"<nil>"),
            _ if matches!(value, Value::Nil) => self.bad_verb(value, verb),
            _ => self.print_value(value, verb, 0),
        }
    }

    /// Prints a value under `%v`, and a pointer as what it points to.
    pub(super) fn print_indirect(&mut self, value: &Value) {
        if let Value::Object(object) = value
            && let Some(text) = object.displayed()
        {
            self.output.extend_from_slice(&text);
        } else if let Value::Object(object) = value
            && let (None, Shape::Pointer(fields)) = (object.string(), object.shape())
        {
            self.print_fields("", &fields, 'v', 0);
        } else {
            self.print_argument(value, 'v');
        }
    }

    /// Addresses are not reproducible, so every one prints as the same.
    fn print_pointer(&mut self, value: &Value) {
        match value {
            Value::List(_) | Value::Map(_) | Value::Function(_) => self.print_address(value.is_nil()),
            Value::Object(object) if matches!(object.shape(), Shape::Pointer(_)) => self.print_address(false),
            _ => self.bad_verb(value, 'p'),
        }
    }

    fn print_address(&mut self, is_nil: bool) {
        let flags = Flags { sharp: !self.flags.sharp, ..self.flags };
        let bits = if is_nil { 0 } else { 0x00c0_0000_0000 };
        flags.write_integer(self.output, Integer { bits, signed: false }, 16, 'v', LOWER);
    }

    fn print_value(&mut self, value: &Value, verb: char, depth: usize) {
        let ready = self.budget.take_steps(1).and_then(|()| self.budget.enter());
        if !self.note(ready) || !self.charge() {
            return;
        }
        match value {
            Value::Nil if self.flags.sharp_v => self.write("interface {}(nil)"),
            Value::Nil => self.write("<nil>"),
            Value::Bool(flag) => match verb {
                't' | 'v' => self.flags.pad(self.output, if *flag { b"true" } else { b"false" }),
                _ => self.bad_verb(value, verb),
            },
            Value::Float(number) => self.print_float(value, *number, verb),
            Value::Complex(real, imaginary) => self.print_complex(value, (*real, *imaginary), verb),
            Value::String(text) => self.print_string(value, text, verb),
            Value::List(list) => self.nested(|printer| printer.print_list(list, verb, depth)),
            Value::Map(map) => self.nested(|printer| printer.print_map(map, verb, depth)),
            Value::Function(_) => self.print_address(false),
            Value::Object(object) => self.nested(|printer| printer.print_object(value, object.as_ref(), verb, depth)),
            _ => self.print_integer(value, verb),
        }
        self.budget.leave();
    }

    fn nested(&mut self, body: impl FnOnce(&mut Self)) {
        stacker::maybe_grow(STACK_RESERVE, STACK_STEP, || body(self));
    }

    /// `%!d(string=text)`: a verb that does not fit the value.
    pub(super) fn bad_verb(&mut self, value: &Value, verb: char) {
        self.write("%!");
        rune::push(self.output, verb);
        self.output.push(b'(');
        if matches!(value, Value::Nil) {
            self.write("<nil>");
        } else {
            let named = self.named.map(ToOwned::to_owned);
            self.write(&named.unwrap_or_else(|| value.type_name()));
            self.output.push(b'=');
            let outer = std::mem::replace(&mut self.reporting, true);
            self.print_argument(value, 'v');
            self.reporting = outer;
        }
        self.output.push(b')');
    }

    fn print_integer(&mut self, value: &Value, verb: char) {
        let integer = match (value.as_signed(), value.as_unsigned()) {
            (Some(signed), _) => Integer { bits: signed.cast_unsigned(), signed: true },
            (_, unsigned) => Integer { bits: unsigned.unwrap_or_default(), signed: false },
        };
        let flags = self.flags;
        let output = &mut *self.output;
        match verb {
            'v' if flags.sharp_v && !integer.signed => {
                Flags { sharp: true, ..flags }.write_integer(output, integer, 16, 'v', LOWER);
            }
            'v' | 'd' => flags.write_integer(output, integer, 10, verb, LOWER),
            'b' => flags.write_integer(output, integer, 2, verb, LOWER),
            'o' | 'O' => flags.write_integer(output, integer, 8, verb, LOWER),
            'x' => flags.write_integer(output, integer, 16, verb, LOWER),
            'X' => flags.write_integer(output, integer, 16, verb, UPPER),
            'c' => flags.write_character(output, integer.bits),
            'q' => flags.write_quoted_character(output, integer.bits),
            'U' => flags.write_unicode(output, integer.bits),
            _ => self.bad_verb(value, verb),
        }
    }

    fn print_float(&mut self, value: &Value, number: f64, verb: char) {
        match verb {
            'v' => self.flags.write_float(self.output, number, 'g', None),
            'b' | 'g' | 'G' | 'x' | 'X' => self.flags.write_float(self.output, number, verb, None),
            'f' | 'e' | 'E' => self.flags.write_float(self.output, number, verb, Some(6)),
            'F' => self.flags.write_float(self.output, number, 'f', Some(6)),
            _ => self.bad_verb(value, verb),
        }
    }

    fn print_complex(&mut self, value: &Value, (real, imaginary): (f64, f64), verb: char) {
        if !matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E') {
            return self.bad_verb(value, verb);
        }
        let plus = self.flags.plus;
        self.output.push(b'(');
        self.print_float(value, real, verb);
        self.flags.plus = true;
        self.print_float(value, imaginary, verb);
        self.flags.plus = plus;
        self.write("i)");
    }

    fn print_string(&mut self, value: &Value, text: &[u8], verb: char) {
        match verb {
            'v' if self.flags.sharp_v => self.flags.write_quoted(self.output, text),
            'v' | 's' => self.flags.write_string(self.output, text),
            'x' => self.flags.write_hexadecimal(self.output, text, LOWER),
            'X' => self.flags.write_hexadecimal(self.output, text, UPPER),
            'q' => self.flags.write_quoted(self.output, text),
            _ => self.bad_verb(value, verb),
        }
    }

    fn print_list(&mut self, list: &List, verb: char, depth: usize) {
        let holds_bytes = matches!(list.kind().element(), Some(Type::Uint8));
        if holds_bytes && matches!(verb, 's' | 'q' | 'x' | 'X') {
            let bytes: Vec<u8> = list.items().iter().map(|item| if let Value::Uint8(byte) = item { *byte } else { 0 }).collect();
            return match verb {
                'q' => self.flags.write_quoted(self.output, &bytes),
                's' => self.flags.write_string(self.output, &bytes),
                'x' => self.flags.write_hexadecimal(self.output, &bytes, LOWER),
                _ => self.flags.write_hexadecimal(self.output, &bytes, UPPER),
            };
        }
        let (open, separator, close) = if self.flags.sharp_v { ("{", ", ", "}") } else { ("[", " ", "]") };
        if self.flags.sharp_v {
            // A plain []byte on the top level is named by its shorter name.
            let name = if holds_bytes && depth == 0 { "[]byte".to_owned() } else { list.kind().to_string() };
            self.write(&name);
            if list.is_nil() {
                return self.write("(nil)");
            }
        }
        self.write(open);
        for (index, item) in list.items().iter().enumerate() {
            if index > 0 {
                self.write(separator);
            }
            self.print_value(item, verb, depth + 1);
            if self.limit.is_some() {
                return;
            }
        }
        self.write(close);
    }

    fn print_map(&mut self, map: &Map, verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.write(&map.kind().to_string());
            if map.is_nil() {
                return self.write("(nil)");
            }
        }
        let entries = map.entries().into_iter().map(|(key, value)| (Value::String(key), value));
        self.print_entries(entries.collect(), verb, depth);
    }

    fn print_entries(&mut self, entries: Vec<(Value, Value)>, verb: char, depth: usize) {
        let (open, separator, close) = if self.flags.sharp_v { ("{", ", ", "}") } else { ("map[", " ", "]") };
        self.write(open);
        for (index, (key, value)) in entries.into_iter().enumerate() {
            if index > 0 {
                self.write(separator);
            }
            self.print_value(&key, verb, depth + 1);
            self.output.push(b':');
            self.print_value(&value, verb, depth + 1);
            if self.limit.is_some() {
                return;
            }
        }
        self.write(close);
    }

    fn print_object(&mut self, value: &Value, object: &dyn Object, verb: char, depth: usize) {
        let stringable = !self.reporting && !self.flags.sharp_v && matches!(verb, 'v' | 's' | 'x' | 'X' | 'q');
        if let Some(text) = object.string().filter(|_| stringable) {
            return self.print_string(value, &text, verb);
        }
        let go_string = if self.flags.sharp_v && !self.reporting { object.go_string() } else { None };
        if let Some(text) = go_string {
            return self.flags.write_string(self.output, &text);
        }
        match object.shape() {
            Shape::Scalar(scalar) => {
                let outer = self.named.replace(object.type_name());
                self.print_value(&scalar, verb, depth + 1);
                self.named = outer;
            }
            Shape::Pointer(_) if object.is_nil() => match verb {
                'v' if self.flags.sharp_v => self.write(&format!("({})(nil)", object.type_name())),
                'v' => self.flags.pad(self.output, b"<nil>"),
                'b' | 'o' | 'd' | 'x' | 'X' => self.print_integer(&Value::Uint64(0), verb),
                _ => self.bad_verb(value, verb),
            },
            Shape::Pointer(_) if depth > 0 => self.print_address(false),
            Shape::Pointer(fields) => {
                self.output.push(b'&');
                self.print_fields(object.type_name().trim_start_matches('*'), &fields, verb, depth);
            }
            Shape::Struct(fields) => self.print_fields(object.type_name(), &fields, verb, depth),
            Shape::Map(entries) => {
                if self.flags.sharp_v {
                    self.write(object.type_name());
                }
                self.print_entries(entries, verb, depth);
            }
        }
    }

    fn print_fields(&mut self, name: &str, fields: &[(&'static str, Value)], verb: char, depth: usize) {
        if self.flags.sharp_v {
            self.write(name);
        }
        self.output.push(b'{');
        for (index, (field, value)) in fields.iter().enumerate() {
            if index > 0 {
                self.write(if self.flags.sharp_v { ", " } else { " " });
            }
            if self.flags.plus_v || self.flags.sharp_v {
                self.write(field);
                self.output.push(b':');
            }
            self.print_value(value, verb, depth + 1);
        }
        self.output.push(b'}');
    }
}
