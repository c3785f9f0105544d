use super::*;

/// Go 1.26's `time.ParseDuration` and `Duration.String` on each text.
#[test]
fn durations_parse_and_print_as_go_does() {
    let table: &[(&str, i64, &str)] = &[
        ("0", 0, "0s"),
        ("+0", 0, "0s"),
        ("-0", 0, "0s"),
        ("5s", 5_000_000_000, "5s"),
        ("30s", 30_000_000_000, "30s"),
        ("1478s", 1_478_000_000_000, "24m38s"),
        ("-5s", -5_000_000_000, "-5s"),
        ("+5s", 5_000_000_000, "5s"),
        ("5.0s", 5_000_000_000, "5s"),
        ("5.6s", 5_600_000_000, "5.6s"),
        ("5.s", 5_000_000_000, "5s"),
        (".5s", 500_000_000, "500ms"),
        ("1.004s", 1_004_000_000, "1.004s"),
        ("100.00100s", 100_001_000_000, "1m40.001s"),
        ("10ns", 10, "10ns"),
        ("11us", 11_000, "11µs"),
        ("12\u{b5}s", 12_000, "12µs"),
        ("12\u{3bc}s", 12_000, "12µs"),
        ("13ms", 13_000_000, "13ms"),
        ("1m", 60_000_000_000, "1m0s"),
        ("60s", 60_000_000_000, "1m0s"),
        ("1h", 3_600_000_000_000, "1h0m0s"),
        ("1.5h", 5_400_000_000_000, "1h30m0s"),
        ("3h30m", 12_600_000_000_000, "3h30m0s"),
        ("10.5s4m", 250_500_000_000, "4m10.5s"),
        ("-2m3.4s", -123_400_000_000, "-2m3.4s"),
        ("1h2m3s4ms5us6ns", 3_723_004_005_006, "1h2m3.004005006s"),
        ("52763797000ns", 52_763_797_000, "52.763797s"),
        ("0.3333333333333333333h", 1_200_000_000_000, "20m0s"),
        ("9007199254740993ns", 9_007_199_254_740_993, "2501h59m59.254740993s"),
        ("9223372036854775807ns", i64::MAX, "2562047h47m16.854775807s"),
        ("9223372036854775.807us", i64::MAX, "2562047h47m16.854775807s"),
        ("9223372036s854ms775us807ns", i64::MAX, "2562047h47m16.854775807s"),
        ("-9223372036854775808ns", i64::MIN, "-2562047h47m16.854775808s"),
        ("0.100000000000000000000h", 360_000_000_000, "6m0s"),
        ("0.830103483285477580700h", 2_988_372_539_827, "49m48.372539827s"),
    ];
    for (text, nanoseconds, printed) in table {
        let duration: GoDuration = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(duration.nanoseconds(), *nanoseconds, "{text}");
        assert_eq!(duration.to_string(), *printed, "{text}");
    }
}

#[test]
fn malformed_durations_are_refused_in_the_words_of_go() {
    let table = [
        ("", r#"time: invalid duration """#),
        ("3", r#"time: missing unit in duration "3""#),
        ("-", r#"time: invalid duration "-""#),
        ("s", r#"time: invalid duration "s""#),
        (".", r#"time: invalid duration ".""#),
        ("-.", r#"time: invalid duration "-.""#),
        (".s", r#"time: invalid duration ".s""#),
        ("3000000h", r#"time: invalid duration "3000000h""#),
        ("9223372036854775808ns", r#"time: invalid duration "9223372036854775808ns""#),
        ("-9223372036854775809ns", r#"time: invalid duration "-9223372036854775809ns""#),
        ("1d", r#"time: unknown unit "d" in duration "1d""#),
        ("1 s", r#"time: unknown unit " s" in duration "1 s""#),
    ];
    for (text, message) in table {
        let error = text.parse::<GoDuration>().expect_err(text);
        assert_eq!(error.to_string(), message, "{text}");
    }
}

#[test]
fn serialising_keeps_what_was_written() {
    let duration: GoDuration = serde_json::from_str("\"60s\"").unwrap();
    assert_eq!(serde_json::to_string(&duration).unwrap(), "\"60s\"");
    assert_eq!(serde_json::to_string(&GoDuration::from_seconds(60)).unwrap(), "\"1m0s\"");
    assert_eq!(duration, GoDuration::from_seconds(60));
}
