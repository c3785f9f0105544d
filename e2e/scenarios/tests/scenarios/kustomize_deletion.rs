//! What goes away, and what stays, when files, paths and Kustomizations go.

use anyhow::ensure;
use e2e::objects::{CONFIG_MAP, GIT_REPOSITORY, KUSTOMIZATION, config_map};
use scenarios::play;
use serde_json::{Value, json};

#[tokio::test]
async fn deletion_follows_the_policy() -> anyhow::Result<()> {
    play("deletion", async |scene, _| {
        let cases = [
            ("mirror-prune", json!({}), false),
            ("mirror-keep", json!({"prune": false}), true),
            ("named-mirror", json!({"deletionPolicy": "MirrorPrune"}), false),
            ("delete", json!({"prune": false, "deletionPolicy": "Delete"}), false),
            ("wait", json!({"prune": false, "deletionPolicy": "WaitForTermination"}), false),
            ("orphan", json!({"deletionPolicy": "Orphan"}), true),
        ];
        let mut commit = scene.repository.commit("One each");
        for (name, _, _) in &cases {
            commit = commit.file(&format!("{name}/map.yaml"), config_map(name, "k", "v"));
        }
        commit.create()?;
        scene.add_source("source", json!({})).await?;
        for (name, spec, _) in &cases {
            scene.add_kustomization(name, &format!("./{name}"), spec.clone()).await?;
        }
        for (name, _, _) in &cases {
            let object = scene.ready(KUSTOMIZATION, name).await?;
            assert_eq!(object["metadata"]["finalizers"], json!(["finalizers.fluxcd.io"]), "{name}");
        }
        for (name, _, stays) in &cases {
            scene.delete(KUSTOMIZATION, name).await?;
            assert_eq!(scene.find(CONFIG_MAP, name).await?.is_some(), *stays, "{name}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn wait_for_termination_holds_the_kustomization_until_its_objects_are_gone() -> anyhow::Result<()> {
    play("termination", async |scene, _| {
        let text = config_map("held", "k", "v").replace("  name: held\n", "  name: held\n  finalizers: [example.com/hold]\n");
        for (name, policy) in [("waits", "WaitForTermination"), ("leaves", "Delete")] {
            let text = text.replace("held", &format!("held-{name}"));
            scene.repository.commit_file(&format!("{name}/held.yaml"), text)?;
            if name == "waits" {
                scene.add_source("source", json!({})).await?;
            } else {
                scene.reconcile(GIT_REPOSITORY, "source").await?;
            }
            scene.add_kustomization(name, &format!("./{name}"), json!({"deletionPolicy": policy})).await?;
            scene.ready(KUSTOMIZATION, name).await?;
        }
        scene.delete(KUSTOMIZATION, "leaves").await?;
        scene.get(CONFIG_MAP, "held-leaves").await?;
        scene.live.delete(KUSTOMIZATION, scene.name(), "waits").await?;
        let deleting = |object: &Value| object["metadata"]["deletionTimestamp"].is_string();
        scene.wait(CONFIG_MAP, "held-waits", "be deleted", deleting).await?;
        scene.get(KUSTOMIZATION, "waits").await?;
        for name in ["held-waits", "held-leaves"] {
            scene.patch(CONFIG_MAP, name, json!({"metadata": {"finalizers": null}})).await?;
        }
        scene.live.wait_gone(KUSTOMIZATION, scene.name(), "waits").await?;
        assert_eq!(scene.find(CONFIG_MAP, "held-waits").await?, None);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn change_of_path_prunes_what_only_the_old_one_had() -> anyhow::Result<()> {
    play("path", async |scene, _| {
        let commit = scene.repository.commit("Two paths");
        let commit = commit.file("old/both.yaml", config_map("both", "k", "old")).file("old/a.yaml", config_map("a", "k", "v"));
        commit.file("new/both.yaml", config_map("both", "k", "new")).file("new/b.yaml", config_map("b", "k", "v")).create()?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./old", json!({})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        let before = scene.get(CONFIG_MAP, "both").await?;
        scene.patch(KUSTOMIZATION, "app", json!({"spec": {"path": "./new"}})).await?;
        scene.ready(KUSTOMIZATION, "app").await?;
        assert_eq!(scene.find(CONFIG_MAP, "a").await?, None);
        scene.get(CONFIG_MAP, "b").await?;
        let after = scene.get(CONFIG_MAP, "both").await?;
        assert_eq!(after["data"]["k"], "new");
        assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"], "an object of both paths was recreated");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn suspended_or_protected_objects_outlive_their_kustomization() -> anyhow::Result<()> {
    play("outlive", async |scene, _| {
        let protected = config_map("protected", "k", "v")
            .replace("  name: protected\n", "  name: protected\n  annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}\n");
        let commit = scene.repository.commit("Two").file("suspended/a.yaml", config_map("suspended", "k", "v"));
        let commit = commit.file("deleted/a.yaml", config_map("deleted", "k", "v")).file("deleted/b.yaml", protected);
        commit.create()?;
        scene.add_source("source", json!({})).await?;
        for name in ["suspended", "deleted"] {
            scene.add_kustomization(name, &format!("./{name}"), json!({"deletionPolicy": "Delete"})).await?;
            scene.ready(KUSTOMIZATION, name).await?;
        }
        scene.patch(KUSTOMIZATION, "suspended", json!({"spec": {"suspend": true}})).await?;
        for name in ["suspended", "deleted"] {
            scene.delete(KUSTOMIZATION, name).await?;
        }
        for (name, stays) in [("suspended", true), ("protected", true), ("deleted", false)] {
            assert_eq!(scene.find(CONFIG_MAP, name).await?.is_some(), stays, "{name}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn pruning_spares_what_is_protected_or_belongs_to_another() -> anyhow::Result<()> {
    play("spared", async |scene, _| {
        let annotated = |name: &str, annotation: &str| {
            let metadata = format!("  name: {name}\n  annotations: {{kustomize.toolkit.fluxcd.io/{annotation}}}\n");
            config_map(name, "k", "v").replace(&format!("  name: {name}\n"), &metadata)
        };
        let commit = scene.repository.commit("All kinds").file("a/protected.yaml", annotated("protected", "prune: disabled"));
        let commit = commit
            .file("a/ignored.yaml", annotated("later-ignored", "note: x"))
            .file("a/moved.yaml", config_map("moved", "k", "v"));
        commit.file("a/plain.yaml", config_map("plain", "k", "v")).file("b/b.yaml", config_map("b", "k", "v")).create()?;
        scene.add_source("source", json!({})).await?;
        for name in ["a", "b"] {
            scene.add_kustomization(name, &format!("./{name}"), json!({})).await?;
            scene.ready(KUSTOMIZATION, name).await?;
        }
        let ignore = json!({"metadata": {"annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}});
        scene.patch(CONFIG_MAP, "later-ignored", ignore).await?;
        // The object goes from one Kustomization to another by one commit: whoever comes second must not remove it.
        let commit = scene.repository.commit("Move and remove").file("b/moved.yaml", config_map("moved", "k", "v"));
        let commit = commit.remove("a").file("a/kept.yaml", config_map("kept", "k", "v")).create()?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        scene.applied("a", &commit).await?;
        scene.applied("b", &commit).await?;
        for name in ["protected", "later-ignored", "b", "kept"] {
            scene.get(CONFIG_MAP, name).await?;
        }
        assert_eq!(scene.find(CONFIG_MAP, "plain").await?, None);
        // Where `a` was first it removed the object; `b` has it again after its next run at the latest.
        scene.reconcile(KUSTOMIZATION, "b").await?;
        scene.ready(KUSTOMIZATION, "b").await?;
        let moved = scene.get(CONFIG_MAP, "moved").await?;
        assert_eq!(moved["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"], "b");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sec_d11_tampered_inventory_deletes_nobody_elses_objects() -> anyhow::Result<()> {
    play("sec-d11", async |scene, _| {
        scene.add(CONFIG_MAP, "foreign", json!({"data": {"k": "v"}})).await?;
        scene.repository.commit_file("a/a.yaml", config_map("a", "k", "v"))?;
        scene.add_source("source", json!({})).await?;
        scene.add_kustomization("app", "./a", json!({})).await?;
        let object = scene.ready(KUSTOMIZATION, "app").await?;
        let mut entries = object["status"]["inventory"]["entries"].as_array().cloned().unwrap_or_default();
        entries.push(json!({"id": format!("{}_foreign__ConfigMap", scene.name()), "v": "v1"}));
        let status = json!({"status": {"inventory": {"entries": entries}}});
        scene.live.patch_status(KUSTOMIZATION, scene.name(), "app", &status).await?;
        scene.repository.commit("Less").remove("a/a.yaml").file("a/b.yaml", config_map("b", "k", "v")).create()?;
        scene.reconcile(GIT_REPOSITORY, "source").await?;
        let pruned =
            |object: &Value| object["status"]["inventory"]["entries"].as_array().is_some_and(|entries| entries.len() == 1);
        scene.wait(KUSTOMIZATION, "app", "forget what it pruned", pruned).await?;
        ensure!(scene.find(CONFIG_MAP, "a").await?.is_none(), "a was not pruned");
        scene.get(CONFIG_MAP, "foreign").await?;
        Ok(())
    })
    .await
}
