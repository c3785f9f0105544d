//! From nodes to JSON values, as sigs yaml's `YAMLToJSON` (v2) and kyaml (v3) convert them.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::resolve::{self, Resolved};
use super::{Content, Dialect, Entry, Limits, Node, ScalarStyle, YamlError, parse_documents, parse_first};
use crate::number;

/// What a second entry with the same key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicateKeys {
    /// It replaces the first, as in v2.
    LastWins,
    /// It is an error, as in strict v2 and in v3.
    Refused,
}

/// The value of the first document, null when there is none.
///
/// # Errors
/// [`YamlError`], for the first thing that is wrong.
pub fn parse_value(text: impl AsRef<[u8]>, dialect: Dialect) -> Result<Value, YamlError> {
    parse_first(text, dialect, &Limits::default())?.map_or(Ok(Value::Null), |node| node.to_value(dialect))
}

/// Like [`parse_value`], but equal keys are an error in both dialects.
///
/// # Errors
/// [`YamlError`], for the first thing that is wrong.
pub fn parse_value_strict(text: impl AsRef<[u8]>, dialect: Dialect) -> Result<Value, YamlError> {
    parse_first(text, dialect, &Limits::default())?.map_or(Ok(Value::Null), |node| node.to_value_strict(dialect))
}

/// The values of all documents; null for those without content.
///
/// # Errors
/// [`YamlError`], for the first thing that is wrong.
pub fn parse_values(text: impl AsRef<[u8]>, dialect: Dialect) -> Result<Vec<Value>, YamlError> {
    parse_documents(text, dialect, &Limits::default())?.iter().map(|node| node.to_value(dialect)).collect()
}

impl Node {
    /// The JSON value Go gives for this node.
    ///
    /// # Errors
    /// Duplicate keys (v3), keys and numbers JSON cannot have, tags that do not fit, bad merges.
    pub fn to_value(&self, dialect: Dialect) -> Result<Value, YamlError> {
        let duplicates = match dialect {
            Dialect::V2 => DuplicateKeys::LastWins,
            Dialect::V3 => DuplicateKeys::Refused,
        };
        Conversion { dialect, duplicates }.root(self)
    }

    /// Like [`Node::to_value`], but equal keys are an error in both dialects.
    ///
    /// # Errors
    /// As [`Node::to_value`].
    pub fn to_value_strict(&self, dialect: Dialect) -> Result<Value, YamlError> {
        Conversion { dialect, duplicates: DuplicateKeys::Refused }.root(self)
    }

    /// What a scalar means under its tag and style; [`Resolved::Text`] for collections.
    ///
    /// # Errors
    /// [`YamlError::Tag`] when the text does not fit an explicit tag.
    pub fn resolve(&self, dialect: Dialect) -> Result<Resolved, YamlError> {
        let Content::Scalar { text, style } = &self.content else { return Ok(Resolved::Text) };
        resolve_scalar(self, text, *style, dialect)
    }

    /// Whether this is the merge key `<<`.
    pub fn is_merge_key(&self) -> bool {
        let Content::Scalar { text, style } = &self.content else { return false };
        let plain = *style == ScalarStyle::Plain;
        text == "<<" && self.tag.as_deref().map_or(plain, |tag| tag == "!!merge")
    }
}

#[derive(Clone, Copy)]
struct Conversion {
    dialect: Dialect,
    duplicates: DuplicateKeys,
}

impl Conversion {
    fn root(self, node: &Node) -> Result<Value, YamlError> {
        self.value(node, Level::Top)
    }

    fn value(self, node: &Node, level: Level) -> Result<Value, YamlError> {
        match &node.content {
            Content::Scalar { text, style } => self.scalar(node, text, *style),
            Content::Sequence { items, .. } => {
                items.iter().map(|item| self.value(item, Level::Inner)).collect::<Result<_, _>>().map(Value::Array)
            }
            Content::Mapping { entries, .. } => match self.dialect {
                Dialect::V2 => self.mapping_v2(entries),
                Dialect::V3 => self.mapping_v3(entries, level),
            },
        }
    }

