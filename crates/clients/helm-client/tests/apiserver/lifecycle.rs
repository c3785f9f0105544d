//! From the first revision to the end of a release.

use helm_client::{ActionError, StorageError};
use helm_release::{HistoryError, Status, storage};
use serde_json::json;

use crate::world::{NAME, TestResult, World, chart, chart_with, config_map, description, rollback, uninstall, upgrade};

#[tokio::test]
async fn an_install_is_recorded_before_and_after_it_writes() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let source = chart_with(
        &["apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-a\ndata:\n  k: {{ .Values.k }}\n"],
        &[("templates/NOTES.txt", "k is {{ .Values.k }} in revision {{ .Release.Revision }}")],
        json!({"k": "one"}),
    );
    let record = world.helm().install(&world.install(source.clone())).await?;
    assert_eq!(
        world.writes(),
        ["POST secrets/secrets", "PATCH configmaps/app-a", "PUT secrets/sh.helm.release.v1.app.v1"]
            .map(|line| line.replace("POST secrets/secrets", &format!("POST {}/secrets", world.namespace)))
    );
    let info = record.info.clone().unwrap_or_default();
    assert_eq!((info.status, info.description.as_str()), (Status::Deployed, "Install complete"));
    assert_eq!(info.notes, "k is one in revision 1");
    assert_eq!(world.stored(1).await?, record.to_json());
    let secret = world.live("Secret", &storage::key(NAME, 1)).await?.unwrap_or_default();
    assert_eq!((&secret["type"], &secret["metadata"]["labels"]["status"]), (&json!("helm.sh/release.v1"), &json!("deployed")));

    let live = world.live("ConfigMap", "app-a").await?.unwrap_or_default();
    assert_eq!(live["data"]["k"], "one");
    assert_eq!(live["metadata"]["labels"], json!({"app.kubernetes.io/managed-by": "Helm"}));
    let marks = json!({"meta.helm.sh/release-name": NAME, "meta.helm.sh/release-namespace": world.namespace});
    assert_eq!(live["metadata"]["annotations"], marks);
    assert_eq!(live["metadata"]["managedFields"][0]["manager"], "helm-controller");

    let again = world.helm().install(&world.install(source)).await.expect_err("the name is in use");
    assert!(again.record.is_none());
    assert!(matches!(again.error, ActionError::NameInUse(HistoryError::NameInUse)));
    let twice = world.storage.create(&record).await.expect_err("there is such a record");
    assert!(matches!(twice, StorageError::Exists(revision) if revision == "app.v1"));
    Ok(())
}

#[tokio::test]
async fn an_upgrade_deletes_what_is_gone_and_keeps_what_wants_to_stay() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let mut kept = config_map("kept", "1");
    kept["metadata"]["annotations"] = json!({"helm.sh/resource-policy": "keep"});
    let first = [config_map("a", "1"), config_map("gone", "1"), kept].map(|object| object.to_string());
    world.helm().install(&world.install(chart(&first.each_ref().map(String::as_str)))).await?;
    let second = [config_map("a", "2").to_string(), config_map("new", "2").to_string()];
    let source = chart(&second.each_ref().map(String::as_str));
    let record = world.helm().upgrade(&upgrade(source.clone())).await?;
    assert_eq!((record.version, description(&record)), (2, "Upgrade complete"));
    assert_eq!(world.statuses().await?, [(1, Status::Superseded), (2, Status::Deployed)]);
    let values = [world.value("a").await?, world.value("new").await?, world.value("gone").await?, world.value("kept").await?];
    assert_eq!(values.map(Option::unwrap_or_default), ["2", "2", "", "1"]);

    for _ in 0..2 {
        let mut again = upgrade(source.clone());
        again.max_history = 2;
        world.helm().upgrade(&again).await?;
    }
    assert_eq!(world.statuses().await?, [(3, Status::Superseded), (4, Status::Deployed)]);
    Ok(())
}

#[tokio::test]
async fn values_of_the_revision_before_stay_below_the_new_ones_if_they_are_preserved() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: {{ printf \"%v %v %v\" .Values.a .Values.b .Values.c | quote }}}\n";
    let first = chart_with(&[template], &[("values.yaml", "a: 1\nb: 1\nc: 1\n")], json!({"b": 2}));
    world.helm().install(&world.install(first)).await?;
    assert_eq!(world.value("a").await?.as_deref(), Some("1 2 1"));
    // The new chart's defaults do not count, as with `helm upgrade --reuse-values`.
    let second = chart_with(&[template], &[("values.yaml", "a: 9\nb: 9\nc: 9\n")], json!({"c": 3}));
    let mut options = upgrade(second.clone());
    options.preserve_values = true;
    let record = world.helm().upgrade(&options).await?;
    assert_eq!(world.value("a").await?.as_deref(), Some("1 2 3"));
    assert_eq!(json!(record.config), json!({"b": 2, "c": 3}));
    let record = world.helm().upgrade(&upgrade(second)).await?;
    assert_eq!((world.value("a").await?.as_deref(), json!(record.config)), (Some("9 9 3"), json!({"c": 3})));
    Ok(())
}

#[tokio::test]
async fn a_rollback_is_a_new_revision_of_the_old_manifest() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let first = world.helm().install(&world.install(chart(&[&config_map("a", "1").to_string()]))).await?;
    let second = [config_map("a", "2").to_string(), config_map("b", "2").to_string()];
    world.helm().upgrade(&upgrade(chart(&second.each_ref().map(String::as_str)))).await?;
    let record = world.helm().rollback(&rollback(1)).await?;
    assert_eq!((record.version, description(&record), &record.manifest), (3, "Rollback to 1", &first.manifest));
    assert_eq!(record.info.map(|info| info.rollback_revision), Some(1));
    let all = [(1, Status::Superseded), (2, Status::Superseded), (3, Status::Deployed)];
    assert_eq!(world.statuses().await?, all);
    assert_eq!((world.value("a").await?.as_deref(), world.value("b").await?), (Some("1"), None));
    let failure = world.helm().rollback(&rollback(9)).await.expect_err("there is no such revision");
    assert_eq!(failure.to_string(), "release has no 9 version");
    Ok(())
}

