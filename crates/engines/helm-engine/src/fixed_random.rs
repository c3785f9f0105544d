//! Stand-ins for the functions whose results change from run to run, for tests and comparisons.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use go_template::{ANY_LIST, ANY_MAP, Functions, List, Map, Signature, Text, Type, Value};

use crate::functions::{fixed_time, pair};

const STRING: Type = Type::String;
const INT: Type = Type::Int;
const ANY: Type = Type::Any;

/// Stand-ins for tests and comparisons: functions that always give the same, in place of those that are random or ask the
/// clock.
///
/// A random letter is always the same letter, `randInt` is its lower bound, `now` the beginning of 2020; keys and certificates
/// are texts such as `{ca-cert:name}` and nothing is parsed; `keys` and `values` are in the order of the keys.
pub fn fixed_random() -> Functions {
    let mut functions = Functions::new();
    for (name, letter) in [("randAlphaNum", "a"), ("randAlpha", "b"), ("randNumeric", "1"), ("randAscii", "c")] {
        functions.insert_native(name, Signature::fixed(&[INT]), move |arguments, call| {
            let count = usize::try_from(number(&arguments, 0)).unwrap_or_default();
            call.take_bytes(count)?;
            Ok(Value::from(letter.repeat(count)))
        });
    }
    functions.insert_native("randBytes", Signature::fixed(&[INT]), |arguments, call| {
        let count = usize::try_from(number(&arguments, 0)).unwrap_or_default();
        call.take_bytes(count)?;
        Ok(Value::from(STANDARD.encode(vec![0; count])))
    });
    functions.insert_native("randInt", Signature::fixed(&[INT, INT]), |arguments, _| Ok(Value::Int(number(&arguments, 0))));
    functions.insert_native("shuffle", Signature::fixed(&[STRING]), |arguments, _| Ok(Value::from(text(&arguments, 0))));
    functions.insert_native("uuidv4", Signature::fixed(&[]), |_, _| Ok(Value::from("00000000-0000-4000-8000-000000000000")));
    functions.insert_native("now", Signature::fixed(&[]), |_, _| Ok(fixed_time()));
    functions.insert_native("bcrypt", Signature::fixed(&[STRING]), |_, _| Ok(Value::from("{bcrypt}")));
    functions.insert_native("htpasswd", Signature::fixed(&[STRING, STRING]), |arguments, _| {
        Ok(Value::from(Text::from([&text(&arguments, 0)[..], b":{htpasswd}"].concat())))
    });
    functions.insert_native("genPrivateKey", Signature::fixed(&[STRING]), |arguments, _| {
        Ok(Value::from(named("private-key", &text(&arguments, 0))))
    });
    functions.insert_native("encryptAES", Signature::fixed(&[STRING, STRING]), |arguments, _| {
        Ok(Value::from(named("aes", &text(&arguments, 1))))
    });
    add_certificates(&mut functions);
    functions.insert_native("keys", Signature::variadic(&[ANY_MAP]), |arguments, _| {
        let keys = arguments.iter().filter_map(as_map).flat_map(Map::keys);
        Ok(Value::List(List::of_strings(keys)))
    });
    functions.insert_native("values", Signature::fixed(&[ANY_MAP]), |arguments, _| {
        let entries = arguments.first().and_then(as_map).map(Map::entries).unwrap_or_default();
        let values: Vec<Value> = entries.into_iter().map(|(_, value)| value).collect();
        let list = if values.is_empty() { List::nil(ANY_LIST) } else { List::new(values) };
        Ok(Value::List(list))
    });
    functions
}

fn add_certificates(functions: &mut Functions) {
    let forms: [(&str, &[Type], &str); 6] = [
        ("genCA", &[STRING, INT], "ca-"),
        ("genCAWithKey", &[STRING, INT, STRING], "ca-"),
        ("genSelfSignedCert", &[STRING, ANY_LIST, ANY_LIST, INT], ""),
        ("genSelfSignedCertWithKey", &[STRING, ANY_LIST, ANY_LIST, INT, STRING], ""),
        ("genSignedCert", &[STRING, ANY_LIST, ANY_LIST, INT, ANY], ""),
        ("genSignedCertWithKey", &[STRING, ANY_LIST, ANY_LIST, INT, ANY, STRING], ""),
    ];
    for (name, parameters, prefix) in forms {
        functions.insert_native(name, Signature::fixed(parameters), move |arguments, _| {
            let subject = text(&arguments, 0);
            Ok(pair(named(&format!("{prefix}cert"), &subject), named(&format!("{prefix}key"), &subject)))
        });
    }
    functions.insert_native("buildCustomCert", Signature::fixed(&[STRING, STRING]), |arguments, _| {
        let decoded = |index| Text::from(STANDARD.decode(&text(&arguments, index)[..]).unwrap_or_default());
        Ok(pair(decoded(0), decoded(1)))
    });
}

/// `{what:name}`.
fn named(what: &str, name: &Text) -> Text {
    Text::from([b"{", what.as_bytes(), b":", name, b"}"].concat())
}

fn text(arguments: &[Value], index: usize) -> Text {
    if let Some(Value::String(text)) = arguments.get(index) { text.clone() } else { Text::default() }
}

fn number(arguments: &[Value], index: usize) -> i64 {
    arguments.get(index).and_then(Value::as_signed).unwrap_or_default()
}

fn as_map(value: &Value) -> Option<&Map> {
    if let Value::Map(map) = value { Some(map) } else { None }
}
