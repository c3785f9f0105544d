//! Commits and annotated tags.

use crate::ObjectId;

/// The largest object that is parsed, in bytes.
const SIZE_LIMIT: usize = 16 << 20;

/// Who did something, and when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The address of electronic mail.
    pub email: String,
    /// The time in seconds since 1970; zero where it cannot be read.
    pub seconds: i64,
    /// The time zone in minutes east of Greenwich.
    pub offset_minutes: i32,
}

/// How something was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureKind {
    /// OpenPGP.
    Pgp,
    /// SSH.
    Ssh,
    /// X.509.
    X509,
    /// None of these, or more than one.
    Unknown,
}

impl SignatureKind {
    /// The word that Flux has for it in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pgp => "openpgp",
            Self::Ssh => "ssh",
            Self::X509 => "x509",
            Self::Unknown => "unknown",
        }
    }
}

/// A signature that nobody has verified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// How it was made.
    pub kind: SignatureKind,
    /// The armored signature.
    pub text: String,
    /// The bytes it was made over: the object without it.
    pub payload: Vec<u8>,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub id: ObjectId,
    /// The tree that it holds.
    pub tree: ObjectId,
    /// The commits before it.
    pub parents: Vec<ObjectId>,
    /// Who wrote it.
    pub author: Person,
    /// Who committed it.
    pub committer: Person,
    /// The message, as it is but for bytes that are not UTF-8.
    pub message: String,
    /// Its signature.
    pub signature: Option<Signature>,
}

/// An annotated tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The name of the object.
    pub id: ObjectId,
    /// What it points to.
    pub target: ObjectId,
    /// The type of what it points to: `commit` as a rule.
    pub target_type: String,
    /// The name of the tag, as it says itself.
    pub name: String,
    /// Who made it.
    pub tagger: Person,
    /// The message without the signature.
    pub message: String,
    /// Its signature.
    pub signature: Option<Signature>,
}

/// Why an object cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ObjectError {
    /// The object is larger than a commit or tag may be.
    #[error("Git object {0} is larger than {SIZE_LIMIT} bytes")]
    TooLarge(ObjectId),
    /// A header is missing or malformed.
    #[error("Git object {id} has no valid {header} header")]
    Header {
        /// The object.
        id: ObjectId,
        /// The header.
        header: &'static str,
    },
}

impl Commit {
    /// Parses the bytes of a commit, without Git's own header of type and size.
    pub fn parse(id: ObjectId, bytes: &[u8]) -> Result<Self, ObjectError> {
        let object = Object::parse(&id, bytes)?;
        let tree = object.id("tree").ok_or_else(|| ObjectError::Header { id: id.clone(), header: "tree" })?;
        let parents: Option<Vec<ObjectId>> = object.all("parent").map(|value| utf8(value).parse().ok()).collect();
        Ok(Self {
            tree,
            parents: parents.ok_or_else(|| ObjectError::Header { id: id.clone(), header: "parent" })?,
            author: object.person("author"),
            committer: object.person("committer"),
            message: utf8(object.body),
            signature: object.header_signature(bytes),
            id,
        })
    }

    /// The first 50 characters of the message's first line, as events have it.
    pub fn short_message(&self) -> String {
        short_message(&self.message)
    }
}

impl Tag {
    /// Parses the bytes of an annotated tag, without Git's own header of type and size.
    pub fn parse(id: ObjectId, bytes: &[u8]) -> Result<Self, ObjectError> {
        let object = Object::parse(&id, bytes)?;
        let missing = |header| ObjectError::Header { id: id.clone(), header };
        let target = object.id("object").ok_or_else(|| missing("object"))?;
        let target_type = object.all("type").next().map(utf8).ok_or_else(|| missing("type"))?;
        let name = object.all("tag").next().map(utf8).ok_or_else(|| missing("tag"))?;
        let blocks = armor_blocks(object.body);
        let body_start = bytes.len() - object.body.len();
        // As Git does: the last block that begins, to the end.
        let signature = blocks.last().map(|start| Signature {
            kind: if blocks.len() == 1 { kind(&object.body[*start..]) } else { SignatureKind::Unknown },
            text: utf8(&object.body[*start..]),
            payload: without_signature_headers(&bytes[..body_start + start]),
        });
        let message = &object.body[..blocks.last().copied().unwrap_or(object.body.len())];
        Ok(Self { target, target_type, name, tagger: object.person("tagger"), message: utf8(message), signature, id })
    }
}

/// The first 50 characters of the first line, and `...` where it is longer.
pub fn short_message(message: &str) -> String {
    let subject = message.split('\n').next().unwrap_or("");
    match subject.char_indices().nth(50) {
        Some((end, _)) => format!("{}...", &subject[..end]),
        None => subject.to_owned(),
    }
}

