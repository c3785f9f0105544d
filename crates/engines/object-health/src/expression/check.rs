//! Checks an expression before it is evaluated: names exist, operands fit, and what type results.
//!
//! This is a part of cel-go's checker: it knows every function of the environment, but follows types only where they are plain.
//! What it does not know is `dyn` and left to evaluation.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, SourceInfo, operators};

use super::function;
use super::kind::Kind;

/// The type of an expression over `variables`.
///
/// # Errors
/// All that is wrong, with its place in the source, in the order of the source, as cel-go prints issues.
pub(crate) fn kind_of(root: &IdedExpr, variables: &[&str], positions: &SourceInfo) -> Result<Kind, String> {
    let scope = variables.iter().map(|name| ((*name).to_owned(), Kind::Struct)).collect();
    let mut checker = Checker { positions, scope, issues: Vec::new() };
    let kind = checker.kind(root);
    if checker.issues.is_empty() {
        return Ok(kind);
    }
    checker.issues.sort_by_key(|issue| issue.offset);
    Err(checker.issues.into_iter().map(|issue| issue.text).collect::<Vec<_>>().join("\n"))
}

struct Checker<'source> {
    positions: &'source SourceInfo,
    scope: Vec<(String, Kind)>,
    issues: Vec<Issue>,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `a.f(b)`.
    Member,
    /// `f(a, b)`.
    Global,
}

/// Something wrong, and where it is in the source.
struct Issue {
    offset: usize,
    text: String,
}

