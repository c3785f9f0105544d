//! Runs the real `git` and `ssh-keygen`, shut off from the configuration of the machine and the user.

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What keeps a Git process from reading the user's and the system's configuration, and fixes who commits and when.
pub(super) const ISOLATED: [(&str, &str); 12] = [
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_COUNT", "1"),
    ("GIT_CONFIG_KEY_0", "safe.directory"),
    ("GIT_CONFIG_VALUE_0", "*"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_AUTHOR_NAME", "Weir"),
    ("GIT_AUTHOR_EMAIL", "weir@example.com"),
    ("GIT_COMMITTER_NAME", "Weir"),
    ("GIT_COMMITTER_EMAIL", "weir@example.com"),
    ("LC_ALL", "C"),
    ("TZ", "UTC"),
];

/// Why a command that a test server needs did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The program cannot be started; it is probably not installed.
    #[error("start {program}")]
    Start {
        /// Name of the program.
        program: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The program did not accept its input or its output could not be read.
    #[error("talk to {program}")]
    Talk {
        /// Name of the program.
        program: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The program ended with an error.
    #[error("{command}: {status}: {stderr}")]
    Failed {
        /// Program and arguments.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it wrote to standard error, trimmed.
        stderr: String,
    },
    /// A file or directory next to the program cannot be written or read.
    #[error("prepare {path}")]
    File {
        /// The path.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl CommandError {
    pub(super) fn file(path: &Path, source: std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), source }
    }
}

/// Runs `git` in `directory` with `input` on its standard input; returns its standard output, trimmed.
pub(super) fn git<A: AsRef<OsStr>>(directory: &Path, arguments: &[A], input: &[u8]) -> Result<String, CommandError> {
    let mut command = Command::new("git");
    // Variables that a Git hook leaves in the environment would point this process at another repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        command.env_remove(name);
    }
    command.envs(ISOLATED).arg("-C").arg(directory).args(arguments);
    run(command, input)
}

/// Runs any program to its end with `input` on its standard input; returns its standard output, trimmed.
pub(super) fn run(mut command: Command, input: &[u8]) -> Result<String, CommandError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| CommandError::Start { program: program.clone(), source })?;
    let stdin = child.stdin.take();
    // The programs read all their input before they print more than a pipe holds, so writing first cannot block for ever.
    let written = stdin.map_or(Ok(()), |mut pipe| pipe.write_all(input));
    let output = child.wait_with_output().map_err(|source| CommandError::Talk { program: program.clone(), source })?;
    if !output.status.success() {
        return Err(CommandError::Failed {
            command: format!("{command:?}").replace('"', ""),
            status: output.status,
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    written.map_err(|source| CommandError::Talk { program, source })?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
