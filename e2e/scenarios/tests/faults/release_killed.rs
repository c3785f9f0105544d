//! What is left of a release when its controller is killed at any moment of any action: never two deployed revisions, never a lost release,
//! never one that stays pending. How often is `scenarios::kills`'s to say.

use super::release::Play;
use anyhow::ensure;
use e2e::live::SOON;
use e2e::objects::{CONFIG_MAP, HELM_RELEASE, SECRET, condition, is_ready};
use scenarios::kills;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Objects, the last of which the API server refuses where `bad` is set, and hooks before and after every action: many writes to die between.
const CHART: [(&str, &str); 3] = [
    ("values.yaml", "text: none\nbad: false\n"),
    (
        "templates/cm.yaml",
        "{{ range $n := until 5 }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ $.Release.Name }}-{{ $n }}\ndata:\n  text: {{ $.Values.text | quote }}\n{{ if and $.Values.bad (eq $n 4) }}  bad key: refused\n{{ end }}{{ end }}\n",
    ),
    (
        "templates/hooks.yaml",
        "{{ range $when := list \"pre\" \"post\" }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ $.Release.Name }}-{{ $when }}\n  annotations:\n    helm.sh/hook: {{ range $index, $action := list \"install\" \"upgrade\" \"rollback\" \"delete\" }}{{ if $index }},{{ end }}{{ $when }}-{{ $action }}{{ end }}\n    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded\n{{ end }}\n",
    ),
];

impl Play {
    /// The statuses of the release's records.
    async fn statuses(&self) -> anyhow::Result<Vec<String>> {
        let secrets = self.scene.live.list(SECRET, self.scene.name()).await?;
        let records = secrets.iter().filter(|secret| secret["type"] == "helm.sh/release.v1");
        Ok(records.map(|record| record["metadata"]["labels"]["status"].as_str().unwrap_or_default().to_owned()).collect())
    }

    /// Waits until a record has this status, or none has it any more.
    async fn wait_for_record(&self, status: &str, is_there: bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + SOON;
        while self.statuses().await?.iter().any(|one| one == status) != is_there {
            ensure!(Instant::now() < deadline, "a record that is {status} should be there: {is_there}");
        }
        Ok(())
    }

    /// How long an action is at work, as the status of its record tells.
    async fn length_of(&self, status: &str) -> anyhow::Result<Duration> {
        self.wait_for_record(status, true).await?;
        let began = Instant::now();
        self.wait_for_record(status, false).await?;
        Ok(began.elapsed())
    }

    /// Kills the controller when an action has been at work for that long, and starts it again; whether the action did not come to its end.
    async fn kill_in(&mut self, status: &str, moment: Duration) -> anyhow::Result<bool> {
        self.wait_for_record(status, true).await?;
        tokio::time::sleep(moment).await;
        self.helm.kill();
        let interrupted = self.statuses().await?.iter().any(|one| one == status);
        self.helm.restart()?;
        Ok(interrupted)
    }

    /// Checks what is left: one deployed revision, none that is not ended.
    async fn check_records(&self) -> anyhow::Result<()> {
        let statuses = self.statuses().await?;
        let count = |wanted: &str| statuses.iter().filter(|status| *status == wanted).count();
        let is_ended = |status: &String| ["deployed", "superseded", "failed"].contains(&status.as_str());
        ensure!(count("deployed") == 1 && statuses.iter().all(is_ended), "{statuses:?}");
        Ok(())
    }

    /// Checks that every object of the release has this text.
    async fn check_texts(&self, text: &str) -> anyhow::Result<()> {
        for number in 0..5 {
            let live = self.scene.get(CONFIG_MAP, &format!("hr-{number}")).await?;
            ensure!(live["data"]["text"] == *text, "hr-{number} has {}, not {text}", live["data"]["text"]);
        }
        Ok(())
    }

    /// Gives the release other values, and waits until they are released.
    async fn heal(&self, text: &str) -> anyhow::Result<()> {
        self.set(text, false).await?;
        self.recovered(text).await
    }

    async fn set(&self, text: &str, bad: bool) -> anyhow::Result<()> {
        let change = json!({"spec": {"values": {"text": text, "bad": bad}}});
        self.scene.patch(HELM_RELEASE, "hr", change).await.map(drop)
    }

    async fn recovered(&self, text: &str) -> anyhow::Result<()> {
        let released = |object: &Value| is_ready(object) && condition(object, "Released").0 == "True";
        self.scene.wait(HELM_RELEASE, "hr", "recover", released).await?;
        self.check_texts(text).await?;
        self.check_records().await
    }

    /// Deletes the release; nothing may be left of it.
    async fn remove(&self) -> anyhow::Result<()> {
        self.scene.live.delete(HELM_RELEASE, self.scene.name(), "hr").await?;
        self.check_gone().await
    }

    async fn check_gone(&self) -> anyhow::Result<()> {
        self.scene.live.wait_gone(HELM_RELEASE, self.scene.name(), "hr").await?;
        let maps = self.scene.live.list(CONFIG_MAP, self.scene.name()).await?;
        let names = maps.iter().filter_map(|map| map["metadata"]["name"].as_str());
        let left: Vec<&str> = names.filter(|name| name.starts_with("hr-")).collect();
        let records = self.statuses().await?;
        ensure!(left.is_empty() && records.is_empty(), "left: {left:?} {records:?}");
        Ok(())
    }
}

