//! Templates at random: statements of the language, calls whose arguments mostly fit, data with some of everything.

use super::kind::{Function, Kind};
use super::random::Random;
use super::words::{FRACTIONS, WHOLES, words};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// A template and its dot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Case {
    pub(super) text: String,
    pub(super) data: Value,
}

/// Helpers that every template may include, some of them in turn with an effect on their dot.
const HELPERS: &str = "{{ define \"helper\" }}<{{ . }}>{{ end }}{{ define \"deep\" }}{{ with . }}{{ include \"helper\" . }}{{ else }}none{{ end }}{{ end }}";

/// In how many cases of a hundred a parameter is given something of any kind.
const UNFIT: usize = 6;

/// Makes one case. The same seed and functions make the same.
pub(super) fn case(seed: u64, functions: &[Function]) -> Case {
    let mut generator = Generator { random: Random::new(seed), functions, variables: 0, loops: 0 };
    let data = generator.table(3);
    let mut text = if generator.random.chance(25) { HELPERS.to_owned() } else { String::new() };
    for _ in 0..=generator.random.below(3) {
        text.push_str(&generator.statement(3));
    }
    Case { text, data: Value::Object(data) }
}

struct Generator<'f> {
    random: Random,
    functions: &'f [Function],
    /// How many variables are in scope.
    variables: usize,
    /// How many loops are around.
    loops: usize,
}

