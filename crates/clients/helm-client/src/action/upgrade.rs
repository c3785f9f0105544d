//! The next revision of a release.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use helm_chart::manifests::HookEvent;
use helm_chart::{Operation, Prepared, Values, check_release_name, reuse};
use helm_release::{Release, action, history};
use serde_json::json;

use crate::apply::{Change, Occasion};
use crate::error::{ActionError, Failure};
use crate::helm::Helm;
use crate::hooks::now;
use crate::objects::{build, build_served};
use crate::options::{Adoption, Method, Upgrade};
use crate::ownership::Owner;
use crate::render::{Subject, render};

use super::stages::Stages;

impl Helm<'_> {
    /// Upgrades a release; the record of what is deployed then.
    ///
    /// # Errors
    /// [`Failure`]; with a record, that of the failed revision. What was deployed before stays so, as far as the records go.
    pub async fn upgrade(&self, options: &Upgrade) -> Result<Release, Failure> {
        check_release_name(&options.name).map_err(ActionError::Name)?;
        let named = json!({"name": options.name});
        self.log.add("preparing upgrade", &named);
        let records = self.storage.history(&options.name).await?;
        let base = history::upgrade_base(&options.name, &records)?;
        let method = options.method.resolve(&base.last.apply_method);
        let values_from = if options.preserve_values {
            "reusing the old release's values"
        } else {
            "resetting values to the chart's original version"
        };
        self.log.add(values_from, &json!({}));
        let known =
            json!({"previous_release_apply_method": base.last.apply_method, "server_side_apply": method == Method::ServerSide});
        self.log.add("determined release apply method", &known);
        let source = &options.source;
        let (chart, values) = chart_and_values(options, base.current);
        self.write_crds(&chart, &values, &options.crds, method).await.map_err(ActionError::Crds)?;

        let namespace = base.current.namespace.clone();
        let subject = Subject {
            name: options.name.clone(),
            namespace: namespace.clone(),
            revision: base.last.version + 1,
            operation: Operation::Upgrade,
        };
        let rendered = render(self.cluster, source, chart, values.clone().into_owned(), subject).await?;
        let rendered = rendered.into_record(values.into_owned(), method.recorded(), BTreeMap::new());
        let mut record = action::upgrade(base, rendered, now());

        self.log.add("performing update", &named);
        let mut target = build(self.cluster, &record.manifest, &namespace).await?;
        let original = build_served(self.cluster, &base.current.manifest, &namespace).await;
        let original = original.map_err(|source| ActionError::Objects { what: "current release manifest", source })?;
        let leftovers = self.leftovers(&records, base.current).await;
        let owner = Owner { name: &options.name, namespace: &namespace };
        target.iter_mut().for_each(|object| owner.mark(&mut object.value));
        if options.adoption == Adoption::Refuse {
            let known: BTreeSet<_> = original.iter().map(|object| &object.key).collect();
            let new = target.iter().filter(|object| !known.contains(&object.key));
            let checked = owner.check_all(self.cluster, new, self.concurrency).await;
            checked.map_err(|source| ActionError::Ownership { action: "update", source })?;
        }

        self.storage.prune(&options.name, &records, options.max_history).await?;
        self.log.add("creating upgraded release", &named);
        self.storage.create(&record).await?;
        let stages = Stages {
            helm: self,
            method,
            force: options.force && method == Method::ClientSide,
            occasion: Occasion::Update,
            execution: &options.execution,
            before: (HookEvent::PreUpgrade, Some("pre-upgrade hooks failed")),
            after: (HookEvent::PostUpgrade, Some("post-upgrade hooks failed")),
        };
        if let Err(stopped) =
            stages.run(&mut record, &Change { original: &original, leftovers: &leftovers, target: &target }).await
        {
            self.log.add("warning: upgrade failed", &json!({"error": {}, "name": options.name}));
            action::fail(&mut record, action::Action::Upgrade, stopped.step, &stopped.words());
            self.record(&record).await;
            let error = if options.cleanup_on_fail { self.clean_up("upgrade", stopped).await } else { stopped.error };
            return Err(Failure { record: Some(Box::new(record)), error });
        }
        // First this, so that there are never two deployed revisions.
        let mut superseded = base.current.clone();
        action::supersede(&mut superseded);
        self.record(&superseded).await;
        action::succeed(&mut record, action::Action::Upgrade, "");
        match self.storage.update(&record).await {
            Ok(()) => Ok(record),
            Err(error) => Err(Failure { record: Some(Box::new(record)), error: error.into() }),
        }
    }
}

/// The chart and the values, with those of the revision before below them if they are preserved.
fn chart_and_values<'o>(options: &'o Upgrade, current: &Release) -> (Arc<Prepared>, Cow<'o, Values>) {
    let source = &options.source;
    if !options.preserve_values {
        return (Arc::clone(&source.chart), Cow::Borrowed(&source.values));
    }
    let recorded = current.config.clone().unwrap_or_default();
    let defaults = current.chart.as_ref().and_then(|chart| chart.values.clone()).unwrap_or_default();
    let (values, defaults) = reuse(&source.values, &recorded, &defaults);
    (Arc::new(source.chart.with_defaults(defaults)), Cow::Owned(values))
}
