//! Whether a text is a label selector, so that a mistake stops the start and does not become a watch that always fails.
//!
//! What this is not: matching. The API server matches; the text is sent as it is.

/// Checks a selector as `kubectl -l` takes it. Empty selects everything.
pub(super) fn check_selector(text: &str) -> Result<(), String> {
    requirements(text)?.into_iter().try_for_each(check_requirement)
}

/// Splits at commas that are not in parentheses.
fn requirements(text: &str) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut open) = (Vec::new(), 0, false);
    for (index, character) in text.char_indices() {
        match character {
            '(' if !open => open = true,
            ')' if open => open = false,
            '(' | ')' => return Err("unbalanced parentheses".to_owned()),
            ',' if !open => {
                parts.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    if open {
        return Err("unbalanced parentheses".to_owned());
    }
    if !(text.trim().is_empty() && parts.is_empty()) {
        parts.push(&text[start..]);
    }
    Ok(parts)
}

fn check_requirement(text: &str) -> Result<(), String> {
    let text = text.trim();
    if let Some(key) = text.strip_prefix('!') {
        return check_key(key.trim());
    }
    for operator in ["!=", "==", "="] {
        if let Some((key, value)) = text.split_once(operator) {
            return check_key(key.trim()).and_then(|()| check_value(value.trim()));
        }
    }
    if let Some((head, values)) = text.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
        let mut words = head.split_whitespace();
        let (Some(key), Some("in" | "notin"), None) = (words.next(), words.next(), words.next()) else {
            return Err(format!("{text:?} is not 'key in (…)' or 'key notin (…)'"));
        };
        return check_key(key).and_then(|()| values.split(',').try_for_each(|value| check_value(value.trim())));
    }
    if let Some((key, number)) = text.split_once(['<', '>']) {
        let whole = number.trim().parse::<i64>().map(drop).map_err(|_| format!("{number:?} is not a whole number"));
        return check_key(key.trim()).and(whole);
    }
    check_key(text)
}

/// A label key: an optional DNS prefix and a slash, then a name.
fn check_key(key: &str) -> Result<(), String> {
    let name = match key.split_once('/') {
        Some((prefix, name)) if !prefix.is_empty() && prefix.len() <= 253 => {
            let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
            if !prefix.chars().all(allowed) {
                return Err(format!("{prefix:?} is not a DNS name"));
            }
            name
        }
        Some(_) => return Err(format!("{key:?} is not a label key")),
        None => key,
    };
    if is_label_name(name) { Ok(()) } else { Err(format!("{key:?} is not a label key")) }
}

fn check_value(value: &str) -> Result<(), String> {
    if value.is_empty() || is_label_name(value) { Ok(()) } else { Err(format!("{value:?} is not a label value")) }
}

fn is_label_name(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.len() <= 63 && text.chars().all(inner) && text.starts_with(edge) && text.ends_with(edge)
}

#[cfg(test)]
mod tests {
    use super::check_selector;

    // The rows come from the test tables of Kubernetes' own selector parser.
    #[test]
    fn selectors_are_accepted_and_refused_as_kubernetes_does() {
        for good in [
            "",
            "x=a,y=b,z=c",
            "x!=a,y=b",
            "x=",
            "x= ",
            "x=,z= ",
            "x= ,z= ",
            "!x",
            "x>1",
            "x>1,z<5",
            "x",
            "x,!y",
            "x in (a,b)",
            "x in (a)",
            "x notin (a,b)",
            "a/b=c",
            "environment in (prod, qa), tier notin (web)",
            "x==a",
            "sharding.fluxcd.io/key=shard1",
            "!sharding.fluxcd.io/key",
        ] {
            assert_eq!(check_selector(good), Ok(()), "{good}");
        }
        for bad in [
            "x=a||y=b",
            "x==a==b",
            "!x=a",
            "x<a",
            "x in a",
            "x in (a",
            "x a (b)",
            "=b",
            ",",
            "x,,y",
            "x=a b",
            "/x",
            "X.y/z=a b",
            "(x)",
        ] {
            assert!(check_selector(bad).is_err(), "{bad}");
        }
    }
}
