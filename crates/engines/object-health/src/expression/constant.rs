//! What cel-go notices before evaluation because it works constants out: conversions of texts that are no such thing, patterns
//! that do not compile, calls without arguments.

use std::sync::Arc;

use cel::common::ast::{CallExpr, Expr, LiteralValue};
use cel::{Context, Env, IdedExpr, Value};

/// The first call that can only fail, as cel-go words that.
pub(crate) fn hopeless_call(expression: &IdedExpr, environment: &Arc<Env>) -> Option<String> {
    let inner = |inner: &IdedExpr| hopeless_call(inner, environment);
    match &expression.expr {
        Expr::Call(call) => call
            .target
            .as_deref()
            .and_then(inner)
            .or_else(|| call.args.iter().find_map(inner))
            .or_else(|| judge(expression, call, environment)),
        Expr::Comprehension(comprehension) => {
            let parts = [&comprehension.iter_range, &comprehension.loop_cond, &comprehension.loop_step, &comprehension.result];
            parts.into_iter().find_map(inner)
        }
        Expr::List(list) => list.elements.iter().find_map(inner),
        Expr::Select(select) => inner(&select.operand),
        _ => None,
    }
}

fn judge(expression: &IdedExpr, call: &CallExpr, environment: &Arc<Env>) -> Option<String> {
    let is_constant = |argument: &IdedExpr| matches!(argument.expr, Expr::Literal(_));
    let fails = |candidate: &IdedExpr| Value::resolve(candidate, &Context::with_env(Arc::clone(environment))).is_err();
    match (call.func_name.as_str(), &call.target, call.args.as_slice()) {
        (name, None, []) => Some(format!("no such overload: {name}()")),
        ("duration" | "timestamp" | "int" | "uint" | "double" | "bool", None, [argument]) if is_constant(argument) => {
            fails(expression).then(|| conversion_error(&call.func_name, argument))
        }
        ("matches", Some(_), [pattern]) if is_constant(pattern) => {
            let empty = IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::String(String::new().into())) };
            let call = CallExpr { func_name: call.func_name.clone(), target: Some(Box::new(empty)), args: vec![pattern.clone()] };
            fails(&IdedExpr { id: 0, expr: Expr::Call(call) }).then(|| "invalid pattern".to_owned())
        }
        _ => None,
    }
}

fn conversion_error(function: &str, argument: &IdedExpr) -> String {
    let from = match &argument.expr {
        Expr::Literal(LiteralValue::String(_)) => "string",
        Expr::Literal(LiteralValue::Double(_)) => "double",
        Expr::Literal(LiteralValue::Int(_)) => "int",
        Expr::Literal(LiteralValue::UInt(_)) => "uint",
        _ => return format!("no such overload: {function}"),
    };
    let to = match function {
        "duration" => "google.protobuf.Duration",
        "timestamp" => "google.protobuf.Timestamp",
        other => other,
    };
    format!("type conversion error from '{from}' to '{to}'")
}
