//! `cargo xtask demo`: a commit in Git becomes objects on a real API server, step by step, with the time that each took.
//!
//! Every step checks what it claims; one that does not happen ends the program with an error.

mod images;
mod narrator;
mod own;
mod releases;
mod steps;

use crate::World;
use crate::world::{Accounts, Settings};
use anyhow::Context;
use narrator::Narrator;
use test_support::cluster::ControlPlane;
use test_support::controller::binaries;

/// How much of each controller's log is shown when a step does not happen.
const LOG_LINES: usize = 15;

/// Which repository to show.
#[derive(clap::Args)]
pub struct Arguments {
    /// Another repository: its content is applied and shown, nothing in it is changed
    #[arg(long)]
    url: Option<String>,
    /// Branch of the other repository
    #[arg(long, default_value = "main", requires = "url")]
    branch: String,
    /// Directory of the other repository
    #[arg(long, default_value = "./", requires = "url")]
    path: String,
    /// How many nodes the cluster has
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    nodes: u16,
}

impl Default for Arguments {
    fn default() -> Self {
        Self { url: None, branch: "main".to_owned(), path: "./".to_owned(), nodes: 3 }
    }
}

/// Runs every step, or those that fit another repository, and stops everything.
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut narrator = Narrator::start();
    let shown = tokio::select! {
        shown = show(arguments, &mut narrator) => shown,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    match &shown {
        Ok(()) => narrator.say("everything happened as it should; all is stopped and removed"),
        Err(_) => narrator.say("a step did not happen; all is stopped and removed"),
    }
    shown
}

async fn show(arguments: &Arguments, narrator: &mut Narrator) -> anyhow::Result<()> {
    let world = start(arguments, narrator).await?;
    let told = match &arguments.url {
        Some(url) => {
            own::apply_other(&world, narrator, &own::Other { url, branch: &arguments.branch, path: &arguments.path }).await
        }
        None => tell(&world, &settings(arguments)?, narrator).await,
    };
    if told.is_err() {
        for controller in [&world.source, &world.kustomize] {
            narrator.say(&format!("the last lines of {}'s log:", controller.name()));
            controller
                .log()
                .lines()
                .rev()
                .take(LOG_LINES)
                .collect::<Vec<_>>()
                .iter()
                .rev()
                .for_each(|line| narrator.detail(line));
        }
    }
    told
}

async fn tell(world: &World, settings: &Settings, narrator: &mut Narrator) -> anyhow::Result<()> {
    let story = own::Story::begin(world, narrator).await?;
    let mut told = steps::run(&story, narrator).await;
    if told.is_ok() {
        told = releases::run(world, settings, &story, narrator).await;
    }
    if told.is_ok() {
        told = images::run(world, settings, &story, narrator).await;
    }
    if !world.cluster.is_ours() {
        story.tidy(narrator).await?;
    }
    told
}

/// Starts what the demo starts and leaves it running until Ctrl-C.
pub async fn up(arguments: &Arguments) -> anyhow::Result<()> {
    let mut narrator = Narrator::start();
    let world = start(arguments, &mut narrator).await?;
    match &arguments.url {
        Some(url) => {
            let other = own::Other { url, branch: &arguments.branch, path: &arguments.path };
            own::apply_other(&world, &mut narrator, &other).await?;
        }
        None => {
            own::Story::begin(&world, &mut narrator).await?;
            narrator.say(&format!("commit to it:  git clone {}", world.git.url(own::REPOSITORY)));
        }
    }
    narrator.say(&format!("use it:  export KUBECONFIG={}", world.cluster.kubeconfig().display()));
    if let Some(ControlPlane::Single(binary)) = ControlPlane::at_hand()? {
        narrator.say(&format!("without a kubectl:  alias kubectl='{} kubectl'", binary.display()));
    }
    narrator.say(&format!("logs:  {}", world.directory().display()));
    narrator.say("Ctrl-C stops and removes everything");
    tokio::signal::ctrl_c().await.context("wait for Ctrl-C")
}

fn settings(arguments: &Arguments) -> anyhow::Result<Settings> {
    let flags = vec!["--log-level=info".to_owned()];
    Ok(Settings { nodes: arguments.nodes.into(), binaries: binaries()?, flags, accounts: Accounts::Chart })
}

async fn start(arguments: &Arguments, narrator: &mut Narrator) -> anyhow::Result<World> {
    let settings = settings(arguments)?;
    narrator.begin("starting etcd, an API server, its controllers, nodes, a Git server and the two controllers");
    let world = World::start(&settings).await?;
    narrator.done("the API server answers; source-controller and kustomize-controller are ready");
    Ok(world)
}