/// Plays rounds: `trigger` has an action begin in a round, `check` says what must have become of it and makes way for the next. Nobody is
/// killed in the first round, in which it is measured how long the action takes.
async fn play_rounds(
    title: &str,
    status: &str,
    trigger: impl AsyncFn(&Play, u32) -> anyhow::Result<()>,
    check: impl AsyncFn(&Play, u32) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Some(mut play) = Play::start(title, &CHART, &[]).await? else { return Ok(()) };
    trigger(&play, 0).await?;
    let length = play.length_of(status).await?;
    check(&play, 0).await?;
    let (kills, mut interrupted) = (kills::count()?, 0);
    for round in 1..=kills {
        trigger(&play, round).await?;
        interrupted += u32::from(play.kill_in(status, kills::moment(round, length)).await?);
        if let Err(error) = check(&play, round).await {
            play.scene.explain().await;
            return Err(error.context(format!("round {round}")));
        }
    }
    eprintln!("{title}: {kills} kills, {interrupted} of them before the end of an action of {length:?}");
    ensure!(interrupted > 0, "no kill met the action");
    Ok(())
}

#[tokio::test]
async fn sec_e16_l15_killed_in_an_install_the_release_recovers() -> anyhow::Result<()> {
    let install = async |play: &Play, round: u32| {
        let retrying = json!({"remediation": {"retries": -1}});
        let values = json!({"text": round.to_string()});
        play.scene.add_release("hr", json!({"values": values, "install": retrying, "upgrade": retrying})).await
    };
    let check = async |play: &Play, round: u32| {
        play.recovered(&round.to_string()).await?;
        play.remove().await
    };
    play_rounds("hr-killed-install", "pending-install", install, check).await
}

#[tokio::test]
async fn sec_e16_l15_killed_in_an_upgrade_the_release_recovers() -> anyhow::Result<()> {
    let upgrade = async |play: &Play, round: u32| {
        if round == 0 {
            play.scene.add_release("hr", json!({"upgrade": {"remediation": {"retries": -1}}})).await?;
            play.scene.ready(HELM_RELEASE, "hr").await?;
        }
        play.set(&round.to_string(), false).await
    };
    let check = async |play: &Play, round: u32| play.recovered(&round.to_string()).await;
    play_rounds("hr-killed-upgrade", "pending-upgrade", upgrade, check).await
}

/// The rollback is taken up again, by the way from a revision that did not end; then it is said that it was tried often enough.
#[tokio::test]
async fn sec_e16_l15_killed_in_a_rollback_the_release_is_rolled_back() -> anyhow::Result<()> {
    let good = |round: u32| format!("good {round}");
    let fail = async |play: &Play, round: u32| {
        if round == 0 {
            let last = json!({"remediation": {"retries": 0, "remediateLastFailure": true}});
            play.scene.add_release("hr", json!({"upgrade": last})).await?;
        }
        play.heal(&good(round)).await?;
        play.set("bad", true).await
    };
    let check = async |play: &Play, round: u32| {
        let stalled = |object: &Value| condition(object, "Stalled").0 == "True";
        let object = play.scene.wait(HELM_RELEASE, "hr", "be rolled back", stalled).await?;
        // Killed when the rollback was stored as deployed and status did not know it yet: as with Flux, nobody remembers then where to go back
        // to when the next upgrade fails. A better one heals that, too.
        if condition(&object, "Stalled").1 == "RetriesExceeded" {
            play.check_texts(&good(round)).await?;
        }
        play.check_records().await
    };
    play_rounds("hr-killed-rollback", "pending-rollback", fail, check).await
}

#[tokio::test]
async fn sec_e16_l15_killed_in_an_uninstall_nothing_is_left_over() -> anyhow::Result<()> {
    let delete = async |play: &Play, _| {
        play.scene.add_release("hr", json!({})).await?;
        play.scene.ready(HELM_RELEASE, "hr").await?;
        play.scene.live.delete(HELM_RELEASE, play.scene.name(), "hr").await
    };
    play_rounds("hr-killed-uninstall", "uninstalling", delete, async |play: &Play, _| play.check_gone().await).await
}

/// A failed install is uninstalled before it is tried again: an uninstall that a killed process began is brought to its end, and the install
/// tried once more, as if nothing had happened.
#[tokio::test]
async fn sec_e16_l15_killed_in_a_remediation_the_install_is_tried_again() -> anyhow::Result<()> {
    let fail = async |play: &Play, _| {
        let values = json!({"text": "bad", "bad": true});
        play.scene.add_release("hr", json!({"values": values, "install": {"remediation": {"retries": 1}}})).await
    };
    let check = async |play: &Play, _| {
        let stalled = |object: &Value| condition(object, "Stalled").1 == "RetriesExceeded";
        let object = play.scene.wait(HELM_RELEASE, "hr", "be given up", stalled).await?;
        assert_eq!(condition(&object, "Stalled").2, "Failed to install after 2 attempt(s)");
        assert_eq!(play.statuses().await?, ["failed"]);
        play.heal("good").await?;
        play.remove().await
    };
    play_rounds("hr-killed-remediation", "uninstalling", fail, check).await
}
