//! Values as Go's `%#v` prints them, for the messages about keys: users search for `invalid map key:
//! map[interface {}]interface {}{".Values.a":interface {}(nil)}`, which is what an unrendered template gives.

use super::{Content, Dialect, Node, Resolved};
use crate::number;

/// Longer texts are cut: a message is no place for a document.
const LONGEST: usize = 512;

/// The value of a node in Go's syntax.
pub(super) fn print(node: &Node, dialect: Dialect) -> String {
    let mut out = String::new();
    write(&mut out, node, dialect);
    if out.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|&end| out.is_char_boundary(end)).unwrap_or_default();
        out.truncate(end);
        out.push('…');
    }
    out
}

fn write(out: &mut String, node: &Node, dialect: Dialect) {
    if out.len() > LONGEST {
        return;
    }
    match &node.content {
        Content::Scalar { text, .. } => out.push_str(&scalar(node, text, dialect)),
        Content::Sequence { items, .. } => {
            out.push_str("[]interface {}{");
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(out, item, dialect);
            }
            out.push('}');
        }
        Content::Mapping { entries, .. } => {
            out.push_str(match dialect {
                Dialect::V2 => "map[interface {}]interface {}{",
                Dialect::V3 => "map[string]interface {}{",
            });
            for (index, entry) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(out, &entry.key, dialect);
                out.push(':');
                write(out, &entry.value, dialect);
            }
            out.push('}');
        }
    }
}

fn scalar(node: &Node, text: &str, dialect: Dialect) -> String {
    match node.resolve(dialect) {
        // kyaml has printed nothing as '' by then.
        Ok(Resolved::Null) if dialect == Dialect::V3 && text.is_empty() => "\"\"".to_owned(),
        Ok(Resolved::Null) => "interface {}(nil)".to_owned(),
        Ok(Resolved::Bool(value)) => value.to_string(),
        Ok(Resolved::Int(value)) => value.to_string(),
        Ok(Resolved::UInt(value)) => format!("0x{value:x}"),
        Ok(Resolved::Float(value)) if value.is_finite() => number::general_float(value),
        Ok(Resolved::Float(_) | Resolved::Time(_) | Resolved::Text) | Err(_) => format!("{text:?}"),
    }
}
