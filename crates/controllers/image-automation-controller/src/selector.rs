//! Label selectors as Kubernetes reads them.

use api::image::{LabelSelector, LabelSelectorRequirement};
use std::collections::BTreeMap;

/// Why a selector is none; worded as Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SelectorError {
    /// An operator that does not exist.
    #[error("{0:?} is not a valid label selector operator")]
    Operator(String),
    /// `In` or `NotIn` without values.
    #[error("for 'in', 'notin' operators, values set can't be empty")]
    NoValues,
    /// `Exists` or `DoesNotExist` with values.
    #[error("values set must be empty for exists and does not exist")]
    Values,
}

/// Checks a selector, whether or not it is asked for anything.
pub(crate) fn check(selector: &LabelSelector) -> Result<(), SelectorError> {
    selector.match_expressions.iter().try_for_each(|requirement| {
        let wants_values = match requirement.operator.as_str() {
            "In" | "NotIn" => true,
            "Exists" | "DoesNotExist" => false,
            other => return Err(SelectorError::Operator(other.to_owned())),
        };
        match (wants_values, requirement.values.is_empty()) {
            (true, true) => Err(SelectorError::NoValues),
            (false, false) => Err(SelectorError::Values),
            _ => Ok(()),
        }
    })
}

/// Whether a checked selector selects what has these labels.
pub(crate) fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let equal = selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
    equal && selector.match_expressions.iter().all(|requirement| meets(requirement, labels))
}

fn meets(requirement: &LabelSelectorRequirement, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(&requirement.key);
    let listed = value.is_some_and(|value| requirement.values.contains(value));
    match requirement.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        "Exists" => value.is_some(),
        _ => value.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn selector(value: Value) -> LabelSelector {
        serde_json::from_value(value).expect("a selector")
    }

    fn expression(operator: &str, values: &[&str]) -> LabelSelector {
        selector(json!({"matchExpressions": [{"key": "tier", "operator": operator, "values": values}]}))
    }

    #[test]
    fn labels_and_expressions_must_all_hold() {
        let labels = BTreeMap::from([("app".to_owned(), "web".to_owned()), ("tier".to_owned(), "front".to_owned())]);
        for (selector, expect) in [
            (selector(json!({})), true),
            (selector(json!({"matchLabels": {"app": "web"}})), true),
            (selector(json!({"matchLabels": {"app": "web", "x": "y"}})), false),
            (expression("In", &["front", "back"]), true),
            (expression("NotIn", &["front"]), false),
            (expression("Exists", &[]), true),
            (expression("DoesNotExist", &[]), false),
        ] {
            assert_eq!(check(&selector), Ok(()));
            assert_eq!(selects(&selector, &labels), expect, "{selector:?}");
        }
        assert!(selects(&expression("NotIn", &["front"]), &BTreeMap::new()), "what has no label is not in the list");
    }

    #[test]
    fn what_is_no_selector_is_told() {
        assert_eq!(check(&expression("Near", &[])), Err(SelectorError::Operator("Near".to_owned())));
        assert_eq!(check(&expression("In", &[])), Err(SelectorError::NoValues));
        assert_eq!(check(&expression("Exists", &["x"])), Err(SelectorError::Values));
    }
}
