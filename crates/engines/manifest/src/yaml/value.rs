//! From nodes to JSON values, as sigs yaml's `YAMLToJSON` (v2) and kyaml (v3) convert them.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Value};

use super::direct::ordinary_value;
use super::resolve::{self, Resolved};
use super::{Content, Dialect, Entry, Limits, Node, Part, Position, ScalarStyle, YamlError, parse_documents, parse_first};
use super::{folded, go_syntax};
use crate::number;

/// What a second entry with the same key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DuplicateKeys {
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
    first_value(text.as_ref(), dialect, Part::Whole, Floats::ThroughJson)
}

/// Like [`parse_value`], but a float stays one also where it is whole; see [`Node::to_value_with_floats`].
///
/// # Errors
/// [`YamlError`], for the first thing that is wrong.
pub fn parse_value_with_floats(text: impl AsRef<[u8]>, dialect: Dialect) -> Result<Value, YamlError> {
    first_value(text.as_ref(), dialect, Part::Whole, Floats::AsRead)
}

/// Like [`parse_value_with_floats`] in [`Dialect::V2`], for who needs a part of the value only: what is not wanted may be left out.
///
/// # Errors
/// [`YamlError`], for the first thing that is wrong anywhere in the document.
pub fn parse_part_with_floats(text: impl AsRef<[u8]>, part: Part) -> Result<Value, YamlError> {
    first_value(text.as_ref(), Dialect::V2, part, Floats::AsRead)
}

fn first_value(text: &[u8], dialect: Dialect, part: Part, floats: Floats) -> Result<Value, YamlError> {
    if dialect == Dialect::V2
        && let Some(value) = ordinary_value(text, part, floats)?
    {
        return Ok(value);
    }
    let conversion = Conversion { dialect, duplicates: DuplicateKeys::of(dialect), floats };
    parse_first(text, dialect, &Limits::default())?.map_or(Ok(Value::Null), |node| conversion.value(&node, Place::Top))
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

/// The text that `sigs.k8s.io/yaml` makes of a number where a Go structure wants a text. Go prints fractions with 32 bits there.
pub fn coerced_number(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => number::general_float32(float),
        _ => number.to_string(),
    }
}

impl Node {
    /// The JSON value Go gives for this node.
    ///
    /// # Errors
    /// Duplicate keys (v3), keys and numbers JSON cannot have, tags that do not fit, bad merges.
    pub fn to_value(&self, dialect: Dialect) -> Result<Value, YamlError> {
        Conversion { dialect, duplicates: DuplicateKeys::of(dialect), floats: Floats::ThroughJson }.value(self, Place::Top)
    }

    /// Like [`Node::to_value`], but a float stays one also where it is whole: `1e3` and `1000` can be told apart, as Go tells them
    /// apart where a structure wants a text.
    ///
    /// # Errors
    /// As [`Node::to_value`].
    pub fn to_value_with_floats(&self, dialect: Dialect) -> Result<Value, YamlError> {
        Conversion { dialect, duplicates: DuplicateKeys::of(dialect), floats: Floats::AsRead }.value(self, Place::Top)
    }

    /// Like [`Node::to_value`], but equal keys are an error in both dialects.
    ///
    /// # Errors
    /// As [`Node::to_value`].
    pub fn to_value_strict(&self, dialect: Dialect) -> Result<Value, YamlError> {
        Conversion { dialect, duplicates: DuplicateKeys::Refused, floats: Floats::ThroughJson }.value(self, Place::Top)
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
    floats: Floats,
}

/// What becomes of a whole number that is written with a point or an exponent.
#[derive(Clone, Copy)]
pub(super) enum Floats {
    /// An integer, as its JSON text is one.
    ThroughJson,
    /// A float.
    AsRead,
}

impl Floats {
    pub(super) fn number(self, value: f64) -> Option<serde_json::Number> {
        match self {
            Self::ThroughJson => number::through_json(value),
            Self::AsRead => serde_json::Number::from_f64(value),
        }
    }
}

impl DuplicateKeys {
    fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::V2 => Self::LastWins,
            Dialect::V3 => Self::Refused,
        }
    }
}

/// Where a node stands; kyaml prints a node and reads it again, which matters there.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Top,
    Block,
    Flow,
}

impl Place {
    fn inside(self, flow: bool) -> Self {
        if flow || self == Place::Flow { Place::Flow } else { Place::Block }
    }
}

impl Conversion {
    fn value(self, node: &Node, place: Place) -> Result<Value, YamlError> {
        match &node.content {
            Content::Scalar { text, style } => self.scalar(node, (text, *style), place),
            Content::Sequence { items, flow } => {
                let inside = place.inside(*flow);
                items.iter().map(|item| self.value(item, inside)).collect::<Result<_, _>>().map(Value::Array)
            }
            Content::Mapping { entries, flow } => match self.dialect {
                Dialect::V2 => self.mapping_v2(entries),
                Dialect::V3 => self.mapping_v3(entries, place, place.inside(*flow)),
            },
        }
    }

