//! `weir install` from outside. What the chart makes is compared with Helm itself in `e2e/tests/releases`.

use std::process::{Command, Output};

fn weir(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_weir")).arg("install").args(arguments).output().expect("the command starts")
}

fn printed(arguments: &[&str]) -> String {
    let output = weir(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("manifests are text")
}

fn count(text: &str, line: &str) -> usize {
    text.lines().filter(|found| *found == line).count()
}

#[test]
fn the_manifests_are_those_of_the_chart_behind_a_namespace() {
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/../../charts/weir");
    let rendered =
        Command::new(env!("CARGO_BIN_EXE_weir")).args(["helm", "template", "weir", chart, "-n", "flux-system"]).output();
    let rendered = String::from_utf8(rendered.expect("the command starts").stdout).expect("manifests are text");
    let all = printed(&["--export"]);
    let (namespace, rest) = all.split_once("---\n# Source").expect("there are manifests");
    assert!(namespace.contains("kind: Namespace\nmetadata:\n  name: flux-system\n"));
    assert_eq!(format!("---\n# Source{rest}"), rendered);
}

#[test]
fn controllers_are_chosen() {
    let all = printed(&["--export"]);
    assert_eq!((count(&all, "kind: Deployment"), count(&all, "kind: Service")), (3, 1));
    let one = printed(&["--export", "--components=kustomize-controller", "-n", "weir"]);
    assert_eq!((count(&one, "kind: Deployment"), count(&one, "kind: Service")), (1, 0));
    assert!(one.contains("  namespace: weir\n") && !one.contains("flux-system"));
    let refused = weir(&["--export", "--components=nope"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("unknown component nope; choose among source-controller"));
    assert!(!weir(&[]).status.success());
}

#[test]
fn tenancy_is_strict_unless_told_otherwise() {
    let strict = printed(&["--export"]);
    assert!(!strict.contains("name: cluster-admin") && strict.contains("- --no-cross-namespace-refs=true"));
    let open = printed(&["--export", "--set", "tenancy.strict=false"]);
    assert!(
        open.contains("name: cluster-admin") && !open.contains("--no-cross-namespace-refs") && !open.contains("[impersonate]")
    );
}

#[test]
fn a_shard_is_a_deployment_of_its_own() {
    let sharded = printed(&["--export", "--components=source-controller", "--set", "sharding.keys={one}"]);
    assert_eq!((count(&sharded, "kind: Deployment"), count(&sharded, "kind: Service")), (2, 2));
    for part in [
        "- --watch-label-selector=!sharding.fluxcd.io/key\n",
        "- --watch-label-selector=sharding.fluxcd.io/key=one\n",
        "- --storage-adv-addr=source-controller-one.flux-system.svc.cluster.local.\n",
    ] {
        assert!(sharded.contains(part), "{part} is missing");
    }
}
