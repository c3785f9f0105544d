use super::*;
use crate::meta::MESSAGE_LIMIT;
use crate::source::GitRepository;

fn stamp(generation: i64, second: i64) -> Stamp {
    Stamp { generation, now: jiff::Timestamp::new(second, 999).expect("the second is in range") }
}

fn types(conditions: &Conditions) -> Vec<&str> {
    conditions.iter().map(|condition| condition.r#type.as_str()).collect()
}

/// The rules of fluxcd/pkg `runtime/conditions` `Set`, one change at a time.
#[test]
fn the_transition_time_changes_with_status_reason_or_message_only() {
    let second = |conditions: &Conditions| conditions.get("Ready").map(|ready| ready.last_transition_time.0.as_second());
    let mut conditions = Conditions::new();
    conditions.mark_true(ConditionType::Ready, Reason::Succeeded, "a", &stamp(1, 10));
    assert_eq!(second(&conditions), Some(10));
    conditions.mark_true(ConditionType::Ready, Reason::Succeeded, "a", &stamp(2, 20));
    assert_eq!(second(&conditions), Some(10));
    assert_eq!(conditions.get("Ready").map(|ready| ready.observed_generation), Some(2));
    conditions.mark_true(ConditionType::Ready, Reason::Succeeded, "b", &stamp(2, 30));
    assert_eq!(second(&conditions), Some(30));
    conditions.mark_true(ConditionType::Ready, Reason::Failed, "b", &stamp(2, 40));
    assert_eq!(second(&conditions), Some(40));
    conditions.mark_unknown(ConditionType::Ready, Reason::Failed, "b", &stamp(2, 50));
    assert_eq!(second(&conditions), Some(50));
}

#[test]
fn conditions_are_stored_in_the_order_of_flux() {
    let mut conditions = Conditions::new();
    for condition in [ConditionType::FetchFailed, ConditionType::ArtifactInStorage] {
        conditions.mark_true(condition, Reason::Succeeded, "", &stamp(1, 1));
    }
    conditions.mark_true(ConditionType::SourceVerified, Reason::Succeeded, "", &stamp(2, 1));
    conditions.mark_true(ConditionType::Ready, Reason::Succeeded, "", &stamp(1, 1));
    conditions.mark_reconciling(Reason::Progressing, "", &stamp(1, 1));
    assert_eq!(types(&conditions), ["Reconciling", "Ready", "SourceVerified", "ArtifactInStorage", "FetchFailed"]);
}

#[test]
fn stalled_and_reconciling_exclude_each_other() {
    let mut conditions = Conditions::new();
    conditions.mark_reconciling(Reason::Progressing, "", &stamp(1, 1));
    conditions.mark_stalled(Reason::UrlInvalid, "", &stamp(1, 1));
    assert_eq!(types(&conditions), ["Stalled"]);
    conditions.mark_reconciling(Reason::Progressing, "", &stamp(1, 1));
    assert_eq!(types(&conditions), ["Reconciling"]);
    conditions.remove(ConditionType::Reconciling);
    assert!(conditions.is_empty());
}

#[test]
fn a_long_message_is_cut_at_a_character() {
    let limit = |text: String| super::limit_message(text);
    assert_eq!(limit("a".repeat(MESSAGE_LIMIT)).len(), MESSAGE_LIMIT);
    let cut = limit("a".repeat(MESSAGE_LIMIT + 1));
    assert_eq!((cut.len(), cut.ends_with("a...")), (MESSAGE_LIMIT, true));
    let cut = limit("é".repeat(MESSAGE_LIMIT));
    assert_eq!((cut.len(), cut.ends_with("é...")), (MESSAGE_LIMIT - 1, true));
}

#[test]
fn a_condition_prints_as_kubernetes_prints_it() {
    let mut conditions = Conditions::new();
    conditions.mark_false(ConditionType::Ready, Reason::GitOperationFailed, "no", &stamp(3, 1_700_000_000));
    let expect = serde_json::json!([{
        "type": "Ready", "status": "False", "observedGeneration": 3, "lastTransitionTime": "2023-11-14T22:13:20Z",
        "reason": "GitOperationFailed", "message": "no",
    }]);
    assert_eq!(serde_json::to_value(&conditions).unwrap(), expect);
}

/// The priorities of fluxcd/pkg `runtime/conditions` `merge`, over GitRepository's rule.
#[test]
fn ready_follows_from_the_gravest_condition() {
    use ConditionStatus::{False, True, Unknown};
    type Row = (&'static [(ConditionType, ConditionStatus)], Option<(ConditionStatus, &'static str)>);
    let table: &[Row] = &[
        (&[], None),
        (&[(ConditionType::ArtifactInStorage, True)], Some((True, "ArtifactInStorage"))),
        (&[(ConditionType::ArtifactInStorage, True), (ConditionType::FetchFailed, True)], Some((False, "FetchFailed"))),
        (
            &[(ConditionType::FetchFailed, True), (ConditionType::StorageOperationFailed, True)],
            Some((False, "StorageOperationFailed")),
        ),
        (&[(ConditionType::ArtifactInStorage, False), (ConditionType::SourceVerified, True)], Some((False, "ArtifactInStorage"))),
        (&[(ConditionType::FetchFailed, True), (ConditionType::SourceVerified, False)], Some((False, "SourceVerified"))),
        (
            &[(ConditionType::ArtifactInStorage, True), (ConditionType::SourceVerified, Unknown)],
            Some((True, "ArtifactInStorage")),
        ),
        (&[(ConditionType::FetchFailed, False)], Some((True, "FetchFailed"))),
        (&[(ConditionType::FetchFailed, False), (ConditionType::ArtifactInStorage, True)], Some((True, "ArtifactInStorage"))),
        (&[(ConditionType::ArtifactInStorage, Unknown)], Some((Unknown, "ArtifactInStorage"))),
        (&[(ConditionType::ArtifactInStorage, True), (ConditionType::Reconciling, True)], Some((False, "Reconciling"))),
        (&[(ConditionType::Healthy, False)], None),
    ];
    for (present, expect) in table {
        let mut conditions = Conditions::new();
        for (condition, status) in *present {
            conditions.mark(*condition, *status, Why("Succeeded", condition.to_string()), &stamp(1, 1));
        }
        GitRepository::READY.apply(&mut conditions, &stamp(1, 1));
        let ready = conditions.get("Ready").map(|ready| (ready.status, ready.message.as_str()));
        assert_eq!(ready, *expect, "{present:?}");
    }
}
