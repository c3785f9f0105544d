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

// The texts come from the table of Go's own time package.
#[test]
fn durations_are_read_and_printed_as_in_go() {
    for (text, nanoseconds, printed) in [
        ("0", 0, "0s"),
        ("5s", 5_000_000_000, "5s"),
        ("30s", 30_000_000_000, "30s"),
        ("1478s", 1_478_000_000_000, "24m38s"),
        ("+5s", 5_000_000_000, "5s"),
        ("5.0s", 5_000_000_000, "5s"),
        ("5.6s", 5_600_000_000, "5.6s"),
        ("5.s", 5_000_000_000, "5s"),
        (".5s", 500_000_000, "500ms"),
        ("1.004s", 1_004_000_000, "1.004s"),
        ("10ns", 10, "10ns"),
        ("11us", 11_000, "11µs"),
        ("12µs", 12_000, "12µs"),
        ("13ms", 13_000_000, "13ms"),
        ("3h30m", 12_600_000_000_000, "3h30m0s"),
        ("10.5s4m", 250_500_000_000, "4m10.5s"),
        ("39h9m14.425s", 140_954_425_000_000, "39h9m14.425s"),
        ("750ms", 750_000_000, "750ms"),
    ] {
        let duration = parse_duration(text).expect(text);
        assert_eq!(duration, Duration::from_nanos(nanoseconds), "{text}");
        assert_eq!(print_duration(duration), printed, "{text}");
    }
    for text in ["", "3", "-", "s", ".", "-.", ".s", "+.s", "1d", "-5s", "1e9s", "9999999h"] {
        assert!(parse_duration(text).is_err(), "{text}");
    }
}
