//! A directory for what lies on disk for a while. What a killed process left there goes when the next one of its name starts.
//!
//! ```text
//! <temporary>/weir-<program>-XXXXXX/lock    held as long as the process lives; the system lets go of it, however it ends
//!                                  /...     whatever the program puts there
//! ```

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const LOCK: &str = "lock";
/// What a lock is called before it is held: nobody looks at it.
const UNHELD: &str = "lock.new";

/// The directory of one process; gone with the value, or with the next one of its program.
#[derive(Debug)]
pub struct Scratch {
    directory: TempDir,
    _lock: File,
}

impl Scratch {
    /// A new directory for a program, below the system's for temporary files.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(program: &str) -> io::Result<Self> {
        Self::open_in(&std::env::temp_dir(), program)
    }

    fn open_in(parent: &Path, program: &str) -> io::Result<Self> {
        let prefix = format!("weir-{program}-");
        for left in left_behind(parent, &prefix)? {
            let removed = fs::remove_dir_all(&left);
            tracing::info!(directory = %left.display(), removed = removed.is_ok(), "an earlier process left files behind");
        }
        let directory = tempfile::Builder::new().prefix(&prefix).tempdir_in(parent)?;
        let lock = File::create_new(directory.path().join(UNHELD))?;
        lock.lock()?;
        fs::rename(directory.path().join(UNHELD), directory.path().join(LOCK))?;
        Ok(Self { directory, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Directories with a lock that nobody holds.
fn left_behind(parent: &Path, prefix: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
        // What is not for us to open is not for us to remove.
        let lock = is_ours.then(|| File::open(entry.path().join(LOCK))).and_then(Result::ok);
        if lock.is_some_and(|lock| lock.try_lock().is_ok()) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_dead_left_goes_and_what_the_living_have_stays() {
        let parent = tempfile::tempdir().expect("a directory");
        let dead = parent.path().join("weir-some-controller-dead");
        let other = parent.path().join("weir-other-controller-dead");
        for directory in [&dead, &other] {
            fs::create_dir(directory).expect("a directory");
            fs::write(directory.join(LOCK), "").expect("a file");
            fs::write(directory.join("pack"), "half").expect("a file");
        }
        let living = Scratch::open_in(parent.path(), "some-controller").expect("a directory");
        assert!(!dead.exists() && other.exists());
        let second = Scratch::open_in(parent.path(), "some-controller").expect("a directory");
        assert!(living.path().exists() && second.path().exists());
        let path = living.path().to_owned();
        drop(living);
        assert!(!path.exists());
    }
}
