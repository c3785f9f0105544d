//! What a log says of its tree: a note of a few lines, signed below a blank one.

use crate::SignatureError;
use crate::keyless::root::Log;
use base64::{Engine, prelude::BASE64_STANDARD};

/// The most signatures of a checkpoint that are looked at; witnesses sign too.
const MOST_SIGNATURES: usize = 100;

/// A tree as its log sees it.
pub(super) struct Tree {
    /// How many entries it has.
    pub(super) size: u64,
    /// The hash at its root.
    pub(super) root: Vec<u8>,
}

/// The tree of a checkpoint that `log` signed. A log of the second generation names itself by its host.
pub(super) fn verify(checkpoint: &str, log: &Log, is_tiled: bool) -> Result<Tree, SignatureError> {
    let unread = || SignatureError::Log("the checkpoint cannot be read");
    let (text, signatures) = checkpoint.rsplit_once("\n\n").ok_or_else(unread)?;
    let text = format!("{text}\n");
    let is_signed = signatures.lines().take(MOST_SIGNATURES).any(|line| {
        let Some((name, signature)) = line.strip_prefix("— ").and_then(|line| line.split_once(' ')) else { return false };
        let signature = BASE64_STANDARD.decode(signature).unwrap_or_default();
        // Four bytes that hint at the key come first.
        (!is_tiled || name == log.host) && signature.get(4..).is_some_and(|signature| log.has_signed(text.as_bytes(), signature))
    });
    if !is_signed {
        return Err(SignatureError::Log("the log did not sign the checkpoint"));
    }
    let mut lines = text.lines();
    let (origin, size, root) = (lines.next(), lines.next(), lines.next());
    if is_tiled && origin != Some(log.host.as_str()) {
        return Err(SignatureError::Log("the checkpoint is of another log"));
    }
    let size = size.and_then(|size| size.parse().ok()).ok_or_else(unread)?;
    let root = root.and_then(|root| BASE64_STANDARD.decode(root).ok()).ok_or_else(unread)?;
    Ok(Tree { size, root })
}
