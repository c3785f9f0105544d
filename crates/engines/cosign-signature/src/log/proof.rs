//! That an entry is in a tree: RFC 9162, section 2.1.3.

use super::checkpoint::Tree;
use crate::SignatureError;
use aws_lc_rs::digest::{Context, Digest, SHA256};

/// The way from an entry to the root.
#[derive(Debug)]
pub(crate) struct Proof {
    /// Where the entry is in the tree.
    pub(crate) index: u64,
    /// How many entries the tree has.
    pub(crate) size: u64,
    /// The hash at the root.
    pub(crate) root: Vec<u8>,
    /// The hashes beside the way, from the entry up.
    pub(crate) hashes: Vec<Vec<u8>>,
    /// What the log says of the tree, signed.
    pub(crate) checkpoint: String,
}

impl Proof {
    /// Checks that an entry at `index` is in `tree`, which is the one of the proof.
    pub(super) fn verify(&self, body: &[u8], index: u64, tree: &Tree) -> Result<(), SignatureError> {
        if tree.size != self.size || tree.root != self.root {
            return Err(SignatureError::Log("the proof is about another tree than the checkpoint"));
        }
        let root = self.root_of(hash(&[&[0], body]), index);
        if root.is_some_and(|root| root.as_ref() == self.root) {
            Ok(())
        } else {
            Err(SignatureError::Log("the proof does not lead from the entry to the root of the tree"))
        }
    }

    /// The root that the proof leads to from a leaf; `None` where it is too short or too long.
    fn root_of(&self, leaf: Digest, index: u64) -> Option<Digest> {
        let (mut place, mut last) = (index, self.size.checked_sub(1)?);
        if place > last {
            return None;
        }
        let mut node = leaf;
        for beside in &self.hashes {
            if last == 0 {
                return None;
            }
            if place & 1 == 1 || place == last {
                node = hash(&[&[1], beside, node.as_ref()]);
                while place & 1 == 0 && place != 0 {
                    (place, last) = (place >> 1, last >> 1);
                }
            } else {
                node = hash(&[&[1], node.as_ref(), beside]);
            }
            (place, last) = (place >> 1, last >> 1);
        }
        (last == 0).then_some(node)
    }
}

fn hash(parts: &[&[u8]]) -> Digest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    context.finish()
}
