//! How a chart's default values, its subcharts' and the user's become the values that templates see.
//!
//! Source of the behaviour: `pkg/chart/common/util/coalesce.go` of Helm 4.3, nulls and globals included.

use serde_json::Value;

use super::{GLOBAL, Values, merge_tables};
use crate::objects::formatted;

/// What nulls mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A null of the user takes a default away; nulls among the defaults do not count.
    Coalesce,
    /// Nulls are values, so that they can take defaults away later.
    Merge,
}

impl Mode {
    /// A default as it is put where the user has nothing.
    pub(super) fn default_value(self, value: &Value) -> Value {
        match (self, value) {
            (Self::Coalesce, Value::Object(entries)) => {
                let kept = entries.iter().filter(|(_, value)| !value.is_null());
                Value::Object(kept.map(|(key, value)| (key.clone(), self.default_value(value))).collect())
            }
            _ => value.clone(),
        }
    }
}

/// Why values cannot be coalesced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoalesceError {
    /// What is under the name of a subchart is no map.
    #[error("type mismatch on {chart}: {value}")]
    Type {
        /// The subchart.
        chart: String,
        /// The value, as Go prints it with the verb `%t`.
        value: String,
    },
    /// Tables that are imported into each other hold too many values.
    #[error("imported values are more than {0}")]
    Imports(usize),
}

/// A chart as far as values are concerned.
pub(crate) trait Tree: Sized {
    /// The name under which the parent's values hold those of this chart.
    fn name(&self) -> &str;
    /// The defaults.
    fn values(&self) -> &Values;
    /// The subcharts.
    fn children(&self) -> &[Self];
}

/// Values of an upgrade that keeps those of the revision before (`--reuse-values`): the user's, and the defaults of the chart. The given values
/// come over the recorded ones, and those, with the defaults of the chart that was recorded, take the place of the new chart's defaults.
#[must_use]
pub fn reuse(given: &Values, recorded: &Values, recorded_defaults: &Values) -> (Values, Values) {
    let mut defaults = recorded.clone();
    add_defaults(&Recorded(recorded_defaults), &mut defaults, Mode::Coalesce, |_| true);
    let mut values = given.clone();
    merge_tables(&mut values, recorded, Mode::Coalesce);
    (values, defaults)
}

/// A chart of a record, which has no subcharts.
struct Recorded<'v>(&'v Values);

impl Tree for Recorded<'_> {
    fn name(&self) -> &'static str {
        ""
    }

    fn values(&self) -> &Values {
        self.0
    }

    fn children(&self) -> &[Self] {
        &[]
    }
}

/// Fills `values`, which are the user's, with the defaults of the chart and of its subcharts.
pub(crate) fn coalesce<T: Tree>(chart: &T, values: &mut Values, mode: Mode) -> Result<(), CoalesceError> {
    coalesce_some(chart, values, mode, |_| true)
}

/// As [`coalesce`], but of the chart's own defaults only those with some keys: for who will look at no others. Those of the subcharts
/// and of what all charts share must be among them.
pub(crate) fn coalesce_some<T: Tree>(
    chart: &T,
    values: &mut Values,
    mode: Mode,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<(), CoalesceError> {
    add_defaults(chart, values, mode, is_wanted);
    for child in chart.children() {
        let name = child.name();
        let mut of_child = match values.remove(name) {
            None => Values::new(),
            Some(Value::Object(of_child)) => of_child,
            Some(value) => {
                return Err(CoalesceError::Type { chart: name.to_owned(), value: formatted("%t", &value) });
            }
        };
        hand_down_globals(&mut of_child, values);
        coalesce(child, &mut of_child, mode)?;
        values.insert(name.to_owned(), Value::Object(of_child));
    }
    Ok(())
}

/// Adds the chart's own defaults.
fn add_defaults<T: Tree>(chart: &T, values: &mut Values, mode: Mode, is_wanted: impl Fn(&str) -> bool) {
    for (key, default) in chart.values().iter().filter(|(key, _)| is_wanted(key)) {
        match values.get_mut(key) {
            Some(Value::Null) if mode == Mode::Coalesce => {
                values.remove(key);
            }
            Some(Value::Object(given)) => {
                if let Value::Object(default) = default {
                    // Nulls for a subchart must reach its own defaults.
                    let is_child = chart.children().iter().any(|child| child.name() == key);
                    merge_tables(given, default, if is_child { Mode::Merge } else { mode });
                }
            }
            Some(_) => {}
            None if mode == Mode::Coalesce && default.is_null() => {}
            None => {
                values.insert(key.clone(), mode.default_value(default));
            }
        }
    }
}

/// Lays the parent's globals over the child's.
fn hand_down_globals(child: &mut Values, parent: &Values) {
    let of_parent = match parent.get(GLOBAL) {
        None => None,
        Some(Value::Object(of_parent)) => Some(of_parent),
        Some(_) => return,
    };
    let own = child.entry(GLOBAL).or_insert_with(|| Value::Object(Values::new()));
    let Value::Object(own) = own else { return };
    for (key, value) in of_parent.into_iter().flatten() {
        match (own.get_mut(key), value) {
            (Some(Value::Object(own)), Value::Object(over)) => {
                let mut merged = over.clone();
                merge_tables(&mut merged, own, Mode::Merge);
                *own = merged;
            }
            (Some(Value::Object(_)), _) | (Some(_), Value::Object(_)) => {}
            (Some(own), value) => own.clone_from(value),
            (None, value) => {
                own.insert(key.clone(), value.clone());
            }
        }
    }
}
