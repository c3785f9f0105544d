use super::*;
use std::time::Duration;

fn arguments(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn defaults() -> CommonDefaults<'static> {
    CommonDefaults {
        optional: &[
            OptionalFlag::NoCrossNamespaceRefs,
            OptionalFlag::IntervalJitter,
            OptionalFlag::RequeueDependency,
            OptionalFlag::HttpRetry,
            OptionalFlag::WatchLabelSelector,
        ],
        gates: &[("ExternalArtifact", false), ("StrictPostBuildSubstitutions", true)],
        ..CommonDefaults::default()
    }
}

fn parse(line: &str) -> Result<CommonFlags, FlagError> {
    let mut set = FlagSet::new("test-controller");
    let finish = CommonFlags::define(&mut set, &defaults());
    set.parse(arguments(line))?;
    finish()
}

#[test]
fn defaults_are_those_of_flux() {
    let flags = parse("").unwrap();
    assert_eq!(flags.metrics_addr, ":8080");
    assert_eq!(flags.health_addr, ":9440");
    assert_eq!(flags.concurrent, 4);
    assert_eq!(flags.leader_election.lease_duration, Duration::from_secs(35));
    assert_eq!(flags.leader_election.renew_deadline, Duration::from_secs(30));
    assert_eq!(flags.leader_election.retry_period, Duration::from_secs(5));
    assert!(flags.leader_election.release_on_cancel && !flags.leader_election.enable);
    assert!(flags.watch_all_namespaces && !flags.no_cross_namespace_refs);
    assert_eq!(flags.watch_configs_label_selector, "reconcile.fluxcd.io/watch=Enabled");
    assert_eq!((flags.kube_api_qps, flags.kube_api_burst), (50.0, 300));
    assert_eq!(flags.min_retry_delay, Duration::from_millis(750));
    assert_eq!(flags.max_retry_delay, Duration::from_secs(15 * 60));
    assert_eq!(flags.token_cache_max_size, 100);
    assert_eq!(flags.interval_jitter_percentage, 5);
    assert_eq!(flags.http_retry, 9);
    assert!(flags.feature_gates.enabled("StrictPostBuildSubstitutions"));
    assert!(!flags.feature_gates.enabled("ExternalArtifact"));
}

#[test]
fn arguments_are_read_as_pflag_reads_them() {
    let flags = parse("--metrics-addr=:1 --health-addr :2 --enable-leader-election stray --watch-all-namespaces=false").unwrap();
    assert_eq!((flags.metrics_addr.as_str(), flags.health_addr.as_str()), (":1", ":2"));
    assert!(flags.leader_election.enable && !flags.watch_all_namespaces);

    // A switch never takes the next argument; the last value of a repeated flag wins; nothing is read after `--`.
    let flags = parse("--no-cross-namespace-refs false --concurrent=1 --concurrent 0x10 -- --concurrent=3").unwrap();
    assert!(flags.no_cross_namespace_refs);
    assert_eq!(flags.concurrent, 16);
    assert_eq!(parse("--events-addr=http://a/?b=c").unwrap().events_addr, "http://a/?b=c");
}

#[test]
fn the_arguments_of_a_flux_installation_are_accepted() {
    let line = "--events-addr=http://notification-controller.flux-system.svc.cluster.local./ --watch-all-namespaces=true \
                --log-level=info --log-encoding=json --enable-leader-election --feature-gates=ExternalArtifact=true \
                --watch-label-selector=!sharding.fluxcd.io/key";
    let flags = parse(line).unwrap();
    assert!(flags.feature_gates.enabled("ExternalArtifact"));
    assert_eq!(flags.watch_label_selector, "!sharding.fluxcd.io/key");
}

#[test]
fn lists_grow_with_each_occurrence() {
    let mut set = FlagSet::new("x");
    let managers = set.add("override-manager", Vec::<String>::new(), "");
    let algorithms = set.add("ssh-kex-algos", CommaList::default(), "");
    set.parse(arguments("--override-manager=a,b --override-manager c --ssh-kex-algos=x,y --ssh-kex-algos=z")).unwrap();
    assert_eq!(managers.get(), ["a,b", "c"]);
    assert_eq!(algorithms.get().0, ["x", "y", "z"]);
}

