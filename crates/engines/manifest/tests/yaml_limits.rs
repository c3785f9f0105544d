//! Hostile YAML: every text gets an error or a value, soon, and without using up the stack.

use manifest::yaml::{
    Bound, Dialect, Limits, YamlError, parse_documents, parse_first, parse_value, parse_values, to_yaml, to_yaml_v3,
};
use manifest::yaml::{SequenceIndent, check_printable};

const DIALECTS: [Dialect; 2] = [Dialect::V2, Dialect::V3];

fn bound(error: &YamlError) -> Option<Bound> {
    match error {
        YamlError::Limit { bound, .. } => Some(*bound),
        _ => None,
    }
}

/// `a: &a [x, x, …]`, `b: &b [*a, *a, …]` and so on.
fn billion_laughs(levels: u8) -> String {
    let mut text = format!("a0: &a0 [{}]\n", ["lol"; 9].join(","));
    for level in 1..levels {
        let alias = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(",")));
    }
    text
}

#[test]
fn sec_d6_nine_levels_of_aliases_are_refused() {
    for dialect in DIALECTS {
        let error = parse_value(billion_laughs(9), dialect).unwrap_err();
        assert_eq!(bound(&error), Some(Bound::ExpandedNodes));
        assert!(error.to_string().starts_with("yaml: document contains excessive aliasing"), "{error}");
    }
}

#[test]
fn sec_c3_four_levels_of_aliases_are_fine() {
    let value = parse_value(billion_laughs(4), Dialect::V2).unwrap();
    assert_eq!(value["a3"][8][8][8][8], "lol");
}

#[test]
fn sec_d6_long_scalars_behind_aliases_count_by_their_length() {
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 1000].join(","));
    assert_eq!(bound(&parse_value(text, Dialect::V2).unwrap_err()), Some(Bound::ExpandedNodes));
}

#[test]
fn sec_d6_anchors_within_anchors_are_bounded_too() {
    let depth = 900;
    let mut text: String = (0..depth).map(|level| format!("&a{level} [")).collect();
    text.push_str(&"x,".repeat(10_000));
    text.push_str(&"]".repeat(depth));
    assert_eq!(bound(&parse_value(text, Dialect::V3).unwrap_err()), Some(Bound::ExpandedNodes));
}

#[test]
fn sec_d6_a_hundred_thousand_brackets_are_an_error_not_a_crash() {
    let spaced: String = (0..3_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000), spaced] {
        for dialect in DIALECTS {
            let error = parse_value(&text, dialect).unwrap_err();
            assert!(matches!(bound(&error), Some(Bound::Depth)), "{error}");
        }
    }
}

#[test]
fn the_deepest_value_that_is_accepted_can_be_printed_and_dropped() {
    let depth = 999;
    let text = format!("{}x{}", "[".repeat(depth), "]".repeat(depth));
    for dialect in DIALECTS {
        let value = parse_value(&text, dialect).unwrap();
        assert!(check_printable(&value).is_ok());
        assert!(to_yaml(&value).ends_with("- x\n"));
        assert!(to_yaml_v3(&value, SequenceIndent::Wide).ends_with("- x\n"));
        assert_eq!(manifest::json::to_json(&value).len(), 2 * depth + 3);
    }
}

#[test]
fn limits_of_bytes_depth_and_documents_hold() {
    let limits = Limits { bytes: 20, depth: 2, expanded_nodes: 3, documents: 2 };
    let refused = |text: &str| bound(&parse_documents(text, Dialect::V2, &limits).unwrap_err());
    assert_eq!(refused(&"x".repeat(21)), Some(Bound::Bytes));
    assert_eq!(refused("[[[x]]]"), Some(Bound::Depth));
    assert_eq!(refused("a\n---\nb\n---\nc"), Some(Bound::Documents));
    assert_eq!(refused("[&a x, *a,*a,*a,*a]"), Some(Bound::ExpandedNodes));
    assert_eq!(parse_documents("[[x]]\n---\nb", Dialect::V2, &limits).unwrap().len(), 2);
}

#[test]
fn only_the_first_document_is_looked_at_by_parse_value() {
    assert_eq!(parse_value("a: 1\n---\n[", Dialect::V2).unwrap()["a"], 1);
    assert!(parse_values("a: 1\n---\n[", Dialect::V2).is_err());
    assert_eq!(parse_first("", Dialect::V3, &Limits::default()), Ok(None));
}

