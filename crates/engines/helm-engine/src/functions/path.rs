//! Paths with slashes. The functions for the paths of the operating system do the same, as they do on Linux.

use go_template::{Functions, Signature, Type, Value};

use super::arguments::{Arguments, give};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const PATH: Signature = Signature::fixed(&[Type::String]);
    let mut both = |name: &str, system: &str, body: fn(&[u8]) -> Vec<u8>| {
        for name in [name, system] {
            functions.insert_native(name, PATH, move |arguments, call| give(call, body(&Arguments::new(arguments).text())));
        }
    };
    both("base", "osBase", base);
    both("dir", "osDir", dir);
    both("clean", "osClean", clean);
    both("ext", "osExt", ext);
    for name in ["isAbs", "osIsAbs"] {
        functions.insert_native(name, PATH, |arguments, _| Ok(Value::Bool(Arguments::new(arguments).text().starts_with(b"/"))));
    }
}

/// The last part, without slashes at the end.
fn base(path: &[u8]) -> Vec<u8> {
    if path.is_empty() {
        return b".".to_vec();
    }
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    let start = path[..end].iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    if start == end { b"/".to_vec() } else { path[start..end].to_vec() }
}

/// All but the last part, cleaned.
fn dir(path: &[u8]) -> Vec<u8> {
    clean(&path[..path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1)])
}

/// From the last point of the last part on.
fn ext(path: &[u8]) -> Vec<u8> {
    let name = &path[path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1)..];
    name.iter().rposition(|&byte| byte == b'.').map_or_else(Vec::new, |point| name[point..].to_vec())
}

/// The shortest path that means the same.
fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." if parts.last().is_some_and(|last| *last != b"..") => drop(parts.pop()),
            b".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", joined.as_slice()].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}
