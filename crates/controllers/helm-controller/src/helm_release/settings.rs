//! What the spec says about an action, in the terms of the client that carries it out.

use std::sync::Arc;
use std::time::Duration;

use api::helm::{CrdsPolicy, DeletionPropagation, HelmRelease, HelmReleaseSpec, ServerSideApply, TestFilter, WaitStrategyName};
use api::meta::GoDuration;
use helm_chart::{Prepared, Schemas, Values};
use helm_client::{
    Adoption, CrdPolicy, Crds, Dns, Execution, Hooks, Install, Method, MethodChoice, Propagation, Rollback, Source, Test,
    Uninstall, Upgrade, WaitFor, Waiter,
};

use super::next::Action;
use super::post_renderers::{origin_labels, post_renderer, strategy};
use super::target::Target;
use crate::context::Policy;

/// How long an action may take, as messages say.
pub(crate) fn timeout(spec: &HelmReleaseSpec, action: Action) -> GoDuration {
    let own = match action {
        Action::Install => spec.install().timeout.clone(),
        Action::Upgrade => spec.upgrade().timeout.clone(),
        Action::Test => spec.test().timeout.clone(),
        Action::Rollback => spec.rollback().timeout.clone(),
        Action::Uninstall | Action::FinishUninstall => spec.uninstall().timeout.clone(),
        Action::Unlock | Action::CorrectDrift => None,
    };
    own.unwrap_or_else(|| spec.timeout())
}

fn patience(spec: &HelmReleaseSpec, action: Action) -> Duration {
    timeout(spec, action).to_std()
}

/// By which rules objects are ready.
pub(crate) fn waiter(spec: &HelmReleaseSpec, policy: &Policy) -> Waiter {
    match spec.wait_strategy.as_ref().map(|strategy| strategy.name) {
        Some(WaitStrategyName::Legacy) => Waiter::Legacy,
        Some(WaitStrategyName::Poller) => Waiter::Poller,
        None if policy.helm3_defaults => Waiter::Legacy,
        None => Waiter::Poller,
    }
}

/// Flags of the spec that are the same for several actions.
struct Disabled {
    wait: bool,
    wait_for_jobs: bool,
    hooks: bool,
}

fn execution(timeout: Duration, disabled: &Disabled) -> Execution {
    Execution {
        timeout,
        hooks: if disabled.hooks { Hooks::Skip } else { Hooks::Run },
        wait: match disabled {
            Disabled { wait: true, .. } => WaitFor::Hooks,
            Disabled { wait_for_jobs: true, .. } => WaitFor::Objects,
            _ => WaitFor::ObjectsAndJobs,
        },
    }
}

fn source(object: &HelmRelease, chart: Arc<Prepared>, values: Values, schemas_disabled: bool, policy: &Policy) -> Source {
    Source {
        chart,
        values,
        schemas: if schemas_disabled { Schemas::Skip } else { Schemas::Check },
        post_renderer: Some((post_renderer(object), strategy(&object.spec, policy.helm3_defaults))),
        dns: if policy.dns { Dns::On } else { Dns::Off },
    }
}

fn crds(object: &HelmRelease, policy: Option<CrdsPolicy>) -> Crds {
    let policy = match policy.unwrap_or_default() {
        CrdsPolicy::Skip => CrdPolicy::Skip,
        CrdsPolicy::Create => CrdPolicy::Create,
        CrdsPolicy::CreateReplace => CrdPolicy::CreateReplace,
    };
    Crds { policy, labels: origin_labels(object) }
}

fn adoption(disabled: bool) -> Adoption {
    if disabled { Adoption::Refuse } else { Adoption::Take }
}

fn method(server_side: bool) -> Method {
    if server_side { Method::ServerSide } else { Method::ClientSide }
}

fn method_choice(choice: Option<ServerSideApply>) -> MethodChoice {
    match choice.unwrap_or_default() {
        ServerSideApply::Enabled => MethodChoice::Given(Method::ServerSide),
        ServerSideApply::Disabled => MethodChoice::Given(Method::ClientSide),
        ServerSideApply::Auto => MethodChoice::Auto,
    }
}

/// The first revision.
pub(crate) fn install(object: &HelmRelease, target: &Target, chart: Arc<Prepared>, values: Values, policy: &Policy) -> Install {
    let spec = object.spec.install();
    let disabled = Disabled { wait: spec.disable_wait, wait_for_jobs: spec.disable_wait_for_jobs, hooks: spec.disable_hooks };
    Install {
        name: target.name.clone(),
        namespace: target.namespace.clone(),
        source: source(object, chart, values, spec.disable_schema_validation, policy),
        crds: crds(object, spec.crds),
        method: method(spec.server_side_apply.unwrap_or(!policy.helm3_defaults)),
        adoption: adoption(spec.disable_take_ownership),
        // The namespace of the object itself is there.
        create_namespace: spec.create_namespace && object.spec.target_namespace.is_some(),
        replace: spec.replace,
        execution: execution(patience(&object.spec, Action::Install), &disabled),
    }
}