#[test]
fn sec_e15_anchors_around_themselves_and_bad_merges_are_errors() {
    for text in ["a: &x [*x]", "a: &x {b: *x}", "&x {<<: *x}", "<<: [1]", "<<: *y", "<<: ~", "&a a: {<<: [*a]}"] {
        for dialect in DIALECTS {
            assert!(parse_value(text, dialect).is_err(), "{text}");
        }
    }
}

#[test]
fn bytes_that_are_not_text_are_errors_with_a_place() {
    for (bytes, message) in [
        (&b"a: 1\nb: \xff\n"[..], "yaml: invalid leading UTF-8 octet"),
        (b"a: 1\nb: \x80\n", "yaml: invalid leading UTF-8 octet"),
        (b"a: 1\nb: \xc3(\n", "yaml: invalid trailing UTF-8 octet"),
        (b"a: 1\nb: \xe2\x82", "yaml: incomplete UTF-8 octet sequence"),
        (b"a: 1\nb: \x07\n", "yaml: control characters are not allowed"),
        (b"a: 1\nb: \x7f\n", "yaml: control characters are not allowed"),
        (b"a: 1\nb: \x00\n", "yaml: control characters are not allowed"),
    ] {
        let error = parse_value(bytes, Dialect::V2).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!((error.position().line, error.position().column, error.position().offset), (2, 4, 8));
    }
}

#[test]
fn errors_and_nodes_know_their_place() {
    let error = parse_value("a: 1\nb:\n  - x: y: z\n", Dialect::V2).unwrap_err();
    assert_eq!((error.position().line, error.position().column), (3, 9));
    let node = parse_first("a: 1\nkey:\n  - \"x y\"\n", Dialect::V2, &Limits::default()).unwrap().unwrap();
    let item = &node.get("key").unwrap().items().unwrap()[0];
    assert_eq!((item.span.start.line, item.span.start.column), (3, 5));
    assert_eq!((item.span.start.offset, item.span.end.offset), (14, 19));
}

/// A fixed sequence of numbers, so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound.max(1)
    }
}

#[test]
fn no_mutation_of_any_known_text_panics() {
    let alphabet = b" \n\t:-#'\"{}[],&*!|>?%@`a1\\~=<.\r\x00\xc3\xef\xbb\xbf";
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let table = include_str!("data/parse.tsv");
    for line in table.lines() {
        let text: String = serde_json::from_str(line.split('\t').next().unwrap_or_default()).unwrap();
        let mut bytes = text.into_bytes();
        for _ in 0..1 + numbers.below(5) {
            let at = numbers.below(bytes.len() + 1);
            match numbers.below(3) {
                0 if at < bytes.len() => drop(bytes.remove(at)),
                1 if at < bytes.len() => bytes[at] = alphabet[numbers.below(alphabet.len())],
                _ => bytes.insert(at, alphabet[numbers.below(alphabet.len())]),
            }
        }
        for dialect in DIALECTS {
            for value in parse_values(&bytes, dialect).into_iter().flatten() {
                assert!(to_yaml(&value).ends_with('\n'));
                assert!(to_yaml_v3(&value, SequenceIndent::Wide).ends_with('\n'));
            }
        }
    }
}

/// As `sigs.k8s.io/yaml` reads and refuses them.
#[test]
fn utf_16_is_read_behind_a_byte_order_mark() {
    let read = |bytes: &[u8]| parse_value(bytes, Dialect::V2).map_err(|error| error.to_string());
    let one = serde_json::json!({"a": 1});
    assert_eq!(read(b"\xff\xfea\0:\0 \x001\0"), Ok(one.clone()));
    assert_eq!(read(b"\xfe\xff\0a\0:\0 \x001"), Ok(one));
    assert_eq!(read(b"\xff\xfea\0:\0 \0\x3d\xd8\0\xde"), Ok(serde_json::json!({"a": "\u{1f600}"})));
    assert_eq!(read(b"\xff\xfe"), Ok(serde_json::Value::Null));
    for (bytes, problem) in [
        (&b"\xff\xfea\0:\0 \0\x3d\xd8"[..], "incomplete UTF-16 surrogate pair"),
        (b"\xff\xfea\0:\0 \0\x3d\xd8a\0", "expected low surrogate area"),
        (b"\xff\xfea\0:\0 \0\0\xde", "unexpected low surrogate area"),
        (b"\xff\xfea\0:\0 \x001", "incomplete UTF-16 character"),
        (b"\xff\xfea\0:\0 \0\x01\0", "control characters are not allowed"),
    ] {
        assert_eq!(read(bytes), Err(format!("yaml: {problem}")), "{bytes:x?}");
    }
}