#[test]
fn wrong_command_lines_say_what_is_wrong() {
    for (line, expected) in [
        ("--nope", "unknown flag: --nope"),
        ("--nope=1", "unknown flag: --nope"),
        ("-x", "unknown flag: -x"),
        ("--=1", "bad flag syntax: --=1"),
        ("---x", "bad flag syntax: ---x"),
        ("--metrics-addr", "flag needs an argument: --metrics-addr"),
        ("--concurrent=many", "invalid argument \"many\" for \"--concurrent\" flag: must be a whole number"),
        ("--concurrent=-1", "invalid argument \"-1\" for \"--concurrent\" flag: must not be negative"),
        ("--concurrent=0", "--concurrent must be at least 1"),
        ("--watch-all-namespaces=yes", "invalid argument \"yes\" for \"--watch-all-namespaces\" flag: must be true or false"),
        (
            "--max-retry-delay=5",
            "invalid argument \"5\" for \"--max-retry-delay\" flag: must be a duration such as 30s, 5m or 1h30m",
        ),
        ("--feature-gates=Nope=true", "feature-gate 'Nope' not supported"),
        ("--feature-gates=ExternalArtifact", "malformed pair"),
        ("--feature-gates=ExternalArtifact=maybe", "gate \"ExternalArtifact\" must be true or false"),
        ("--interval-jitter-percentage=100", "must be a non-negative value and less than 100"),
        ("--interval-jitter-percentage=300", "must be between 0 and 255"),
        ("--watch-label-selector=a==b==c,,(", "unable to parse --watch-label-selector"),
        (
            "--enable-leader-election --leader-election-lease-duration=10s",
            "must be greater than --leader-election-renew-deadline",
        ),
    ] {
        let message = parse(line).expect_err(line).to_string();
        assert!(message.contains(expected), "{line}: {message}");
    }
}

#[test]
fn a_flag_that_the_controller_lacks_is_unknown() {
    let mut set = FlagSet::new("source-controller");
    let _finish = CommonFlags::define(&mut set, &CommonDefaults::default());
    let error = set.parse(arguments("--no-cross-namespace-refs")).unwrap_err();
    assert_eq!(error, FlagError::Unknown("--no-cross-namespace-refs".to_owned()));
}

#[test]
fn help_lists_every_flag_with_its_default() {
    let Err(FlagError::Help(usage)) = parse("--concurrent=1 --help --nope") else { panic!("no help") };
    for expected in
        ["Usage of test-controller:", "--concurrent int", "(default 4)", "--enable-leader-election \n", "(default 35s)"]
    {
        assert!(usage.contains(expected), "{expected} is not in\n{usage}");
    }
}

#[test]
fn log_levels_that_do_not_exist_mean_info_as_in_flux() {
    assert_eq!(parse("--log-level=verbose").unwrap().log_level, crate::logging::Level::Info);
    assert_eq!(parse("--log-level=trace").unwrap().log_level, crate::logging::Level::Trace);
}

#[test]
fn durations_are_those_of_go_and_not_negative() {
    let mut set = FlagSet::new("x");
    let ttl = set.add("ttl", Duration::from_secs(90), "");
    assert!(set.usage().contains("(default 1m30s)"), "{}", set.usage());
    for (text, milliseconds) in [("0", 0), ("1h30m", 5_400_000), ("1.5s", 1500), ("750ms", 750)] {
        set.parse([format!("--ttl={text}").into()]).unwrap();
        assert_eq!(ttl.get(), Duration::from_millis(milliseconds), "{text}");
    }
    for text in ["", "3", "s", "1d", "-5s"] {
        assert!(set.parse([format!("--ttl={text}").into()]).is_err(), "{text}");
    }
}
