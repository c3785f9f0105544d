//! kustomize itself, as one process that answers many cases.

use crate::Case;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The program of `e2e/oracle`, running.
#[derive(Debug)]
pub struct Oracle {
    process: Child,
    requests: ChildStdin,
    responses: BufReader<ChildStdout>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OracleError {
    /// The program does not run.
    #[error("start the oracle")]
    Start(#[source] std::io::Error),
    /// The program has ended.
    #[error("talk to the oracle")]
    Talk(#[source] std::io::Error),
    /// The program answers something else.
    #[error("read the answer of the oracle")]
    Answer(#[source] serde_json::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum Answer {
    Output(String),
    Error(String),
}

impl Oracle {
    /// Starts the program.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn start(program: &Path) -> Result<Self, OracleError> {
        let mut command = Command::new(program);
        // Without environment: generators read variables of it.
        command.arg("-serve").env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(OracleError::Start)?;
        match (process.stdin.take(), process.stdout.take()) {
            (Some(requests), Some(responses)) => Ok(Self { process, requests, responses: BufReader::new(responses) }),
            _ => Err(OracleError::Start(std::io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// What kustomize builds, or its error.
    ///
    /// # Errors
    /// The program does not answer.
    pub fn build(&mut self, case: &Case) -> Result<Result<String, String>, OracleError> {
        let mut line = serde_json::to_vec(case).map_err(OracleError::Answer)?;
        line.push(b'\n');
        self.requests.write_all(&line).and_then(|()| self.requests.flush()).map_err(OracleError::Talk)?;
        let mut answer = String::new();
        let length = self.responses.read_line(&mut answer).map_err(OracleError::Talk)?;
        if length == 0 {
            return Err(OracleError::Talk(std::io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(match serde_json::from_str(&answer).map_err(OracleError::Answer)? {
            Answer::Output(output) => Ok(output),
            Answer::Error(error) => Err(error),
        })
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // It ends by itself when nothing more can be asked; there is no one to tell if it does not.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
