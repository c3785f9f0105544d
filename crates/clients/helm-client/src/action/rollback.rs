//! An earlier revision again.

use helm_chart::check_release_name;
use helm_chart::manifests::HookEvent;
use helm_release::{Release, Status, action, history};
use serde_json::json;

use crate::apply::{Change, Occasion};
use crate::error::{ActionError, Failure};
use crate::helm::Helm;
use crate::hooks::now;
use crate::objects::{build, build_served};
use crate::options::{Method, Rollback};
use crate::ownership::Owner;

use super::stages::{Stages, Stopped};

impl Helm<'_> {
    /// Makes an earlier revision the next one; its record.
    ///
    /// # Errors
    /// [`Failure`]; with a record, that of the failed revision.
    pub async fn rollback(&self, options: &Rollback) -> Result<Release, Failure> {
        check_release_name(&options.name).map_err(ActionError::Name)?;
        let named = json!({"name": options.name});
        self.log.add("preparing rollback", &named);
        let records = self.storage.history(&options.name).await?;
        let base = history::rollback_base(&records, options.version)?;
        let (from, to) = (base.current.version, base.previous.version);
        self.log.add("rolling back", &json!({"currentVersion": from, "name": options.name, "targetVersion": to}));
        let method = options.method.resolve(&base.previous.apply_method);
        let mut record = action::rollback(base, method.recorded(), "", now());

        let current = build_served(self.cluster, &base.current.manifest, &record.namespace).await;
        let current = current.map_err(|source| ActionError::Objects { what: "current release manifest", source })?;
        let target = build(self.cluster, &record.manifest, &record.namespace).await;
        let mut target = target.map_err(|source| ActionError::Objects { what: "new release manifest", source })?;
        let leftovers = self.leftovers(&records, base.current).await;
        let owner = Owner { name: &record.name, namespace: &record.namespace };
        target.iter_mut().for_each(|object| owner.mark(&mut object.value));

        self.storage.prune(&options.name, &records, options.max_history).await?;
        self.log.add("creating rolled back release", &named);
        self.storage.create(&record).await?;
        self.log.add("performing rollback", &named);
        let stages = Stages {
            helm: self,
            method,
            force: options.force && method == Method::ClientSide,
            occasion: Occasion::Update,
            execution: &options.execution,
            before: (HookEvent::PreRollback, None),
            after: (HookEvent::PostRollback, None),
        };
        if let Err(stopped) =
            stages.run(&mut record, &Change { original: &current, leftovers: &leftovers, target: &target }).await
        {
            return Err(self.failed_rollback(options, record, base.current, stopped).await);
        }
        // First these, so that there are never two deployed revisions.
        for deployed in records.iter().filter(|record| record.status() == Status::Deployed) {
            let mut superseded = deployed.clone();
            action::supersede(&mut superseded);
            self.record(&superseded).await;
        }
        action::succeed(&mut record, action::Action::Rollback, "");
        match self.storage.update(&record).await {
            Ok(()) => Ok(record),
            Err(error) => Err(Failure { record: Some(Box::new(record)), error: error.into() }),
        }
    }

    async fn failed_rollback(&self, options: &Rollback, mut record: Release, current: &Release, stopped: Stopped) -> Failure {
        self.log.add(&format!("warning: Rollback {:?} failed: {}", options.name, stopped.words()), &json!({}));
        let is_apply = matches!(stopped.error, ActionError::Apply(_));
        if is_apply {
            let mut superseded = current.clone();
            action::supersede(&mut superseded);
            self.record(&superseded).await;
        }
        action::fail(&mut record, action::Action::Rollback, stopped.step, &stopped.words());
        self.record(&record).await;
        let error = match stopped.error {
            ActionError::Wait(source) => ActionError::RollbackWait { name: record.name.clone(), source },
            _ if is_apply && options.cleanup_on_fail => self.clean_up("rollback", stopped).await,
            error => error,
        };
        Failure { record: Some(Box::new(record)), error }
    }
}
