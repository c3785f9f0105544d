//! What a process finds around it: variables, files and the time, through a port so that tests can say what there is.

use jiff::Timestamp;
use std::fmt::Debug;

/// What a process finds around it.
pub trait Surroundings: Debug + Send + Sync {
    /// A variable of the environment; `None` where it is not set or empty.
    fn variable(&self, name: &str) -> Option<String>;

    /// The content of a file, read anew each time: tokens in files are replaced before they expire.
    ///
    /// # Errors
    /// When it cannot be read.
    fn file(&self, path: &str) -> std::io::Result<Vec<u8>>;

    /// The time.
    fn now(&self) -> Timestamp;
}

/// Those of this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct ProcessSurroundings;

/// The most bytes of a file with a token or a key.
const FILE_BYTES: u64 = 1 << 20;

impl Surroundings for ProcessSurroundings {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn file(&self, path: &str) -> std::io::Result<Vec<u8>> {
        use std::io::Read;
        let mut content = Vec::new();
        std::fs::File::open(path)?.take(FILE_BYTES).read_to_end(&mut content)?;
        Ok(content)
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