    fn scalar(self, node: &Node, (text, style): (&str, ScalarStyle), place: Place) -> Result<Value, YamlError> {
        if node.tag.as_deref() == Some("!!binary") {
            return decode_binary(node, text).map(Value::String);
        }
        Ok(match resolve_scalar(node, text, style, self.dialect)? {
            // kyaml prints nothing within brackets as '', which then is a string.
            Resolved::Null if text.is_empty() && place == Place::Flow && self.dialect == Dialect::V3 => Value::from(""),
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) => Value::from(value),
            Resolved::UInt(value) => Value::from(value),
            Resolved::Float(value) => self.floats.number(value).map(Value::Number).ok_or_else(|| {
                let name = match value {
                    _ if value.is_nan() => "NaN",
                    _ if value > 0.0 => "+Inf",
                    _ => "-Inf",
                };
                YamlError::Value { value: name, position: node.span.start }
            })?,
            Resolved::Time(time) if self.dialect == Dialect::V3 && !is_quoted_in_flow(node, text, place) => {
                Value::String(time.to_string())
            }
            Resolved::Time(_) | Resolved::Text => {
                let reprinted = self.dialect == Dialect::V3 && style == ScalarStyle::Folded && place != Place::Flow;
                Value::String(if reprinted { folded::reprint(text) } else { text.to_owned() })
            }
        })
    }

    /// v2 takes entries in order, so that a merge overrides what came before it.
    fn mapping_v2(self, entries: &[Entry]) -> Result<Value, YamlError> {
        let mut filling = Filling::default();
        self.fill_v2(entries, &mut filling)?;
        match filling.first_duplicate {
            Some(position) => Err(YamlError::DuplicateKeys { lines: filling.duplicates, position }),
            None => Ok(Value::Object(filling.map)),
        }
    }

    fn fill_v2(self, entries: &[Entry], filling: &mut Filling) -> Result<(), YamlError> {
        for Entry { key, value } in entries {
            if key.is_merge_key() {
                for merged in merge_sources(value)?.into_iter().rev() {
                    self.fill_v2(merged, filling)?;
                }
                continue;
            }
            let name = self.key_v2(key, value)?;
            let converted = self.value(value, Place::Block)?;
            if self.duplicates == DuplicateKeys::Refused {
                let identity = self.identity_v2(key, &name)?;
                let line = format!("line {}: key {identity} already set in map", value.span.start.line);
                if !filling.seen.insert(identity) {
                    filling.duplicates.push(line);
                    filling.first_duplicate.get_or_insert(key.span.start);
                    continue;
                }
            }
            filling.map.insert(name, converted);
        }
        Ok(())
    }

    /// The key as JSON has it.
    fn key_v2(self, key: &Node, value: &Node) -> Result<String, YamlError> {
        let refused = |problem: String| Err(YamlError::Key { problem, position: key.span.start });
        let Content::Scalar { text, style } = &key.content else {
            // A key within the key is refused first.
            self.value(key, Place::Block)?;
            return refused(format!("yaml: invalid map key: {}", go_syntax::print(key, self.dialect)));
        };
        if key.tag.as_deref() == Some("!!binary") {
            return decode_binary(key, text);
        }
        let unsupported = |kind: &str, key: String| {
            format!("unsupported map key of type: {kind}, key: {key}, value: {}", go_syntax::print(value, self.dialect))
        };
        match resolve_scalar(key, text, *style, self.dialect)? {
            Resolved::Bool(value) => Ok(value.to_string()),
            Resolved::Int(value) => Ok(value.to_string()),
            Resolved::Float(value) => Ok(number::general_float32(value)),
            Resolved::Time(_) | Resolved::Text => Ok(text.clone()),
            Resolved::Null => refused(unsupported("%!s(<nil>)", "<nil>".to_owned())),
            Resolved::UInt(value) => refused(unsupported("uint64", format!("0x{value:x}"))),
        }
    }

    /// The key as Go's `%#v` prints it: `1` and `"1"` are different keys that become one.
    fn identity_v2(self, key: &Node, name: &str) -> Result<String, YamlError> {
        Ok(match key.resolve(self.dialect)? {
            Resolved::Bool(_) | Resolved::Int(_) => name.to_owned(),
            Resolved::Float(value) => value.to_string(),
            _ => format!("{name:?}"),
        })
    }

    fn mapping_v3(self, entries: &[Entry], place: Place, inside: Place) -> Result<Value, YamlError> {
        let mut map = Map::new();
        let result = self.fill_v3(entries, &mut map, (place, inside));
        // Go looks for duplicates first of all. Only a mapping with fewer keys than entries, or with another fault, can have any.
        if result.is_err() || map.len() < entries.len() {
            refuse_duplicates_v3(entries)?;
        }
        for merged in result? {
            let Value::Object(merged) = self.mapping_v3(merged, place, inside)? else { continue };
            for (key, value) in merged {
                map.entry(key).or_insert(value);
            }
        }
        Ok(Value::Object(map))
    }

    /// Converts the entries themselves and returns what is to be merged.
    fn fill_v3<'a>(
        self,
        entries: &'a [Entry],
        map: &mut Map<String, Value>,
        (place, inside): (Place, Place),
    ) -> Result<Vec<&'a [Entry]>, YamlError> {
        let mut merges = Vec::new();
        for Entry { key, value } in entries {
            if key.is_merge_key() {
                merges = merge_sources(value)?;
                continue;
            }
            let converted = self.value(value, inside)?;
            if let Some(name) = self.key_v3(key, place, inside)? {
                map.insert(name, converted);
            }
        }
        Ok(merges)
    }

    /// At the top kyaml asks for string keys and gets their text, but drops null; below, a key of another type has no JSON.
    fn key_v3(self, key: &Node, place: Place, inside: Place) -> Result<Option<String>, YamlError> {
        let refused = || {
            let problem = "json: unsupported type: map[interface {}]interface {}".to_owned();
            Err(YamlError::Key { problem, position: key.span.start })
        };
        let Content::Scalar { text, style } = &key.content else {
            let problem = if place == Place::Top {
                let kind = if key.items().is_some() { "!!seq" } else { "!!map" };
                format!("yaml: unmarshal errors:\n  line {}: cannot unmarshal {kind} into string", key.span.start.line)
            } else {
                self.value(key, inside)?;
                format!("yaml: invalid map key: {}", go_syntax::print(key, self.dialect))
            };
            return Err(YamlError::Key { problem, position: key.span.start });
        };
        if key.tag.as_deref() == Some("!!binary") && place == Place::Top {
            return decode_binary(key, text).map(Some);
        }
        match resolve_scalar(key, text, *style, self.dialect)? {
            Resolved::Text => Ok(Some(text.clone())),
            Resolved::Time(_) if is_quoted_in_flow(key, text, inside) => Ok(Some(text.clone())),
            Resolved::Null if text.is_empty() => Ok(Some(String::new())),
            Resolved::Null if place == Place::Top => Ok(None),
            _ if place == Place::Top => Ok(Some(text.clone())),
            _ => refused(),
        }
    }
}

