//! No template, however broken, makes the engine panic or hang: many mutations of templates that use everything.

use std::sync::Arc;

use go_template::{Functions, Limits, MissingKey, Options, Templates, Value};

/// Words to put where they do not belong.
const WORDS: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    "(",
    ")",
    "|",
    ".",
    "$",
    "\"",
    "`",
    "'",
    ",",
    ":=",
    "=",
    " ",
    "\n",
    "\0",
    "\u{e9}",
    "\u{200b}",
    "end",
    "else",
    "if",
    "range",
    "with",
    "define",
    "template",
    "block",
    "break",
    "continue",
    "nil",
    "true",
    "$x",
    ".a.b",
    "1",
    "0x",
    "1e9",
    "'a'",
    "1+2i",
    "{{/*",
    "*/}}",
    "{{end}}",
    "printf",
    "%[3]*.[2]*[1]f",
    "%#v",
    "%999999999d",
    "%",
    "index",
    "slice",
    "-1",
    "9223372036854775807",
];

/// A small generator of pseudo-random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

fn mutated(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        match random.below(4) {
            0 => drop(bytes.splice(at..at, WORDS[random.below(WORDS.len())].bytes())),
            1 => drop(bytes.drain(at..(at + random.below(8)).min(bytes.len()))),
            2 => {
                let from = random.below(bytes.len() + 1);
                let piece = bytes[from..(from + random.below(20)).min(bytes.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(random.below(256)).unwrap_or(0);
                }
            }
        }
    }
    bytes
}

#[test]
fn mutated_templates_neither_panic_nor_run_on() {
    let mut lines = include_str!("data/go.jsonl").lines();
    let data: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let seeds: Vec<String> = lines
        .map(|line| {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            case["t"].as_str().unwrap().to_owned()
        })
        .collect();
    let limits = Limits { steps: 20_000, bytes: 1 << 20, depth: 1_000, template_depth: 100 };
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut executed = 0;
    for round in 0..20_000 {
        let text = mutated(seeds[round % seeds.len()].as_bytes(), &mut random);
        let missing_key = [MissingKey::Default, MissingKey::Zero, MissingKey::Error][round % 3];
        let mut templates = Templates::new("gotpl", Arc::new(Functions::new()), Options { missing_key, ..Options::default() });
        match templates.add_text("t", &text) {
            Ok(()) => {
                executed += 1;
                if let Err(error) = templates.execute(b"t", Value::from(&data), limits, &()) {
                    assert!(error.to_string().starts_with("template: "), "{error}");
                }
            }
            Err(error) => assert!(error.to_string().starts_with("template: t:"), "{error}"),
        }
    }
    assert!(executed > 1_000, "only {executed} mutations were templates");
}
