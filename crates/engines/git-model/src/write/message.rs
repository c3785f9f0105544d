//! What a push says to the server and what the server reports (`git help gitprotocol-pack`, "Pushing Data To a Server").

use crate::ObjectId;

/// A ref that gets another value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefUpdate {
    /// The full name.
    pub name: String,
    /// What it is before, which the server checks; `None` where it does not exist.
    pub old: Option<ObjectId>,
    /// What it becomes.
    pub new: ObjectId,
}

/// Packs `text` into a packet line. Nothing longer than a line can be is ever said here.
pub fn pkt_line(text: &[u8]) -> Vec<u8> {
    let mut line = format!("{:04x}", text.len() + 4).into_bytes();
    line.extend_from_slice(text);
    line
}

const FLUSH: &[u8] = b"0000";
/// What stands for no object.
const ABSENT: &str = "0000000000000000000000000000000000000000";

/// The request up to the pack: the updates with `capabilities` at the first, then the push options where `options` is given.
pub fn encode_updates(updates: &[RefUpdate], capabilities: &str, options: Option<&[String]>) -> Vec<u8> {
    let mut request = Vec::new();
    for (index, RefUpdate { name, old, new }) in updates.iter().enumerate() {
        let old = old.as_ref().map_or(ABSENT, ObjectId::as_str);
        let capabilities = if index == 0 { format!("\0 {capabilities}") } else { String::new() };
        request.extend(pkt_line(format!("{old} {new} {name}{capabilities}").as_bytes()));
    }
    request.extend_from_slice(FLUSH);
    if let Some(options) = options {
        for option in options {
            request.extend(pkt_line(option.as_bytes()));
        }
        request.extend_from_slice(FLUSH);
    }
    request
}

/// What became of one ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefStatus {
    /// The full name.
    pub name: String,
    /// `None` where it was updated, otherwise the server's reason.
    pub refused: Option<String>,
}

/// What the server reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushReport {
    /// `None` where the objects were taken, otherwise the server's reason.
    pub unpack_refused: Option<String>,
    /// The refs, in the server's order.
    pub refs: Vec<RefStatus>,
}

/// The text is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the server reported nothing that can be understood")]
pub struct ReportError;

impl PushReport {
    /// Reads `report-status`: packet lines, or their texts one a line.
    ///
    /// # Errors
    /// [`ReportError`] where the first line is not about unpacking.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReportError> {
        let text = pkt_text(bytes).unwrap_or_else(|| bytes.to_vec());
        let text = String::from_utf8_lossy(&text);
        let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
        let unpacked = lines.next().and_then(|line| line.strip_prefix("unpack ")).ok_or(ReportError)?;
        let status = |line: &str| {
            let (verdict, rest) = line.split_once(' ')?;
            match verdict {
                "ok" => Some(RefStatus { name: rest.to_owned(), refused: None }),
                "ng" => {
                    let (name, reason) = rest.split_once(' ').unwrap_or((rest, "failed"));
                    Some(RefStatus { name: name.to_owned(), refused: Some(reason.to_owned()) })
                }
                _ => None,
            }
        };
        let unpack_refused = (unpacked != "ok").then(|| unpacked.to_owned());
        Ok(Self { unpack_refused, refs: lines.filter_map(status).collect() })
    }

    /// Why the update of `name` was refused: `None` where it was not.
    pub fn refusal(&self, name: &str) -> Option<&str> {
        match self.refs.iter().find(|status| status.name == name) {
            Some(status) => status.refused.as_deref().or(self.unpack_refused.as_deref()),
            None => Some(self.unpack_refused.as_deref().unwrap_or("the server did not report on it")),
        }
    }
}

/// The texts of packet lines, each on a line of its own; `None` where the bytes are no packet lines.
pub fn pkt_text(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let length = usize::from_str_radix(std::str::from_utf8(length).ok()?, 16).ok()?;
        if length < 4 {
            bytes = rest;
            continue;
        }
        let line = rest.get(..length - 4)?;
        text.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
        text.push(b'\n');
        bytes = &rest[length - 4..];
    }
    Some(text)
}
