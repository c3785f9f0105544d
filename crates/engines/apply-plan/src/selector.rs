//! Kubernetes label selectors: `app=web,tier in (a, b),!legacy`.

use std::collections::BTreeMap;

/// A selector that does not parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unable to parse requirement: {requirement:?}")]
pub struct InvalidSelector {
    /// The part that is wrong.
    pub requirement: String,
}

/// A conjunction of requirements; none selects everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Exists,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl LabelSelector {
    /// Parses a selector as `labels.Parse` of Kubernetes does.
    ///
    /// # Errors
    /// [`InvalidSelector`] with the requirement that is malformed.
    pub fn parse(text: &str) -> Result<Self, InvalidSelector> {
        if text.trim().is_empty() {
            return Ok(Self { requirements: Vec::new() });
        }
        split_outside_brackets(text)
            .into_iter()
            .map(Requirement::parse)
            .collect::<Result<_, _>>()
            .map(|requirements| Self { requirements })
    }

    /// Whether all requirements hold.
    #[must_use]
    pub fn matches(&self, labels: &BTreeMap<&str, &str>) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels.get(requirement.key.as_str()).copied()))
    }
}

fn split_outside_brackets(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
    .collect()
}

impl Requirement {
    fn parse(text: &str) -> Result<Self, InvalidSelector> {
        let requirement = text.trim();
        let invalid = || InvalidSelector { requirement: requirement.to_owned() };
        let of = |key: &str, test: Test| {
            let key = key.trim();
            let valid =
                !key.is_empty() && !key.contains(|character: char| character.is_whitespace() || "!=<>(),".contains(character));
            if valid { Ok(Self { key: key.to_owned(), test }) } else { Err(invalid()) }
        };
        let value = |text: &str| -> Result<String, InvalidSelector> {
            let value = text.trim();
            let valid = !value.contains(|character: char| character.is_whitespace() || "!=<>(),".contains(character));
            if valid { Ok(value.to_owned()) } else { Err(invalid()) }
        };
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| invalid());
        if let Some(key) = requirement.strip_prefix('!') {
            return of(key, Test::Absent);
        }
        if let Some((key, values)) = requirement.split_once('(') {
            let values = values.strip_suffix(')').ok_or_else(invalid)?;
            let values = values.split(',').map(value).collect::<Result<Vec<_>, _>>()?;
            let mut words = key.split_whitespace();
            return match (words.next(), words.next(), words.next()) {
                (Some(key), Some("in"), None) => of(key, Test::In(values)),
                (Some(key), Some("notin"), None) => of(key, Test::NotIn(values)),
                _ => Err(invalid()),
            };
        }
        if let Some((key, text)) = requirement.split_once("!=") {
            return of(key, Test::NotIn(vec![value(text)?]));
        }
        if let Some((key, text)) = requirement.split_once("==").or_else(|| requirement.split_once('=')) {
            return of(key, Test::In(vec![value(text)?]));
        }
        if let Some((key, text)) = requirement.split_once('>') {
            return of(key, Test::Greater(number(text)?));
        }
        if let Some((key, text)) = requirement.split_once('<') {
            return of(key, Test::Less(number(text)?));
        }
        of(requirement, Test::Exists)
    }

    fn matches(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.test {
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::In(values) => value.is_some_and(|value| values.iter().any(|known| known == value)),
            Test::NotIn(values) => value.is_none_or(|value| values.iter().all(|known| known != value)),
            Test::Greater(bound) => number().is_some_and(|number| number > *bound),
            Test::Less(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}
