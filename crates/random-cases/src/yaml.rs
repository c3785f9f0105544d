//! YAML as people write it: the same value in many spellings.

use crate::Choices;

/// What is to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    /// A scalar exactly as it stands.
    Raw(String),
    /// A string, in whatever quotes.
    Text(String),
    Map(Vec<(String, Item)>),
    List(Vec<Item>),
    /// A value with an anchor before it.
    Anchored(&'static str, Box<Item>),
}

pub(crate) fn raw(text: impl Into<String>) -> Item {
    Item::Raw(text.into())
}

pub(crate) fn text(text: impl Into<String>) -> Item {
    Item::Text(text.into())
}

pub(crate) fn map<const N: usize>(entries: [(&str, Item); N]) -> Item {
    Item::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

pub(crate) fn list(items: impl IntoIterator<Item = Item>) -> Item {
    Item::List(items.into_iter().collect())
}

impl Item {
    /// Adds an entry to a map.
    pub(crate) fn put(&mut self, key: &str, value: Item) {
        if let Item::Map(entries) = self {
            entries.push((key.to_owned(), value));
        }
    }

    /// As [`Item::put`], on the way through.
    pub(crate) fn with(mut self, key: &str, value: Item) -> Self {
        self.put(key, value);
        self
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Item> {
        match self {
            Item::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Item::Anchored(_, inner) => inner.get(key),
            _ => None,
        }
    }

    /// The words of a scalar.
    pub(crate) fn words(&self) -> &str {
        match self {
            Item::Raw(text) | Item::Text(text) => text,
            _ => "",
        }
    }
}

/// Writes a document in block style, with the liberties that the choices take.
pub(crate) fn write(item: &Item, choices: &mut Choices<'_>) -> String {
    let mut writer = Writer { out: String::new(), indented_lists: choices.once_in(3), choices };
    match item {
        Item::Map(entries) if !entries.is_empty() => writer.map(entries, 0),
        Item::List(items) if !items.is_empty() => writer.list(items, 0),
        other => {
            writer.flow(other);
            writer.out.push('\n');
        }
    }
    writer.out
}

/// Writes JSON; raw scalars that are none become strings.
pub(crate) fn write_json(item: &Item) -> String {
    match item {
        Item::Raw(text) if serde_json::from_str::<serde_json::Value>(text).is_ok() => text.clone(),
        Item::Raw(text) | Item::Text(text) => quoted(text),
        Item::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}: {}", quoted(key), write_json(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Item::List(items) => format!("[{}]", items.iter().map(write_json).collect::<Vec<_>>().join(", ")),
        Item::Anchored(_, inner) => write_json(inner),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

struct Writer<'c, 'b> {
    out: String,
    indented_lists: bool,
    choices: &'c mut Choices<'b>,
}

impl Writer<'_, '_> {
    fn map(&mut self, entries: &[(String, Item)], indent: usize) {
        for (at, (key, value)) in entries.iter().enumerate() {
            if at > 0 {
                self.pad(indent);
            }
            let key = self.scalar_text(key, true);
            self.out.push_str(&key);
            self.out.push(':');
            self.value(value, indent);
        }
    }

    fn list(&mut self, items: &[Item], indent: usize) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.pad(indent);
            }
            self.out.push('-');
            match item {
                Item::Map(entries) if !entries.is_empty() && !self.choices.once_in(12) => {
                    self.out.push(' ');
                    self.map(entries, indent + 2);
                }
                Item::List(inner) if !inner.is_empty() && !self.choices.once_in(3) => {
                    self.out.push(' ');
                    self.list(inner, indent + 2);
                }
                other => self.value(other, indent),
            }
        }
    }

    /// What stands after a colon or dash, up to the end of the line or below.
    fn value(&mut self, item: &Item, indent: usize) {
        match item {
            Item::Anchored(name, inner) => {
                self.out.push_str(&format!(" &{name}"));
                self.value(inner, indent);
            }
            Item::Map(entries) if !entries.is_empty() && !self.choices.once_in(16) => {
                self.out.push('\n');
                self.pad(indent + 2);
                self.map(entries, indent + 2);
            }
            Item::List(items) if !items.is_empty() && !self.choices.once_in(10) => {
                self.out.push('\n');
                let indent = if self.indented_lists { indent + 2 } else { indent };
                self.pad(indent);
                self.list(items, indent);
            }
            Item::Text(text) if text.contains('\n') && !self.choices.once_in(5) => self.block(text, indent),
            other => {
                self.out.push(' ');
                self.flow(other);
                self.line_end();
            }
        }
    }

    fn line_end(&mut self) {
        if self.choices.once_in(40) {
            self.out.push_str(" # a comment");
        }
        self.out.push('\n');
        if self.choices.once_in(60) {
            self.out.push_str("  # another: comment\n\n");
        }
    }

    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn block(&mut self, text: &str, indent: usize) {
        let body = text.trim_end_matches('\n');
        let ends = text.len() - body.len();
        let header = match (body.starts_with([' ', '\n']), ends) {
            (false, 0) => "|-",
            (false, 1) => "|",
            (false, _) => "|+",
            (true, 0) => "|2-",
            (true, 1) => "|2",
            (true, _) => "|2+",
        };
        if body.is_empty() {
            self.out.push(' ');
            self.out.push_str(&quoted(text));
            self.out.push('\n');
            return;
        }
        self.out.push(' ');
        self.out.push_str(header);
        self.out.push('\n');
        for line in body.split('\n') {
            if !line.is_empty() {
                self.pad(indent + 2);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
        for _ in 1..ends {
            self.out.push('\n');
        }
    }

    fn flow(&mut self, item: &Item) {
        match item {
            Item::Raw(text) => self.out.push_str(text),
            Item::Text(text) => {
                let text = self.scalar_text(text, false);
                self.out.push_str(&text);
            }
            Item::Map(entries) => {
                self.out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.out.push_str(if at == 0 { "" } else { ", " });
                    let key = self.scalar_text(key, true);
                    self.out.push_str(&key);
                    self.out.push_str(": ");
                    self.flow(value);
                }
                self.out.push('}');
            }
            Item::List(items) => {
                self.out.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.out.push_str(if at == 0 { "" } else { ", " });
                    self.flow(item);
                }
                self.out.push(']');
            }
            Item::Anchored(name, inner) => {
                self.out.push_str(&format!("&{name} "));
                self.flow(inner);
            }
        }
    }

    /// A string that reads back as itself.
    fn scalar_text(&mut self, text: &str, key: bool) -> String {
        let plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '$' && text.starts_with("$p"))
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'-' | b'_' | b'$'))
            && !matches!(text.to_ascii_lowercase().as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null");
        if text == "<<" || plain && (key || !self.choices.once_in(12)) {
            return text.to_owned();
        }
        if !text.contains(['\n', '\t']) && text.is_ascii() && self.choices.once_in(2) {
            return format!("'{}'", text.replace('\'', "''"));
        }
        quoted(text)
    }
}
