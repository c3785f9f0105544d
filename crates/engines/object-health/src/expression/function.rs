//! The functions an expression may call, and what they give.

use super::kind::Kind;
use super::kind::Kind::{Bool, Bytes, Double, Duration, Dyn, Int, String, Timestamp, Uint};

/// The result of `a.f(b)`, where `kinds` begins with `a`: `None` if there is no such function, `Some(None)` if the arguments do
/// not fit.
pub(crate) fn of_member(name: &str, kinds: &[Kind]) -> Option<Option<Kind>> {
    let check = |parameters: &[&[Kind]], result: Kind| Some(fits(parameters, kinds).then_some(result));
    let any_list = Kind::any_list();
    let inner = || kinds.first().cloned().map_or(Dyn, Kind::inner);
    match name {
        "size" => size(kinds),
        "startsWith" | "endsWith" | "contains" | "matches" => check(&[&[String, String]], Bool),
        "indexOf" | "lastIndexOf" => check(&[&[String, String], &[String, String, Int]], Int),
        "charAt" => check(&[&[String, Int]], String),
        "substring" => check(&[&[String, Int], &[String, Int, Int]], String),
        "replace" => check(&[&[String, String, String], &[String, String, String, Int]], String),
        "lowerAscii" | "upperAscii" | "trim" | "reverse" => check(&[&[String]], String),
        "split" => check(&[&[String, String], &[String, String, Int]], Kind::List(Box::new(String))),
        "join" => check(&[std::slice::from_ref(&any_list), &[any_list.clone(), String]], String),
        "format" => check(&[&[String, any_list]], String),
        "first" | "last" => match kinds {
            [Kind::List(item)] => Some(Some(Kind::Optional(item.clone()))),
            _ => check(&[&[any_list]], Kind::Optional(Box::new(Dyn))),
        },
        "hasValue" => check(&[&[Kind::Optional(Box::new(Dyn))]], Bool),
        "value" => check(&[&[Kind::Optional(Box::new(Dyn))]], inner()),
        "orValue" => Some(
            matches!(kinds, [Kind::Optional(value), other] if value.fits(other))
                .then(inner)
                .or_else(|| matches!(kinds, [Dyn, _]).then_some(Dyn)),
        ),
        "or" => check(&[&[Kind::Optional(Box::new(Dyn)), Kind::Optional(Box::new(Dyn))]], kinds.first().cloned().unwrap_or(Dyn)),
        "getFullYear" | "getMonth" | "getDate" | "getDayOfMonth" | "getDayOfWeek" | "getDayOfYear" => {
            check(&[&[Timestamp], &[Timestamp, String]], Int)
        }
        "getHours" | "getMinutes" | "getSeconds" | "getMilliseconds" => {
            check(&[&[Timestamp], &[Timestamp, String], &[Duration]], Int)
        }
        _ => None,
    }
}

/// The result of `f(a, b)`, see [`of_member`].
pub(crate) fn of_global(name: &str, kinds: &[Kind]) -> Option<Option<Kind>> {
    let check = |parameters: &[&[Kind]], result: Kind| Some(fits(parameters, kinds).then_some(result));
    let any_list = Kind::any_list();
    match name {
        "size" => size(kinds),
        "matches" => check(&[&[String, String]], Bool),
        "dyn" => check(&[&[Dyn]], Dyn),
        "type" => check(&[&[Dyn]], Kind::Type),
        "bool" => check(&[&[Bool], &[String]], Bool),
        "int" => check(&[&[Int], &[Uint], &[Double], &[String], &[Timestamp], &[Duration]], Int),
        "uint" => check(&[&[Uint], &[Int], &[Double], &[String]], Uint),
        "double" => check(&[&[Double], &[Int], &[Uint], &[String]], Double),
        "string" => check(&[&[String], &[Bool], &[Int], &[Uint], &[Double], &[Bytes], &[Timestamp], &[Duration]], String),
        "bytes" => check(&[&[Bytes], &[String]], Bytes),
        "duration" => check(&[&[String], &[Duration], &[Int]], Duration),
        "timestamp" => check(&[&[String], &[Timestamp], &[Int]], Timestamp),
        "strings.quote" => check(&[&[String]], String),
        "base64.encode" => check(&[&[Bytes]], String),
        "base64.decode" => check(&[&[String]], Bytes),
        "sets.contains" | "sets.equivalent" | "sets.intersects" => check(&[&[any_list.clone(), any_list]], Bool),
        "optional.of" | "optional.ofNonZeroValue" => {
            check(&[&[Dyn]], Kind::Optional(Box::new(kinds.first().cloned().unwrap_or(Dyn))))
        }
        "optional.none" => check(&[&[]], Kind::Optional(Box::new(Dyn))),
        _ => None,
    }
}

/// Whether the arguments are of one of the signatures.
fn fits(signatures: &[&[Kind]], kinds: &[Kind]) -> bool {
    let fits = |wanted: &&[Kind]| wanted.len() == kinds.len() && wanted.iter().zip(kinds).all(|(wanted, kind)| wanted.fits(kind));
    signatures.iter().any(fits)
}

fn size(kinds: &[Kind]) -> Option<Option<Kind>> {
    let sized =
        |kind: &Kind| matches!(kind, Kind::Dyn | Kind::String | Kind::Bytes | Kind::List(_) | Kind::Map(..) | Kind::Struct);
    Some(matches!(kinds, [kind] if sized(kind)).then_some(Kind::Int))
}
