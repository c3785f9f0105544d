//! What it costs to ask an unchanged remote whether it has moved: `cargo run --release --example poll [polls]`.
//!
//! The servers run in a process of their own, so that the CPU time reported is the client's.

#![expect(clippy::print_stdout, reason = "the result of this program is what it prints")]

use git_client::{Auth, GitClient, Options, Remote, SecretData, Tls};
use git_model::RepositoryUrl;
use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use test_support::{GitServer, SshServer, git::KeyType};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let argument = std::env::args().nth(1).unwrap_or_else(|| "200".to_owned());
    if argument == "serve" { serve() } else { poll(argument.parse()?) }
}

/// Starts the servers, tells where they are, and ends with the standard input.
fn serve() -> Outcome {
    let (http, https, ssh) = (GitServer::start()?, GitServer::builder().tls().start()?, SshServer::start()?);
    for repository in [http.repository("app")?, https.repository("app")?, ssh.repository("app")?] {
        let commit = repository.commit_file("a.yaml", "a: 1\n")?;
        for number in 0..100 {
            repository.tag(&format!("v1.0.{number}"), &commit)?;
        }
    }
    let key = ssh.client_key(KeyType::Ed25519)?;
    let mut output = std::io::stdout();
    for text in [http.url("app"), https.url("app"), https.authority_pem(), ssh.url("app"), key.private, ssh.known_hosts()?] {
        writeln!(output, "{}", text.trim_end().replace('\n', "|"))?;
    }
    output.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn poll(polls: u32) -> Outcome {
    let mut servers = Command::new(std::env::current_exe()?).arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(servers.stdout.take().ok_or("no output")?).lines();
    let mut next = || -> Outcome<String> { Ok(lines.next().ok_or("too few lines")??.replace('|', "\n")) };
    let (http, https, authority) = (next()?, next()?, next()?);
    let (ssh, identity, known_hosts) = (next()?, next()? + "\n", next()?);
    let remotes = [
        ("http", remote(&http, &[])?),
        ("https", remote(&https, &[("ca.crt", &authority)])?),
        ("ssh", remote(&ssh, &[("identity", &identity), ("known_hosts", &known_hosts)])?),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let client = GitClient::new(Options::default());
    for (name, remote) in remotes {
        let (started, cpu) = (Instant::now(), cpu_time()?);
        runtime.block_on(async {
            for _ in 0..polls {
                client.list_refs(&remote, &["refs/heads/main"]).await?;
            }
            Outcome::Ok(())
        })?;
        let (wall, cpu) = (started.elapsed(), cpu_time()?.saturating_sub(cpu));
        println!("{name}: {polls} polls in {wall:.2?}, {cpu:.2?} of CPU here, {:.2?} a poll", cpu / polls.max(1));
    }
    drop(servers.stdin.take());
    servers.wait()?;
    Ok(())
}

fn remote(url: &str, secret: &[(&str, &str)]) -> Outcome<Remote> {
    let url = RepositoryUrl::parse(url)?;
    let data: SecretData = secret.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    Ok(Remote { auth: Auth::from_secret(&url, &data)?, tls: Tls::from_secret(&data)?, ..Remote::anonymous(url) })
}

/// User and system time of this process, from `/proc/self/stat` in hundredths of a second.
fn cpu_time() -> Outcome<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}
