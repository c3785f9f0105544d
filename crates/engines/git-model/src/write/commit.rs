//! A commit as bytes.

use super::{NewObject, ObjectKind};
use crate::{ObjectId, Person};

/// A commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// The tree that it holds.
    pub tree: ObjectId,
    /// The commits before it.
    pub parents: Vec<ObjectId>,
    /// Who wrote it.
    pub author: Person,
    /// Who commits it.
    pub committer: Person,
    /// The message, which is kept as it is but for NUL.
    pub message: String,
}

impl NewCommit {
    /// The bytes of the commit without a signature, over which one is made.
    pub fn payload(&self) -> Vec<u8> {
        let mut text = self.headers();
        text.push('\n');
        text.extend(self.message.chars().filter(|c| *c != '\0'));
        text.into_bytes()
    }

    /// The commit, with an armored signature over [`NewCommit::payload`] if there is one.
    pub fn object(&self, signature: Option<&str>) -> NewObject {
        let mut bytes = self.payload();
        if let Some(signature) = signature {
            let lines: Vec<&str> = signature.trim_end_matches(['\r', '\n']).lines().collect();
            let header = format!("gpgsig {}\n", lines.join("\n "));
            let at = self.headers().len();
            bytes.splice(at..at, header.into_bytes());
        }
        NewObject::new(ObjectKind::Commit, bytes)
    }

    fn headers(&self) -> String {
        let mut headers = format!("tree {}\n", self.tree);
        for parent in &self.parents {
            headers.push_str(&format!("parent {parent}\n"));
        }
        headers.push_str(&format!("author {}\ncommitter {}\n", identity(&self.author), identity(&self.committer)));
        headers
    }
}

/// `Name <address> seconds +hhmm`. What would end the name, the address or the line is left out.
fn identity(person: &Person) -> String {
    let clean = |text: &str| text.chars().filter(|c| !c.is_control() && !matches!(c, '<' | '>')).collect::<String>();
    let (name, email) = (clean(&person.name), clean(&person.email));
    let sign = if person.offset_minutes < 0 { '-' } else { '+' };
    let offset = person.offset_minutes.unsigned_abs();
    let (hours, minutes) = (offset / 60, offset % 60);
    format!("{} <{}> {} {sign}{hours:02}{minutes:02}", name.trim(), email.trim(), person.seconds)
}