/// Whether kyaml prints a time in quotes, which makes it a string: within brackets it does so for the colon.
fn is_quoted_in_flow(node: &Node, text: &str, place: Place) -> bool {
    place == Place::Flow && node.tag.is_none() && text.contains(':')
}

/// A v2 mapping in the making.
#[derive(Default)]
struct Filling {
    map: Map<String, Value>,
    /// The keys so far, where duplicates are refused.
    seen: BTreeSet<String>,
    duplicates: Vec<String>,
    first_duplicate: Option<Position>,
}

/// At most this many lines about duplicates: Go names every pair.
const DUPLICATE_LINES: usize = 100;

fn refuse_duplicates_v3(entries: &[Entry]) -> Result<(), YamlError> {
    let mut places: BTreeMap<&str, Vec<Position>> = BTreeMap::new();
    let keys = || entries.iter().filter(|entry| !entry.key.alias).map(|entry| &entry.key);
    let mut first_duplicate = None;
    for key in keys() {
        if let Some(text) = key.as_text() {
            let places = places.entry(text).or_default();
            if !places.is_empty() {
                first_duplicate.get_or_insert(key.span.start);
            }
            places.push(key.span.start);
        }
    }
    let Some(position) = first_duplicate else { return Ok(()) };
    let mut lines = Vec::new();
    for key in keys() {
        let Some((text, places)) = key.as_text().and_then(|text| places.get_key_value(text)) else { continue };
        for later in places.iter().filter(|place| place.offset > key.span.start.offset) {
            if lines.len() < DUPLICATE_LINES {
                let (line, before) = (later.line, key.span.start.line);
                lines.push(format!("line {line}: mapping key {text:?} already defined at line {before}"));
            }
        }
    }
    Err(YamlError::DuplicateKeys { lines, position })
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
    let untagged = || match style {
        ScalarStyle::Plain => resolve::resolve(text, dialect),
        _ => Resolved::Text,
    };
    let Some(tag) = node.tag.as_deref() else { return Ok(untagged()) };
    let resolved = match tag {
        "!" if dialect == Dialect::V3 => return Ok(untagged()),
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
