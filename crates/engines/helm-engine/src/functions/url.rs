//! URLs in parts.

use go_template::{ANY_MAP, Call, FunctionError, Functions, Map, Signature, Text, Type, Value};

use super::arguments::{Arguments, Outcome, give};
use crate::go::reflect::{NIL_DEREFERENCE, kind_name};
use crate::go::url::Url;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("urlParse", Signature::fixed(&[Type::String]), parse);
    functions.insert_native("urlJoin", Signature::fixed(&[ANY_MAP]), join);
}

fn parse(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let text = Arguments::new(arguments).text();
    let url = Url::parse(&text, call).map_err(|problem| FunctionError::new(format!("unable to parse url: {problem}")))?;
    let hostname = url.hostname().to_vec();
    let parts = [
        ("scheme", url.scheme),
        ("host", url.host),
        ("hostname", hostname),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", url.user.map(|user| user.written()).unwrap_or_default()),
    ];
    let entries = parts.into_iter().map(|(name, part)| (Text::from(name), Value::String(Text::from(part))));
    Ok(Value::Map(entries.collect()))
}

fn join(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let map = Arguments::new(arguments).map();
    let mut url = Url {
        scheme: part(&map, "scheme")?,
        host: part(&map, "host")?,
        path: part(&map, "path")?,
        query: part(&map, "query")?,
        opaque: part(&map, "opaque")?,
        fragment: part(&map, "fragment")?,
        user: None,
    };
    let user = part(&map, "userinfo")?;
    if !user.is_empty() {
        let whole = [b"proto://", user.as_slice(), b"@host"].concat();
        let parsed = Url::parse(&whole, call);
        url.user = parsed.map_err(|problem| FunctionError::new(format!("unable to parse userinfo in dict: {problem}")))?.user;
    }
    give(call, url.written())
}

fn part(map: &Map, key: &str) -> Result<Vec<u8>, FunctionError> {
    match map.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(text.to_vec()),
        Some(Value::Nil) => Err(FunctionError::new(NIL_DEREFERENCE)),
        Some(other) => {
            let kind = kind_name(&other);
            Err(FunctionError::new(format!("unable to parse {key} key, must be of type string, but {kind} found")))
        }
    }
}
