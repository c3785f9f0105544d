//! The first revision of a release.

use std::sync::Arc;

use cluster_client::{Detail, ObjectKey};
use helm_chart::manifests::HookEvent;
use helm_chart::{Operation, check_release_name};
use helm_release::{Release, action, history};
use serde_json::json;

use crate::FIELD_MANAGER;
use crate::apply::{Change, Occasion};
use crate::error::{ActionError, Failure};
use crate::helm::Helm;
use crate::hooks::now;
use crate::objects::build;
use crate::options::{Adoption, Install};
use crate::ownership::Owner;
use crate::render::{Subject, render};

use super::stages::Stages;

impl Helm<'_> {
    /// Installs a release; the record of what is deployed.
    ///
    /// # Errors
    /// [`Failure`]; with a record, that of the failed revision.
    pub async fn install(&self, options: &Install) -> Result<Release, Failure> {
        check_release_name(&options.name).map_err(ActionError::Name)?;
        let mut records = self.storage.history(&options.name).await?;
        let version = history::install_version(&records, options.replace).map_err(ActionError::NameInUse)?;
        let source = &options.source;
        self.write_crds(&source.chart, &source.values, &options.crds, options.method).await.map_err(ActionError::Crds)?;

        let (name, namespace) = (options.name.clone(), options.namespace.clone());
        // Templates see revision 1, also where the name is used again.
        let subject = Subject { name, namespace, revision: 1, operation: Operation::Install };
        let rendered = render(self.cluster, source, Arc::clone(&source.chart), source.values.clone(), subject).await?;
        let rendered = rendered.into_record(source.values.clone(), options.method.recorded(), std::collections::BTreeMap::new());
        let mut record = action::install(&options.name, &options.namespace, version, rendered, now());

        let built = build(self.cluster, &record.manifest, &options.namespace).await;
        let mut target = built.map_err(|source| ActionError::Objects { what: "release manifest", source })?;
        let owner = Owner { name: &options.name, namespace: &options.namespace };
        target.iter_mut().for_each(|object| owner.mark(&mut object.value));
        if options.adoption == Adoption::Refuse {
            let checked = owner.check_all(self.cluster, target.iter(), self.concurrency).await;
            checked.map_err(|source| ActionError::Ownership { action: "install", source })?;
        }
        if options.create_namespace {
            self.create_namespace(&options.namespace).await?;
        }

        self.storage.create(&record).await?;
        if let Some(last) = records.last_mut() {
            action::supersede_by_install(last);
            self.record(last).await;
        }
        let stages = Stages {
            helm: self,
            method: options.method,
            force: false,
            occasion: Occasion::Install,
            execution: &options.execution,
            before: (HookEvent::PreInstall, Some("failed pre-install")),
            after: (HookEvent::PostInstall, Some("failed post-install")),
        };
        match stages.run(&mut record, &Change { original: &[], leftovers: &[], target: &target }).await {
            Ok(()) => {
                action::succeed(&mut record, action::Action::Install, "");
                self.record(&record).await;
                Ok(record)
            }
            Err(stopped) => {
                action::fail(&mut record, action::Action::Install, action::Step::Apply, &stopped.words());
                Err(self.failed(record, stopped.error).await)
            }
        }
    }

    /// Creates the namespace of a release, if it is not there.
    async fn create_namespace(&self, name: &str) -> Result<(), ActionError> {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"name": name}}});
        if matches!(self.cluster.get(&ObjectKey::of(&namespace), Detail::Metadata).await, Ok(Some(_))) {
            return Ok(());
        }
        match self.cluster.create(&namespace, FIELD_MANAGER).await {
            Err(error) if !error.is_already_exists() => Err(ActionError::Namespace(error)),
            _ => Ok(()),
        }
    }
}
