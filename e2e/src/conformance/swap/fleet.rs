//! The five controllers, each of which may be another's binary from one moment to the next.

use crate::World;
use crate::world::{
    Accounts, Settings, helm_controller, image_automation_controller, image_reflector_controller, kustomize_controller,
    source_controller,
};
use anyhow::{Context, bail};
use std::path::PathBuf;
use test_support::controller::{Controller, ControllerBuilder};
use test_support::workspace;

/// In the order in which they are exchanged.
pub(super) const CONTROLLERS: [&str; 5] =
    ["source-controller", "kustomize-controller", "helm-controller", "image-reflector-controller", "image-automation-controller"];

/// The running controllers, with their cluster.
pub(super) struct Fleet {
    pub(super) world: World,
    /// helm-controller and the two of images.
    others: Vec<Controller>,
    /// Where artifacts are served: a Service's address does not change with the pod behind it.
    storage: String,
}

impl Fleet {
    /// Starts all of one directory.
    pub(super) async fn start(binaries: PathBuf) -> anyhow::Result<Self> {
        let settings = settings(binaries);
        let world = World::start(&settings).await?;
        let [port] = workspace::free_ports().context("find a free port")?;
        let mut fleet = Self { world, others: Vec::new(), storage: format!("127.0.0.1:{port}") };
        for controller in CONTROLLERS {
            fleet.replace(controller, settings.binaries.clone()).await?;
        }
        Ok(fleet)
    }

    /// Ends a controller as an update of its Deployment does, and starts that of another directory on what it left on disk.
    pub(super) async fn replace(&mut self, name: &str, binaries: PathBuf) -> anyhow::Result<()> {
        let builder = self.builder(name, binaries)?;
        let running = match name {
            "source-controller" => Some(&mut self.world.source),
            "kustomize-controller" => Some(&mut self.world.kustomize),
            _ => self.others.iter_mut().find(|controller| controller.name() == name),
        };
        if let Some(controller) = running {
            controller.terminate();
        }
        let mut controller = builder.start(self.world.directory())?;
        controller.wait_until_ready().await?;
        match name {
            "source-controller" => self.world.source = controller,
            "kustomize-controller" => self.world.kustomize = controller,
            _ => {
                self.others.retain(|other| other.name() != name);
                self.others.push(controller);
            }
        }
        Ok(())
    }

    fn builder(&self, name: &str, binaries: PathBuf) -> anyhow::Result<ControllerBuilder> {
        let settings = settings(binaries);
        let kubeconfig = self.world.cluster.kubeconfig().canonicalize().context("find the kubeconfig")?;
        let directory = self.world.directory();
        Ok(match name {
            "source-controller" => source_controller(&settings, &kubeconfig, directory)?
                .flag(format!("--storage-addr={}", self.storage))
                .flag(format!("--storage-adv-addr={}", self.storage)),
            "kustomize-controller" => kustomize_controller(&settings, &kubeconfig),
            "helm-controller" => helm_controller(&settings, &kubeconfig),
            // Tags are kept with the pod, and read anew by the next.
            "image-reflector-controller" => {
                let tags = tempfile::tempdir_in(directory).context("make a directory")?.keep();
                image_reflector_controller(&settings, &kubeconfig, &tags)
            }
            "image-automation-controller" => image_automation_controller(&settings, &kubeconfig),
            _ => bail!("{name} is no controller"),
        })
    }
}

fn settings(binaries: PathBuf) -> Settings {
    Settings { nodes: 0, binaries, flags: vec!["--log-level=info".to_owned()], accounts: Accounts::Administrator }
}