impl Generator<'_> {
    fn statement(&mut self, depth: usize) -> String {
        match self.random.below(if depth == 0 { 50 } else { 100 }) {
            0..10 => (*self.random.pick(&["text", "\n", "  key: ", " ", "é\n\n", "- ", "}}", "\"", "{ {"])).to_owned(),
            10..50 => {
                let pipeline = self.pipeline(depth);
                self.action(&pipeline)
            }
            50..60 => self.conditional("if", depth),
            60..70 => self.conditional("with", depth),
            70..85 => self.range(depth),
            85..93 => self.variable(depth),
            93..96 if self.loops > 0 => {
                let word = *self.random.pick(&["break", "continue"]);
                self.action(word)
            }
            93..96 => self.action("/* a comment */"),
            _ => {
                let name = *self.random.pick(&["helper", "deep", "missing"]);
                let argument = self.argument(Kind::Any, 1);
                self.action(&format!("template \"{name}\" {argument}"))
            }
        }
    }

    fn action(&mut self, inside: &str) -> String {
        let left = if self.random.chance(15) { "{{- " } else { "{{ " };
        let right = if self.random.chance(15) { " -}}" } else { " }}" };
        // A comment stands at the braces, or behind the trimming's space.
        let (left, right) = if inside.starts_with("/*") {
            (left.replace("{{ ", "{{"), right.replace(" }}", "}}"))
        } else {
            (left.to_owned(), right.to_owned())
        };
        format!("{left}{inside}{right}")
    }

    fn block(&mut self, depth: usize) -> String {
        let variables = self.variables;
        let text = (0..=self.random.below(2)).map(|_| self.statement(depth - 1)).collect();
        self.variables = variables;
        text
    }

    fn conditional(&mut self, word: &str, depth: usize) -> String {
        let condition = self.pipeline(depth - 1);
        let mut text = self.action(&format!("{word} {condition}"));
        text.push_str(&self.block(depth));
        if self.random.chance(30) {
            let other = self.pipeline(depth - 1);
            text.push_str(&self.action(&format!("else {word} {other}")));
            text.push_str(&self.block(depth));
        }
        self.end(text, depth)
    }

    fn range(&mut self, depth: usize) -> String {
        let kind = *self.random.pick(&[Kind::Items, Kind::Table, Kind::Whole, Kind::Any]);
        let over = self.argument(kind, depth - 1);
        let variables = self.variables;
        let names = match self.random.below(3) {
            0 => String::new(),
            1 => format!("{} := ", self.new_variable()),
            _ => format!("{}, {} := ", self.new_variable(), self.new_variable()),
        };
        let mut text = self.action(&format!("range {names}{over}"));
        self.loops += 1;
        text.push_str(&self.block(depth));
        self.loops -= 1;
        self.variables = variables;
        self.end(text, depth)
    }

    fn end(&mut self, mut text: String, depth: usize) -> String {
        if self.random.chance(30) {
            text.push_str(&self.action("else"));
            text.push_str(&self.block(depth));
        }
        text.push_str(&self.action("end"));
        text
    }

    fn variable(&mut self, depth: usize) -> String {
        let value = self.pipeline(depth);
        if self.variables > 0 && self.random.chance(40) {
            let name = self.random.below(self.variables);
            return self.action(&format!("$v{name} = {value}"));
        }
        let name = self.new_variable();
        self.action(&format!("{name} := {value}"))
    }

    fn new_variable(&mut self) -> String {
        self.variables += 1;
        format!("$v{}", self.variables - 1)
    }

    fn pipeline(&mut self, depth: usize) -> String {
        let mut text = if self.random.chance(75) { self.call(depth, false) } else { self.argument(Kind::Any, depth) };
        while self.random.chance(25) {
            let next = self.call(depth, true);
            let _ = write!(text, " | {next}");
        }
        text
    }

    /// A call; a piped one gets its last argument from the pipe.
    fn call(&mut self, depth: usize, piped: bool) -> String {
        let function = self.random.pick(self.functions);
        let mut kinds = function.parameters.clone();
        if function.variadic {
            let last = kinds.last().copied().unwrap_or(Kind::Any);
            match self.random.below(4) {
                0 => drop(kinds.pop()),
                1 => kinds.push(last),
                _ => {}
            }
        }
        if piped {
            kinds.pop();
        }
        let mut text = function.name.clone();
        for kind in kinds {
            let argument = self.argument(kind, depth.saturating_sub(1));
            let _ = write!(text, " {argument}");
        }
        text
    }

    fn argument(&mut self, kind: Kind, depth: usize) -> String {
        let kind = if self.random.chance(UNFIT) { Kind::Any } else { kind };
        let nested = depth > 0 && self.random.chance(30);
        match kind {
            Kind::Any if nested => format!("({})", self.call(depth - 1, false)),
            Kind::Any => self.anything(depth),
            Kind::Whole => (*self.random.pick(WHOLES)).to_string(),
            Kind::Fraction => (*self.random.pick(FRACTIONS)).to_owned(),
            Kind::Truth => (*self.random.pick(&["true", "false", "$.truth", "(not $.truth)"])).to_owned(),
            Kind::Items if nested => self.items(depth - 1),
            Kind::Items => {
                (*self.random.pick(&["$.list", "$.map.list", "(list 3 1 2)", "(list \"b\" \"a\" \"b\")", "(list)", "$.names"]))
                    .to_owned()
            }
            Kind::Table if nested => format!("(dict \"a\" {} \"b\" {})", self.anything(depth - 1), self.anything(depth - 1)),
            Kind::Table => {
                (*self.random.pick(&["$", "$.map", "$.map.map", "(dict)", "(dict \"a\" 1 \"c\" (dict \"d\" \"e\"))"])).to_owned()
            }
            Kind::Time => {
                (*self.random.pick(&["now", "(now)", "0", "1700000000", "(toDate \"2006-01-02\" \"2024-02-29\")"])).to_owned()
            }
            Kind::Text if nested => format!("({} | toString)", self.call(depth - 1, false)),
            Kind::Text if self.random.chance(25) => (*self.random.pick(&["$.name", "$.text", "$.map.name"])).to_owned(),
            _ => self.quoted(kind),
        }
    }

    fn quoted(&mut self, kind: Kind) -> String {
        let text = *self.random.pick(words(kind));
        if !text.contains('`') && self.random.chance(20) {
            return format!("`{text}`");
        }
        // JSON's escapes are among Go's, and it has none for what Go could not read.
        Value::from(text).to_string()
    }

    fn items(&mut self, depth: usize) -> String {
        let items: Vec<String> = (0..self.random.below(4)).map(|_| self.anything(depth)).collect();
        format!("(list {})", items.join(" "))
    }

    fn anything(&mut self, depth: usize) -> String {
        match self.random.below(12) {
            0 => ".".to_owned(),
            1 if self.variables > 0 => format!("$v{}", self.random.below(self.variables)),
            1 | 2 => (*self.random.pick(&[
                "$.a",
                ".a",
                "$.b",
                ".name",
                "$.c",
                "$.missing",
                "$.map.missing.x",
                ".a.b",
                "(.a).b",
                "$.number",
                "$.whole",
            ]))
            .to_owned(),
            3 => self.argument(Kind::Items, depth),
            4 => self.argument(Kind::Table, depth),
            5 => self.argument(Kind::Whole, depth),
            6 => self.argument(Kind::Fraction, depth),
            7 => self.argument(Kind::Truth, depth),
            8 => (*self.random.pick(&["nil", "'x'", "now", "(nil)", "\"nil\""])).to_owned(),
            _ => self.quoted(Kind::Text),
        }
    }

    fn table(&mut self, depth: usize) -> Map<String, Value> {
        let mut table = Map::new();
        for key in ["a", "b", "c"] {
            if self.random.chance(70) {
                let value = self.value(depth - 1);
                table.insert(key.to_owned(), value);
            }
        }
        let text = *self.random.pick(words(Kind::Text));
        let numbers = [
            json!(0),
            json!(1),
            json!(-3),
            json!(42),
            json!(1_000_000),
            json!(2.5),
            json!(1e21),
            json!(0.1),
            json!(9_007_199_254_740_993_i64),
        ];
        table.insert("name".to_owned(), json!(*self.random.pick(&["web", "a-b", ""])));
        table.insert("text".to_owned(), json!(text));
        table.insert("truth".to_owned(), json!(self.random.chance(50)));
        table.insert("number".to_owned(), self.random.pick(&numbers).clone());
        table.insert("names".to_owned(), json!(["x", "y", text]));
        let list: Vec<Value> = (0..self.random.below(4)).map(|_| self.value(depth - 1)).collect();
        table.insert("list".to_owned(), Value::Array(list));
        if depth > 1 {
            let map = self.table(depth - 1);
            table.insert("map".to_owned(), Value::Object(map));
        }
        table
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.random.below(if depth == 0 { 7 } else { 9 }) {
            0 => Value::Null,
            1 => json!(self.random.chance(50)),
            2 => json!(*self.random.pick(WHOLES)),
            3 => json!(*self.random.pick(&[0.5, 1e6, -1.25, 1e-9])),
            4..7 => json!(*self.random.pick(words(Kind::Text))),
            7 => (0..self.random.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => json!({"x": self.value(depth - 1), "b": self.value(depth - 1)}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_the_same_case_again() {
        let upper = Function { name: "upper".to_owned(), parameters: vec![Kind::Text], variadic: false };
        let functions = [upper];
        assert_eq!(case(7, &functions), case(7, &functions));
        assert!((0..20).any(|seed| case(seed, &functions) != case(7, &functions)));
    }
}
