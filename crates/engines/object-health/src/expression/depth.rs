//! How deep an expression is, found without recursion: what comes after recurses, and must not run out of stack.

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr};

/// The most brackets that are open at once; those in texts count, too.
pub(crate) fn of_brackets(source: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for character in source.chars() {
        match character {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// The depth of the tree, at most one more than `limit`.
pub(crate) fn of_expression(root: &IdedExpr, limit: usize) -> usize {
    let (mut level, mut depth) = (vec![root], 0);
    while !level.is_empty() && depth <= limit {
        depth += 1;
        level = level.into_iter().flat_map(children).collect();
    }
    depth
}

fn children(expression: &IdedExpr) -> Vec<&IdedExpr> {
    match &expression.expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(part) => {
            vec![&part.iter_range, &part.accu_init, &part.loop_cond, &part.loop_step, &part.result]
        }
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
        Expr::Struct(message) => message.entries.iter().flat_map(|entry| entry_parts(&entry.expr)).collect(),
        Expr::Select(select) => vec![&select.operand],
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
    }
}

fn entry_parts(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}
