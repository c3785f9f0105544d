//! The functions an expression may call, and how objects become its values.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use cel::common::types::{CelOptional, LIST_TYPE};
use cel::common::value::CowVal;
use cel::{DeclarationError, Env, ExecutionError, Value};

static SHARED: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut environment = Env::stdlib().with_optional_support(true);
    // Of a key that is there twice, the last value counts, as in cel-go.
    environment.set_error_on_duplicate_map_keys(false);
    // An extension fails only where it was added before; without it, its functions are unknown, which the tests would tell.
    let extended = extend(&mut environment);
    debug_assert!(extended.is_ok(), "because each extension is added once");
    Arc::new(environment)
});

/// The one environment of all expressions.
pub(crate) fn shared() -> Arc<Env> {
    Arc::clone(&SHARED)
}

fn extend(environment: &mut Env) -> Result<(), DeclarationError> {
    environment.add_extension(cel::extensions::strings)?;
    environment.add_extension(cel::extensions::encoders)?;
    let two_lists = || vec![LIST_TYPE, LIST_TYPE];
    environment.add_overload("sets.contains", "list_sets_contains_list", two_lists(), |arguments| {
        let [set, subset] = sets(&arguments)?;
        Ok(truth(subset.iter().all(|item| set.contains(item))))
    })?;
    environment.add_overload("sets.equivalent", "list_sets_equivalent_list", two_lists(), |arguments| {
        let [left, right] = sets(&arguments)?;
        Ok(truth(left.iter().all(|item| right.contains(item)) && right.iter().all(|item| left.contains(item))))
    })?;
    environment.add_overload("sets.intersects", "list_sets_intersects_list", two_lists(), |arguments| {
        let [left, right] = sets(&arguments)?;
        Ok(truth(left.iter().any(|item| right.contains(item))))
    })?;
    // cel-go's optional types bring these, the crate's do not.
    environment
        .add_member_overload("first", "list_first", LIST_TYPE, Vec::new(), |arguments| item(&arguments, |list| list.first()))?;
    environment
        .add_member_overload("last", "list_last", LIST_TYPE, Vec::new(), |arguments| item(&arguments, |list| list.last()))?;
    Ok(())
}

fn item<'b, 'v>(arguments: &[CowVal<'_, '_>], which: fn(&[Value]) -> Option<&Value>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let Some(Ok(Value::List(list))) = arguments.first().map(|argument| Value::try_from(argument.as_ref())) else {
        return Err(ExecutionError::no_such_overload("first", Vec::new()));
    };
    let found = which(&list).cloned().map(Box::<dyn cel::common::value::Val>::try_from).transpose()?;
    Ok(CowVal::owned(found.map_or_else(CelOptional::none, CelOptional::of)))
}

/// The most comparisons that two sets may take.
const COMPARISON_LIMIT: usize = 1_000_000;

fn sets(arguments: &[CowVal<'_, '_>]) -> Result<[Vec<Value>; 2], ExecutionError> {
    let list = |position: usize| match arguments.get(position).map(|argument| Value::try_from(argument.as_ref())) {
        Some(Ok(Value::List(list))) => Ok(list.to_vec()),
        _ => Err(ExecutionError::no_such_overload("sets", Vec::new())),
    };
    let lists = [list(0)?, list(1)?];
    let comparisons = lists.iter().map(Vec::len).try_fold(1_usize, usize::checked_mul);
    if comparisons.is_none_or(|comparisons| comparisons > COMPARISON_LIMIT) {
        return Err(ExecutionError::function_error("sets", "the lists are too long"));
    }
    Ok(lists)
}

fn truth<'b, 'v>(value: bool) -> CowVal<'b, 'v> {
    CowVal::owned(cel::common::types::CelBool::from(value))
}

/// An object's value. Whole numbers are `int`, as Go decodes them; the crate itself would make positive ones `uint`.
pub(crate) fn convert(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::String(text) => Value::String(Arc::new(text.clone())),
        serde_json::Value::Number(number) => {
            number.as_i64().map_or_else(|| Value::Float(number.as_f64().unwrap_or_default()), Value::Int)
        }
        serde_json::Value::Array(items) => Value::List(Arc::new(items.iter().map(convert).collect())),
        serde_json::Value::Object(map) => {
            map.iter().map(|(key, value)| (key.clone(), convert(value))).collect::<HashMap<_, _>>().into()
        }
    }
}