#[tokio::test]
async fn an_uninstall_leaves_only_what_is_not_the_releases() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let mut kept = config_map("kept", "1");
    kept["metadata"]["annotations"] = json!({"helm.sh/resource-policy": "keep"});
    let objects = [config_map("a", "1"), config_map("taken", "1"), kept].map(|object| object.to_string());
    let source = chart(&objects.each_ref().map(String::as_str));
    world.helm().install(&world.install(source.clone())).await?;
    world
        .edit("taken", json!([{"op": "replace", "path": "/metadata/annotations/meta.helm.sh~1release-name", "value": "other"}]))
        .await?;
    let ended = world.helm().uninstall(&uninstall()).await?;
    assert_eq!(
        ended.kept,
        "These resources were kept due to the resource policy:\n[ConfigMap] kept\n\n\
         1 resource(s) were not deleted because they are not owned by this release:\n[ConfigMap] taken\n"
    );
    let values = [world.value("a").await?, world.value("taken").await?, world.value("kept").await?];
    assert_eq!(values.map(Option::unwrap_or_default), ["", "1", "1"]);
    assert_eq!(world.statuses().await?, []);
    let failure = world.helm().uninstall(&uninstall()).await.expect_err("there is no release");
    assert!(matches!(failure.error, ActionError::History(HistoryError::NotFound)));

    world.helm().install(&world.install(source)).await?;
    let mut options = uninstall();
    options.keep_history = true;
    let ended = world.helm().uninstall(&options).await?;
    assert_eq!(description(&ended.release), "Uninstallation complete");
    assert_eq!(world.statuses().await?, [(1, Status::Uninstalled)]);
    let failure = world.helm().uninstall(&options).await.expect_err("it is uninstalled");
    assert!(matches!(failure.error, ActionError::History(HistoryError::AlreadyDeleted(_))));

    let mut again = world.install(chart(&[&config_map("a", "2").to_string()]));
    again.replace = true;
    assert_eq!(world.helm().install(&again).await?.version, 2);
    assert_eq!(world.statuses().await?, [(1, Status::Superseded), (2, Status::Deployed)]);
    Ok(())
}

#[tokio::test]
async fn a_missing_namespace_is_created_if_that_is_wanted() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let mut options = world.install(chart(&[&config_map("a", "1").to_string()]));
    options.namespace = format!("{}-target", world.namespace);
    let failure = world.helm().install(&options).await.expect_err("there is no such namespace");
    assert!(failure.record.is_some_and(|record| record.status() == Status::Failed));
    options.create_namespace = true;
    options.replace = true;
    let record = world.helm().install(&options).await?;
    assert_eq!((record.version, record.namespace.as_str()), (2, options.namespace.as_str()));
    Ok(())
}

#[tokio::test]
async fn an_uninstall_after_a_failed_upgrade_deletes_what_was_there_before() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let first = [config_map("a", "1"), config_map("old", "1")].map(|object| object.to_string());
    world.helm().install(&world.install(chart(&first.each_ref().map(String::as_str)))).await?;
    let second = [config_map("a", "2"), config_map("new", "2"), config_map("Wrong", "2")].map(|object| object.to_string());
    let failure =
        world.helm().upgrade(&upgrade(chart(&second.each_ref().map(String::as_str)))).await.expect_err("a name is wrong");
    let expected =
        format!("failed to create resource: server-side apply failed for object {}/Wrong /v1, Kind=ConfigMap: ", world.namespace);
    assert!(failure.to_string().starts_with(&expected), "{failure}");
    assert_eq!((world.value("old").await?.as_deref(), world.value("new").await?.as_deref()), (Some("1"), Some("2")));
    world.helm().uninstall(&uninstall()).await?;
    for name in ["a", "old", "new"] {
        assert_eq!(world.value(name).await?, None, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn of_two_writers_at_once_one_comes_first_and_the_other_does_nothing() -> TestResult {
    let Some(world) = World::new().await? else { return Ok(()) };
    let [first, second] = ["first", "second"].map(|name| world.install(chart(&[&config_map(name, "1").to_string()])));
    let helm = world.helm();
    let (one, other) = tokio::join!(helm.install(&first), helm.install(&second));
    let ((Ok(_), Err(failure)) | (Err(failure), Ok(_))) = (one, other) else { return Err("not one of two".into()) };
    assert!(failure.record.is_none(), "{failure}");
    assert_eq!(world.statuses().await?, [(1, Status::Deployed)]);
    assert!(world.value("first").await?.is_some() != world.value("second").await?.is_some());
    Ok(())
}
