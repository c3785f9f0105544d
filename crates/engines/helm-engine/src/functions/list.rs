//! Lists. Any of them is taken, whatever its items are; most results are `[]interface {}`.

use go_template::{ANY_LIST, Call, FunctionError, Functions, List, Signature, Type, Value};

use super::arguments::{Arguments, Outcome};
use super::cast;
use crate::go::number::float_to_int;
use crate::go::reflect::{NIL_DEREFERENCE, deep_equal, is_empty, kind_name, list_or};

/// `[][]interface {}`.
const LISTS: Type = Type::List(&ANY_LIST);

/// Adds these functions. Those with `must` differ from the others only in how Go fails, which templates cannot tell.
pub(super) fn register(functions: &mut Functions) {
    const LIST: Signature = Signature::fixed(&[Type::Any]);
    const TWO: Signature = Signature::fixed(&[Type::Any, Type::Any]);
    const MORE: Signature = Signature::variadic(&[Type::Any, Type::Any]);
    for name in ["list", "tuple"] {
        functions.insert_native(name, Signature::variadic(&[Type::Any]), |arguments, _| Ok(list_of(arguments)));
    }
    for name in ["append", "push", "mustAppend", "mustPush"] {
        functions.insert_native(name, TWO, append);
    }
    let mut both = |name: &str, must: &str, signature: Signature, body: fn(Vec<Value>, &mut Call<'_>) -> Outcome| {
        functions.insert_native(name, signature, body);
        functions.insert_native(must, signature, body);
    };
    both("prepend", "mustPrepend", TWO, prepend);
    both("first", "mustFirst", LIST, |arguments, _| one_of(arguments, "first", |items| items.first()));
    both("last", "mustLast", LIST, |arguments, _| one_of(arguments, "last", |items| items.last()));
    both("rest", "mustRest", LIST, |arguments, call| part_of(arguments, call, "rest", |items| &items[1..]));
    both("initial", "mustInitial", LIST, |arguments, call| {
        part_of(arguments, call, "initial", |items| &items[..items.len() - 1])
    });
    both("reverse", "mustReverse", LIST, reverse);
    both("compact", "mustCompact", LIST, compact);
    both("uniq", "mustUniq", LIST, unique);
    both("without", "mustWithout", MORE, without);
    both("has", "mustHas", TWO, has);
    both("slice", "mustSlice", MORE, slice);
    both("chunk", "mustChunk", Signature::fixed(&[Type::Int, Type::Any]), chunk);
    functions.insert_native("concat", Signature::variadic(&[Type::Any]), concat);
}

fn list_of(items: Vec<Value>) -> Value {
    Value::List(List::new(items))
}

/// Charges for a list of so many items.
fn take_items(call: &mut Call<'_>, count: usize) -> Result<(), FunctionError> {
    Ok(call.take_bytes(count.saturating_mul(size_of::<Value>()))?)
}

fn append(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (list, item) = (arguments.value(), arguments.value());
    let items = list_or(&list, "Cannot push on type")?.items();
    take_items(call, items.len())?;
    Ok(list_of(items.iter().cloned().chain([item]).collect()))
}

fn prepend(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (list, item) = (arguments.value(), arguments.value());
    let items = list_or(&list, "Cannot prepend on type")?.items();
    take_items(call, items.len())?;
    Ok(list_of([item].into_iter().chain(items.iter().cloned()).collect()))
}

fn one_of(arguments: Vec<Value>, name: &str, choose: fn(&[Value]) -> Option<&Value>) -> Outcome {
    let list = Arguments::new(arguments).value();
    Ok(choose(list_or(&list, &format!("Cannot find {name} on type"))?.items()).cloned().unwrap_or_default())
}

fn part_of(arguments: Vec<Value>, call: &mut Call<'_>, name: &str, choose: fn(&[Value]) -> &[Value]) -> Outcome {
    let list = Arguments::new(arguments).value();
    let items = list_or(&list, &format!("Cannot find {name} on type"))?.items();
    if items.is_empty() {
        return Ok(Value::List(List::nil(ANY_LIST)));
    }
    take_items(call, items.len())?;
    Ok(list_of(choose(items).to_vec()))
}

