use super::*;
use crate::flags::{CommonDefaults, FlagSet, OptionalFlag};

fn flags(arguments: &[&str]) -> CommonFlags {
    let mut set = FlagSet::new("test");
    let defaults = CommonDefaults { optional: &[OptionalFlag::WatchLabelSelector], ..CommonDefaults::default() };
    let finish = CommonFlags::define(&mut set, &defaults);
    set.parse(arguments.iter().map(Into::into)).unwrap();
    finish().unwrap()
}

#[test]
fn the_scope_follows_the_flags() {
    let all = scope(&flags(&[]), Some("flux-system")).unwrap();
    assert_eq!(all, Scope::default());
    let one = scope(&flags(&["--watch-all-namespaces=false", "--watch-label-selector=a=b"]), Some("flux-system")).unwrap();
    assert_eq!(one, Scope { namespace: Some("flux-system".into()), label_selector: Some("a=b".into()) });
}

#[test]
fn a_process_that_does_not_know_its_namespace_does_not_watch_all_of_them() {
    assert!(matches!(scope(&flags(&["--watch-all-namespaces=false"]), None), Err(StartError::NoNamespace(_))));
}