/// The next revision.
pub(crate) fn upgrade(object: &HelmRelease, target: &Target, chart: Arc<Prepared>, values: Values, policy: &Policy) -> Upgrade {
    let spec = object.spec.upgrade();
    let disabled = Disabled { wait: spec.disable_wait, wait_for_jobs: spec.disable_wait_for_jobs, hooks: spec.disable_hooks };
    Upgrade {
        name: target.name.clone(),
        source: source(object, chart, values, spec.disable_schema_validation, policy),
        crds: crds(object, spec.crds),
        method: method_choice(spec.server_side_apply),
        adoption: adoption(spec.disable_take_ownership),
        preserve_values: spec.preserve_values,
        force: spec.force,
        cleanup_on_fail: spec.cleanup_on_fail,
        max_history: object.spec.max_history(),
        execution: execution(patience(&object.spec, Action::Upgrade), &disabled),
    }
}

/// The revision `version` again.
pub(crate) fn rollback(object: &HelmRelease, name: &str, version: i64) -> Rollback {
    let spec = object.spec.rollback();
    let disabled = Disabled { wait: spec.disable_wait, wait_for_jobs: spec.disable_wait_for_jobs, hooks: spec.disable_hooks };
    Rollback {
        name: name.to_owned(),
        version,
        method: method_choice(spec.server_side_apply),
        force: spec.force,
        cleanup_on_fail: spec.cleanup_on_fail,
        max_history: object.spec.max_history(),
        execution: execution(patience(&object.spec, Action::Rollback), &disabled),
    }
}

/// The end of the release `name`.
pub(crate) fn uninstall(object: &HelmRelease, name: &str) -> Uninstall {
    let spec = object.spec.uninstall();
    let disabled = Disabled { wait: spec.disable_wait, wait_for_jobs: false, hooks: spec.disable_hooks };
    Uninstall {
        name: name.to_owned(),
        keep_history: spec.keep_history,
        propagation: match spec.deletion_propagation.unwrap_or_default() {
            DeletionPropagation::Background => Propagation::Background,
            DeletionPropagation::Foreground => Propagation::Foreground,
            DeletionPropagation::Orphan => Propagation::Orphan,
        },
        execution: execution(patience(&object.spec, Action::Uninstall), &disabled),
    }
}

/// The tests of the release `name`.
pub(crate) fn test(object: &HelmRelease, name: &str) -> Test {
    let spec = object.spec.test();
    let names = |excluded: bool| {
        let filters = spec.filters.iter().flatten().filter(move |filter| filter.exclude == excluded);
        filters.map(|TestFilter { name, .. }| name.clone()).collect()
    };
    Test { name: name.to_owned(), timeout: patience(&object.spec, Action::Test), include: names(false), exclude: names(true) }
}

/// Whether the filters let a test through.
pub(crate) fn is_selected(test: &Test, hook: &str) -> bool {
    let listed = |names: &[String]| names.iter().any(|name| name == hook);
    !listed(&test.exclude) && (test.include.is_empty() || listed(&test.include))
}

#[cfg(test)]
mod tests {
    use super::super::test_data::object;
    use super::*;
    use serde_json::{Value, json};

    fn uninstalled(spec: Value) -> Uninstall {
        uninstall(&object(json!({ "uninstall": spec }), json!({})), "hr")
    }

    #[test]
    fn each_action_has_its_own_timeout_or_that_of_the_release() {
        let spec = object(json!({"timeout": "1m", "install": {"timeout": "2m"}, "test": {"timeout": "3m"}}), json!({})).spec;
        let seconds = |action| timeout(&spec, action).to_std().as_secs();
        assert_eq!([Action::Install, Action::Test, Action::Upgrade, Action::Unlock].map(seconds), [120, 180, 60, 60]);
        assert_eq!(timeout(&object(json!({}), json!({})).spec, Action::Upgrade).to_std().as_secs(), 300);
    }

    #[test]
    fn an_uninstall_waits_in_the_background_unless_told_otherwise() {
        let plain = uninstalled(json!({}));
        assert_eq!((plain.keep_history, plain.propagation), (false, Propagation::Background));
        assert_eq!((plain.execution.hooks, plain.execution.wait), (Hooks::Run, WaitFor::ObjectsAndJobs));
        let other =
            uninstalled(json!({"keepHistory": true, "deletionPropagation": "orphan", "disableWait": true, "disableHooks": true}));
        assert_eq!((other.keep_history, other.propagation), (true, Propagation::Orphan));
        assert_eq!((other.execution.hooks, other.execution.wait), (Hooks::Skip, WaitFor::Hooks));
    }

    #[test]
    fn a_rollback_keeps_the_way_in_which_objects_were_written() {
        let of = |spec: Value| rollback(&object(json!({ "rollback": spec, "maxHistory": 3 }), json!({})), "hr", 1);
        assert_eq!((of(json!({})).method, of(json!({})).max_history), (MethodChoice::Auto, 3));
        assert_eq!(of(json!({"serverSideApply": "enabled"})).method, MethodChoice::Given(Method::ServerSide));
        assert_eq!(of(json!({"disableWaitForJobs": true})).execution.wait, WaitFor::Objects);
    }

    /// The cases of `Test_isTestHookSelected` of Flux.
    #[test]
    fn filters_name_the_tests_to_run_or_to_leave_out() {
        let selects = |filters: Value, hook: &str| {
            is_selected(&test(&object(json!({"test": {"filters": filters}}), json!({})), "hr"), hook)
        };
        assert!(selects(json!([]), "a"));
        assert!(selects(json!([{"name": "a"}]), "a") && !selects(json!([{"name": "a"}]), "b"));
        assert!(!selects(json!([{"name": "a", "exclude": true}]), "a") && selects(json!([{"name": "a", "exclude": true}]), "b"));
    }
}