fn reverse(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let list = Arguments::new(arguments).value();
    let items = list_or(&list, "Cannot find reverse on type")?.items();
    take_items(call, items.len())?;
    Ok(list_of(items.iter().rev().cloned().collect()))
}

fn compact(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let list = Arguments::new(arguments).value();
    let items = list_or(&list, "Cannot compact on type")?.items();
    take_items(call, items.len())?;
    Ok(list_of(items.iter().filter(|item| !is_empty(item)).cloned().collect()))
}

fn contains(items: &[Value], wanted: &Value, call: &mut Call<'_>) -> Result<bool, FunctionError> {
    for item in items {
        if deep_equal(wanted, item, call)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn unique(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let list = Arguments::new(arguments).value();
    let mut kept = Vec::new();
    for item in list_or(&list, "Cannot find uniq on type")?.items() {
        if !contains(&kept, item, call)? {
            kept.push(item.clone());
        }
    }
    Ok(list_of(kept))
}

fn without(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (list, omitted) = (arguments.value(), arguments.rest());
    let mut kept = Vec::new();
    for item in list_or(&list, "Cannot find without on type")?.items() {
        if !contains(&omitted, item, call)? {
            kept.push(item.clone());
        }
    }
    Ok(list_of(kept))
}

fn has(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (wanted, list) = (arguments.value(), arguments.value());
    if matches!(list, Value::Nil) {
        return Ok(Value::Bool(false));
    }
    let items = list_or(&list, "Cannot find has on type")?.items();
    Ok(Value::Bool(contains(items, &wanted, call)?))
}

/// A window on the list, which keeps its type. It may reach beyond its end where the list is itself a window.
fn slice(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (list, bounds) = (arguments.value(), arguments.rest());
    let list = list_or(&list, "list should be type of slice or array but")?;
    if list.is_empty() {
        return Ok(Value::Nil);
    }
    let start = bounds.first().map_or(Some(0), |start| usize::try_from(cast::to_int(start)).ok());
    let end = bounds.get(1).map_or(Some(list.len()), |end| usize::try_from(cast::to_int(end)).ok());
    let window = start.zip(end).and_then(|(start, end)| list.slice(start, end));
    window.map(Value::List).ok_or_else(|| FunctionError::new("reflect.Value.Slice: slice index out of bounds"))
}

fn chunk(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (size, list) = (arguments.int(), arguments.value());
    let items = list_or(&list, "Cannot chunk type")?.items();
    let out_of_range = || FunctionError::new("runtime error: makeslice: len out of range");
    let count = float_to_int(((items.len() as f64 - 1.0) / size as f64).floor() + 1.0);
    let count = usize::try_from(count).map_err(|_| out_of_range())?;
    take_items(call, items.len().saturating_add(count))?;
    if count == 0 {
        return Ok(Value::List(List::with_type(Vec::new(), LISTS)));
    }
    // A negative size makes one list of one item, because Go computes with remainders.
    let size = if items.len() == 1 && size < -1 { 1 } else { usize::try_from(size).map_err(|_| out_of_range())? };
    Ok(Value::List(List::with_type(items.chunks(size).map(|chunk| list_of(chunk.to_vec())).collect(), LISTS)))
}

fn concat(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut all = Vec::new();
    for list in &arguments {
        let items = match list {
            Value::List(list) => list.items(),
            Value::Nil => return Err(FunctionError::new(NIL_DEREFERENCE)),
            other => return Err(FunctionError::new(format!("Cannot concat type {} as list", kind_name(other)))),
        };
        take_items(call, items.len())?;
        all.extend_from_slice(items);
    }
    Ok(Value::List(if all.is_empty() { List::nil(ANY_LIST) } else { List::new(all) }))
}