/// An object taken apart: headers, whose values may go over several lines, and what follows the empty line.
struct Object<'a> {
    headers: Vec<(&'a [u8], Vec<u8>)>,
    body: &'a [u8],
}

impl<'a> Object<'a> {
    fn parse(id: &ObjectId, bytes: &'a [u8]) -> Result<Self, ObjectError> {
        if bytes.len() > SIZE_LIMIT {
            return Err(ObjectError::TooLarge(id.clone()));
        }
        let mut headers: Vec<(&[u8], Vec<u8>)> = Vec::new();
        let mut rest = bytes;
        while let Some(line) = next_line(&mut rest) {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            if line.is_empty() {
                break;
            }
            if let (Some(more), Some((_, value))) = (line.strip_prefix(b" "), headers.last_mut()) {
                value.push(b'\n');
                value.extend_from_slice(more);
                continue;
            }
            let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
            headers.push((&line[..space], line.get(space + 1..).unwrap_or_default().to_vec()));
        }
        Ok(Self { headers, body: rest })
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.headers.iter().filter(move |(key, _)| *key == name.as_bytes()).map(|(_, value)| value.as_slice())
    }

    fn id(&self, name: &'static str) -> Option<ObjectId> {
        utf8(self.all(name).next()?).parse().ok()
    }

    fn person(&self, name: &'static str) -> Person {
        self.all(name).next().map(person).unwrap_or_default()
    }

    fn header_signature(&self, bytes: &[u8]) -> Option<Signature> {
        let found: Vec<&[u8]> = self.all("gpgsig").collect();
        let text = found.join(b"\n".as_slice());
        if text.is_empty() {
            return None;
        }
        let single = found.len() == 1 && armor_blocks(&text).len() == 1;
        let kind = if single { kind(&text) } else { SignatureKind::Unknown };
        Some(Signature { kind, text: utf8(&text) + "\n", payload: without_signature_headers(bytes) })
    }
}

/// The next line with its newline.
fn next_line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    if rest.is_empty() {
        return None;
    }
    let end = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |newline| newline + 1);
    let (line, after) = rest.split_at(end);
    *rest = after;
    Some(line)
}

/// The object without the headers that hold signatures, over which these were made.
fn without_signature_headers(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut skipping = false;
    while let Some(line) = next_line(&mut rest) {
        if line == b"\n" {
            kept.extend_from_slice(line);
            break;
        }
        let continues = skipping && line.starts_with(b" ");
        skipping = continues || line.starts_with(b"gpgsig ") || line.starts_with(b"gpgsig-sha256 ");
        if !skipping {
            kept.extend_from_slice(line);
        }
    }
    kept.extend_from_slice(rest);
    kept
}

const ARMOR: &[(&str, SignatureKind)] = &[
    ("-----BEGIN PGP SIGNATURE-----", SignatureKind::Pgp),
    ("-----BEGIN PGP MESSAGE-----", SignatureKind::Pgp),
    ("-----BEGIN SSH SIGNATURE-----", SignatureKind::Ssh),
    ("-----BEGIN SIGNED MESSAGE-----", SignatureKind::X509),
    ("-----BEGIN CERTIFICATE-----", SignatureKind::X509),
];

/// Where armored blocks begin: at the start of a line.
fn armor_blocks(bytes: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut rest = bytes;
    loop {
        let start = bytes.len() - rest.len();
        match next_line(&mut rest) {
            Some(line) if ARMOR.iter().any(|(begin, _)| line.starts_with(begin.as_bytes())) => starts.push(start),
            Some(_) => {}
            None => return starts,
        }
    }
}

fn kind(text: &[u8]) -> SignatureKind {
    let text = text.trim_ascii_start();
    ARMOR.iter().find(|(begin, _)| text.starts_with(begin.as_bytes())).map_or(SignatureKind::Unknown, |(_, kind)| *kind)
}

/// Reads `Name <address> seconds zone`. What cannot be read stays empty.
fn person(value: &[u8]) -> Person {
    let text = utf8(value);
    let (Some(open), Some(close)) = (text.rfind('<'), text.rfind('>')) else { return Person::default() };
    if close < open {
        return Person::default();
    }
    let mut time = text[close + 1..].split_ascii_whitespace();
    Person {
        name: text[..open].trim_matches(' ').to_owned(),
        email: text[open + 1..close].to_owned(),
        seconds: time.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0),
        offset_minutes: time.next().and_then(offset).unwrap_or(0),
    }
}

/// Reads `+0130` as 90.
fn offset(zone: &str) -> Option<i32> {
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("-", digits) => (-1, digits),
        ("+", digits) => (1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_at_checked(2).filter(|_| digits.len() == 4)?;
    Some(sign * (hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?))
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
