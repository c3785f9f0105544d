//! New commits: objects as bytes, a tree with some files changed, the pack that carries them, and what is said to a server.
//!
//! Only SHA-1, as everything that writes here. Nothing is compressed against older objects: a commit that changes some files is
//! small, and every server takes whole objects.

mod commit;
mod message;
mod object;
mod pack;
mod refspec;
mod tree;

pub use commit::NewCommit;
pub use message::{PushReport, RefStatus, RefUpdate, ReportError, encode_updates, pkt_line, pkt_text};
pub use object::{NewObject, ObjectKind};
pub use pack::{PackError, encode_pack};
pub use refspec::{Refspec, RefspecError};
pub use tree::{FileEdit, TreeError, edit_tree};
