use super::super::Dialect;
use super::super::value::Floats;
use super::super::{Limits, Part, parse_first};
use super::read;
use serde_json::Value;

/// Texts that hold one of everything this reader is made for.
const TEXTS: [&str; 6] = [
    "# head\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a # why\n  annotations: {}\n  labels:\n    a/b.c-d: \"x\"\n\
     data:\n  text: |\n    one\n      two\n\n    three # no comment\n  kept: |+\n    a\n\n  short: |-\n    b\n  none:\n",
    "---\nspec:\n  ports:\n  - name: http\n    port: 80\n    ratio: 1.50\n  - 8080\n  -\n    a: yes\n  - - x\n    - 'it''s'\n  args: [\"-a\", b, 1, _c, {k: v}]\n\
     \x20 time: 2020-01-01\n  neg: -1\n  url: http://a:80/b#c\n  record: :a:b\n  tilde: ~\n  on: off\n",
    "empty:\n  {}\nlist:\n  []\n",
    "- a: 1e3\n  b: \"tab\\tbreak\\n\\\"q\\\" \\\\\"\n- []\n- x y z\n",
    "a:\n    b:\n    - c\n\n    # comment\n    - d: e\n      f: |\n        g\n    h: [a, [b, c]]\ni: 'j'\n",
    "k: v\nk: w\nlist:\n- |\n  text\n- é: ü\nexpr: sum(rate(x{a=\"b\"}[5m])) by (c) > 0\n",
];

const KIND_AND_NAME: Part = Part::Entries(&[("kind", Part::Whole), ("metadata", Part::Entries(&[("name", Part::Whole)]))]);

fn kind_and_name(value: &Value) -> (bool, Option<&Value>, Option<&Value>) {
    (value.is_object(), value.get("kind"), value.pointer("/metadata/name"))
}

fn properly(text: &str) -> Result<Value, ()> {
    let node = parse_first(text, Dialect::V2, &Limits::default()).map_err(drop)?;
    node.map_or(Ok(Value::Null), |node| node.to_value(Dialect::V2)).map_err(drop)
}

fn check(text: &str) -> bool {
    let part = read(text, KIND_AND_NAME, Floats::ThroughJson);
    let Some(value) = read(text, Part::Whole, Floats::ThroughJson) else {
        assert_eq!(part, None, "{text:?}");
        return false;
    };
    assert_eq!(part.as_ref().map(kind_and_name), Some(kind_and_name(&value)), "{text:?}");
    assert_eq!(Ok(value), properly(text), "{text:?}");
    true
}

#[test]
fn what_nearly_everybody_writes_is_read_quickly_and_properly() {
    for text in TEXTS {
        assert!(check(text), "{text}");
    }
}

#[test]
fn every_text_that_is_nearly_one_is_read_properly_or_not_at_all() {
    const PIECES: [&str; 37] = [
        "", " ", "  ", "\n", "\n\n", "\n  ", "-", "- ", ":", ": ", "#", " #", "\"", "'", "|", ">", "[", "]", "{", "}", ",",
        "&a ", "*a", "!", "\\", "\t", "?", "---", "...", "<<: ", "0", "é", "\u{a0}", "\u{2028}", "\r", "=", "~",
    ];
    let mut read = 0;
    for text in TEXTS {
        for (at, character) in text.char_indices() {
            for piece in PIECES {
                let after = at + character.len_utf8();
                read += usize::from(check(&format!("{}{piece}{}", &text[..at], &text[at..])));
                read += usize::from(check(&format!("{}{piece}{}", &text[..at], &text[after..])));
            }
        }
    }
    // Not by giving up.
    assert!(read > 15_000, "{read}");
}

#[test]
fn a_long_line_takes_time_by_its_length() {
    let items: Vec<String> = (0..200_000).map(|item| format!("\"{item}\"")).collect();
    let line = format!("a: [{}]\nb: {{\"c\": [{}]}}\n", items.join(", "), items.join(", "));
    let value = read(&line, Part::Whole, Floats::ThroughJson).expect("this reader is made for it");
    assert_eq!((value["a"][199_999].as_str(), value["b"]["c"][7].as_str()), (Some("199999"), Some("7")));
}
