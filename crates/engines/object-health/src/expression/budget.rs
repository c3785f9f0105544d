//! Bounds on what an evaluation may cost. The CEL crate has none, so expressions are rewritten to count.
//!
//! Every turn of a comprehension takes a step from a common budget. Whatever can make a text or a list larger than its parts
//! passes through a check of its size.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};
use cel::{Context, ExecutionError, IdedExpr, Value};

/// How many turns all comprehensions of one evaluation may take.
const STEP_LIMIT: u64 = 100_000;

/// The largest text, in bytes, that is made or worked on. The API server takes objects of 1.5 MiB.
const TEXT_LIMIT: usize = 2 << 20;

/// The largest text that replaces or separates others: it is multiplied.
const REPEATED_TEXT_LIMIT: usize = 64;

/// The longest list that is made.
const LIST_LIMIT: usize = 100_000;

/// The name of the function that takes a step. No source can spell it.
pub(crate) const STEP: &str = "@step";

/// The name of the function that checks a size.
pub(crate) const BOUNDED: &str = "@bounded";

/// The name of the function that checks the size of a text that is multiplied.
const SHORT: &str = "@short";

/// The steps that are left.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    steps: Arc<AtomicU64>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Arc::new(AtomicU64::new(STEP_LIMIT)) }
    }
}

impl Budget {
    /// Gives a context the functions that a metered expression calls.
    pub(crate) fn register(self, context: &mut Context<'_, '_>) -> Result<(), cel::DeclarationError> {
        context.add_function(STEP, move || -> Result<bool, ExecutionError> {
            let left = self.steps.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |steps| steps.checked_sub(1));
            left.map(|_| true)
                .map_err(|_| ExecutionError::function_error(STEP, "operation cancelled: actual cost limit exceeded"))
        })?;
        context.add_function(BOUNDED, |value: Value| within(value, TEXT_LIMIT))?;
        context.add_function(SHORT, |value: Value| within(value, REPEATED_TEXT_LIMIT))
    }
}

fn within(value: Value, text_limit: usize) -> Result<Value, ExecutionError> {
    let fits = match &value {
        Value::String(text) => text.len() <= text_limit,
        Value::Bytes(bytes) => bytes.len() <= text_limit,
        Value::List(list) => list.len() <= LIST_LIMIT,
        _ => true,
    };
    if fits { Ok(value) } else { Err(ExecutionError::function_error(BOUNDED, "a value is too large")) }
}

/// Rewrites an expression so that it counts its steps and checks sizes.
pub(crate) fn meter(expression: &mut IdedExpr) {
    meter_parts(expression);
    let grows = is_sum(expression)
        || matches!(&expression.expr, Expr::Call(call) if matches!(call.func_name.as_str(), "join" | "format" | "replace"));
    if grows {
        wrap(expression, |inner| call_to(BOUNDED, vec![inner]));
    }
}

fn meter_parts(expression: &mut IdedExpr) {
    match &mut expression.expr {
        Expr::Call(call) if call.func_name == operators::ADD => {
            // The whole of a sum is checked: it is no larger than all of its parts together.
            call.args.iter_mut().for_each(|part| if is_sum(part) { meter_parts(part) } else { meter(part) });
        }
        Expr::Call(call) => meter_call(call),
        Expr::Comprehension(comprehension) => meter_comprehension(comprehension),
        Expr::List(list) => list.elements.iter_mut().for_each(meter),
        Expr::Map(map) => map.entries.iter_mut().for_each(|entry| meter_entry(&mut entry.expr)),
        Expr::Struct(message) => message.entries.iter_mut().for_each(|entry| meter_entry(&mut entry.expr)),
        Expr::Select(select) => meter(&mut select.operand),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
    }
}

fn is_sum(expression: &IdedExpr) -> bool {
    matches!(&expression.expr, Expr::Call(call) if call.func_name == operators::ADD)
}

fn meter_call(call: &mut CallExpr) {
    if let Some(target) = &mut call.target {
        meter(target);
    }
    call.args.iter_mut().for_each(meter);
    // The text that replaces another is the second argument, the one that separates is the only one.
    let multiplied = match call.func_name.as_str() {
        "replace" => call.args.get_mut(1),
        "join" => call.args.get_mut(0),
        _ => None,
    };
    if let Some(argument) = multiplied {
        wrap(argument, |inner| call_to(SHORT, vec![inner]));
    }
}

fn meter_entry(entry: &mut EntryExpr) {
    match entry {
        EntryExpr::StructField(field) => meter(&mut field.value),
        EntryExpr::MapEntry(entry) => {
            meter(&mut entry.key);
            meter(&mut entry.value);
        }
    }
}

/// Puts the step where the crate's fast way of `map` and `filter` still knows its pattern: in the guard or in the item, and in
/// the condition of the loop otherwise.
fn meter_comprehension(comprehension: &mut ComprehensionExpr) {
    meter(&mut comprehension.iter_range);
    meter(&mut comprehension.accu_init);
    meter(&mut comprehension.result);
    meter(&mut comprehension.loop_cond);
    if !matches!(comprehension.loop_cond.expr, Expr::Literal(_)) {
        meter(&mut comprehension.loop_step);
        return step_first(&mut comprehension.loop_cond);
    }
    match &mut comprehension.loop_step.expr {
        Expr::Call(call) if call.func_name == operators::CONDITIONAL && call.args.len() == 3 => {
            if let Some(guard) = call.args.first_mut() {
                meter(guard);
                step_first(guard);
            }
            if let Some(appended) = call.args.get_mut(1) {
                meter_appended(appended);
            }
        }
        _ => {
            if let Some(item) = meter_appended(&mut comprehension.loop_step) {
                step_first(item);
            } else {
                step_first(&mut comprehension.loop_step);
            }
        }
    }
}

/// Meters `accumulator + [item]` without touching its form, and gives the item; anything else is metered as usual.
fn meter_appended(step: &mut IdedExpr) -> Option<&mut IdedExpr> {
    let is_append = matches!(&step.expr, Expr::Call(call)
        if call.func_name == operators::ADD && matches!(call.args.get(1), Some(IdedExpr { expr: Expr::List(list), .. }) if list.elements.len() == 1));
    if !is_append {
        meter(step);
        return None;
    }
    let Expr::Call(call) = &mut step.expr else { return None };
    let Some(IdedExpr { expr: Expr::List(list), .. }) = call.args.get_mut(1) else { return None };
    let item = list.elements.first_mut()?;
    meter(item);
    Some(item)
}

/// `expression` becomes `@step() ? expression : false`: unlike `&&`, that does not swallow an error.
fn step_first(expression: &mut IdedExpr) {
    wrap(expression, |inner| {
        let never = IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Boolean(false.into())) };
        call_to(operators::CONDITIONAL, vec![IdedExpr { id: 0, expr: call_to(STEP, Vec::new()) }, inner, never])
    });
}

fn wrap(expression: &mut IdedExpr, around: impl FnOnce(IdedExpr) -> Expr) {
    let inner = std::mem::take(expression);
    expression.id = inner.id;
    expression.expr = around(inner);
}

fn call_to(function: &str, args: Vec<IdedExpr>) -> Expr {
    Expr::Call(CallExpr { func_name: function.to_owned(), target: None, args })
}
