//! From rendered files to manifests and hooks: cutting into documents, reading their heads, and order.

mod head;
mod hook;
mod order;
mod sort;
mod split;

pub use head::{Head, HeadError};
pub use hook::{Hook, HookEvent};
pub use order::{INSTALL_ORDER, UNINSTALL_ORDER, compare_kinds};
pub use sort::{Manifest, ManifestError, Sorted, sort};
pub use split::split;
pub(crate) use split::{is_blank, separators};
