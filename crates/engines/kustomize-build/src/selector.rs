//! Which objects are meant: anchored regular expressions over identities, label and annotation selectors.

use crate::identity::{Gvk, ObjectId};
use regex::{Regex, RegexBuilder};

/// Why a selector cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectorFault {
    /// Not a regular expression.
    #[error("'{field}: {pattern}' is not a regular expression")]
    Pattern {
        field: &'static str,
        pattern: String,
        #[source]
        source: Box<regex::Error>,
    },
    /// Not a label selector.
    #[error("'{selector}' is not a label selector: {problem}")]
    Labels { selector: String, problem: String },
}

/// A selector as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) annotation_selector: String,
    pub(crate) label_selector: String,
}

/// A selector that is ready to match.
#[derive(Debug)]
pub(crate) struct Matcher {
    group: Option<Regex>,
    version: Option<Regex>,
    kind: Option<Regex>,
    name: Option<Regex>,
    namespace: Option<Regex>,
    pub(crate) annotations: Labels,
    pub(crate) labels: Labels,
}

/// Bounds the memory that one expression may take.
const PATTERN_BYTES: usize = 1 << 20;

/// Compiles an expression with a bound on its size; matching is linear in any case.
pub(crate) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build()
}

impl Selector {
    /// Whether the identity part selects everything.
    pub(crate) fn names_nothing(&self) -> bool {
        self.gvk == Gvk::default() && self.name.is_empty() && self.namespace.is_empty()
    }

    pub(crate) fn matcher(&self) -> Result<Matcher, SelectorFault> {
        let anchored = |field: &'static str, pattern: &str| {
            if pattern.is_empty() {
                return Ok(None);
            }
            compile(&format!("^(?:{pattern})$")).map(Some).map_err(|source| SelectorFault::Pattern {
                field,
                pattern: pattern.to_owned(),
                source: Box::new(source),
            })
        };
        Ok(Matcher {
            group: anchored("group", &self.gvk.group)?,
            version: anchored("version", &self.gvk.version)?,
            kind: anchored("kind", &self.gvk.kind)?,
            name: anchored("name", &self.name)?,
            namespace: anchored("namespace", &self.namespace)?,
            annotations: Labels::parse(&self.annotation_selector)?,
            labels: Labels::parse(&self.label_selector)?,
        })
    }
}

fn is_match(pattern: Option<&Regex>, text: &str) -> bool {
    pattern.is_none_or(|pattern| pattern.is_match(text))
}

impl Matcher {
    pub(crate) fn matches_gvk(&self, gvk: &Gvk) -> bool {
        is_match(self.group.as_ref(), &gvk.group)
            && is_match(self.version.as_ref(), &gvk.version)
            && is_match(self.kind.as_ref(), &gvk.kind)
    }

    pub(crate) fn matches_kind(&self, kind: &str) -> bool {
        is_match(self.kind.as_ref(), kind)
    }

    pub(crate) fn matches_name(&self, name: &str) -> bool {
        is_match(self.name.as_ref(), name)
    }

    pub(crate) fn matches_namespace(&self, namespace: &str) -> bool {
        is_match(self.namespace.as_ref(), namespace)
    }

    /// Whether the identity part matches exactly this identity.
    pub(crate) fn matches_id(&self, id: &ObjectId) -> bool {
        self.matches_gvk(&id.gvk) && self.matches_name(&id.name) && self.matches_namespace(&id.namespace)
    }
}

/// A label selector: all of its requirements must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Labels(Vec<Requirement>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Symbol(&'static str),
}

impl Labels {
    /// Parses Kubernetes' selector syntax. An empty text selects everything.
    pub(crate) fn parse(selector: &str) -> Result<Self, SelectorFault> {
        let fault = |problem: String| SelectorFault::Labels { selector: selector.to_owned(), problem };
        let tokens = tokens(selector).map_err(fault)?;
        Parser { tokens: &tokens, at: 0 }.requirements().map(Self).map_err(fault)
    }

    /// Whether everything is selected.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn matches<'l>(&self, get: impl Fn(&str) -> Option<&'l str>) -> bool {
        self.0.iter().all(|requirement| requirement.matches(get(&requirement.key)))
    }
}

impl Requirement {
    fn matches(&self, value: Option<&str>) -> bool {
        let is_listed = |value: &str| self.values.iter().any(|listed| listed == value);
        let numbers = || Some((value?.parse::<i64>().ok()?, self.values.first()?.parse::<i64>().ok()?));
        match self.operator {
            Operator::In => value.is_some_and(is_listed),
            Operator::NotIn => !value.is_some_and(is_listed),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => numbers().is_some_and(|(own, wanted)| own > wanted),
            Operator::LessThan => numbers().is_some_and(|(own, wanted)| own < wanted),
        }
    }
}

