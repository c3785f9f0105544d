//! A forge: Gitea, compiled from its Go module, one process a server, with an API, Git over HTTP and over SSH.

use crate::git::{ClientKey, CommandError, KeyType, generate_key};
use crate::go_program::{GoProgram, GoProgramError};
use crate::process::{Process, ProcessError};
use crate::workspace;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PROGRAM: GoProgram = GoProgram {
    title: "forge",
    note: "Gitea, about three minutes from nothing on two processors; needs a C compiler",
    folder: "e2e/forge",
    files: &["go.mod", "go.sum", "main.go"],
    linker_flags: |_| "-s -w".to_owned(),
};

/// The user that a forge knows, who may do everything.
pub const USER: &str = "weir";
/// That user's password.
pub const PASSWORD: &str = "hunter2-hunter2";
/// How long the forge may take until it answers.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Why there is no forge, or why it did not do something.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// The program cannot be built.
    #[error("build the forge")]
    Program(#[from] GoProgramError),
    /// It cannot be run.
    #[error("run the forge")]
    Process(#[from] ProcessError),
    /// A program that it needs failed.
    #[error("prepare the forge")]
    Command(#[from] CommandError),
    /// A file or port cannot be had.
    #[error("{operation}")]
    System {
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// One of its own commands failed.
    #[error("{command}: {output}")]
    Failed {
        /// The command.
        command: String,
        /// What it wrote.
        output: String,
    },
    /// It does not answer.
    #[error("ask the forge")]
    Request(#[from] reqwest::Error),
    /// It refuses something.
    #[error("{path}: {status}: {body}")]
    Refused {
        /// What was asked.
        path: String,
        /// The status.
        status: u16,
        /// What it said.
        body: String,
    },
    /// It ended, or does not become ready; the end of its log.
    #[error("the forge is not ready: {0}")]
    NotReady(String),
}

fn system(operation: &'static str) -> impl Fn(std::io::Error) -> ForgeError {
    move |source| ForgeError::System { operation, source }
}

/// A running forge. Dropping it stops it and removes all that it had.
#[derive(Debug)]
pub struct Forge {
    http: u16,
    ssh: u16,
    host_key: ClientKey,
    client: reqwest::Client,
    process: Process,
    directory: TempDir,
}

impl Forge {
    /// Whether the program is built already; building it takes minutes.
    pub fn is_at_hand() -> bool {
        PROGRAM.cached().is_ok_and(|program| program.exists())
    }

    /// Starts one with one user and no repository.
    ///
    /// # Errors
    /// When it cannot be built, or does not become ready.
    pub async fn start() -> Result<Self, ForgeError> {
        let program = tokio::task::spawn_blocking(|| PROGRAM.build());
        let program = program.await.map_err(|error| ForgeError::NotReady(error.to_string()))??;
        let directory = tempfile::Builder::new().prefix("weir-forge-").tempdir().map_err(system("make a directory"))?;
        let path = directory.path();
        crate::process::remove_when_killed(path).map_err(system("start the watchdog"))?;
        let [http, ssh] = workspace::free_ports().map_err(system("find free ports"))?;
        let host_key = generate_key(KeyType::Ed25519, &path.join("host_key"))?;
        let configuration = path.join("app.ini");
        std::fs::write(&configuration, settings(path, &sources()?, http, ssh)).map_err(system("write the configuration"))?;
        run(command(&program, path, &["migrate"]))?;
        let user = ["--username", USER, "--password", PASSWORD, "--email", "weir@example.com"];
        run(command(
            &program,
            path,
            &[&["admin", "user", "create", "--admin", "--must-change-password=false"], &user[..]].concat(),
        ))?;
        let process = Process::start("forge", command(&program, path, &["web"]), &path.join("forge.log"))?;
        let mut forge = Self { http, ssh, host_key, client: reqwest::Client::new(), process, directory };
        forge.wait_until_ready().await?;
        Ok(forge)
    }

    async fn wait_until_ready(&mut self) -> Result<(), ForgeError> {
        let deadline = Instant::now() + READY_WITHIN;
        while Instant::now() < deadline && self.process.ended().is_none() {
            if self.get("version").await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(ForgeError::NotReady(self.process.log_tail(20)))
    }

    /// Asks the API, as the user.
    ///
    /// # Errors
    /// When it does not answer, or refuses.
    pub async fn get(&self, path: &str) -> Result<Value, ForgeError> {
        self.send(path, self.client.get(self.api(path))).await
    }

    /// Creates something through the API, as the user.
    ///
    /// # Errors
    /// When it does not answer, or refuses.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ForgeError> {
        self.send(path, self.client.post(self.api(path)).json(body)).await
    }

    /// Changes something through the API, as the user.
    ///
    /// # Errors
    /// When it does not answer, or refuses.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value, ForgeError> {
        self.send(path, self.client.patch(self.api(path)).json(body)).await
    }

    fn api(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/api/v1/{path}", self.http)
    }

    async fn send(&self, path: &str, request: reqwest::RequestBuilder) -> Result<Value, ForgeError> {
        let response = request.basic_auth(USER, Some(PASSWORD)).send().await?;
        if response.status().is_success() {
            return Ok(response.json().await?);
        }
        let status = response.status().as_u16();
        Err(ForgeError::Refused { path: path.to_owned(), status, body: response.text().await? })
    }

    /// Creates a repository of the user, with a `README.md` on `main`.
    ///
    /// # Errors
    /// When the forge refuses.
    pub async fn repository(&self, name: &str) -> Result<(), ForgeError> {
        self.post("user/repos", &json!({ "name": name, "auto_init": true, "default_branch": "main" })).await.map(drop)
    }

    /// Makes a token that may do what the scopes say, such as `write:repository`.
    ///
    /// # Errors
    /// When the forge refuses.
    pub async fn token(&self, scope: &str) -> Result<String, ForgeError> {
        let body = json!({ "name": scope, "scopes": [scope] });
        let made = self.post(&format!("users/{USER}/tokens"), &body).await?;
        Ok(made["sha1"].as_str().unwrap_or_default().to_owned())
    }

    /// Makes a key by which the user is known over SSH.
    ///
    /// # Errors
    /// When the forge refuses.
    pub async fn client_key(&self, kind: KeyType) -> Result<ClientKey, ForgeError> {
        let directory = tempfile::tempdir_in(self.directory.path()).map_err(system("make a directory"))?;
        let key = generate_key(kind, &directory.path().join("key"))?;
        self.post("user/keys", &json!({ "title": format!("{kind:?}"), "key": key.public })).await?;
        Ok(key)
    }

    /// Where a repository of the user is, over HTTP.
    pub fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{USER}/{name}.git", self.http)
    }

    /// Where a repository of the user is, over SSH.
    pub fn ssh_url(&self, name: &str) -> String {
        format!("ssh://git@127.0.0.1:{}/{USER}/{name}.git", self.ssh)
    }

    /// The host key of the SSH server as a line of `known_hosts`.
    pub fn known_hosts(&self) -> String {
        format!("[127.0.0.1]:{} {}", self.ssh, self.host_key.public)
    }

    /// The end of its log.
    pub fn log(&self) -> String {
        self.process.log_tail(40)
    }
}

/// Where Gitea's own files are: its module.
fn sources() -> Result<PathBuf, ForgeError> {
    let mut command = Command::new("go");
    command.args(["list", "-m", "-f", "{{.Dir}}", "code.gitea.io/gitea"]).current_dir(workspace::root().join(PROGRAM.folder));
    Ok(PathBuf::from(run(command)?))
}

fn command(program: &Path, directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    // Tests may run as root, in a container.
    command.env("GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT", "true").env("HOME", directory).current_dir(directory);
    command.arg("--config").arg(directory.join("app.ini")).arg("--work-path").arg(directory).args(arguments);
    command
}

fn run(mut command: Command) -> Result<String, ForgeError> {
    let output = command.output().map_err(system("start a command of the forge"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let texts = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).trim().to_owned());
    Err(ForgeError::Failed { command: format!("{command:?}"), output: texts.join("\n") })
}

/// Hashes of passwords are cheap ones; whatever looks for work by itself is off.
fn settings(directory: &Path, sources: &Path, http: u16, ssh: u16) -> String {
    let (path, sources) = (directory.display(), sources.display());
    format!(
        "\
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {http}
ROOT_URL = http://127.0.0.1:{http}/
STATIC_ROOT_PATH = {sources}
OFFLINE_MODE = true
START_SSH_SERVER = true
BUILTIN_SSH_SERVER_USER = git
SSH_LISTEN_HOST = 127.0.0.1
SSH_LISTEN_PORT = {ssh}
SSH_PORT = {ssh}
SSH_SERVER_HOST_KEYS = {path}/host_key
[database]
DB_TYPE = sqlite3
PATH = {path}/gitea.db
[repository]
ROOT = {path}/repositories
[security]
INSTALL_LOCK = true
DISABLE_GIT_HOOKS = false
SECRET_KEY = weir
PASSWORD_HASH_ALGO = pbkdf2_v1
[service]
DISABLE_REGISTRATION = true
[indexer]
ISSUE_INDEXER_TYPE = db
[cron]
ENABLED = false
[actions]
ENABLED = false
[log]
LEVEL = warn
"
    )
}
