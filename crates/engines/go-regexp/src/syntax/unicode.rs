//! The names in `\p{…}`: categories, their long names, and scripts.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// The characters of that name. Case, spaces, `_` and `-` in the name do not matter.
pub(super) fn named(name: &str) -> Option<ClassUnicode> {
    let name: String = name.chars().filter(|letter| !matches!(letter, ' ' | '_' | '-')).collect::<String>().to_ascii_lowercase();
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    match name.as_str() {
        "any" => Some(ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)])),
        "ascii" => Some(ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')])),
        // No text has surrogates.
        "cs" | "surrogate" => Some(ClassUnicode::empty()),
        "assigned" => {
            let mut class = property("gc=Cn")?;
            class.negate();
            Some(class)
        }
        _ => property(&format!("gc={name}")).or_else(|| script(&name)),
    }
}

/// A script by its own name: Go does not know the four-letter codes, such as `Grek`.
fn script(name: &str) -> Option<ClassUnicode> {
    const FOUR_LETTERS: [&str; 6] = ["ahom", "cham", "kawi", "lisu", "thai", "toto"];
    const CODE_OF_INHERITED: &str = "qaai";
    let is_code = name == CODE_OF_INHERITED || (name.len() == 4 && !FOUR_LETTERS.contains(&name));
    if is_code { None } else { property(&format!("sc={name}")) }
}

fn property(query: &str) -> Option<ClassUnicode> {
    let parsed = regex_syntax::Parser::new().parse(&format!(r"\p{{{query}}}")).ok()?;
    match parsed.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        // The crate turns a class of one character into a literal.
        HirKind::Literal(literal) => {
            let letter = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(ClassUnicode::new([ClassUnicodeRange::new(letter, letter)]))
        }
        _ => None,
    }
}