const SYMBOLS: &[&str] = &["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let is_symbol = |character: char| "=!(),><".contains(character);
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        if rest.is_empty() {
            return Ok(tokens);
        }
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            tokens.push(Token::Symbol(symbol));
            rest = &rest[symbol.len()..];
            continue;
        }
        let end = rest.find(|character: char| is_symbol(character) || " \t\r\n".contains(character)).unwrap_or(rest.len());
        tokens.push(Token::Word(rest[..end].to_owned()));
        rest = &rest[end..];
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl<'t> Parser<'t> {
    fn next(&mut self) -> Option<&'t Token> {
        self.at += 1;
        self.tokens.get(self.at - 1)
    }

    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol)
    }

    fn requirements(&mut self) -> Result<Vec<Requirement>, String> {
        let mut list = Vec::new();
        while self.peek().is_some() {
            list.push(self.requirement()?);
            match self.next() {
                None => break,
                Some(Token::Symbol(",")) if matches!(self.peek(), Some(Token::Word(_) | Token::Symbol("!"))) => {}
                Some(Token::Symbol(",")) => return Err("expected a key after ','".to_owned()),
                Some(_) => return Err("expected ',' or the end".to_owned()),
            }
        }
        Ok(list)
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let negated = self.is_symbol("!");
        if negated {
            self.at += 1;
        }
        let Some(Token::Word(key)) = self.next() else { return Err("expected a key".to_owned()) };
        let key = key.clone();
        validate_key(&key)?;
        let requirement = |operator, values| Requirement { key: key.clone(), operator, values };
        if self.peek().is_none() || self.is_symbol(",") {
            return Ok(requirement(if negated { Operator::DoesNotExist } else { Operator::Exists }, Vec::new()));
        }
        if negated {
            // Go ends here, too, and then finds something else than a comma.
            return Ok(requirement(Operator::DoesNotExist, Vec::new()));
        }
        let (operator, values) = match self.next() {
            Some(Token::Symbol("=" | "==")) => (Operator::In, self.exact()?),
            Some(Token::Symbol("!=")) => (Operator::NotIn, self.exact()?),
            Some(Token::Symbol(">")) => (Operator::GreaterThan, self.exact()?),
            Some(Token::Symbol("<")) => (Operator::LessThan, self.exact()?),
            Some(Token::Word(word)) if word == "in" => (Operator::In, self.set()?),
            Some(Token::Word(word)) if word == "notin" => (Operator::NotIn, self.set()?),
            _ => return Err("expected one of '=', '!=', '==', '<', '>', 'in', 'notin'".to_owned()),
        };
        let is_order = matches!(operator, Operator::GreaterThan | Operator::LessThan);
        if is_order && values.iter().any(|value| value.parse::<i64>().is_err()) {
            return Err("'<' and '>' need an integer".to_owned());
        }
        values.iter().try_for_each(|value| validate_value(value))?;
        Ok(requirement(operator, values))
    }

    fn exact(&mut self) -> Result<Vec<String>, String> {
        if self.peek().is_none() || self.is_symbol(",") {
            return Ok(vec![String::new()]);
        }
        match self.next() {
            Some(Token::Word(word)) => Ok(vec![word.clone()]),
            _ => Err("expected a value".to_owned()),
        }
    }

    fn set(&mut self) -> Result<Vec<String>, String> {
        if !self.is_symbol("(") {
            return Err("expected '('".to_owned());
        }
        self.at += 1;
        let mut values = Vec::new();
        let mut pending = true;
        loop {
            match self.next() {
                Some(Token::Word(word)) if pending => {
                    values.push(word.clone());
                    pending = false;
                }
                Some(Token::Symbol(",")) => {
                    if pending {
                        values.push(String::new());
                    }
                    pending = true;
                }
                Some(Token::Symbol(")")) => {
                    if pending {
                        values.push(String::new());
                    }
                    return Ok(values);
                }
                _ => return Err("expected ',' or ')'".to_owned()),
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let edge = |byte: u8| byte.is_ascii_alphanumeric();
    let bytes = text.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.len() <= 63
        && bytes.first().copied().is_some_and(edge)
        && bytes.last().copied().is_some_and(edge)
        && bytes.iter().all(inner)
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let bytes = label.as_bytes();
        let edge = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
        bytes.first().copied().is_some_and(edge) && bytes.last().copied().is_some_and(edge) && bytes.iter().all(inner)
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn validate_key(key: &str) -> Result<(), String> {
    let valid = match key.split_once('/') {
        None => is_name(key),
        Some((domain, name)) => is_domain(domain) && is_name(name),
    };
    if valid { Ok(()) } else { Err(format!("invalid label key '{key}'")) }
}

fn validate_value(value: &str) -> Result<(), String> {
    if value.is_empty() || is_name(value) { Ok(()) } else { Err(format!("invalid label value '{value}'")) }
}