    fn scalar(self, node: &Node, text: &str, style: ScalarStyle) -> Result<Value, YamlError> {
        if node.tag.as_deref() == Some("!!binary") {
            return decode_binary(node, text).map(Value::String);
        }
        Ok(match resolve_scalar(node, text, style, self.dialect)? {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) => Value::from(value),
            Resolved::UInt(value) => Value::from(value),
            Resolved::Float(value) => number::through_json(value).map(Value::Number).ok_or_else(|| {
                let name = match value {
                    _ if value.is_nan() => "NaN",
                    _ if value > 0.0 => "+Inf",
                    _ => "-Inf",
                };
                YamlError::Value { value: name, position: node.span.start }
            })?,
            Resolved::Time(time) if self.dialect == Dialect::V3 => Value::String(time.to_string()),
            Resolved::Time(_) | Resolved::Text => Value::String(text.to_owned()),
        })
    }

    /// v2 takes entries in order, so that a merge overrides what came before it.
    fn mapping_v2(self, entries: &[Entry]) -> Result<Value, YamlError> {
        let mut map = Map::new();
        let mut seen = BTreeSet::new();
        let mut lines = Vec::new();
        self.fill_v2(entries, &mut map, &mut (&mut seen, &mut lines))?;
        match lines.first() {
            Some(_) => {
                let position = lines[0].1;
                Err(YamlError::DuplicateKeys { lines: lines.into_iter().map(|(line, _)| line).collect(), position })
            }
            None => Ok(Value::Object(map)),
        }
    }

    fn fill_v2(
        self,
        entries: &[Entry],
        map: &mut Map<String, Value>,
        strict: &mut (&mut BTreeSet<String>, &mut Vec<(String, super::Position)>),
    ) -> Result<(), YamlError> {
        for Entry { key, value } in entries {
            if key.is_merge_key() {
                for merged in merge_sources(value)?.into_iter().rev() {
                    self.fill_v2(merged, map, strict)?;
                }
                continue;
            }
            let name = self.key_v2(key)?;
            let converted = self.value(value, Level::Inner)?;
            if self.duplicates == DuplicateKeys::Refused && !strict.0.insert(name.clone()) {
                let line = format!("line {}: key {name:?} already set in map", value.span.start.line);
                strict.1.push((line, key.span.start));
                continue;
            }
            map.insert(name, converted);
        }
        Ok(())
    }

    fn key_v2(self, key: &Node) -> Result<String, YamlError> {
        let Content::Scalar { text, style } = &key.content else {
            let problem = "yaml: invalid map key".to_owned();
            return Err(YamlError::Key { problem, position: key.span.start });
        };
        if key.tag.as_deref() == Some("!!binary") {
            return decode_binary(key, text);
        }
        match resolve_scalar(key, text, *style, self.dialect)? {
            Resolved::Bool(value) => Ok(value.to_string()),
            Resolved::Int(value) => Ok(value.to_string()),
            Resolved::Float(value) => Ok(number::general_float32(value)),
            Resolved::Time(_) | Resolved::Text => Ok(text.clone()),
            Resolved::Null => Err(YamlError::Key {
                problem: "unsupported map key of type: %!s(<nil>), key: <nil>".to_owned(),
                position: key.span.start,
            }),
            Resolved::UInt(value) => Err(YamlError::Key {
                problem: format!("unsupported map key of type: uint64, key: 0x{value:x}"),
                position: key.span.start,
            }),
        }
    }

    fn mapping_v3(self, entries: &[Entry], level: Level) -> Result<Value, YamlError> {
        self.refuse_duplicates_v3(entries)?;
        let mut map = Map::new();
        let mut merges = Vec::new();
        for Entry { key, value } in entries {
            if key.is_merge_key() {
                merges = merge_sources(value)?;
                continue;
            }
            map.insert(self.key_v3(key, level)?, self.value(value, Level::Inner)?);
        }
        for merged in merges {
            let Value::Object(merged) = self.mapping_v3(merged, level)? else { continue };
            for (key, value) in merged {
                map.entry(key).or_insert(value);
            }
        }
        Ok(Value::Object(map))
    }

    fn refuse_duplicates_v3(self, entries: &[Entry]) -> Result<(), YamlError> {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        let mut lines = Vec::new();
        let mut position = None;
        for Entry { key, .. } in entries {
            let Some(text) = key.as_text() else { continue };
            let line = key.span.start.line;
            if let Some(before) = first.get(text) {
                lines.push(format!("line {line}: mapping key {text:?} already defined at line {before}"));
                position.get_or_insert(key.span.start);
                continue;
            }
            first.insert(text, line);
        }
        position.map_or(Ok(()), |position| Err(YamlError::DuplicateKeys { lines, position }))
    }

    /// At the top kyaml asks for string keys and gets their text; below, a key of another type has no JSON.
    fn key_v3(self, key: &Node, level: Level) -> Result<String, YamlError> {
        let problem = "json: unsupported type: map[interface {}]interface {}".to_owned();
        let Content::Scalar { text, style } = &key.content else {
            return Err(YamlError::Key { problem, position: key.span.start });
        };
        if key.tag.as_deref() == Some("!!binary") && level == Level::Top {
            return decode_binary(key, text);
        }
        match resolve_scalar(key, text, *style, self.dialect)? {
            Resolved::Text => Ok(text.clone()),
            Resolved::Null => Err(YamlError::Key { problem, position: key.span.start }),
            _ if level == Level::Top => Ok(text.clone()),
            _ => Err(YamlError::Key { problem, position: key.span.start }),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    Top,
    Inner,
}

/// The mappings a merge key's value names, the strongest first.
fn merge_sources(value: &Node) -> Result<Vec<&[Entry]>, YamlError> {
    let refused = |node: &Node| YamlError::Merge { position: node.span.start };
    match &value.content {
        Content::Mapping { entries, .. } => Ok(vec![entries]),
        Content::Sequence { items, .. } if !value.alias => {
            items.iter().map(|item| item.entries().ok_or_else(|| refused(item))).collect()
        }
        _ => Err(refused(value)),
    }
}

fn resolve_scalar(node: &Node, text: &str, style: ScalarStyle, dialect: Dialect) -> Result<Resolved, YamlError> {
    let Some(tag) = node.tag.as_deref() else {
        return Ok(match style {
            ScalarStyle::Plain => resolve::resolve(text, dialect),
            _ => Resolved::Text,
        });
    };
    let resolved = match tag {
        "!!str" => return Ok(Resolved::Text),
        "!!timestamp" => resolve::resolve(text, dialect),
        "!!bool" | "!!int" | "!!float" | "!!null" => resolve::resolve_without_times(text, dialect),
        _ => return Ok(Resolved::Text),
    };
    match (tag, resolved) {
        #[expect(clippy::cast_precision_loss, reason = "Go converts so too")]
        ("!!float", Resolved::Int(value)) => Ok(Resolved::Float(value as f64)),
        _ if resolved.tag() == tag => Ok(resolved),
        _ => Err(YamlError::Tag {
            problem: format!("cannot decode {} `{text}` as a {tag}", resolved.tag()),
            position: node.span.start,
        }),
    }
}

/// Go's `base64.StdEncoding`: line breaks are skipped, padding is needed, trailing bits may be anything.
const BINARY: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The decoded bytes as JSON would hold them: what is not UTF-8 becomes U+FFFD.
fn decode_binary(node: &Node, text: &str) -> Result<String, YamlError> {
    let compact: String = text.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
    let bytes = BINARY.decode(compact).map_err(|_| YamlError::Tag {
        problem: "!!binary value contains invalid base64 data".to_owned(),
        position: node.span.start,
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