impl Checker<'_> {
    /// The type; anything, where something is wrong.
    fn kind(&mut self, expression: &IdedExpr) -> Kind {
        self.checked_kind(expression).unwrap_or_else(|issue| {
            self.issues.push(issue);
            Kind::Dyn
        })
    }

    fn checked_kind(&mut self, expression: &IdedExpr) -> Result<Kind, Issue> {
        match &expression.expr {
            Expr::Unspecified => Ok(Kind::Dyn),
            Expr::Ident(name) => self.identifier(name).ok_or_else(|| self.undeclared(expression, name)),
            Expr::Literal(literal) => Ok(kind_of_literal(literal)),
            Expr::Select(select) => {
                let operand = self.kind(&select.operand);
                if select.test {
                    return Ok(Kind::Bool);
                }
                self.field(expression, operand)
            }
            Expr::List(list) => {
                let mut item = None;
                for (index, element) in list.elements.iter().enumerate() {
                    let mut kind = self.kind(element);
                    if list.optional_indices.contains(&index) {
                        kind = kind.inner();
                    }
                    item = Some(self.same(element, item, kind)?);
                }
                Ok(Kind::List(Box::new(item.unwrap_or(Kind::Dyn))))
            }
            Expr::Map(map) => {
                let (mut key_kind, mut value_kind) = (None, None);
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else { continue };
                    let key = self.kind(&entry.key);
                    key_kind = Some(self.same(&entry.key, key_kind, key)?);
                    let value = self.kind(&entry.value);
                    let value = if entry.optional { value.inner() } else { value };
                    value_kind = Some(self.same(&entry.value, value_kind, value)?);
                }
                Ok(Kind::Map(Box::new(key_kind.unwrap_or(Kind::Dyn)), Box::new(value_kind.unwrap_or(Kind::Dyn))))
            }
            Expr::Struct(message) => Err(self.undeclared(expression, &message.type_name)),
            Expr::Call(call) => self.call(expression, call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    fn identifier(&self, name: &str) -> Option<Kind> {
        let found = self.scope.iter().rev().find(|(known, _)| known == name).map(|(_, kind)| kind.clone());
        let types = ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type", "optional_type"];
        found.or_else(|| types.contains(&name).then_some(Kind::Type))
    }

    fn field(&self, expression: &IdedExpr, operand: Kind) -> Result<Kind, Issue> {
        match operand {
            Kind::Dyn | Kind::Struct => Ok(Kind::Dyn),
            Kind::Map(_, value) => Ok(*value),
            Kind::Optional(value) => Ok(Kind::Optional(Box::new(self.field(expression, *value)?))),
            other => Err(self.issue(expression, &format!("type '{other}' does not support field selection"))),
        }
    }

    /// Elements of a literal are of one type.
    fn same(&self, element: &IdedExpr, expected: Option<Kind>, found: Kind) -> Result<Kind, Issue> {
        match expected {
            Some(expected) if !expected.fits(&found) => {
                Err(self.issue(element, &format!("expected type '{expected}' but found '{found}'")))
            }
            Some(expected) => Ok(expected.join(found)),
            None => Ok(found),
        }
    }

    fn comprehension(&mut self, comprehension: &ComprehensionExpr) -> Result<Kind, Issue> {
        let range = self.kind(&comprehension.iter_range);
        let item = match range {
            Kind::List(item) => *item,
            Kind::Map(key, _) => *key,
            Kind::Struct => Kind::String,
            Kind::Dyn => Kind::Dyn,
            other => {
                let message =
                    format!("expression of type '{other}' cannot be range of a comprehension (must be list, map, or dynamic)");
                return Err(self.issue(&comprehension.iter_range, &message));
            }
        };
        let accumulator = self.kind(&comprehension.accu_init);
        let depth = self.scope.len();
        self.scope.push((comprehension.accu_var.clone(), accumulator.clone()));
        self.scope.push((comprehension.iter_var.clone(), item.clone()));
        self.scope.extend(comprehension.iter_var2.iter().map(|name| (name.clone(), Kind::Dyn)));
        self.kind(&comprehension.loop_cond);
        let body = self.kind(&comprehension.loop_step);
        self.scope.truncate(depth);
        // A list begins empty, so only its step tells of what.
        let accumulator = match (&accumulator, body) {
            (Kind::List(_), step @ Kind::List(_)) => step,
            _ => accumulator,
        };
        self.scope.push((comprehension.accu_var.clone(), accumulator));
        let result = self.kind(&comprehension.result);
        self.scope.truncate(depth);
        Ok(result)
    }

    fn call(&mut self, expression: &IdedExpr, call: &CallExpr) -> Result<Kind, Issue> {
        let mut name = call.func_name.clone();
        let mut kinds = Vec::with_capacity(call.args.len() + 1);
        let mut form = Form::Global;
        if let Some(target) = &call.target {
            match &target.expr {
                Expr::Ident(space) if self.identifier(space).is_none() && is_namespace(space) => name = format!("{space}.{name}"),
                _ => {
                    form = Form::Member;
                    kinds.push(self.kind(target));
                }
            }
        }
        for (position, argument) in call.args.iter().enumerate() {
            // The field of `a.?b` is text, not a name.
            let is_field = name == operators::OPT_SELECT && position == 1;
            kinds.push(match &argument.expr {
                _ if is_field => Kind::String,
                // What is formatted may be of any types.
                Expr::List(list) if name == "format" => {
                    list.elements.iter().for_each(|element| drop(self.kind(element)));
                    Kind::any_list()
                }
                _ => self.kind(argument),
            });
        }
        if let Some(result) = operator(&name, &kinds) {
            return result.ok_or_else(|| self.no_overload(expression, &name, &kinds, form));
        }
        let result = match form {
            Form::Member => function::of_member(&name, &kinds),
            Form::Global => function::of_global(&name, &kinds),
        };
        match result {
            Some(Some(kind)) => Ok(kind),
            Some(None) => Err(self.no_overload(expression, &name, &kinds, form)),
            None => Err(self.undeclared(expression, &name)),
        }
    }

    fn no_overload(&self, expression: &IdedExpr, name: &str, kinds: &[Kind], form: Form) -> Issue {
        let shown: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        let applied = match shown.split_first() {
            Some((target, arguments)) if form == Form::Member => format!("{target}.({})", arguments.join(", ")),
            _ => format!("({})", shown.join(", ")),
        };
        self.issue(expression, &format!("found no matching overload for '{name}' applied to '{applied}'"))
    }

    fn undeclared(&self, expression: &IdedExpr, name: &str) -> Issue {
        self.issue(expression, &format!("undeclared reference to '{name}' (in container '')"))
    }

    /// An issue with the line it is about.
    fn issue(&self, expression: &IdedExpr, message: &str) -> Issue {
        let source = self.positions.source.as_str();
        let offset = self.positions.offset_for(expression.id).map_or(0, |(start, _)| usize::try_from(start).unwrap_or(0));
        let before = source.get(..offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_number = before.matches('\n').count() + 1;
        let line = source.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        let text = format!("ERROR: <input>:{line_number}:{}: {message}\n | {line}\n | {}^", column + 1, ".".repeat(column));
        Issue { offset, text }
    }
}

fn kind_of_literal(literal: &LiteralValue) -> Kind {
    match literal {
        LiteralValue::Boolean(_) => Kind::Bool,
        LiteralValue::Bytes(_) => Kind::Bytes,
        LiteralValue::Double(_) => Kind::Double,
        LiteralValue::Int(_) => Kind::Int,
        LiteralValue::Null => Kind::Null,
        LiteralValue::String(_) => Kind::String,
        LiteralValue::UInt(_) => Kind::Uint,
    }
}

fn is_namespace(name: &str) -> bool {
    matches!(name, "optional" | "strings" | "sets" | "base64")
}

/// The result of an operator: `None` if it is none, `Some(None)` if its operands do not fit.
fn operator(name: &str, kinds: &[Kind]) -> Option<Option<Kind>> {
    let boolean = |fits: bool| Some(fits.then_some(Kind::Bool));
    match (name, kinds) {
        (operators::LOGICAL_AND | operators::LOGICAL_OR, [left, right]) => {
            boolean(left.fits(&Kind::Bool) && right.fits(&Kind::Bool))
        }
        (operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE, [operand]) => boolean(operand.fits(&Kind::Bool)),
        // Numbers of known, different types have an order, but no equality.
        (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => boolean(left.fits(right)),
        (operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS, [left, right]) => {
            let ordered = |kind: &Kind| {
                kind.is_number()
                    || matches!(kind, Kind::Dyn | Kind::Bool | Kind::String | Kind::Bytes | Kind::Timestamp | Kind::Duration)
            };
            boolean(ordered(left) && ordered(right) && (left.fits(right) || (left.is_number() && right.is_number())))
        }
        (operators::IN, [item, container]) => boolean(match container {
            Kind::Dyn => true,
            Kind::Struct => item.fits(&Kind::String),
            Kind::List(element) => item.fits(element),
            Kind::Map(key, _) => item.fits(key),
            _ => false,
        }),
        (operators::CONDITIONAL, [condition, yes, no]) => {
            Some((condition.fits(&Kind::Bool) && yes.fits(no)).then(|| yes.clone().join(no.clone())))
        }
        (operators::NEGATE, [operand]) => Some(matches!(operand, Kind::Int | Kind::Double | Kind::Dyn).then(|| operand.clone())),
        (operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE | operators::MODULO, [left, right]) => {
            Some(arithmetic(name, left, right))
        }
        (operators::INDEX, [container, index]) => Some(indexed(container, index)),
        (operators::OPT_INDEX, [container, index]) => Some(indexed(container, index).map(optional)),
        (operators::OPT_SELECT, [operand, _]) => Some(match operand {
            Kind::Optional(value) => selected(value).map(optional),
            other => selected(other).map(optional),
        }),
        _ => None,
    }
}

fn optional(value: Kind) -> Kind {
    match value {
        Kind::Optional(value) => Kind::Optional(value),
        value => Kind::Optional(Box::new(value)),
    }
}

fn selected(operand: &Kind) -> Option<Kind> {
    match operand {
        Kind::Dyn | Kind::Struct => Some(Kind::Dyn),
        Kind::Map(_, value) => Some((**value).clone()),
        _ => None,
    }
}

fn indexed(container: &Kind, index: &Kind) -> Option<Kind> {
    match container {
        Kind::Dyn => Some(Kind::Dyn),
        Kind::Struct => index.fits(&Kind::String).then_some(Kind::Dyn),
        Kind::List(item) => (index.fits(&Kind::Int) || index.is_number()).then(|| (**item).clone()),
        Kind::Map(key, value) => index.fits(key).then(|| (**value).clone()),
        Kind::Optional(value) => indexed(value, index).map(optional),
        _ => None,
    }
}

fn arithmetic(name: &str, left: &Kind, right: &Kind) -> Option<Kind> {
    let adds = name == operators::ADD;
    let subtracts = name == operators::SUBSTRACT;
    match (left, right) {
        (Kind::Dyn, Kind::Dyn) => Some(Kind::Dyn),
        (Kind::Dyn, Kind::Timestamp | Kind::Duration) | (Kind::Timestamp | Kind::Duration, Kind::Dyn) => {
            (adds || subtracts).then_some(Kind::Dyn)
        }
        (Kind::Timestamp, Kind::Timestamp) => subtracts.then_some(Kind::Duration),
        (Kind::Duration, Kind::Duration) => (adds || subtracts).then_some(Kind::Duration),
        (Kind::Timestamp, Kind::Duration) => (adds || subtracts).then_some(Kind::Timestamp),
        (Kind::Duration, Kind::Timestamp) => adds.then_some(Kind::Timestamp),
        (known, other) | (other, known) if *other == Kind::Dyn || known == other => match known {
            Kind::Int | Kind::Uint => Some(known.clone()),
            Kind::Double => (name != operators::MODULO).then_some(Kind::Double),
            Kind::String | Kind::Bytes | Kind::List(_) => adds.then(|| known.clone()),
            _ => None,
        },
        (Kind::List(_), Kind::List(_)) => (adds && left.fits(right)).then(|| match (left, right) {
            // What is known of either side is known of the sum: a list starts as `[]`.
            (Kind::List(item), other) | (other, Kind::List(item)) if **item == Kind::Dyn => other.clone(),
            _ => Kind::any_list(),
        }),
        _ => None,
    }
}
