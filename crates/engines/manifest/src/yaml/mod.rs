//! YAML exactly as Go reads and prints it.
//!
//! Go has two dialects, and a GitOps system meets both: [`Dialect::V2`] is `sigs.k8s.io/yaml` (YAML 1.1: `yes` is a truth value), which
//! Kubernetes, Helm and Flux read objects with; [`Dialect::V3`] is `go.yaml.in/yaml/v3` (kyaml), which kustomize reads files with.
//!
//! ```text
//!   text ──parse_documents──► Node (order, style, positions) ──to_value──► serde_json::Value ──to_yaml──► text
//! ```
//!
//! A caller with a tree of its own reads and prints it without either: an [`Assembler`] makes its nodes, a [`View`] shows them.
//! v2 values, which most readers want, are made the same way, and of ordinary texts by a reader of our own (`direct`, `quick`).
//!
//! Input is not trusted: [`Limits`] bound its size, its depth and what aliases expand to; nothing here panics or recurses deeper than
//! [`MAX_DEPTH`]. What this is not: an editor that keeps comments, and no reader of arbitrary YAML types (sets, binary keys).

mod assemble;
mod direct;
mod emit;
mod encoding;
mod error;
mod folded;
mod go_syntax;
mod key_order;
mod letters;
mod node;
mod parse;
mod part;
mod quick;
mod resolve;
mod scalar_style;
mod syntax;
mod timestamp;
mod value;
mod view;

pub use assemble::Assembler;
use assemble::Nodes;
pub use emit::{SequenceIndent, check_printable, to_yaml, to_yaml_bytewise, to_yaml_v3, write_yaml};
pub use error::{Bound, Position, YamlError};
pub use key_order::compare_keys;
pub use node::{Content, Entry, Node, ScalarStyle, Span};
pub use parse::{assemble_first, parse_documents, parse_first};
pub use part::Part;
pub use resolve::{Resolved, resolve};
pub use timestamp::Timestamp;
pub use value::{coerced_number, parse_part_with_floats, parse_value, parse_value_strict, parse_value_with_floats, parse_values};
pub use view::{Shape, View};

/// Which of Go's two YAML libraries to agree with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `sigs.k8s.io/yaml`, that is go-yaml v2: YAML 1.1 truth values, the last of equal keys wins.
    V2,
    /// `go.yaml.in/yaml/v3`, as kyaml uses it: only `true` and `false`, dates become times, equal keys are an error.
    V3,
}

/// The deepest nesting that is ever accepted, whatever [`Limits::depth`] says: values are dropped and printed recursively.
pub const MAX_DEPTH: usize = 1_000;

/// Bounds of what a text may ask of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the text.
    pub bytes: usize,
    /// Sequences and mappings within each other; at most [`MAX_DEPTH`].
    pub depth: usize,
    /// Nodes that aliases add to one stream, all in all.
    pub expanded_nodes: usize,
    /// Documents in the stream.
    pub documents: usize,
}

impl Default for Limits {
    /// 64 MiB, [`MAX_DEPTH`], 400,000 nodes from aliases (where Go's limit begins), 100,000 documents.
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: MAX_DEPTH, expanded_nodes: 400_000, documents: 100_000 }
    }
}
