//! Programs of ours in Go, each built once and kept in the cache under a key of its source.

use crate::workspace;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often a build that takes minutes says that it is still at work.
const PROGRESS_EVERY: Duration = Duration::from_secs(15);

/// A program whose source is a folder of this workspace.
#[derive(Debug, Clone, Copy)]
pub struct GoProgram {
    /// What messages call it.
    pub title: &'static str,
    /// What it is made of and how long that takes, for who waits.
    pub note: &'static str,
    /// Where its source is, from the root. The last part is the program's name.
    pub folder: &'static str,
    /// The files of its source.
    pub files: &'static [&'static str],
    /// The flags of the linker, from the text of `go.mod`.
    pub linker_flags: fn(&str) -> String,
}

/// Why there is no program.
#[derive(Debug, thiserror::Error)]
pub enum GoProgramError {
    /// A file of the source or the cache cannot be read or written.
    #[error("{operation} {path}")]
    File {
        /// What was tried.
        operation: &'static str,
        /// On which file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Go cannot be run.
    #[error("run go (is Go 1.26 or newer installed?)")]
    Go(#[source] std::io::Error),
    /// The build failed.
    #[error("build {folder}: {status}\n{output}")]
    Build {
        /// Where the source is.
        folder: &'static str,
        /// How `go build` ended.
        status: std::process::ExitStatus,
        /// What it wrote.
        output: String,
    },
}

fn file(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> GoProgramError + use<> {
    let path = path.display().to_string();
    move |source| GoProgramError::File { operation, path, source }
}

impl GoProgram {
    /// Where the binary of exactly this source and this Go belongs, whether it has been built or not.
    pub fn cached(&self) -> Result<PathBuf, GoProgramError> {
        let mut digest = Sha256::new();
        for name in self.files {
            let path = self.source().join(name);
            digest.update(std::fs::read(&path).map_err(file("read", &path))?);
        }
        let version = Command::new("go").args(["env", "GOVERSION"]).current_dir(self.source()).stderr(Stdio::null()).output();
        digest.update(version.map(|output| output.stdout).unwrap_or_default());
        let key: String = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(workspace::cache().join(self.name()).join(key).join(self.name()))
    }

    /// The binary, built if need be. A build says so on standard error.
    pub fn build(&self) -> Result<PathBuf, GoProgramError> {
        let binary = self.cached()?;
        if binary.exists() {
            return Ok(binary);
        }
        let directory = binary.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(directory).map_err(file("make", directory))?;
        let lock = directory.join("lock");
        let lock_file = File::create(&lock).map_err(file("open", &lock))?;
        lock_file.lock().map_err(file("lock", &lock))?;
        // Whoever held the lock before may have built it.
        if !binary.exists() {
            self.compile(&binary)?;
        }
        Ok(binary)
    }

    fn source(&self) -> PathBuf {
        workspace::root().join(self.folder)
    }

    fn name(&self) -> &'static str {
        self.folder.rsplit('/').next().unwrap_or(self.folder)
    }

    /// Builds into a temporary name and renames, so that an interrupted build leaves nothing that looks finished.
    fn compile(&self, binary: &Path) -> Result<(), GoProgramError> {
        let module = self.source().join("go.mod");
        let module = std::fs::read_to_string(&module).map_err(file("read", &module))?;
        let unfinished = binary.with_extension("unfinished");
        let log = binary.with_extension("log");
        let output = File::create(&log).map_err(file("open", &log))?;
        eprintln!("building the {} once: {}", self.title, self.note);
        let start = Instant::now();
        let mut child = Command::new("go")
            .args(["build", "-trimpath", "-ldflags", &(self.linker_flags)(&module), "-o"])
            .arg(&unfinished)
            .arg(".")
            .current_dir(self.source())
            .env("GOFLAGS", "-buildvcs=false")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(output)
            .spawn()
            .map_err(GoProgramError::Go)?;
        let mut reported = Duration::ZERO;
        let status = loop {
            if let Some(status) = child.try_wait().map_err(GoProgramError::Go)? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(100));
            if start.elapsed() >= reported + PROGRESS_EVERY {
                reported = start.elapsed();
                eprintln!("  {}: still building, {} s", self.title, reported.as_secs());
            }
        };
        if !status.success() {
            let output = std::fs::read_to_string(&log).unwrap_or_default();
            return Err(GoProgramError::Build { folder: self.folder, status, output });
        }
        std::fs::rename(&unfinished, binary).map_err(file("rename", &unfinished))?;
        eprintln!("built the {} in {} s", self.title, start.elapsed().as_secs());
        Ok(())
    }
}
